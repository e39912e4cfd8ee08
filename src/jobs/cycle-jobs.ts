import { type Job, UnrecoverableError } from 'bullmq';
import { z } from 'zod';
import { AppError, errorTable } from '../errors.js';
import { InvariantError } from '../model/invariant.js';
import { sides } from '../model/side.js';
import { collectSide } from '../run/collect.js';
import { compareChunk, type Reconcile } from '../run/compare.js';
import type { RunContext } from '../run/context.js';
import { pairRun } from '../run/pair.js';
import { summariseRun } from '../run/summarise.js';
import { findRun, noteFailure, type StoredRun } from '../store/runs.js';
import { jobOptions, type QueueHandle } from './queue.js';

/*
 * A cycle is one flow: summarise ← pair ← collect legacy, collect solvimon. Before `pair` ends it gives its waiting
 * parent the chunks of the residue as further children, so that summarise starts only when all of them are done. Every
 * handler reads its payload, calls one use case and ends; it may run twice, and the tables decide what is left to do.
 */

export const cycleQueue = 'cycle';

const payloads = {
  collect: z.strictObject({ runId: z.string(), side: z.enum(sides) }),
  pair: z.strictObject({ runId: z.string(), flow: z.string() }),
  compare: z.strictObject({ runId: z.string(), chunk: z.number().int().min(0) }),
  summarise: z.strictObject({ runId: z.string() }),
} as const;
type JobName = keyof typeof payloads;

type HandlerInput = {
  readonly context: RunContext;
  readonly queues: QueueHandle;
  readonly reconcile: Reconcile;
  readonly data: unknown;
};

const handlers = {
  collect: async ({ context, data }) => {
    const { runId, side } = payloads.collect.parse(data);
    await collectSide(context, await runOf(context, runId), side);
  },
  pair: async ({ context, queues, data }) => {
    const { runId, flow } = payloads.pair.parse(data);
    const chunks = await pairRun(context, await runOf(context, runId));
    const queue = queues.queue(cycleQueue);
    for (const chunk of chunks) {
      await queue.add(
        'compare',
        { runId, chunk },
        {
          ...jobOptions,
          jobId: `${flow}-compare-${chunk}`,
          parent: { id: `${flow}-summarise`, queue: queue.qualifiedName },
        },
      );
    }
  },
  compare: async ({ context, reconcile, data }) => {
    const { runId, chunk } = payloads.compare.parse(data);
    await compareChunk(context, await runOf(context, runId), chunk, reconcile);
  },
  summarise: async ({ context, data }) => {
    await summariseRun(context, await runOf(context, payloads.summarise.parse(data).runId));
  },
} as const satisfies Record<JobName, (input: HandlerInput) => Promise<void>>;

async function runOf(context: RunContext, runId: string): Promise<StoredRun> {
  const run = await findRun(context.db, runId);
  if (run === undefined) throw new AppError('run_not_found', { detail: runId });
  return run;
}

/**
 * Puts a run's flow on the queue. `attempt` makes a resumed run a new flow: jobs of an interrupted one may still be held
 * by a dead worker, and every step looks into the tables before it works, so both flows may even run side by side.
 */
export async function enqueueCycle(queues: QueueHandle, run: StoredRun, attempt: string): Promise<void> {
  const flow = `${run.id}-${attempt}`;
  const job = (name: JobName, id: string, data: Record<string, unknown>) => ({
    name,
    queueName: cycleQueue,
    data,
    opts: { ...jobOptions, jobId: `${flow}-${id}`, failParentOnFailure: true },
  });
  await queues.flow.add({
    ...job('summarise', 'summarise', { runId: run.id }),
    children: [
      {
        ...job('pair', 'pair', { runId: run.id, flow }),
        children: sides.map((side) => job('collect', `collect-${side}`, { runId: run.id, side })),
      },
    ],
  });
}

/** Starts a worker for the cycle's jobs in this process. */
export function startCycleWorker(queues: QueueHandle, context: RunContext, reconcile: Reconcile, concurrency: number) {
  return queues.worker(cycleQueue, (job) => handle(job, { context, queues, reconcile }), concurrency);
}

async function handle(job: Job, input: Omit<HandlerInput, 'data'>): Promise<void> {
  const handler = Object.hasOwn(handlers, job.name) ? handlers[job.name as JobName] : undefined;
  if (handler === undefined) throw new UnrecoverableError(`no handler for job ${job.name}`);
  try {
    await handler({ ...input, data: job.data });
  } catch (error) {
    throw await afterFailure(job, error, input.context);
  }
}

/** Writes down why, where the run can be seen, and tells BullMQ whether another attempt can help. Decided by code, never by message text. */
async function afterFailure(job: Job, error: unknown, context: RunContext): Promise<Error> {
  const isHopeless =
    error instanceof InvariantError ||
    error instanceof z.ZodError ||
    (error instanceof AppError && error.retry === 'never');
  const isLast = isHopeless || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof AppError ? error.code : 'internal';
  context.log('job failed', { job: job.name, jobId: job.id, attempt: job.attemptsMade + 1, isLast, code, error });
  const data: unknown = job.data;
  const runId =
    typeof data === 'object' && data !== null && 'runId' in data && typeof data.runId === 'string'
      ? data.runId
      : undefined;
  if (isLast && runId !== undefined)
    await noteFailure(
      context.db,
      runId,
      { code, message, step: job.name, exitCode: errorTable[code].exitCode },
      error instanceof InvariantError,
    );
  if (isHopeless) return new UnrecoverableError(message);
  return error instanceof Error ? error : new Error(message);
}
