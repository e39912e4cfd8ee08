import type { ThreadInput } from './collect-thread.js';
import { onThread } from './on-thread.js';
import type { ProgressEvent } from './run/context.js';

/**
 * Collects one side of a run on a thread of its own and resolves when it is stored. Rejects with the AppError or
 * InvariantError that the thread met; when the signal fires the thread is told to stop and what it had not committed is
 * left for the next attempt.
 */
export async function collectOnThread(
  input: ThreadInput,
  signal: AbortSignal,
  progress: (event: ProgressEvent) => void,
): Promise<void> {
  await onThread('collect-thread', input, signal, (event) => progress(event as ProgressEvent));
}
