import path from 'node:path';
import { lookAndSend, withAlerts } from '../../app-alerts.js';
import { beginRun, finishRunHere, runContext, runCycleToEnd, type RunWish } from '../../app.js';
import { leaveToWorkers } from '../../app-worker.js';
import type { LoadedConfig } from '../../config.js';
import { readConfig } from '../../app.js';
import { AppError } from '../../errors.js';
import type { CycleId } from '../../model/ids.js';
import { describeProblem, type Problem } from '../../model/problem.js';
import type { RunSummary } from '../../run/summarise.js';
import { changesBetween } from '../../store/alert-facts.js';
import { latestFinishedRun, type StoredRun, unjudgedCustomers } from '../../store/runs.js';
import { listProblems } from '../../store/summary.js';
import type { OpenStore } from '../../app.js';
import { showProgress } from '../progress.js';
import { readCycle } from '../read-cycle.js';
import { runRecord } from '../render/public-rows.js';
import { renderSummary } from '../render/summary.js';
import { type AddCommands, type Session, say, subcommand, tell, withConfiguredStore, withStore } from '../session.js';

const failOnChoices = ['mismatch', 'unexplained'] as const;
type FailOn = (typeof failOnChoices)[number];

/** How many problems of the input are shown under a summary; `runs show` has them all. */
const shownProblems = 10;

export const addRunCommand: AddCommands = (program, host) => {
  subcommand(program, 'run', 'collect, compare and explain one cycle')
    .argument('<cycle>', 'for example 2026-10')
    .option('--fail-on <what>', `exit 1 when there is a ${failOnChoices.join(' or something ')}`)
    .option('--customer <keys...>', 'a preview of these customers only: the cycle stands as it stood')
    .option('--only <what>', 'failed: a preview of the customers that the newest run could not judge')
    .option('--preview', 'a preview of all customers: what a run would find')
    .option('--detach', 'leave it to the workers and end at once')
    .action(async (cycle: string, options: RunFlags) => {
      const failOn = readFailOn(options.failOn);
      if (options.detach === true && failOn !== null)
        throw new AppError('usage', { detail: '--fail-on wants the result, and --detach does not wait for it' });
      const wish = readWish(options);
      if (options.detach === true) await detachCommand(host.session(), readCycle(cycle), wish);
      else host.setExit(await runCommand(host.session(), readCycle(cycle), failOn, wish));
    });
};

type RunFlags = {
  readonly failOn?: string;
  readonly customer?: readonly string[];
  readonly only?: string;
  readonly preview?: boolean;
  readonly detach?: boolean;
};

/** Which customers, and whether the run only looks. Of a part of the customers it always does. */
type Wish = { readonly customers: readonly string[] | 'failed' | null; readonly isPreview: boolean };

function readWish({ customer, only, preview }: RunFlags): Wish {
  if (only !== undefined && only !== 'failed')
    throw new AppError('usage', { detail: `--only ${only} is not known; write failed` });
  if (only !== undefined && customer !== undefined)
    throw new AppError('usage', { detail: '--only and --customer name customers in two ways; give one of them' });
  const customers = only === undefined ? (customer ?? null) : 'failed';
  return { customers, isPreview: customers !== null || preview === true };
}

/** The wish with its customers found. Throws AppError `run_not_found` and, when none is left, `usage`. */
async function toRunWish(store: OpenStore, cycle: CycleId, { customers, isPreview }: Wish): Promise<RunWish> {
  if (customers !== 'failed')
    return { isPreview, customers: customers === null ? null : [...new Set(customers)].sort() };
  const run = await latestFinishedRun(store.db, cycle);
  if (run === undefined) throw new AppError('run_not_found', { detail: `no run of cycle ${cycle} has finished` });
  const failed = await unjudgedCustomers(store.db, run);
  if (failed.length === 0)
    throw new AppError('usage', { detail: `run ${run.id} judged every customer; there is nothing to look at again` });
  return { isPreview, customers: failed };
}

function readFailOn(text: string | undefined): FailOn | null {
  const known = failOnChoices.find((choice) => choice === text);
  if (text !== undefined && known === undefined)
    throw new AppError('usage', { detail: `--fail-on ${text} is not known; write ${failOnChoices.join(' or ')}` });
  return known ?? null;
}

async function runCommand(current: Session, cycle: CycleId, failOn: FailOn | null, wish: Wish): Promise<number> {
  const loaded = readConfig(current.globals.config, new Date());
  return withStore(current, path.resolve(loaded.baseDir, loaded.config.data_dir), async (store) => {
    try {
      const finished = await runHere(current, store, loaded, cycle, await toRunWish(store, cycle, wish));
      await showFinished(current, store, finished);
      if (finished.isPreview) await sayWhatWouldChange(store, finished);
      return exitOf(finished, failOn);
    } finally {
      await tellPeople(current, store, loaded);
    }
  });
}

/** Writes the run down and queues it: workers do the rest, here or on other machines. */
async function detachCommand(current: Session, cycle: CycleId, wish: Wish): Promise<void> {
  await withConfiguredStore(current, async (store, loaded) => {
    const { run, isResumed } = await beginRun(
      { db: store.db, now: () => new Date() },
      loaded,
      cycle,
      await toRunWish(store, cycle, wish),
    );
    const workers = await leaveToWorkers({ ...current, store }, run);
    tell(`run ${run.id}  cycle ${cycle}${isResumed ? '  continuing' : ''}`);
    if (workers === 0) tell('no worker is alive: it begins when one is started with `shadowbill worker`');
    say(current.globals.output === 'table' ? run.id : JSON.stringify(runRecord(run)));
  });
}

/** Tells people what the run found, when this machine knows the channels. Whether it can does not change how the run went. */
async function tellPeople(current: Session, store: OpenStore, loaded: LoadedConfig): Promise<void> {
  const { log, signal } = current;
  if (loaded.config.alerts === undefined || signal.aborted) return;
  try {
    await withAlerts({ store, loaded, variables: process.env, log, signal, now: () => new Date() }, lookAndSend);
  } catch (error) {
    tell(`alerts were not sent from here: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What a run would change, against the run that stands for the cycle now. For people, so it goes beside the data. */
async function sayWhatWouldChange(store: OpenStore, preview: StoredRun): Promise<void> {
  const standing = await latestFinishedRun(store.db, preview.cycle);
  const changes = await changesBetween(store.db, preview.seq, standing?.seq ?? null, preview.customers);
  tell(
    `a preview: cycle ${preview.cycle} stands as it stood${standing === undefined ? '' : `, with run ${standing.id}`}`,
  );
  const told = changes.filter(({ change }) => change !== 'same');
  if (told.length === 0) tell('  a run would change no difference');
  for (const { change, keys, gross, currency } of told)
    tell(`  would be ${change}: ${keys} with ${currency ?? 'several currencies'} ${gross}`);
}

/** Runs a cycle in this process with a progress bar and answers the finished run. */
export async function runHere(
  current: Session,
  store: OpenStore,
  loaded: LoadedConfig,
  cycle: CycleId,
  wish: RunWish = {},
): Promise<StoredRun> {
  const progress = showProgress(process.stderr);
  try {
    return await runCycleToEnd(
      { ...current, store, baseDir: loaded.baseDir, progress: progress.take },
      loaded,
      cycle,
      (begun, isResumed) =>
        tell(`run ${begun.id}  cycle ${cycle}  config ${loaded.hash.slice(0, 7)}${isResumed ? '  continuing' : ''}`),
      wish,
    );
  } finally {
    progress.stop();
  }
}

/** Works on an unfinished run in this process until it has ended. */
export async function resumeHere(current: Session, store: OpenStore, run: StoredRun): Promise<StoredRun> {
  const progress = showProgress(process.stderr);
  const options = { ...current, store, baseDir: process.cwd(), progress: progress.take };
  try {
    return await finishRunHere(options, runContext(options), run);
  } finally {
    progress.stop();
  }
}

/** A finished run in the asked format. */
export async function showFinished(current: Session, store: OpenStore, finished: StoredRun): Promise<void> {
  if (current.globals.output !== 'table') return say(JSON.stringify(runRecord(finished)));
  say(renderSummary(finished));
  const problems = await listProblems(store.db, finished, shownProblems + 1);
  for (const one of problems.slice(0, shownProblems)) say(`  ${one.side} ${describeProblem(one.problem as Problem)}`);
  if (problems.length > shownProblems) say(`  and more: shadowbill runs show ${finished.id}`);
}

/** 4 for an incomplete run, before anything that was found: what was not read cannot be judged. */
export function exitOf(finished: StoredRun, failOn: FailOn | null): number {
  if (finished.isComplete !== true) return 4;
  const { causes } = finished.summary as RunSummary;
  const isFound = failOn === 'mismatch' ? causes.length > 0 : causes.some((one) => one.cause === 'unexplained');
  return failOn !== null && isFound ? 1 : 0;
}
