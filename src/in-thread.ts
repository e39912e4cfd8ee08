import { isMainThread, parentPort, type TransferListItem, workerData } from 'node:worker_threads';
import { AppError, type ErrorCode } from './errors.js';
import { invariant, InvariantError } from './model/invariant.js';

export type ThreadMessage =
  | { readonly type: 'progress'; readonly event: unknown }
  | { readonly type: 'done'; readonly result: unknown }
  /** An error cannot cross between threads with its class: it is told by code and message. */
  | {
      readonly type: 'failed';
      readonly kind: 'app' | 'invariant' | 'other';
      readonly code: ErrorCode | null;
      readonly detail: string | undefined;
      readonly message: string;
      readonly stack: string | undefined;
      readonly retryAfterMs: number | undefined;
    };

/** What the work of a thread answers; memory in `transfer` is handed over and not copied. */
export type ThreadResult = { readonly result: unknown; readonly transfer: readonly TransferListItem[] };

/**
 * The whole life of a thread: does `work` with what the thread was started with, tells the outcome and hangs up. `known`
 * names errors of a library that stand for one of ours.
 */
export async function inThread(
  work: (input: unknown, signal: AbortSignal, progress: (event: unknown) => void) => Promise<ThreadResult>,
  known: (error: unknown) => unknown = (error) => error,
): Promise<void> {
  invariant(!isMainThread && parentPort !== null, 'this file is the entry of a thread');
  const port = parentPort;
  const stop = new AbortController();
  const tell = (message: ThreadMessage, transfer: readonly TransferListItem[] = []) =>
    port.postMessage(message, [...transfer]);
  port.on('message', () => stop.abort(new AppError('interrupted')));
  try {
    const { result, transfer } = await work(workerData, stop.signal, (event) => tell({ type: 'progress', event }));
    tell({ type: 'done', result }, transfer);
  } catch (thrown) {
    tell(failed(known(thrown)));
  } finally {
    port.close();
  }
}

function failed(error: unknown): ThreadMessage {
  return {
    type: 'failed',
    kind: error instanceof AppError ? 'app' : error instanceof InvariantError ? 'invariant' : 'other',
    code: error instanceof AppError ? error.code : null,
    detail: error instanceof AppError ? error.detail : undefined,
    message: error instanceof Error ? error.message : String(error),
    stack: error instanceof Error ? error.stack : undefined,
    retryAfterMs: error instanceof AppError ? error.retryAfterMs : undefined,
  };
}
