import { type Kysely, sql } from 'kysely';
import type { Problem } from '../../model/problem.js';
import type { Side } from '../../model/side.js';
import type { UsageDone } from '../../model/usage.js';
import type { Database } from '../tables.js';
import { createEventLeaf, dropEventLeaf, eventLeaf } from './leaf.js';

export type UsageCheckKind = 'run' | 'check' | 'dry_run' | 'backfill';

export type StoredUsageCheck = {
  readonly seq: string;
  readonly id: string;
  readonly kind: UsageCheckKind;
  readonly runId: string | null;
  readonly cycle: string;
  readonly timezone: string;
  readonly state: 'reading' | 'compared';
  readonly isComplete: boolean | null;
  readonly incompleteBecause: readonly string[];
  readonly closesAt: string;
  readonly summary: unknown;
  readonly resultHash: string | null;
  readonly createdAt: string;
};

const columns = [
  'seq',
  'id',
  'kind',
  'run_id as runId',
  'cycle',
  'timezone',
  'state',
  'is_complete as isComplete',
  'incomplete_because as incompleteBecause',
  'closes_at as closesAt',
  'summary',
  'result_hash as resultHash',
  'created_at as createdAt',
] as const;

/** Begins a check. For a run there is one: a second call answers the first one's. */
export async function beginUsageCheck(
  db: Kysely<Database>,
  input: {
    readonly id: string;
    readonly kind: UsageCheckKind;
    readonly runId: string | null;
    readonly cycle: string;
    readonly timezone: string;
    readonly closesAt: string;
    readonly now: Date;
  },
): Promise<StoredUsageCheck> {
  const created = await db
    .insertInto('usage_check')
    .values({
      id: input.id,
      kind: input.kind,
      run_id: input.runId,
      cycle: input.cycle,
      timezone: input.timezone,
      state: 'reading',
      closes_at: input.closesAt,
      created_at: input.now,
    })
    // A twin that begins the same run's check at the same moment waits here and finds it.
    .onConflict((conflict) => conflict.doNothing())
    .returning(columns)
    .executeTakeFirst();
  if (created !== undefined || input.runId === null) return created as StoredUsageCheck;
  return (await db
    .selectFrom('usage_check')
    .select(columns)
    .where('run_id', '=', input.runId)
    .executeTakeFirstOrThrow()) as StoredUsageCheck;
}

/** A check by its id. */
export async function usageCheckById(db: Kysely<Database>, id: string): Promise<StoredUsageCheck | undefined> {
  const found = await db.selectFrom('usage_check').select(columns).where('id', '=', id).executeTakeFirst();
  return found as StoredUsageCheck | undefined;
}

/** The check of a run, if it has one. */
export async function usageCheckOfRun(db: Kysely<Database>, runId: string): Promise<StoredUsageCheck | undefined> {
  const found = await db.selectFrom('usage_check').select(columns).where('run_id', '=', runId).executeTakeFirst();
  return found as StoredUsageCheck | undefined;
}

/** The finished load of a side, if there is one whose events are all still there. */
export async function findUsageLoad(
  db: Kysely<Database>,
  checkSeq: string,
  side: Side,
): Promise<{ readonly id: string; readonly asOf: string } | undefined> {
  const row = await db
    .selectFrom('usage_load')
    .select(['id', 'as_of', 'events'])
    .where('check_seq', '=', checkSeq)
    .where('side', '=', side)
    .where('state', '=', 'loaded')
    .executeTakeFirst();
  if (row === undefined || row.as_of === null) return undefined;
  const found = await sql<{ name: string | null }>`select to_regclass(${eventLeaf(row.id)})::text as name`.execute(db);
  if ((found.rows[0]?.name ?? null) === null) return undefined;
  const counted = await sql<{ events: string }>`select count(*) as events from ${sql.id(eventLeaf(row.id))}`.execute(
    db,
  );
  return counted.rows[0]?.events === row.events ? { id: row.id, asOf: row.as_of } : undefined;
}

/** Starts reading a side; whatever an earlier attempt left is dropped. Call with the load lock held. */
export async function beginUsageLoad(
  db: Kysely<Database>,
  input: { readonly checkSeq: string; readonly side: Side; readonly system: string; readonly now: Date },
): Promise<string> {
  return db.transaction().execute(async (trx) => {
    const stale = await trx
      .deleteFrom('usage_load')
      .where('check_seq', '=', input.checkSeq)
      .where('side', '=', input.side)
      .returning('id')
      .execute();
    for (const load of stale) await dropEventLeaf(trx, load.id);
    const created = await trx
      .insertInto('usage_load')
      .values({
        check_seq: input.checkSeq,
        side: input.side,
        system: input.system,
        state: 'loading',
        started_at: input.now,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await createEventLeaf(trx, created.id);
    return created.id;
  });
}

/** Makes a load visible. Its events are counted and given statistics first. */
export async function finishUsageLoad(db: Kysely<Database>, loadId: string, done: UsageDone, now: Date): Promise<void> {
  await sql`analyze ${sql.id(eventLeaf(loadId))}`.execute(db);
  await db
    .updateTable('usage_load')
    .set({
      state: 'loaded',
      read: String(done.read),
      events: String(done.events),
      aggregates: String(done.aggregates),
      rejected: String(done.rejected),
      skipped: JSON.stringify(done.skipped),
      problems: JSON.stringify(done.problems satisfies readonly Problem[]),
      is_complete: done.complete,
      incomplete_because: [...done.incompleteBecause],
      input_hash: done.inputHash,
      as_of: done.asOf,
      loaded_at: now,
    })
    .where('id', '=', loadId)
    .execute();
}
