import { Worker } from 'node:worker_threads';
import { AppError } from './errors.js';
import type { ThreadMessage } from './in-thread.js';
import { InvariantError } from './model/invariant.js';

/** A thread needs far less than Node would take by itself; without a limit its garbage lies around until the machine is full. */
const resourceLimits = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 16 };

/**
 * Runs the named entry on a thread of its own and resolves with what it answered. Rejects with the AppError or
 * InvariantError that the thread met; when the signal fires the thread is told to stop.
 */
export async function onThread(
  entry: 'collect-thread' | 'digest-thread',
  input: unknown,
  signal: AbortSignal,
  progress: (event: unknown) => void,
): Promise<unknown> {
  const thread = startThread(entry, input);
  const onAbort = () => thread.postMessage('stop');
  signal.addEventListener('abort', onAbort);
  try {
    return await new Promise<unknown>((resolve, reject) => {
      let failure: Error | undefined = new Error('the thread ended without a word');
      let result: unknown;
      thread.on('message', (message: ThreadMessage) => {
        if (message.type === 'progress') progress(message.event);
        else if (message.type === 'done') [failure, result] = [undefined, message.result];
        else failure = toError(message);
      });
      thread.once('error', (error) => {
        failure = error instanceof Error ? error : new Error(String(error));
      });
      thread.once('exit', () => (failure === undefined ? resolve(result) : reject(failure)));
    });
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function startThread(name: string, input: unknown): Worker {
  const options = { workerData: input, resourceLimits };
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL(`./${name}.js`, import.meta.url), options);
  // Run from source, as tests do: a thread does not inherit the loader of its parent and has to register it first.
  const entry = new URL(`./${name}.ts`, import.meta.url).href;
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
