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
  'failed',
  'cancelled',
] as const;
export type RunState = (typeof runStates)[number];

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
};

export type NewRun = Pick<StoredRun, 'id' | 'cycle' | 'timezone' | 'configHash' | 'config'> & { readonly now: Date };

/**
 * Starts a run, or gives back the unfinished one of the same cycle and configuration, so that a command given again after
 * a kill continues. Two starters at the same moment get the same run.
 */
export async function startRun(
  db: Kysely<Database>,
  input: NewRun,
): Promise<{ readonly run: StoredRun; readonly isResumed: boolean }> {
  return db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`shadowbill start ${input.cycle}`}, 0))`.execute(trx);
    const unfinished = await selectRun(trx)
      .where('cycle', '=', input.cycle)
      .where('config_hash', '=', input.configHash)
      .where('state', 'in', ['created', 'collecting', 'pairing', 'comparing', 'summarised'])
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
        created_at: input.now,
      })
      .execute();
    return {
      run: fromRunRow(await selectRun(trx).where('id', '=', input.id).executeTakeFirstOrThrow()),
      isResumed: false,
    };
  });
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
      state: 'finished',
      is_complete: outcome.isComplete,
      incomplete_because: [...outcome.incompleteBecause],
      summary: JSON.stringify(outcome.summary),
      result_hash: outcome.resultHash,
      finished_at: outcome.now,
      failure: null,
    })
    .where('id', '=', id)
    .where('state', 'not in', ['finished', 'cancelled'])
    .execute();
}

/** Notes why a run stopped. It stays resumable unless `isFinal`. */
export async function noteFailure(db: Kysely<Database>, id: string, failure: unknown, isFinal: boolean): Promise<void> {
  await db
    .updateTable('run')
    .set({ failure: JSON.stringify(failure), ...(isFinal && { state: 'failed' }) })
    .where('id', '=', id)
    .where('state', 'not in', ['finished', 'cancelled'])
    .execute();
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
  };
}

/** Forgets why an earlier attempt stopped, before the run is worked on again. */
export async function clearFailure(db: Kysely<Database>, id: string): Promise<void> {
  await db
    .updateTable('run')
    .set({ failure: null })
    .where('id', '=', id)
    .where('state', 'not in', ['finished', 'cancelled', 'failed'])
    .execute();
}
