import { type Kysely, sql } from 'kysely';
import type { Database } from './tables.js';

export type ProcessKind = 'worker' | 'serve';
export type ProcessState = 'working' | 'draining' | 'stopped';

/** A process as it last said of itself. */
export type StoredProcess = {
  readonly id: string;
  readonly kind: ProcessKind;
  readonly host: string;
  readonly pid: number;
  readonly state: ProcessState;
  readonly startedAt: string;
  readonly beatAt: string;
};

type Beat = Pick<StoredProcess, 'id' | 'kind' | 'host' | 'pid' | 'state'> & { readonly now: Date };

/** Writes down that a process is alive and what it does; the first beat is its start. */
export async function beat(db: Kysely<Database>, one: Beat): Promise<void> {
  await sql`
    insert into process (id, kind, host, pid, state, started_at, beat_at)
    values (${one.id}, ${one.kind}, ${one.host}, ${one.pid}, ${one.state}, ${one.now}, ${one.now})
    on conflict (id) do update set state = excluded.state, beat_at = greatest(process.beat_at, excluded.beat_at)`.execute(
    db,
  );
}

const iso = (column: string) =>
  sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Processes that have not stopped and were heard of since `since`, the youngest first. */
export async function listProcesses(db: Kysely<Database>, since: Date): Promise<readonly StoredProcess[]> {
  const result = await sql<StoredProcess>`
    select id, kind, host, pid, state, ${iso('started_at')} as "startedAt", ${iso('beat_at')} as "beatAt"
    from process where state <> 'stopped' and beat_at >= ${since} order by started_at desc, id`.execute(db);
  return result.rows;
}

/** Workers that have not stopped and were last heard of between `since` and `silentSince`. */
export async function silentWorkers(
  db: Kysely<Database>,
  since: Date,
  silentSince: Date,
): Promise<readonly StoredProcess[]> {
  const result = await sql<StoredProcess>`
    select id, kind, host, pid, state, ${iso('started_at')} as "startedAt", ${iso('beat_at')} as "beatAt"
    from process where kind = 'worker' and state <> 'stopped' and beat_at >= ${since} and beat_at < ${silentSince} order by id`.execute(
    db,
  );
  return result.rows;
}

/** Forgets processes that were last heard of before `before`. */
export async function forgetProcesses(db: Kysely<Database>, before: Date): Promise<void> {
  await sql`delete from process where beat_at < ${before}`.execute(db);
}
