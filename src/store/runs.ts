import { type Kysely, sql } from 'kysely';
import { invariant } from '../model/invariant.js';
import type { Database } from './tables.js';

export const runStates = [
  'created',
  'collecting',
  'pairing',
  'comparing',
  'summarised',
  'finished',
  'previewed',
  'failed',
  'cancelled',
] as const;
export type RunState = (typeof runStates)[number];

/** States that a run never leaves. `previewed`: a preview is done; it is no result of its cycle. */
export const endStates = ['finished', 'previewed', 'failed', 'cancelled'] as const satisfies readonly RunState[];

export type StoredRun = {
  readonly id: string;
  readonly seq: string;
  readonly cycle: string;
  readonly timezone: string;
  readonly configHash: string;
  /** The effective configuration that the run began with: a resumed run uses it, whatever the file says now. */
  readonly config: unknown;
  readonly state: RunState;
  readonly isComplete: boolean | null;
  readonly incompleteBecause: readonly string[];
  readonly summary: unknown;
  readonly resultHash: string | null;
  readonly failure: unknown;
  readonly createdAt: string;
  readonly finishedAt: string | null;
  /** Who wanted it: somebody, or the schedule. */
  readonly origin: 'person' | 'schedule';
  /** It shows what a run would find, ends as `previewed`, and changes nothing of its cycle. */
  readonly isPreview: boolean;
  /** Keys of the customers it is of; null: all. */
  readonly customers: readonly string[] | null;
};

export type NewRun = Pick<StoredRun, 'id' | 'cycle' | 'timezone' | 'configHash' | 'config'> &
  Partial<Pick<StoredRun, 'origin' | 'isPreview' | 'customers'>> & { readonly now: Date };

/**
 * Starts a run, or gives back the unfinished one of the same cycle and configuration, so that a command given again after
 * a kill continues. Two starters at the same moment get the same run.
 */
export async function startRun(
  db: Kysely<Database>,
  input: NewRun,
): Promise<{ readonly run: StoredRun; readonly isResumed: boolean }> {
  const { origin = 'person', isPreview = false, customers = null } = input;
  return within(db, async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`shadowbill start ${input.cycle}`}, 0))`.execute(trx);
    const unfinished = await selectRun(trx)
      .where('cycle', '=', input.cycle)
      .where('config_hash', '=', input.configHash)
      .where('state', 'not in', endStates)
      .where('is_preview', '=', isPreview)
      .where('origin', '=', origin)
      .where(sql<boolean>`customers is not distinct from ${customers === null ? null : [...customers]}::text[]`)
      .orderBy('seq', 'desc')
      .executeTakeFirst();
    if (unfinished !== undefined) return { run: fromRunRow(unfinished), isResumed: true };
    await trx
      .insertInto('run')
      .values({
        id: input.id,
        cycle: input.cycle,
        timezone: input.timezone,
        config_hash: input.configHash,
        config: JSON.stringify(input.config),
        state: 'created',
        origin,
        is_preview: isPreview,
        customers: customers === null ? null : [...customers],
        created_at: input.now,
      })
      .execute();
    return {
      run: fromRunRow(await selectRun(trx).where('id', '=', input.id).executeTakeFirstOrThrow()),
      isResumed: false,
    };
  });
}

/** In the transaction that `db` already is, or in one of its own. */
function within<Result>(db: Kysely<Database>, work: (trx: Kysely<Database>) => Promise<Result>): Promise<Result> {
  return db.isTransaction ? work(db) : db.transaction().execute(work);
}

export async function findRun(db: Kysely<Database>, id: string): Promise<StoredRun | undefined> {
  const row = await selectRun(db).where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : fromRunRow(row);
}

/** The newest finished run of a cycle, or of any cycle. */
export async function latestFinishedRun(
  db: Kysely<Database>,
  cycle: string | undefined,
): Promise<StoredRun | undefined> {
  let query = selectRun(db).where('state', '=', 'finished').orderBy('seq', 'desc').limit(1);
  if (cycle !== undefined) query = query.where('cycle', '=', cycle);
  const row = await query.executeTakeFirst();
  return row === undefined ? undefined : fromRunRow(row);
}

/** The finished run before another: of its cycle, else the newest one of the cycles before. */
export async function runBefore(
  db: Kysely<Database>,
  run: { readonly seq: string; readonly cycle: string },
): Promise<StoredRun | undefined> {
  const before = selectRun(db).where('state', '=', 'finished').orderBy('seq', 'desc').limit(1);
  const row =
    (await before.where('cycle', '=', run.cycle).where('seq', '<', run.seq).executeTakeFirst()) ??
    (await before
      .clearOrderBy()
      .where('cycle', '<', run.cycle)
      .orderBy('cycle', 'desc')
      .orderBy('seq', 'desc')
      .executeTakeFirst());
  return row === undefined ? undefined : fromRunRow(row);
}

/** Newest first. */
export async function listRuns(
  db: Kysely<Database>,
  filter: { readonly cycle?: string | undefined; readonly limit: number },
): Promise<readonly StoredRun[]> {
  let query = selectRun(db).orderBy('seq', 'desc').limit(filter.limit);
  if (filter.cycle !== undefined) query = query.where('cycle', '=', filter.cycle);
  return (await query.execute()).map(fromRunRow);
}

/** Moves a run on; never back, and never out of an end. Answers whether this call moved it. */
export async function moveRun(
  db: Kysely<Database>,
  id: string,
  from: readonly RunState[],
  to: RunState,
): Promise<boolean> {
  const result = await db
    .updateTable('run')
    .set({ state: to })
    .where('id', '=', id)
    .where('state', 'in', [...from])
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

export async function finishRun(
  db: Kysely<Database>,
  id: string,
  outcome: {
    readonly isComplete: boolean;
    readonly incompleteBecause: readonly string[];
    readonly summary: unknown;
    readonly resultHash: string;
    readonly now: Date;
  },
): Promise<void> {
  await db
    .updateTable('run')
    .set({
      state: sql<string>`case when is_preview then 'previewed' else 'finished' end`,
      is_complete: outcome.isComplete,
      incomplete_because: [...outcome.incompleteBecause],
      summary: JSON.stringify(outcome.summary),
      result_hash: outcome.resultHash,
      finished_at: outcome.now,
      failure: null,
    })
    .where('id', '=', id)
    .where('state', 'not in', ['finished', 'previewed', 'cancelled'])
    .execute();
}

/** Notes why a run stopped. It stays resumable unless `isFinal`. */
export async function noteFailure(db: Kysely<Database>, id: string, failure: unknown, isFinal: boolean): Promise<void> {
  await db
    .updateTable('run')
    .set({ failure: JSON.stringify(failure), ...(isFinal && { state: 'failed' }) })
    .where('id', '=', id)
    .where('state', 'not in', ['finished', 'previewed', 'cancelled'])
    .execute();
}

/** Ends a run that has not ended; answers whether this call did. */
export async function markCancelled(db: Kysely<Database>, id: string, failure: unknown, now: Date): Promise<boolean> {
  const result = await db
    .updateTable('run')
    .set({ state: 'cancelled', failure: JSON.stringify(failure), finished_at: now })
    .where('id', '=', id)
    .where('state', 'not in', endStates)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

const iso = (column: string) =>
  sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

function selectRun(db: Kysely<Database>) {
  return db
    .selectFrom('run')
    .select([
      'id',
      'seq',
      'cycle',
      'timezone',
      'config_hash',
      'config',
      'state',
      'is_complete',
      'incomplete_because',
      'summary',
      'result_hash',
      'failure',
      'origin',
      'is_preview',
      'customers',
    ])
    .select([iso('created_at').as('created_at'), iso('finished_at').as('finished_at')]);
}

function fromRunRow(row: {
  id: string;
  seq: string;
  cycle: string;
  timezone: string;
  config_hash: string;
  config: unknown;
  state: string;
  is_complete: boolean | null;
  incomplete_because: string[];
  summary: unknown;
  result_hash: string | null;
  failure: unknown;
  created_at: string;
  finished_at: string | null;
  origin: 'person' | 'schedule';
  is_preview: boolean;
  customers: string[] | null;
}): StoredRun {
  const state = runStates.find((known) => known === row.state);
  invariant(state !== undefined, 'a stored run state is one that we know', { state: row.state });
  return {
    id: row.id,
    seq: row.seq,
    cycle: row.cycle,
    timezone: row.timezone,
    configHash: row.config_hash,
    config: row.config,
    state,
    isComplete: row.is_complete,
    incompleteBecause: row.incomplete_because,
    summary: row.summary,
    resultHash: row.result_hash,
    failure: row.failure,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
    origin: row.origin,
    isPreview: row.is_preview,
    customers: row.customers,
  };
}

/** Forgets why an earlier attempt stopped, before the run is worked on again. */
export async function clearFailure(db: Kysely<Database>, id: string): Promise<void> {
  await db.updateTable('run').set({ failure: null }).where('id', '=', id).where('state', 'not in', endStates).execute();
}

/** Customers of a run with a pair that could not be judged, or a document that could not be read. */
export async function unjudgedCustomers(
  db: Kysely<Database>,
  run: Pick<StoredRun, 'id' | 'seq'>,
): Promise<readonly string[]> {
  const result = await sql<{ customer: string }>`
    select customer from pair where run_seq = ${sql.lit(run.seq)} and state in ('error', 'not_ready') and customer is not null
    union
    select d.customer from load l join rejected_document d on d.load_id = l.id
    where l.run_id = ${run.id} and l.state = 'loaded' and d.customer is not null
    order by 1`.execute(db);
  return result.rows.map((row) => row.customer);
}
