import { DelayedError, type FlowJob, type Job, UnrecoverableError } from 'bullmq';
import { z } from 'zod';
import { AppError, errorTable } from '../errors.js';
import { InvariantError } from '../model/invariant.js';
import { type Side, sides } from '../model/side.js';
import { compareChunk, type Reconcile } from '../run/compare.js';
import { redactText } from '../redact.js';
import type { RunContext } from '../run/context.js';
import { pairRun } from '../run/pair.js';
import { summariseRun } from '../run/summarise.js';
import { compareRunUsage, readRunUsage } from '../run/usage/check-usage.js';
import { databaseError } from '../store/database.js';
import { findRun, noteFailure, type StoredRun } from '../store/runs.js';
import { watchRun } from './watch-run.js';
import { jobOptions, type QueueHandle, type WorkerSize } from './queue.js';

/*
 * A cycle is one flow: summarise ← pair ← collect legacy, collect solvimon, usage-compare ← usage-read legacy, usage-read
 * solvimon. Usage is compared before invoices are, so that a missing event is not taken for a wrong price. Before `pair` ends it gives its waiting
 * parent the chunks of the residue as further children, so that summarise starts only when all of them are done. Every
 * handler reads its payload, calls one use case and ends; it may run twice, and the tables decide what is left to do.
 */

export const cycleQueue = 'cycle';

const payloads = {
  collect: z.strictObject({ runId: z.string(), side: z.enum(sides) }),
  'usage-read': z.strictObject({ runId: z.string(), side: z.enum(sides) }),
  'usage-compare': z.strictObject({ runId: z.string() }),
  pair: z.strictObject({ runId: z.string(), flow: z.string() }),
  compare: z.strictObject({ runId: z.string(), chunk: z.number().int().min(0) }),
  summarise: z.strictObject({ runId: z.string() }),
  evaluate: z.strictObject({ runId: z.string() }),
} as const;
type JobName = keyof typeof payloads;

/** The steps that the composition root decides about: which engine, and where a side is collected. */
export type CycleSteps = {
  readonly reconcile: Reconcile;
  readonly collect: (context: RunContext, run: StoredRun, side: Side) => Promise<void>;
  /** Looks at the cohorts once a run of the schedule has ended. */
  readonly evaluate: (run: StoredRun) => Promise<void>;
};

type HandlerInput = {
  readonly context: RunContext;
  readonly queues: QueueHandle;
  readonly steps: CycleSteps;
  readonly data: unknown;
};

const handlers = {
  collect: async ({ context, steps, data }) => {
    const { runId, side } = payloads.collect.parse(data);
    await steps.collect(context, await runOf(context, runId), side);
  },
  'usage-read': async ({ context, data }) => {
    const { runId, side } = payloads['usage-read'].parse(data);
    await readRunUsage(context, await runOf(context, runId), side);
  },
  'usage-compare': async ({ context, data }) => {
    await compareRunUsage(context, await runOf(context, payloads['usage-compare'].parse(data).runId));
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
  compare: async ({ context, steps, data }) => {
    const { runId, chunk } = payloads.compare.parse(data);
    await compareChunk(context, await runOf(context, runId), chunk, steps.reconcile);
  },
  summarise: async ({ context, data }) => {
    await summariseRun(context, await runOf(context, payloads.summarise.parse(data).runId));
  },
  evaluate: async ({ context, steps, data }) => {
    await steps.evaluate(await runOf(context, payloads.evaluate.parse(data).runId));
  },
} as const satisfies Record<JobName, (input: HandlerInput) => Promise<void>>;

async function runOf(context: RunContext, runId: string): Promise<StoredRun> {
  const run = await findRun(context.db, runId);
  if (run === undefined) throw new AppError('run_not_found', { detail: runId });
  if (run.state === 'cancelled') throw new AppError('run_cancelled', { detail: runId });
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
  const tree: FlowJob = {
    ...job('summarise', 'summarise', { runId: run.id }),
    children: [
      {
        ...job('pair', 'pair', { runId: run.id, flow }),
        children: [
          ...sides.map((side) => job('collect', `collect-${side}`, { runId: run.id, side })),
          {
            ...job('usage-compare', 'usage-compare', { runId: run.id }),
            children: sides.map((side) => job('usage-read', `usage-read-${side}`, { runId: run.id, side })),
          },
        ],
      },
    ],
  };
  // A night is a look at the cohorts that counts; a run that somebody starts is looked at when they ask.
  const isLook = run.origin === 'schedule' && !run.isPreview;
  await queues.flow.add(isLook ? { ...job('evaluate', 'evaluate', { runId: run.id }), children: [tree] } : tree);
}

/** Whether an attempt at a run was queued, so that it is not queued twice. */
export async function isQueued(queues: QueueHandle, runId: string, attempt: string): Promise<boolean> {
  return (await queues.queue(cycleQueue).getJob(`${runId}-${attempt}-summarise`)) !== undefined;
}

/** Jobs of every run by state, and what BullMQ counts, in the text format of Prometheus. */
export async function queueMetrics(
  queues: QueueHandle,
): Promise<{ readonly jobs: Readonly<Record<string, number>>; readonly text: string }> {
  const queue = queues.queue(cycleQueue);
  return { jobs: await queue.getJobCounts(), text: await queue.exportPrometheusMetrics() };
}

/** Starts a worker for the cycle's jobs in this process. */
export function startCycleWorker(queues: QueueHandle, context: RunContext, steps: CycleSteps, size: WorkerSize) {
  return queues.worker(cycleQueue, (job, token) => handle(job, token, { context, queues, steps }), size);
}

async function handle(job: Job, token: string | undefined, input: Omit<HandlerInput, 'data'>): Promise<void> {
  const handler = Object.hasOwn(handlers, job.name) ? handlers[job.name as JobName] : undefined;
  if (handler === undefined) throw new UnrecoverableError(`no handler for job ${job.name}`);
  const { context } = input;
  const watched = watchRun(context, runIdOf(job.data));
  try {
    await handler({ ...input, context: { ...context, signal: watched.signal }, data: job.data });
  } catch (thrown) {
    if (context.signal.aborted) return giveBack(job, token, context);
    const error = watched.signal.aborted ? watched.signal.reason : databaseError(thrown);
    if (error instanceof AppError && error.retry === 'after' && error.retryAfterMs !== undefined) {
      // The source named a time: waiting for it is no failed attempt.
      context.log('job waits', { job: job.name, jobId: job.id, retryAfterMs: error.retryAfterMs });
      await job.moveToDelayed(Date.now() + error.retryAfterMs, token);
      throw new DelayedError();
    }
    throw await afterFailure(job, error, context);
  } finally {
    watched.end();
  }
}

/** This process is stopping: the job goes back as it came, for another worker, and counts no attempt. */
async function giveBack(job: Job, token: string | undefined, context: RunContext): Promise<never> {
  context.log('job given back', { job: job.name, jobId: job.id });
  await job.moveToDelayed(Date.now(), token);
  throw new DelayedError();
}

/** Writes down why, where the run can be seen, and tells BullMQ whether another attempt can help. Decided by code, never by message text. */
async function afterFailure(job: Job, error: unknown, context: RunContext): Promise<Error> {
  const isOurs = error instanceof InvariantError || error instanceof z.ZodError;
  const isHopeless = isOurs || (error instanceof AppError && error.retry === 'never');
  const isLast = isHopeless || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
  const message = redactText(error instanceof Error ? error.message : String(error));
  const code = error instanceof AppError ? error.code : 'internal';
  context.log('job failed', { job: job.name, jobId: job.id, attempt: job.attemptsMade + 1, isLast, code, error });
  const runId = runIdOf(job.data);
  if (isLast && runId !== undefined) {
    const detail = error instanceof AppError && error.detail !== undefined ? redactText(error.detail) : message;
    const failure = {
      code,
      detail,
      step: job.name,
      exitCode: errorTable[code].exitCode,
      at: context.now().toISOString(),
    };
    await noteFailure(context.db, runId, failure, error instanceof InvariantError);
  }
  if (isHopeless) return new UnrecoverableError(message);
  // The queue keeps the message and the stack, where people look at jobs.
  const shown = new Error(message);
  shown.stack = redactText(error instanceof Error ? (error.stack ?? message) : message);
  return shown;
}

function runIdOf(data: unknown): string | undefined {
  return typeof data === 'object' && data !== null && 'runId' in data && typeof data.runId === 'string'
    ? data.runId
    : undefined;
}
