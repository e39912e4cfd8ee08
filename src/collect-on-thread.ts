import { Worker } from 'node:worker_threads';
import type { ThreadInput, ThreadMessage } from './collect-thread.js';
import { AppError } from './errors.js';
import { InvariantError } from './model/invariant.js';
import type { ProgressEvent } from './run/context.js';

/** A thread needs far less than Node would take by itself; without a limit its garbage lies around until the machine is full. */
const resourceLimits = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 16 };

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
  const thread = startThread(input);
  const onAbort = () => thread.postMessage('stop');
  signal.addEventListener('abort', onAbort);
  try {
    await new Promise<void>((resolve, reject) => {
      let failure: Error | undefined = new Error('the thread ended without a word');
      thread.on('message', (message: ThreadMessage) => {
        if (message.type === 'progress') progress(message.event);
        else failure = message.type === 'done' ? undefined : toError(message);
      });
      thread.once('error', (error) => {
        failure = error instanceof Error ? error : new Error(String(error));
      });
      thread.once('exit', () => (failure === undefined ? resolve() : reject(failure)));
    });
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function startThread(input: ThreadInput): Worker {
  const options = { workerData: input, resourceLimits };
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./collect-thread.js', import.meta.url), options);
  // Run from source, as tests do: a thread does not inherit the loader of its parent and has to register it first.
  const entry = new URL('./collect-thread.ts', import.meta.url).href;
  const loader = import.meta.resolve('tsx/esm/api');
  const boot = `import(${JSON.stringify(loader)}).then(({ register }) => { register(); return import(${JSON.stringify(entry)}); })`;
  return new Worker(boot, { ...options, eval: true });
}

function toError(message: ThreadMessage & { readonly type: 'failed' }): Error {
  const cause = new Error(message.message);
  if (message.stack !== undefined) cause.stack = message.stack;
  if (message.kind === 'app' && message.code !== null)
    return new AppError(message.code, {
      cause,
      ...(message.detail !== undefined && { detail: message.detail }),
      ...(message.retryAfterMs !== undefined && { retryAfterMs: message.retryAfterMs }),
    });
  return message.kind === 'invariant' ? new InvariantError(message.message) : cause;
}
