import { cyclePeriod } from '../model/period.js';
import type { Side } from '../model/side.js';
import type { PullEvent, Source } from '../model/source.js';
import type { CycleId } from '../model/ids.js';
import { customerIdsOf } from '../reconcile/mapping.js';
import { prepare } from '../reconcile/prepare.js';
import { LoadWriter } from '../store/load-writer.js';
import { beginLoad, findLoaded, finishLoad, type LoadAttempt, saveProgress, withLoadLock } from '../store/loads.js';
import { moveRun, type StoredRun } from '../store/runs.js';
import { limitRequests } from './limit-requests.js';
import type { RunContext, RunSettings } from './context.js';
import { Gathered } from './gathered.js';

const progressEvery = 1000;
/** A checkpoint is stored when this many documents, or this much time, would otherwise have to be read again. */
const commitAfterDocuments = 5000;
const commitAfterMs = 5000;

/**
 * Reads one side of a run into Postgres: pull, translate, map, digest, COPY. Nothing of it is visible before it is whole.
 * A killed attempt is continued from its last checkpoint where the source can, else begun again; a repeat after success
 * does nothing, and a twin waits for the first. Throws AppError from the source.
 */
export async function collectSide(context: RunContext, run: StoredRun, side: Side): Promise<void> {
  if ((await findLoaded(context.db, run.id, side)) !== undefined) return;
  await moveRun(context.db, run.id, ['created'], 'collecting');
  await withLoadLock(context.pool, run.id, side, async (lost) => {
    if ((await findLoaded(context.db, run.id, side)) !== undefined) return;
    const settings = await context.settingsOf(run);
    const source = await settings.openSource(side);
    try {
      const attempt = await beginLoad(context.db, {
        runId: run.id,
        side,
        isResumable: source.capabilities.resumable,
        now: context.now(),
      });
      const signal = AbortSignal.any([context.signal, lost]);
      const documents = await load({ context, run, side, source, settings, attempt, signal });
      context.progress({ step: 'collect', side, documents, isDone: true });
    } finally {
      await source.close();
    }
  });
}

type LoadInput = {
  readonly context: RunContext;
  readonly run: StoredRun;
  readonly side: Side;
  readonly source: Source;
  readonly settings: RunSettings;
  readonly attempt: LoadAttempt;
  readonly signal: AbortSignal;
};

async function load(input: LoadInput): Promise<number> {
  const { context, source, settings, attempt } = input;
  const gathered = new Gathered(input.side, settings.mapping, attempt);
  const writer = await LoadWriter.open(context.pool, attempt.loadId, attempt.documents);
  try {
    await drain(input, writer, gathered);
    await writer.finish();
  } catch (error) {
    writer.abort(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
  input.signal.throwIfAborted();
  const done = gathered.done();
  const { documents } = await finishLoad(
    context.db,
    attempt.loadId,
    {
      complete: done.complete,
      incompleteBecause: done.incompleteBecause,
      controlTotals: done.controlTotals,
      inputHash: done.inputHash,
      asOf: done.asOf,
      findings: gathered.release(),
      repeated: source.capabilities.repeatedIds ?? (source.capabilities.snapshot === 'none' ? 'keep_latest' : 'reject'),
    },
    context.now(),
  );
  return documents;
}

/** Writes every event of the pull away, and stores checkpoints on the way. */
async function drain(input: LoadInput, writer: LoadWriter, gathered: Gathered): Promise<void> {
  const { context, side, settings, attempt } = input;
  const { minimise = (raw) => raw } = settings;
  const wanted = input.run.customers === null ? null : new Set(input.run.customers);
  let committed = { documents: writer.documentCount, at: context.now().getTime() };
  for await (const event of pullCycle(input)) {
    input.signal.throwIfAborted();
    if (event.type === 'document') {
      const prepared = prepare(event.document, side, settings.mapping, settings.rules);
      if (wanted !== null && !wanted.has(prepared.customer)) {
        // Not every source can ask for some customers only: what nobody asked for must not look one-sided.
        const { source, kind } = event.document;
        gathered.take({ type: 'skipped', id: source.id, kind, reason: 'other_customer' });
        continue;
      }
      await writer.write(prepared, event.isNeighbour !== true, event.raw === null ? null : minimise(event.raw));
      if (writer.documentCount % progressEvery === 0)
        context.progress({ step: 'collect', side, documents: writer.documentCount, isDone: false });
    } else if (event.type === 'checkpoint') {
      const isDue =
        writer.documentCount - committed.documents >= commitAfterDocuments ||
        context.now().getTime() - committed.at >= commitAfterMs;
      if (!isDue || !input.source.capabilities.resumable) continue;
      await writer.commit();
      await saveProgress(context.db, attempt.loadId, {
        checkpoint: event.checkpoint,
        documents: writer.documentCount,
        findings: gathered.release(),
      });
      committed = { documents: writer.documentCount, at: context.now().getTime() };
    } else {
      if (event.type === 'rejected' && event.raw !== null)
        await writer.writeRejectedRaw(minimise(event.raw), gathered.rejectedCount + 1);
      gathered.take(event);
    }
  }
}

function pullCycle(input: LoadInput): AsyncIterable<PullEvent> {
  const { context, run, side, settings, attempt } = input;
  const cycle = run.cycle as CycleId;
  const log = (event: string, data: Readonly<Record<string, unknown>>) =>
    context.log(event, { runId: run.id, cycle: run.cycle, side, ...data });
  const limiter = limitRequests(context.db, settings.rateOf(side), input.signal, log);
  return input.source.pull(
    {
      cycle,
      period: cyclePeriod(cycle, run.timezone),
      timezone: run.timezone,
      customers: run.customers === null ? 'all' : customerIdsOf(settings.mapping, side, run.customers),
      slackDays: settings.slackDays,
    },
    {
      signal: input.signal,
      resume: attempt.checkpoint,
      ...limiter,
      now: () => context.now().getTime(),
      log,
    },
  );
}
