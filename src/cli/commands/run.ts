import path from 'node:path';
import { lookAndSend, withAlerts } from '../../app-alerts.js';
import { finishRunHere, runContext, runCycleToEnd } from '../../app.js';
import type { LoadedConfig } from '../../config.js';
import { readConfig } from '../../app.js';
import { AppError } from '../../errors.js';
import type { CycleId } from '../../model/ids.js';
import { describeProblem, type Problem } from '../../model/problem.js';
import type { RunSummary } from '../../run/summarise.js';
import type { StoredRun } from '../../store/runs.js';
import { listProblems } from '../../store/summary.js';
import type { OpenStore } from '../../app.js';
import { showProgress } from '../progress.js';
import { readCycle } from '../read-cycle.js';
import { runRecord } from '../render/public-rows.js';
import { renderSummary } from '../render/summary.js';
import { type AddCommands, type Session, say, subcommand, tell, withStore } from '../session.js';

const failOnChoices = ['mismatch', 'unexplained'] as const;
type FailOn = (typeof failOnChoices)[number];

/** How many problems of the input are shown under a summary; `runs show` has them all. */
const shownProblems = 10;

export const addRunCommand: AddCommands = (program, host) => {
  subcommand(program, 'run', 'collect, compare and explain one cycle')
    .argument('<cycle>', 'for example 2026-10')
    .option('--fail-on <what>', `exit 1 when there is a ${failOnChoices.join(' or something ')}`)
    .action(async (cycle: string, options: { failOn?: string }) =>
      host.setExit(await runCommand(host.session(), readCycle(cycle), readFailOn(options.failOn))),
    );
};

function readFailOn(text: string | undefined): FailOn | null {
  const known = failOnChoices.find((choice) => choice === text);
  if (text !== undefined && known === undefined)
    throw new AppError('usage', { detail: `--fail-on ${text} is not known; write ${failOnChoices.join(' or ')}` });
  return known ?? null;
}

async function runCommand(current: Session, cycle: CycleId, failOn: FailOn | null): Promise<number> {
  const loaded = readConfig(current.globals.config, new Date());
  return withStore(current, path.resolve(loaded.baseDir, loaded.config.data_dir), async (store) => {
    try {
      const finished = await runHere(current, store, loaded, cycle);
      await showFinished(current, store, finished);
      return exitOf(finished, failOn);
    } finally {
      await tellPeople(current, store, loaded);
    }
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

/** Runs a cycle in this process with a progress bar and answers the finished run. */
export async function runHere(
  current: Session,
  store: OpenStore,
  loaded: LoadedConfig,
  cycle: CycleId,
): Promise<StoredRun> {
  const progress = showProgress(process.stderr);
  try {
    return await runCycleToEnd(
      { ...current, store, baseDir: loaded.baseDir, progress: progress.take },
      loaded,
      cycle,
      (begun, isResumed) =>
        tell(`run ${begun.id}  cycle ${cycle}  config ${loaded.hash.slice(0, 7)}${isResumed ? '  continuing' : ''}`),
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
