import { AppError } from '../errors.js';
import type { RunContext } from '../run/context.js';
import { findRun } from '../store/runs.js';

const lookEveryMs = 1000;

/** The signal of a job in hand: it fires when this process stops, and when somebody cancels the run the job belongs to. */
export function watchRun(
  context: RunContext,
  runId: string | undefined,
): { readonly signal: AbortSignal; readonly end: () => void } {
  if (runId === undefined) return { signal: context.signal, end: () => undefined };
  const cancelled = new AbortController();
  const timer = setInterval(() => {
    findRun(context.db, runId).then(
      (run) => {
        if (run?.state === 'cancelled') cancelled.abort(new AppError('run_cancelled', { detail: runId }));
      },
      // A database that does not answer is the job's own trouble and shows there.
      () => undefined,
    );
  }, lookEveryMs);
  return { signal: AbortSignal.any([context.signal, cancelled.signal]), end: () => clearInterval(timer) };
}
