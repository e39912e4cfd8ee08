import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { openConfidence } from './app-confidence.js';
import { type ContextOptions, runContext } from './app-context.js';
import { mappingOf } from './app-sources.js';
import { AppError } from './errors.js';
import type { LoadedConfig } from './config.js';
import type { Config } from './config/schema.js';
import type { Env } from './config/env.js';
import { collectOnThread } from './collect-on-thread.js';
import { type CycleSteps, enqueueCycle, startCycleWorker } from './jobs/cycle-jobs.js';
import { openQueues, type QueueHandle } from './jobs/queue.js';
import type { Logger, LogLevel } from './log.js';
import type { CycleId } from './model/ids.js';
import { reconcileCustomer } from './reconcile/reconcile-customer.js';
import type { RunContext } from './run/context.js';
import { evaluateCohorts } from './run/evaluate-cohorts.js';
import { waitForRun } from './run/execute.js';
import { databaseError, databaseIdentity, openDatabase, type Store } from './store/database.js';
import { startEmbeddedPostgres } from './store/embedded-postgres.js';
import { migrateUp, migrationStatus } from './store/migrate.js';
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
    return store;
  } catch (error) {
    await store.close();
    throw connectionTrouble(error);
  }
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

function connectionTrouble(error: unknown): unknown {
  const known = databaseError(error instanceof AppError ? (error.cause ?? error) : error);
  return known instanceof AppError ? known : error;
}

type Migrations = Awaited<ReturnType<typeof migrationStatus>>;

/** Which migrations have run, before and after; `look` changes nothing. */
export async function migrationsOf(
  env: Env,
  dataDir: string,
  log: Logger,
  what: 'up' | 'look',
): Promise<{ readonly before: Migrations; readonly after: Migrations }> {
  const store = await connectStore(env, dataDir, log, 'shadowbill migrate');
  try {
    const before = await migrationStatus(store.db);
    if (what === 'up') await migrateUp(store.db);
    return { before, after: what === 'up' ? await migrationStatus(store.db) : before };
  } catch (error) {
    throw connectionTrouble(error);
  } finally {
    await store.close();
  }
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
  wish: RunWish = {},
): Promise<StoredRun> {
  const context = runContext(options);
  const { run, isResumed } = await beginRun(context, loaded, cycle, wish);
  onStart(run, isResumed);
  return finishRunHere(options, context, run);
}

/** What a run is beyond its cycle; left out: somebody's run over all customers, which speaks for its cycle. */
export type RunWish = Partial<Pick<StoredRun, 'origin' | 'isPreview' | 'customers'>>;

/** Writes a run down, or finds the unfinished one of the same cycle and configuration. Nothing works on it yet. */
export async function beginRun(
  context: Pick<RunContext, 'db' | 'now'>,
  loaded: LoadedConfig,
  cycle: CycleId,
  wish: RunWish = {},
): Promise<{ readonly run: StoredRun; readonly isResumed: boolean }> {
  // A mistake in a mapping file is told before a run exists that could never go on.
  await mappingOf(loaded.config, loaded.baseDir);
  return startRun(context.db, {
    id: newRunId(context.now()),
    cycle,
    timezone: loaded.config.timezone,
    configHash: loaded.hash,
    config: { config: loaded.config, baseDir: loaded.baseDir },
    now: context.now(),
    ...wish,
  });
}

/** Works on an unfinished run in this process until it has ended. */
export async function finishRunHere(options: RunnerOptions, context: RunContext, run: StoredRun): Promise<StoredRun> {
  const queues = await openCycleQueues(options);
  try {
    startCycleWorker(queues, context, cycleSteps(options), { concurrency: 2 });
    await enqueueRun(queues, context, run);
    return await waitForRun(context, run.id);
  } finally {
    await queues.close();
  }
}

/** Opens the queues that every process on this database shares. */
export async function openCycleQueues(options: Pick<RunnerOptions, 'env' | 'store' | 'log'>): Promise<QueueHandle> {
  const { redisUrl } = options.env;
  return openQueues({
    redisUrl: redisUrl ?? undefined,
    databaseUrl: options.store.databaseUrl,
    // One Redis may serve several installations: a worker must never take a job whose run is in another's tables.
    prefix: redisUrl === null ? 'bullmq' : `shadowbill-${await databaseIdentity(options.store.db)}`,
    onError: (error) => options.log.warn({ err: error }, 'the queue has trouble'),
  });
}

/** Puts a run on the queue, for whichever worker takes it; a run that stopped is worked on again. */
export async function enqueueRun(
  queues: QueueHandle,
  context: Pick<RunContext, 'db'>,
  run: StoredRun,
  attempt = randomBytes(6).toString('hex'),
): Promise<void> {
  await clearFailure(context.db, run.id);
  await enqueueCycle(queues, run, attempt);
}

/** The engine and the collecting threads, for a worker of this process. */
export function cycleSteps(options: RunnerOptions): CycleSteps {
  return {
    reconcile: reconcileCustomer,
    collect: collectWith(options),
    evaluate: async (run) => {
      const stored = run.config as { readonly config: Config; readonly baseDir?: string };
      const loaded = { config: stored.config, baseDir: stored.baseDir ?? options.baseDir };
      await evaluateCohorts(await openConfidence(options.store, loaded, () => new Date()), { cycle: run.cycle });
    },
  };
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
