import { newRunId, mappingOf, type OpenStore, runContext } from '../../app.js';
import { usageSettings } from '../../app-usage.js';
import type { LoadedConfig } from '../../config.js';
import { AppError } from '../../errors.js';
import type { CycleId } from '../../model/ids.js';
import { describeProblem } from '../../model/problem.js';
import { usageClasses } from '../../model/usage-finding.js';
import { checkUsage } from '../../run/usage/check-usage.js';
import type { StoredUsageCheck } from '../../store/usage/checks.js';
import type { UsageSummary } from '../../store/usage/finish.js';
import { findUsageCheck, streamUsageFindings, usageRejected } from '../../store/usage/views.js';
import { writeRows } from '../output.js';
import { showProgress } from '../progress.js';
import { renderFindings, renderUsage } from '../render/usage.js';
import { type AddCommands, countOption, type Session, say, subcommand, tell, withConfiguredStore } from '../session.js';
import { readCycle } from '../read-cycle.js';

/** How many records that could not be read are shown under a check. */
const shownRejected = 10;
/** How many findings a table shows without --limit. */
const shownFindings = 50;

type ShowOptions = {
  readonly check?: string;
  readonly class?: string;
  readonly customer?: string;
  readonly meter?: string;
  readonly reference?: string;
  readonly limit?: string;
};

export const addUsageCommands: AddCommands = (program, host) => {
  const usage = subcommand(program, 'usage', 'the usage of both systems, before anything is priced');
  subcommand(usage, 'check', 'read the usage of a cycle from both systems and compare it, event by event')
    .argument('<cycle>', 'for example 2026-10')
    .action(async (cycle: string) => {
      const current = host.session();
      await withConfiguredStore(current, async (store, loaded) => {
        const finished = await checkHere(current, store, loaded, readCycle(cycle));
        await showCheck(current, store, finished);
        host.setExit(exitOf(finished));
      });
    });
  subcommand(usage, 'show', 'the newest check of a cycle, or its findings one by one')
    .argument('[cycle]', 'for example 2026-10; the newest check of all without it')
    .option('--check <check>', 'the check with this id')
    .option('--class <class>', `findings of one kind: ${usageClasses.join(', ')}`)
    .option('--customer <customer>', 'findings of one customer')
    .option('--meter <meter>', 'findings of one meter')
    .option('--reference <reference>', 'what became of one event')
    .option('--limit <count>', `most findings to show; ${shownFindings} in a table, else all`)
    .action(async (cycle: string | undefined, options: ShowOptions) => {
      const current = host.session();
      await withConfiguredStore(current, (store) => show(current, store, cycle, options));
    });
};

async function checkHere(
  current: Session,
  store: OpenStore,
  { config, baseDir }: LoadedConfig,
  cycle: CycleId,
): Promise<StoredUsageCheck> {
  const progress = showProgress(process.stderr);
  try {
    const settings = await usageSettings(config, baseDir, await mappingOf(config, baseDir));
    const context = runContext({ ...current, store, baseDir, progress: progress.take });
    const id = newRunId(context.now());
    return await checkUsage(context, settings, { id, kind: 'check', cycle, timezone: config.timezone });
  } finally {
    progress.stop();
  }
}

/** 4 for a check that is not whole, before anything that was found; else 1 when something was found. */
function exitOf(check: StoredUsageCheck): number {
  if (check.isComplete !== true) return 4;
  return (check.summary as UsageSummary).classes.length > 0 ? 1 : 0;
}

async function showCheck(current: Session, store: OpenStore, check: StoredUsageCheck): Promise<void> {
  if (current.globals.output !== 'table') return say(JSON.stringify(checkRecord(check)));
  say(renderUsage(check));
  const { rejected, loadProblems } = await usageRejected(store.db, check, shownRejected + 1);
  for (const one of loadProblems) tell(`  ${one.side} ${describeProblem(one)}`);
  for (const { side, problems } of rejected.slice(0, shownRejected))
    for (const one of problems) tell(`  ${side} ${describeProblem(one)}`);
  if (rejected.length > shownRejected) tell('  and more');
  if ((check.summary as UsageSummary).classes.length > 0)
    say(
      `Next: shadowbill usage show ${check.cycle} --class ${(check.summary as UsageSummary).classes[0]?.class ?? ''}`,
    );
}

/** A check as scripts read it. */
function checkRecord(check: StoredUsageCheck): object {
  const { id, kind, runId, cycle, timezone, isComplete, incompleteBecause, closesAt, resultHash, createdAt } = check;
  const { schemaVersion, ...summary } = check.summary as UsageSummary;
  const own = { id, kind, run: runId, cycle, timezone, isComplete, incompleteBecause, closesAt, resultHash, createdAt };
  return { schemaVersion, ...own, ...summary };
}

async function show(
  current: Session,
  store: OpenStore,
  cycle: string | undefined,
  options: ShowOptions,
): Promise<void> {
  const named = cycle === undefined ? undefined : readCycle(cycle);
  const check = await findUsageCheck(store.db, { id: options.check, cycle: named });
  if (check === undefined || check.state !== 'compared')
    throw new AppError('not_found', { detail: `no usage of ${options.check ?? cycle ?? 'any cycle'} was checked yet` });
  if (options.class !== undefined && !usageClasses.some((one) => one === options.class))
    throw new AppError('usage', { detail: `--class ${options.class} is not known; write ${usageClasses.join(', ')}` });
  const { class: kind, customer, meter, reference } = options;
  if ([kind, customer, meter, reference, options.limit].every((one) => one === undefined))
    return showCheck(current, store, check);
  const limit = countOption('--limit', options.limit) ?? (current.globals.output === 'table' ? shownFindings : null);
  const rows = streamUsageFindings(store.db, check, { class: kind, customer, meter, reference }, limit);
  await writeRows(current.globals.output, rows, renderFindings);
}
