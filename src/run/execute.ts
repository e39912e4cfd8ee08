import { AppError, type ErrorCode, errorTable } from '../errors.js';
import { findRun, type StoredRun } from '../store/runs.js';
import type { RunContext } from './context.js';

const pollMs = 100;

/**
 * Waits until a run has ended, by the tables and not by queue events, which may be lost. Throws the failure that the run
 * noted, and AppError `interrupted` when the signal fires.
 */
export async function waitForRun(context: RunContext, runId: string): Promise<StoredRun> {
  for (;;) {
    if (context.signal.aborted) throw new AppError('interrupted', { detail: runId });
    const run = await findRun(context.db, runId);
    if (run === undefined) throw new AppError('run_not_found', { detail: runId });
    if (run.state === 'finished' || run.state === 'previewed') return run;
    if (run.failure !== null || run.state === 'failed' || run.state === 'cancelled') throw failureOf(run);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

function failureOf(run: StoredRun): AppError {
  const failure = (run.failure ?? {}) as { readonly code?: string; readonly detail?: string };
  const code =
    failure.code !== undefined && Object.hasOwn(errorTable, failure.code) ? (failure.code as ErrorCode) : 'internal';
  return new AppError(code, { detail: failure.detail ?? `run ${run.id} is ${run.state}`, context: { run: run.id } });
}
