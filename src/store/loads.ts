import { type Kysely, sql } from 'kysely';
import type { Pool } from 'pg';
import type { Side } from '../model/side.js';
import type { Checkpoint, ControlTotal } from '../model/source.js';
import { type RepeatedMeaning, settleRepeated } from './duplicates.js';
import { countFindings, type Findings, insertFindings } from './load-findings.js';
import { attachLeaves, createLeaves, dropLeaves, leaf, trimLeaves } from './load-leaves.js';
import type { Database } from './tables.js';

/** The finished load of a side of a run, if there is one. */
export async function findLoaded(db: Kysely<Database>, runId: string, side: Side): Promise<string | undefined> {
  const row = await db
    .selectFrom('load')
    .select('id')
    .where('run_id', '=', runId)
    .where('side', '=', side)
    .where('state', '=', 'loaded')
    .executeTakeFirst();
  return row?.id;
}

/**
 * Holds the lock of one side of one run while `work` runs, so that a twin of the same job waits and then finds the load
 * finished. The lock dies with its connection: a killed worker never leaves one behind, and a worker that loses the
 * connection is told by the signal, because from then on a twin may be at work.
 */
export async function withLoadLock<Result>(
  pool: Pool,
  runId: string,
  side: Side,
  work: (lost: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  const lost = new AbortController();
  const onLost = (error: Error) => lost.abort(error);
  client.on('error', onLost);
  const key = `shadowbill load ${runId} ${side}`;
  let failure: Error | undefined;
  try {
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [key]);
    return await work(lost.signal);
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    throw error;
  } finally {
    if (failure === undefined && !lost.signal.aborted)
      await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [key]);
    client.removeListener('error', onLost);
    // After a failure the connection may be broken; dropping it frees the lock in every case.
    client.release(failure !== undefined || lost.signal.aborted);
  }
}

/** Where an attempt begins: at the start, or after what an earlier one has stored. */
export type LoadAttempt = {
  readonly loadId: string;
  readonly checkpoint: Checkpoint | null;
  readonly documents: number;
  readonly rejected: number;
  readonly problems: number;
};

/**
 * Starts an attempt at a load. A resumable source goes on from the last checkpoint that a killed attempt stored;
 * otherwise whatever that attempt left is dropped. Call with the load lock held.
 */
export async function beginLoad(
  db: Kysely<Database>,
  input: { readonly runId: string; readonly side: Side; readonly isResumable: boolean; readonly now: Date },
): Promise<LoadAttempt> {
  return db.transaction().execute(async (trx) => {
    const stale = await trx
      .selectFrom('load')
      .select(['id', 'checkpoint', 'committed_documents'])
      .where('run_id', '=', input.runId)
      .where('side', '=', input.side)
      .where('state', '=', 'loading')
      .orderBy('id')
      .execute();
    const [only] = stale;
    if (only !== undefined && stale.length === 1 && input.isResumable && only.checkpoint !== null) {
      const { rejected, problems } = await countFindings(trx, only.id);
      await trimLeaves(trx, only.id, only.committed_documents, rejected);
      return {
        loadId: only.id,
        checkpoint: only.checkpoint as Checkpoint,
        documents: only.committed_documents,
        rejected,
        problems,
      };
    }
    for (const load of stale) await forgetLoad(trx, load.id);
    const created = await trx
      .insertInto('load')
      .values({ run_id: input.runId, side: input.side, state: 'loading', started_at: input.now })
      .returning('id')
      .executeTakeFirstOrThrow();
    await createLeaves(trx, created.id);
    return { loadId: created.id, checkpoint: null, documents: 0, rejected: 0, problems: 0 };
  });
}

/** Drops what was read of a side and never became visible. Call with the load lock held. */
export async function forgetUnfinished(db: Kysely<Database>, runId: string, side: Side): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const unfinished = await trx
      .selectFrom('load')
      .select('id')
      .where('run_id', '=', runId)
      .where('side', '=', side)
      .where('state', '=', 'loading')
      .execute();
    for (const load of unfinished) await forgetLoad(trx, load.id);
  });
}

async function forgetLoad(trx: Kysely<Database>, loadId: string): Promise<void> {
  await trx.deleteFrom('load').where('id', '=', loadId).execute();
  await dropLeaves(trx, loadId);
}

/** Notes how far a load has come, together with what was found on the way. The documents themselves were committed before. */
export async function saveProgress(
  db: Kysely<Database>,
  loadId: string,
  progress: { readonly checkpoint: Checkpoint; readonly documents: number; readonly findings: Findings },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await insertFindings(trx, loadId, progress.findings);
    await trx
      .updateTable('load')
      .set({ checkpoint: JSON.stringify(progress.checkpoint), committed_documents: progress.documents })
      .where('id', '=', loadId)
      .execute();
  });
}

export type LoadOutcome = {
  readonly complete: boolean;
  readonly incompleteBecause: readonly string[];
  readonly controlTotals: readonly ControlTotal[];
  readonly inputHash: string | null;
  readonly asOf: string;
  readonly findings: Findings;
  /** What a document id that was read twice means. */
  readonly repeated: RepeatedMeaning;
};

/** Makes a load visible, all at once: repeated ids settled, keys, partitions, counts and problems in one transaction. */
export async function finishLoad(
  db: Kysely<Database>,
  loadId: string,
  outcome: LoadOutcome,
  now: Date,
): Promise<{ readonly documents: number }> {
  const documents = await db.transaction().execute(async (trx) => {
    await insertFindings(trx, loadId, outcome.findings);
    const rejectedBefore = outcome.findings.rejectedBefore + outcome.findings.rejected.length;
    await settleRepeated(trx, loadId, outcome.repeated, rejectedBefore);
    await attachLeaves(trx, loadId);
    const counted = await sql<{
      documents: string;
    }>`select count(*) as documents from ${sql.id(leaf('document', loadId))}`.execute(trx);
    const stored = Number(counted.rows[0]?.documents ?? '0');
    const { rejected, problems, skipped } = await countFindings(trx, loadId);
    await trx
      .updateTable('load')
      .set({
        state: 'loaded',
        listed: String(stored + rejected + skipped),
        emitted: String(stored),
        rejected: String(rejected),
        skipped: String(skipped),
        is_complete: outcome.complete && problems === 0,
        incomplete_because: [...outcome.incompleteBecause],
        control_totals: JSON.stringify(outcome.controlTotals),
        input_hash: outcome.inputHash,
        as_of: outcome.asOf,
        loaded_at: now,
      })
      .where('id', '=', loadId)
      .execute();
    return stored;
  });
  // Without statistics the planner joins a million documents by nested loops.
  await sql`analyze ${sql.id(leaf('document', loadId))}`.execute(db);
  return { documents };
}
