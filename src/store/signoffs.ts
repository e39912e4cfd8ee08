import { type Kysely, sql, type Transaction } from 'kysely';
import type { CycleState } from '../model/cycle-state.js';
import type { Database } from './tables.js';

/** Where a cycle stands. Version 0: nothing was written of it yet. */
export type StoredCycleState = {
  readonly cycle: string;
  readonly state: CycleState;
  readonly round: number;
  /** What the signatures of the round are bound to. */
  readonly resultHash: string | null;
  readonly version: number;
  readonly since: string | null;
};

export type StoredSignature = {
  readonly round: number;
  readonly person: string;
  readonly part: 'preparer' | 'reviewer';
  readonly run: string;
  readonly resultHash: string;
  readonly certification: string;
  readonly signedAt: string;
};

const iso = (column: string) =>
  sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** States of cycles by their id; a cycle that is not there has none written. */
export async function cycleStatesOf(db: Kysely<Database>): Promise<ReadonlyMap<string, StoredCycleState>> {
  const result = await sql<StoredCycleState>`
    select cycle, state, round, result_hash as "resultHash", version, ${iso('since')} as since from cycle_state`.execute(
    db,
  );
  return new Map(result.rows.map((row) => [row.cycle, row]));
}

export async function cycleStateOf(db: Kysely<Database>, cycle: string): Promise<StoredCycleState> {
  const result = await sql<StoredCycleState>`
    select cycle, state, round, result_hash as "resultHash", version, ${iso('since')} as since from cycle_state where cycle = ${cycle}`.execute(
    db,
  );
  return result.rows[0] ?? { cycle, state: 'collecting', round: 0, resultHash: null, version: 0, since: null };
}

/** Writes where a cycle stands; `since` moves only with the state. */
export async function saveCycleState(
  trx: Transaction<Database>,
  state: Pick<StoredCycleState, 'cycle' | 'state' | 'round' | 'resultHash'>,
  now: Date,
): Promise<void> {
  await sql`
    insert into cycle_state (cycle, state, round, result_hash, version, since)
    values (${state.cycle}, ${state.state}, ${state.round}, ${state.resultHash}, 1, ${now})
    on conflict (cycle) do update set state = excluded.state, round = excluded.round, result_hash = excluded.result_hash,
      version = cycle_state.version + 1, since = case when cycle_state.state = excluded.state then cycle_state.since else excluded.since end`.execute(
    trx,
  );
}

export async function insertSignature(
  trx: Transaction<Database>,
  one: Omit<StoredSignature, 'signedAt'> & { readonly cycle: string; readonly now: Date },
): Promise<void> {
  await sql`insert into signoff (cycle, round, person, part, run_id, result_hash, certification, signed_at)
    values (${one.cycle}, ${one.round}, ${one.person}, ${one.part}, ${one.run}, ${one.resultHash}, ${one.certification}, ${one.now})`.execute(
    trx,
  );
}

/** Every signature of a cycle, oldest first, those that no longer count included. */
export async function signaturesOf(db: Kysely<Database>, cycle: string): Promise<readonly StoredSignature[]> {
  const result = await sql<StoredSignature>`
    select round, person, part, run_id as run, result_hash as "resultHash", certification, ${iso('signed_at')} as "signedAt"
    from signoff where cycle = ${cycle} order by round, signed_at, person`.execute(db);
  return result.rows;
}
