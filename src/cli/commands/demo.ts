import path from 'node:path';
import { type OpenStore, readConfig } from '../../app.js';
import { openConfidence } from '../../app-confidence.js';
import type { LoadedConfig } from '../../config.js';
import { checkPairs } from '../../demo/check.js';
import { demoCycles, writeDemo } from '../../demo/generate.js';
import type { TruthFile } from '../../demo/truth.js';
import { AppError } from '../../errors.js';
import { decimalText } from '../../model/money.js';
import { createAndEvaluate } from '../../run/evaluate-cohorts.js';
import type { RunSummary } from '../../run/summarise.js';
import type { StoredRun } from '../../store/runs.js';
import { listMismatches, listPairs, type MismatchView } from '../../store/views.js';
import { renderStories } from '../render/gates.js';
import { renderByCurrency } from '../render/mismatches.js';
import { leadingCause, nextStep } from '../render/next-step.js';
import { renderCauses, renderFooting, renderHeading, renderStates } from '../render/summary.js';
import { type AddCommands, type Session, say, subcommand, tell, withStore } from '../session.js';
import { runHere } from './run.js';

const seed = 2026;
/** Rows of the mismatch table: most for the currency with the most mismatches, some for every other. */
const [mostRows, fewRows] = [8, 3];

export const addDemoCommand: AddCommands = (program, host) => {
  subcommand(program, 'demo', 'two cycles of a made-up business with known differences')
    .option('--dir <dir>', 'where to write it', '.data/demo')
    .action(async (options: { dir: string }) => demo(host.session(), options.dir));
};

async function demo(current: Session, dirText: string): Promise<void> {
  const dir = path.resolve(dirText);
  const truth = await writeDemo({ dir, seed });
  const file = path.join(dir, 'shadowbill.yml');
  const shownDir = path.relative(process.cwd(), dir) || '.';
  tell(`wrote ${truth.customers} customers in ${truth.countries} countries to ${shownDir}, billed by both systems`);
  const loaded = readConfig(file, new Date());
  await withStore(current, path.resolve(loaded.baseDir, loaded.config.data_dir), async (store) => {
    for (const [index, cycle] of demoCycles.entries()) {
      const finished = await runHere(current, store, loaded, cycle);
      const isLast = index === demoCycles.length - 1;
      say(['', renderHeading(finished), '', renderStates(finished.summary as RunSummary), ''].join('\n'));
      if (isLast) await showFindings(store, finished);
      await check(store, finished, truth);
      if (isLast) await showCohorts(store, loaded);
      if (isLast) await sayNext(store, finished, path.join(shownDir, path.basename(file)));
    }
  });
}

/** The statement, the largest mismatches of each currency, and the causes. */
async function showFindings(store: OpenStore, run: StoredRun): Promise<void> {
  const summary = run.summary as RunSummary;
  const counts = new Map<string, number>();
  for (const row of summary.causes)
    if (row.currency !== null) counts.set(row.currency, (counts.get(row.currency) ?? 0) + row.mismatches);
  const most = Math.max(0, ...counts.values());
  const groups = await Promise.all(
    [...counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(async ([currency, count]) => ({
        currency,
        views: await gather(listMismatches(store.db, run, { currency, limit: count === most ? mostRows : fewRows })),
      })),
  );
  say([renderFooting(summary), '', `largest mismatches of ${run.cycle}`, renderByCurrency(groups), ''].join('\n'));
  say(`${renderCauses(summary)}\n`);
}

async function gather(views: AsyncIterable<MismatchView>): Promise<readonly MismatchView[]> {
  const all: MismatchView[] = [];
  for await (const view of views) all.push(view);
  return all;
}

/** May a group of customers move now? One may, one has too few customers, one waits for a mend, one steps back. */
async function showCohorts(store: OpenStore, loaded: LoadedConfig): Promise<void> {
  const context = await openConfidence(store, loaded, () => new Date());
  say(`\nmay the cohorts grow?\n${renderStories(await createAndEvaluate(context, 'demo'))}`);
}

/** Holds the run against what was planted; a demo that misses something is our bug and ends as one. */
async function check(store: OpenStore, run: StoredRun, truth: TruthFile): Promise<void> {
  const pairs = [];
  for await (const pair of listPairs(store.db, run, {}))
    pairs.push({ ...pair, delta: pair.delta === null ? null : decimalText(pair.delta) });
  const { planted, found, missed, unplanted } = checkPairs(truth, run.cycle, pairs);
  if (missed.length > 0 || unplanted.length > 0)
    throw new AppError('internal', {
      detail: `${run.cycle} is not as it was planted\n  missed ${missed.join('\n  missed ')}\n  not planted ${unplanted.join('\n  not planted ')}`,
    });
  say(`Checked against the known answers: ${found} of ${planted} planted pairs found to the last digit, none besides.`);
}

async function sayNext(store: OpenStore, run: StoredRun, config: string): Promise<void> {
  const leading = leadingCause(run.summary as RunSummary);
  const [example] =
    leading === null
      ? []
      : await gather(listMismatches(store.db, run, { cause: leading.cause, currency: leading.currency, limit: 1 }));
  say(
    `\n${nextStep(leading, run.cycle, `${ownCommand()} -c ${config} invoice diff ${example?.customer ?? ''}`.trim())}`,
  );
}

/** How this program was started, to be typed again. */
function ownCommand(): string {
  const script = process.argv[1] ?? '';
  return script.endsWith('.js') ? `node ${path.relative(process.cwd(), script)}` : 'shadowbill';
}
