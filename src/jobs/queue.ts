import { createPostgresBackend, FlowProducer, Queue, runMigrations, withBackend, Worker, type Job } from 'bullmq';
import pg from 'pg';

/*
 * The one place that knows which backend the queue runs on: Redis when REDIS_URL is set, BullMQ's own Postgres backend
 * otherwise. Postgres holds the truth in both cases; the queue only reminds.
 */

export type QueueOptions = {
  readonly redisUrl: string | undefined;
  readonly databaseUrl: string;
  /** Keeps installations apart: the Redis key prefix, or the Postgres schema. */
  readonly prefix: string;
  readonly onError: (error: Error) => void;
};

export type QueueHandle = {
  readonly backend: 'redis' | 'postgres';
  queue(name: string): Queue;
  worker(name: string, handler: (job: Job, token: string | undefined) => Promise<unknown>, size: WorkerSize): Worker;
  readonly flow: FlowProducer;
  /** Workers first, so that no job is taken while the rest goes away; waits for the jobs in hand. */
  close(): Promise<void>;
};

export type WorkerSize = {
  /** Most jobs in hand at once. */
  readonly concurrency: number;
  /** How long a job stays with a worker that is not heard of any more; then another takes it. */
  readonly lockMs?: number;
};

type Constructors = {
  readonly Queue: typeof Queue;
  readonly Worker: typeof Worker;
  readonly FlowProducer: typeof FlowProducer;
};

/** Stalled jobs of a killed worker are picked up by another after about this long. */
const usualLockMs = 30_000;

/** Opens the queues. On Postgres it creates BullMQ's schema first. */
export async function openQueues(options: QueueOptions): Promise<QueueHandle> {
  const { classes, connection } =
    options.redisUrl === undefined ? await onPostgres(options) : onRedis(options.redisUrl, options.prefix);
  const queues = new Map<string, Queue>();
  const workers: Worker[] = [];
  const flow = new classes.FlowProducer(connection);
  flow.on('error', options.onError);
  return {
    backend: options.redisUrl === undefined ? 'postgres' : 'redis',
    flow,
    queue: (name) => {
      const known = queues.get(name);
      if (known !== undefined) return known;
      // Age, never count: a count deadlocks the Postgres backend with more than ten concurrent finishers.
      const queue = new classes.Queue(name, { ...connection, defaultJobOptions: jobOptions });
      queue.on('error', options.onError);
      queues.set(name, queue);
      return queue;
    },
    worker: (name, handler, { concurrency, lockMs = usualLockMs }) => {
      const worker = new classes.Worker(name, handler, {
        ...connection,
        concurrency,
        lockDuration: lockMs,
        stalledInterval: lockMs / 2,
      });
      worker.on('error', options.onError);
      workers.push(worker);
      return worker;
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.close()));
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      await flow.close();
    },
  };
}

/** How every job of ours is tried and kept. */
export const jobOptions = {
  attempts: 5,
  backoff: { type: 'exponential', delay: 500 },
  removeOnComplete: { age: 86_400 },
  removeOnFail: { age: 7 * 86_400 },
} as const;

type Connected = { readonly classes: Constructors; readonly connection: { connection: never; prefix?: string } };

function onRedis(url: string, prefix: string): Connected {
  return {
    classes: { Queue, Worker, FlowProducer },
    connection: { connection: { url, maxRetriesPerRequest: null } as never, prefix },
  };
}

async function onPostgres(options: QueueOptions): Promise<Connected> {
  const client = new pg.Client({ connectionString: options.databaseUrl });
  client.on('error', options.onError);
  await client.connect();
  try {
    await runMigrations(client, options.prefix);
  } finally {
    await client.end();
  }
  const connection = {
    connectionString: options.databaseUrl,
    schema: options.prefix,
    max: 10,
    // The queue may lose its last milliseconds in a crash: the tables know what is left to do. Money tables stay durable.
    options: '-c synchronous_commit=off',
  };
  // The classes bound to the Postgres backend are typed apart from the Redis ones, with the same calls: one cast, here only.
  return {
    classes: withBackend(createPostgresBackend) as unknown as Constructors,
    connection: { connection: connection as never },
  };
}
