import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { runContext } from './app.js';
import { withPassword } from './config/secret-values.js';
import { AppError, type ErrorCode } from './errors.js';
import { createLogger, type LogLevel } from './log.js';
import { invariant, InvariantError } from './model/invariant.js';
import type { Side } from './model/side.js';
import { hideValues } from './redact.js';
import { collectSide } from './run/collect.js';
import type { ProgressEvent } from './run/context.js';
import { databaseError, openDatabase } from './store/database.js';
import { findRun } from './store/runs.js';

/*
 * The thread that collects one side of one run, so that both sides are read, normalised and sent at the same time on two
 * cores. It has its own database connections; everything it decides is in the tables, as when it runs on the main thread.
 */

export type ThreadInput = {
  readonly databaseUrl: string;
  readonly runId: string;
  readonly side: Side;
  readonly baseDir: string;
  readonly logLevel: LogLevel;
};

export type ThreadMessage =
  | { readonly type: 'progress'; readonly event: ProgressEvent }
  | { readonly type: 'done' }
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

/** Two COPY streams, raw records, the lock and the bookkeeping. */
const poolSize = 6;

async function main(input: ThreadInput, tell: (message: ThreadMessage) => void, signal: AbortSignal): Promise<void> {
  hideValues(withPassword(input.databaseUrl));
  const log = createLogger({ level: input.logLevel, component: `collect ${input.side}` });
  const store = openDatabase({
    url: input.databaseUrl,
    applicationName: `shadowbill collect ${input.side}`,
    poolSize,
    onError: (error) => log.warn({ err: error }, 'a database connection was lost'),
  });
  try {
    const context = runContext({
      store,
      log,
      signal,
      baseDir: input.baseDir,
      progress: (event) => tell({ type: 'progress', event }),
    });
    const run = await findRun(store.db, input.runId);
    if (run === undefined) throw new AppError('run_not_found', { detail: input.runId });
    await collectSide(context, run, input.side);
    tell({ type: 'done' });
  } catch (thrown) {
    const error = databaseError(thrown);
    tell({
      type: 'failed',
      kind: error instanceof AppError ? 'app' : error instanceof InvariantError ? 'invariant' : 'other',
      code: error instanceof AppError ? error.code : null,
      detail: error instanceof AppError ? error.detail : undefined,
      message: error instanceof Error ? error.message : String(error),
      stack: error instanceof Error ? error.stack : undefined,
      retryAfterMs: error instanceof AppError ? error.retryAfterMs : undefined,
    });
  } finally {
    await store.close();
  }
}

invariant(!isMainThread && parentPort !== null, 'this file is the entry of a thread');
const port = parentPort;
const stop = new AbortController();
port.on('message', () => stop.abort(new AppError('interrupted')));
await main(workerData as ThreadInput, (message) => port.postMessage(message), stop.signal);
port.close();
