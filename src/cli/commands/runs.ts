import { AppError } from '../../errors.js';
import { describeProblem, type Problem } from '../../model/problem.js';
import { compareRuns, type RunComparison } from '../../run/compare-runs.js';
import { changes } from '../../store/run-diff.js';
import { findRun, listRuns, type StoredRun } from '../../store/runs.js';
import { listProblems } from '../../store/summary.js';
import { writeRows } from '../output.js';
import { runRecord } from '../render/public-rows.js';
import { renderSummary } from '../render/summary.js';
import { table } from '../render/table.js';
import { type AddCommands, chosenRun, countOption, say, subcommand, withConfiguredStore } from '../session.js';
import { exitOf, resumeHere, showFinished } from './run.js';

const mostProblems = 10_000;

export const addRunsCommands: AddCommands = (program, host) => {
  const runs = subcommand(program, 'runs', 'runs of the past');
  subcommand(runs, 'list', 'newest first')
    .option('--cycle <cycle>', 'only runs of this cycle')
    .option('--limit <n>', 'how many', '20')
    .action(async (options: { limit: string; cycle?: string }) => {
      const current = host.session();
      await withConfiguredStore(current, async (store) => {
        const limit = countOption('--limit', options.limit) ?? 20;
        await writeRows(
          current.globals.output,
          (await listRuns(store.db, { limit, cycle: options.cycle })).map(runRow),
          renderRuns,
        );
      });
    });
  subcommand(runs, 'show', 'the summary of a run and every problem of its input')
    .argument('[run]', 'the newest finished run when it is not given')
    .action(async (id: string | undefined) => {
      const current = host.session();
      await withConfiguredStore(current, async (store) => {
        const found = await chosenRun(store, { run: id });
        const problems = await listProblems(store.db, found, mostProblems);
        if (current.globals.output !== 'table')
          return say(JSON.stringify({ ...runRecord(found), summary: found.summary, problems }));
        say(found.summary === null ? `run ${found.id}  cycle ${found.cycle}  ${found.state}` : renderSummary(found));
        for (const one of problems)
          say(`  ${one.side} ${one.documentId ?? ''} ${describeProblem(one.problem as Problem)}`);
      });
    });
  subcommand(runs, 'diff', 'what a run finds that an earlier one did not, and the other way round')
    .argument('<run>')
    .argument('[against]', 'the finished run before it when it is not given')
    .option('--limit <n>', 'how many', '50')
    .action(async (id: string, against: string | undefined, options: { limit: string }) => {
      const current = host.session();
      await withConfiguredStore(current, async (store) => {
        const limit = countOption('--limit', options.limit) ?? 50;
        const change = changes.filter((one) => one !== 'same');
        const found = await compareRuns(store.db, { run: id, against, change, limit });
        if (current.globals.output === 'table') return say(renderComparison(found));
        const [earlier, later] = [runRow(found.earlier), runRow(found.later)];
        say(JSON.stringify({ schemaVersion: 1, earlier, later, totals: found.totals, rows: found.rows }));
      });
    });
  subcommand(runs, 'resume', 'continue an interrupted run')
    .argument('<run>')
    .action(async (id: string) => {
      const current = host.session();
      await withConfiguredStore(current, async (store) => {
        const found = await findRun(store.db, id);
        if (found === undefined) throw new AppError('run_not_found', { detail: id });
        const finished = found.state === 'finished' ? found : await resumeHere(current, store, found);
        await showFinished(current, store, finished);
        host.setExit(exitOf(finished, null));
      });
    });
};

function runRow(one: StoredRun) {
  return {
    schemaVersion: 1,
    id: one.id,
    cycle: one.cycle,
    state: one.state,
    isComplete: one.isComplete,
    createdAt: one.createdAt,
    finishedAt: one.finishedAt,
    resultHash: one.resultHash,
  };
}

function renderRuns(rows: readonly ReturnType<typeof runRow>[]): string {
  if (rows.length === 0) return 'No run yet. Start one: shadowbill run <cycle>';
  return table(
    ['run', 'cycle', 'state', 'complete', 'begun', 'finished'].map((head) => ({ head })),
    rows.map((row) => [
      row.id,
      row.cycle,
      row.state,
      row.isComplete === null ? '–' : row.isComplete ? 'yes' : 'no',
      row.createdAt,
      row.finishedAt ?? '–',
    ]),
  );
}

function renderComparison({ earlier, later, totals, rows }: RunComparison): string {
  const head = `run ${later.id} (${later.cycle}) against ${earlier.id} (${earlier.cycle})`;
  if (totals.length === 0) return `${head}: neither finds a mismatch`;
  const amounts = [
    { head: 'earlier', isAmount: true },
    { head: 'later', isAmount: true },
  ];
  const sums = table(
    [{ head: 'change' }, { head: 'currency' }, { head: 'count', isAmount: true }, ...amounts],
    totals.map((one) => [one.change, one.currency ?? '–', String(one.count), one.earlierGross, one.laterGross]),
  );
  if (rows.length === 0) return `${head}\n${sums}\nNothing changed.`;
  const changed = table(
    [{ head: 'change' }, { head: 'customer' }, { head: 'charge' }, { head: 'currency' }, ...amounts, { head: 'cause' }],
    rows.map((one) => [
      one.change,
      one.customer ?? '–',
      one.chargeKey ?? '–',
      one.currency ?? '–',
      one.earlier?.gross ?? '–',
      one.later?.gross ?? '–',
      (one.later ?? one.earlier)?.causes.join(', ') ?? '–',
    ]),
  );
  return `${head}, gross\n${sums}\n${changed}`;
}
