import { randomBytes } from 'node:crypto';
import { AppError } from '../errors.js';
import type { Actor } from '../model/access.js';
import { appendAudit } from '../store/audit.js';
import { latestFinishedRun } from '../store/runs.js';
import {
  type Batch,
  findBatch,
  insertBatch,
  insertEvents,
  lockCycleWork,
  saveStates,
  workUnits,
} from '../store/work.js';
import { type ActOutcome, mostKeys, refuseFrozen } from './act-on-mismatches.js';
import type { WorkContext } from './work-context.js';

/** How long an act can simply be undone; later it takes a reversal with a reason, which stands in the log like the act. */
export const undoSeconds = 30;

/**
 * Puts the keys of a batch back as they stood before it, all or none. Within `undoSeconds` whoever did it may simply undo;
 * later, or for somebody else, it is a reversal and wants a reason. Bringing an acceptance back takes the right to approve.
 * Throws AppError `conflict` when a key has moved on since, or the batch was taken back already.
 */
export async function takeBack(
  context: WorkContext,
  input: {
    readonly batch: string;
    readonly actor: Actor;
    readonly reason: string | null;
    readonly mayApprove: boolean;
  },
): Promise<ActOutcome> {
  const { cycle } = await found(context.db, input.batch);
  return context.db.transaction().execute(async (trx) => {
    await lockCycleWork(trx, cycle);
    const batch = await found(trx, input.batch);
    const kind = kindOf(batch, input, context.now());
    refuse(batch, input.mayApprove);
    await refuseFrozen(trx, cycle, 'undo');
    const run = await latestFinishedRun(trx, cycle);
    if (run === undefined) throw new AppError('cycle_not_found', { detail: cycle });
    const units = await workUnits(trx, run, { keys: batch.before.map((state) => state.key) }, mostKeys);
    const now = context.now();
    const moved = batch.before.map((before) => {
      const unit = units.find(({ key }) => key === before.key);
      if (unit === undefined || unit.version !== before.version + 1)
        throw new AppError('conflict', { detail: `${before.key} has moved on since ${batch.id}` });
      return { before, unit };
    });
    const id = `B-${randomBytes(8).toString('hex')}`;
    await insertBatch(trx, {
      id,
      cycle,
      act: { kind, reason: input.reason },
      before: moved.map(({ unit: { key, status, assignee, version, acceptance } }) => ({
        key,
        status,
        assignee,
        version,
        acceptance,
      })),
      who: input.actor.name,
      reverses: batch.id,
      now,
    });
    const after = moved.map(({ before, unit }) => ({ ...before, version: unit.version }));
    await saveStates(trx, run, after, now);
    const events = moved.map(({ before, unit }) => ({
      batchId: id,
      cycle,
      key: before.key,
      kind,
      from: unit.status,
      to: before.status,
      who: input.actor.name,
      note: input.reason,
    }));
    await insertEvents(trx, events, now);
    const detail = { kind, of: batch.id, count: moved.length };
    await appendAudit(trx, { actor: input.actor, action: `work.${kind}`, subject: `batch ${id}`, cycle, detail, now });
    const items = moved.map(({ before, unit }) => ({
      key: before.key,
      from: unit.status,
      to: before.status,
      version: unit.version + 1,
    }));
    return { cycle, batch: id, proposal: null, why: null, items };
  });
}

function kindOf(
  batch: Batch,
  input: { readonly actor: Actor; readonly reason: string | null },
  now: Date,
): 'undo' | 'reversal' {
  const isFresh = now.getTime() - Date.parse(batch.at) <= undoSeconds * 1000;
  if (isFresh && batch.who === input.actor.name) return 'undo';
  if (input.reason === null || input.reason.trim() === '')
    throw new AppError('usage', {
      detail: `after ${undoSeconds} seconds, or for somebody else's act, it takes a reason: it will stand in the log as a reversal`,
    });
  return 'reversal';
}

function refuse(batch: Batch, mayApprove: boolean): void {
  if (batch.reversedBy !== null)
    throw new AppError('conflict', { detail: `${batch.id} was taken back by ${batch.reversedBy}` });
  // Taking back a taking-back would accept again without anybody's second look.
  if (batch.reverses !== null)
    throw new AppError('usage', { detail: `${batch.id} takes another back; act anew instead` });
  if (!mayApprove && batch.before.some((state) => state.status === 'accepted'))
    throw new AppError('not_allowed', { detail: 'this would bring an acceptance back' });
}

async function found(db: WorkContext['db'], id: string): Promise<Batch> {
  const batch = await findBatch(db, id);
  if (batch === undefined) throw new AppError('not_found', { detail: `batch ${id}` });
  return batch;
}
