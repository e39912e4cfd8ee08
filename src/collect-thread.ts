import { runContext } from './app-context.js';
import { withPassword } from './config/secret-values.js';
import { AppError } from './errors.js';
import { inThread } from './in-thread.js';
import { createLogger, type LogLevel } from './log.js';
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

/** Two COPY streams, raw records, the lock and the bookkeeping. */
const poolSize = 6;

async function collect(
  input: ThreadInput,
  signal: AbortSignal,
  progress: (event: ProgressEvent) => void,
): Promise<void> {
  hideValues(withPassword(input.databaseUrl));
  const log = createLogger({ level: input.logLevel, component: `collect ${input.side}` });
  const store = openDatabase({
    url: input.databaseUrl,
    applicationName: `shadowbill collect ${input.side}`,
    poolSize,
    onError: (error) => log.warn({ err: error }, 'a database connection was lost'),
  });
  try {
    const context = runContext({ store, log, signal, baseDir: input.baseDir, progress });
    const run = await findRun(store.db, input.runId);
    if (run === undefined) throw new AppError('run_not_found', { detail: input.runId });
    await collectSide(context, run, input.side);
  } finally {
    await store.close();
  }
}

await inThread(async (input, signal, progress) => {
  await collect(input as ThreadInput, signal, progress);
  return { result: null, transfer: [] };
}, databaseError);
