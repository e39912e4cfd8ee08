import { startOpsServer } from './api/ops-server.js';
import { startAlerts } from './app-alerts.js';
import { beginRun, cycleSteps, enqueueRun, openCycleQueues, type RunnerOptions, runContext } from './app.js';
import type { LoadedConfig } from './config.js';
import { AppError } from './errors.js';
import { isQueued, queueMetrics, startCycleWorker } from './jobs/cycle-jobs.js';
import type { QueueHandle, WorkerSize } from './jobs/queue.js';
import { nextCronMs, startSchedule } from './jobs/schedule.js';
import { silentAfterMs, startHeartbeat } from './run/heartbeat.js';
import { lookAtNights, type NightContext, type Schedule } from './run/nights.js';
import { migrationStatus } from './store/migrate.js';
import { listProcesses, type ProcessKind } from './store/processes.js';
import { findRun, type StoredRun } from './store/runs.js';

type Common = Pick<RunnerOptions, 'env' | 'store' | 'log'> & {
  readonly loaded: LoadedConfig;
  /** Where health and metrics are; null: as configured, or nowhere. */
  readonly opsPort: number | null;
};

export type WorkerOptions = Common & {
  readonly size: WorkerSize;
  /** How long the jobs in hand may take to end after `stop`; then they are given back. */
  readonly graceMs: number;
};

export type Working = {
  /** The name under which this process beats. */
  readonly id: string;
  /** Where health and metrics are, when they are anywhere. */
  readonly ops: string | null;
  /**
   * Takes no more jobs, lets those in hand end within the grace period, and gives the others back. Answers false when
   * something held on even then: the process may be ended hard, another worker goes on where it was.
   */
  stop(): Promise<boolean>;
};

/** Jobs that were told to stop are between two statements; one that waits longer hangs on a lock or a socket. */
const lettingGoMs = 5000;

/** Starts to work on the jobs of every run of this database, and to do everything that `startWatch` does. */
export async function startWorker(options: WorkerOptions): Promise<Working> {
  const stopping = new AbortController();
  const { baseDir } = options.loaded;
  const runner: RunnerOptions = { ...options, baseDir, signal: stopping.signal, progress: () => undefined };
  const watch = await startWatch(options, 'worker');
  startCycleWorker(watch.queues, runContext(runner), cycleSteps(runner), options.size);
  return {
    id: watch.id,
    ops: watch.ops,
    stop: async () => {
      const closed = watch.stop();
      let isClosed = await endsWithin(closed, options.graceMs);
      if (!isClosed) {
        stopping.abort(new AppError('interrupted'));
        isClosed = await endsWithin(closed, lettingGoMs);
      }
      return isClosed;
    },
  };
}

type Watching = {
  readonly id: string;
  readonly ops: string | null;
  readonly queues: QueueHandle;
  stop(): Promise<void>;
};

const lookEveryMs = 30_000;

/**
 * What every long-running process does besides its own work: it beats, looks at the schedule, looks for what people should
 * know, and answers for health and metrics. So a night is begun, and missed ones are told, when only one of them lives.
 */
export async function startWatch(options: Common, kind: ProcessKind): Promise<Watching> {
  const { store, loaded, log } = options;
  const now = () => new Date();
  const note = (event: string, data: Readonly<Record<string, unknown>>) => log.info(data, event);
  const alerts = startAlerts({ store, loaded, variables: process.env, log, now });
  const queues = await openCycleQueues(options).catch(async (error: unknown) => {
    await alerts.close();
    throw error;
  });
  try {
    const ops = await startOps(options, queues);
    const heartbeat = await startHeartbeat({ db: store.db, now, log: note }, kind);
    const nights = await startNights(options, queues, note);
    const stop = async () => {
      await heartbeat.drain();
      nights.end();
      await queues.close();
      await alerts.close();
      await heartbeat.stop();
      await ops?.close();
    };
    return { id: heartbeat.id, ops: ops?.address ?? null, queues, stop };
  } catch (error) {
    await queues.close();
    await alerts.close();
    throw error;
  }
}

type Note = NightContext['log'];

async function startNights(options: Common, queues: QueueHandle, note: Note): Promise<{ readonly end: () => void }> {
  const { loaded, store } = options;
  const { timezone: zone, schedule } = loaded.config;
  const pattern = schedule?.nightly;
  if (schedule === undefined || pattern === undefined) {
    await startSchedule(queues, null, async () => undefined);
    return { end: () => undefined };
  }
  const context = nightContext({ loaded, store, queues, note, now: () => new Date() });
  const look = () => lookAtNights(context, scheduleOf(loaded.config, pattern));
  const lookAndLog = () => look().catch((error: unknown) => note('the schedule could not be looked at', { error }));
  await startSchedule(queues, { pattern, zone }, look);
  await lookAndLog();
  const timer = setInterval(() => void lookAndLog(), lookEveryMs);
  return { end: () => clearInterval(timer) };
}

/** The schedule of a configuration whose nights are `pattern`. */
export function scheduleOf({ timezone: zone, schedule }: LoadedConfig['config'], pattern: string): Schedule {
  return {
    zone,
    nextAfter: (afterMs) => nextCronMs(pattern, zone, afterMs),
    finishBy: schedule?.must_finish_by ?? null,
    lookBack: schedule?.look_back ?? 1,
    hasRunningCycle: schedule?.running_cycle ?? false,
  };
}

/** What the nights need of this program: how a run is written down, and how it is queued once. */
export function nightContext(input: {
  readonly loaded: LoadedConfig;
  readonly store: Pick<Common['store'], 'db'>;
  readonly queues: QueueHandle;
  readonly note: Note;
  readonly now: () => Date;
}): NightContext {
  const { loaded, store, queues, now } = input;
  return {
    db: store.db,
    now,
    log: input.note,
    begin: async (trx, cycle, isPreview) =>
      (await beginRun({ db: trx, now }, loaded, cycle, { origin: 'schedule', isPreview })).run,
    enqueue: async (runId, attempt) => {
      const run = await findRun(store.db, runId);
      if (run !== undefined && !(await isQueued(queues, runId, attempt))) await enqueueRun(queues, store, run, attempt);
    },
  };
}

/** The queue may hang on a connection that is gone; whoever asks for health wants an answer now. */
const queueAnswersMs = 2000;

async function startOps(options: Common, queues: QueueHandle) {
  const { store, loaded } = options;
  const port = options.opsPort ?? loaded.config.ops?.port;
  if (port === undefined) return null;
  const queue = async () => {
    const late = AbortSignal.timeout(queueAnswersMs);
    return Promise.race([
      queueMetrics(queues),
      new Promise<never>((_resolve, reject) =>
        late.addEventListener('abort', () => reject(new AppError('redis_unreachable')), { once: true }),
      ),
    ]);
  };
  const host = loaded.config.ops?.host ?? '127.0.0.1';
  return startOpsServer({
    host,
    port,
    db: store.db,
    now: () => new Date(),
    silentAfterMs,
    queue,
    notReady: async () => [
      ...(await migrationStatus(store.db).then(
        (all) => all.filter((one) => !one.isApplied).map((one) => `migration ${one.name} has not run`),
        () => ['Postgres does not answer'],
      )),
      ...(await queue().then(
        () => [],
        () => ['the queue does not answer'],
      )),
    ],
  });
}

/** Queues a run for the workers of this database; answers how many of them are alive. */
export async function leaveToWorkers(
  options: Pick<RunnerOptions, 'env' | 'store' | 'log'>,
  run: StoredRun,
): Promise<number> {
  const queues = await openCycleQueues(options);
  try {
    await enqueueRun(queues, options.store, run);
  } finally {
    await queues.close();
  }
  const alive = await listProcesses(options.store.db, new Date(Date.now() - silentAfterMs));
  return alive.filter((one) => one.kind === 'worker' && one.state === 'working').length;
}

async function endsWithin(work: Promise<void>, waitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), waitMs);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
