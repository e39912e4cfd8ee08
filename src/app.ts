import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { type ContextOptions, runContext } from './app-context.js';
import { mappingOf } from './app-sources.js';
import { AppError } from './errors.js';
import type { LoadedConfig } from './config.js';
import type { Env } from './config/env.js';
import { collectOnThread } from './collect-on-thread.js';
import { type CycleSteps, enqueueCycle, startCycleWorker } from './jobs/cycle-jobs.js';
import { openQueues } from './jobs/queue.js';
import type { Logger, LogLevel } from './log.js';
import type { CycleId } from './model/ids.js';
import { reconcileCustomer } from './reconcile/reconcile-customer.js';
import type { RunContext } from './run/context.js';
import { waitForRun } from './run/execute.js';
import { databaseError, databaseIdentity, openDatabase, type Store } from './store/database.js';
import { startEmbeddedPostgres } from './store/embedded-postgres.js';
import { migrateUp } from './store/migrate.js';
import { clearFailure, startRun, type StoredRun } from './store/runs.js';

export { readConfig, sourceSchemas } from './app-config.js';
export { runContext, sourceContext } from './app-context.js';
export { mappingOf, openSource } from './app-sources.js';

/** An open store, embedded when no DATABASE_URL is set, migrated. */
export type OpenStore = Store & { readonly databaseUrl: string; readonly isEmbedded: boolean };

/** Most connections of this process: both sides of a collect hold four each, the queue has its own. */
const poolSize = 16;

export async function openStore(env: Env, dataDir: string, log: Logger, applicationName: string): Promise<OpenStore> {
  const store = await connectStore(env, dataDir, log, applicationName);
  try {
    await migrateUp(store.db);
  } catch (error) {
    await store.close();
    const known = databaseError(error instanceof AppError ? (error.cause ?? error) : error);
    throw known instanceof AppError ? known : error;
  }
  return store;
}

/** The store with the schema that it has, old or none at all: for what comes before a migration, or instead of one. */
export async function connectStore(
  env: Env,
  dataDir: string,
  log: Logger,
  applicationName: string,
): Promise<OpenStore> {
  const embedded =
    env.databaseUrl === null ? await startEmbeddedPostgres({ dir: path.join(dataDir, 'postgres') }) : undefined;
  const databaseUrl = env.databaseUrl ?? embedded?.url ?? '';
  const store = openDatabase({
    url: databaseUrl,
    applicationName,
    poolSize,
    onError: (error) => log.warn({ err: error }, 'a database connection was lost'),
  });
  const close = async () => {
    await store.close();
    await embedded?.stop();
  };
  return { ...store, databaseUrl, isEmbedded: embedded !== undefined, close };
}

export type RunnerOptions = ContextOptions & { readonly env: Env; readonly store: OpenStore };

/**
 * Runs a cycle to its end, workers in this process, and gives the finished run. A cycle that was begun with the same
 * configuration and not finished is continued.
 */
export async function runCycleToEnd(
  options: RunnerOptions,
  loaded: LoadedConfig,
  cycle: CycleId,
  onStart: (run: StoredRun, isResumed: boolean) => void,
): Promise<StoredRun> {
  const context = runContext(options);
  // A mistake in a mapping file is told before a run exists that could never go on.
  await mappingOf(loaded.config, loaded.baseDir);
  const { run, isResumed } = await startRun(context.db, {
    id: newRunId(context.now()),
    cycle,
    timezone: loaded.config.timezone,
    configHash: loaded.hash,
    config: { config: loaded.config, baseDir: loaded.baseDir },
    now: context.now(),
  });
  onStart(run, isResumed);
  return finishRunHere(options, context, run);
}

/** Works on an unfinished run in this process until it has ended. */
export async function finishRunHere(options: RunnerOptions, context: RunContext, run: StoredRun): Promise<StoredRun> {
  const queues = await openQueues({
    redisUrl: options.env.redisUrl ?? undefined,
    databaseUrl: options.store.databaseUrl,
    // One Redis may serve several installations: a worker must never take a job whose run is in another's tables.
    prefix: options.env.redisUrl === null ? 'bullmq' : `shadowbill-${await databaseIdentity(context.db)}`,
    onError: (error) => options.log.warn({ err: error }, 'the queue has trouble'),
  });
  try {
    await clearFailure(context.db, run.id);
    startCycleWorker(queues, context, { reconcile: reconcileCustomer, collect: collectWith(options) }, 2);
    await enqueueCycle(queues, run, randomBytes(6).toString('hex'));
    return await waitForRun(context, run.id);
  } finally {
    await queues.close();
  }
}

/** Both sides of a cycle are collected at the same time, each on a thread of its own. */
function collectWith(options: RunnerOptions): CycleSteps['collect'] {
  return (context, run, side) =>
    collectOnThread(
      {
        databaseUrl: options.store.databaseUrl,
        runId: run.id,
        side,
        baseDir: options.baseDir,
        logLevel: options.log.level as LogLevel,
      },
      context.signal,
      options.progress,
    );
}

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';

/** 26 characters: ten for the millisecond, so that ids sort by time, sixteen random. */
export function newRunId(now: Date): string {
  const random = [...randomBytes(16)].map((byte) => alphabet[byte % alphabet.length]).join('');
  return `${now.getTime().toString(36).padStart(10, '0')}${random}`;
}
