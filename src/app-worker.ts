import { cycleSteps, enqueueRun, openCycleQueues, type RunnerOptions, runContext } from './app.js';
import { AppError } from './errors.js';
import { startCycleWorker } from './jobs/cycle-jobs.js';
import type { WorkerSize } from './jobs/queue.js';
import { silentAfterMs, startHeartbeat } from './run/heartbeat.js';
import { listProcesses } from './store/processes.js';
import type { StoredRun } from './store/runs.js';

export type WorkerOptions = Omit<RunnerOptions, 'signal'> & {
  readonly size: WorkerSize;
  /** How long the jobs in hand may take to end after `stop`; then they are given back. */
  readonly graceMs: number;
};

export type Working = {
  /** The name under which this process beats. */
  readonly id: string;
  /**
   * Takes no more jobs, lets those in hand end within the grace period, and gives the others back. Answers false when
   * something held on even then: the process may be ended hard, another worker goes on where it was.
   */
  stop(): Promise<boolean>;
};

/** Jobs that were told to stop are between two statements; one that waits longer hangs on a lock or a socket. */
const lettingGoMs = 5000;

/** Starts to work on the jobs of every run of this database. */
export async function startWorker(options: WorkerOptions): Promise<Working> {
  const stopping = new AbortController();
  const runner: RunnerOptions = { ...options, signal: stopping.signal };
  const context = runContext(runner);
  const queues = await openCycleQueues(options);
  try {
    const heartbeat = await startHeartbeat(context, 'worker');
    startCycleWorker(queues, context, cycleSteps(runner), options.size);
    return {
      id: heartbeat.id,
      stop: async () => {
        await heartbeat.drain();
        const closed = queues.close();
        let isClosed = await endsWithin(closed, options.graceMs);
        if (!isClosed) {
          stopping.abort(new AppError('interrupted'));
          isClosed = await endsWithin(closed, lettingGoMs);
        }
        await heartbeat.stop();
        return isClosed;
      },
    };
  } catch (error) {
    await queues.close();
    throw error;
  }
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
