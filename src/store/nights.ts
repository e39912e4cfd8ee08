import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from './tables.js';

/** A moment at which runs were due. Instants are ISO 8601 in UTC; `dueOn` is its day in the configured zone. */
export type StoredNight = {
  readonly dueAt: string;
  readonly dueOn: string;
  readonly finishBy: string | null;
  readonly begunAt: string | null;
};

const iso = (column: string) =>
  sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const night = sql`${iso('due_at')} as "dueAt", due_on::text as "dueOn", ${iso('finish_by')} as "finishBy", ${iso('begun_at')} as "begunAt"`;

/** One process at a time works on the nights; the lock ends with the transaction. */
export async function lockNights(trx: Transaction<Database>): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('shadowbill nights', 0))`.execute(trx);
}

/** The newest nights first; with `before`, only those due by then. */
export async function listNights(
  db: Kysely<Database>,
  filter: { readonly before?: Date; readonly limit: number },
): Promise<readonly StoredNight[]> {
  const by = filter.before ?? null;
  const result = await sql<StoredNight>`
    select ${night} from night where ${by}::timestamptz is null or due_at <= ${by} order by due_at desc limit ${filter.limit}`.execute(
    db,
  );
  return result.rows;
}

export async function insertNight(
  trx: Transaction<Database>,
  one: { readonly dueAt: Date; readonly dueOn: string; readonly finishBy: Date | null },
): Promise<void> {
  await sql`insert into night (due_at, due_on, finish_by) values (${one.dueAt}, ${one.dueOn}, ${one.finishBy}) on conflict do nothing`.execute(
    trx,
  );
}

/** Forgets nights still to come: the schedule may have changed since they were written down. */
export async function forgetComingNights(trx: Transaction<Database>, now: Date): Promise<void> {
  await sql`delete from night where due_at > ${now} and begun_at is null`.execute(trx);
}

export async function markBegun(
  trx: Transaction<Database>,
  dueAt: string,
  runs: readonly { readonly cycle: string; readonly run: string }[],
  now: Date,
): Promise<void> {
  await sql`update night set begun_at = ${now} where due_at = ${dueAt}`.execute(trx);
  for (const { cycle, run } of runs)
    await sql`insert into night_run (due_at, cycle, run_id) values (${dueAt}, ${cycle}, ${run}) on conflict do nothing`.execute(
      trx,
    );
}

/** A run of a night with what is needed to see whether it has to be helped on. */
export type NightRun = {
  readonly run: string;
  readonly state: string;
  readonly exitCode: number | null;
  readonly failedAt: string | null;
};

export async function runsOfNight(db: Kysely<Database>, dueAt: string): Promise<readonly NightRun[]> {
  const result = await sql<NightRun>`
    select r.id as run, r.state, (r.failure ->> 'exitCode')::int as "exitCode", r.failure ->> 'at' as "failedAt"
    from night_run n join run r on r.id = n.run_id where n.due_at = ${dueAt} order by r.seq`.execute(db);
  return result.rows;
}

/** Ends runs of earlier nights that never got there: the documents they had read are of yesterday. */
export async function giveUpScheduled(trx: Transaction<Database>, cycle: string): Promise<void> {
  await sql`
    update run set state = 'failed', failure = coalesce(failure, '{"code": "incomplete", "detail": "the next night began before it had ended", "exitCode": 4}')
    where cycle = ${cycle} and origin = 'schedule' and state not in ('finished', 'previewed', 'failed', 'cancelled')`.execute(
    trx,
  );
}

export type MissedNight = {
  readonly dueAt: string;
  readonly dueOn: string;
  readonly finishBy: string;
  readonly isBegun: boolean;
  /** Cycles whose run had not ended by the deadline. */
  readonly cycles: readonly string[];
};

/** Nights whose deadline lies between `since` and `now` and was not kept: not begun, or a run not ended by then. */
export async function missedNights(db: Kysely<Database>, since: Date, now: Date): Promise<readonly MissedNight[]> {
  const result = await sql<MissedNight>`
    select ${iso('n.due_at')} as "dueAt", n.due_on::text as "dueOn", ${iso('n.finish_by')} as "finishBy", n.begun_at is not null as "isBegun",
      array(select x.cycle from night_run x join run r on r.id = x.run_id
        where x.due_at = n.due_at and not (r.state in ('finished', 'previewed') and r.finished_at <= n.finish_by) order by x.cycle collate "C") as cycles
    from night n where n.finish_by between ${since} and ${now}
      and (n.begun_at is null or n.begun_at > n.finish_by or exists (select from night_run x join run r on r.id = x.run_id
        where x.due_at = n.due_at and not (r.state in ('finished', 'previewed') and r.finished_at <= n.finish_by)))
    order by n.due_at`.execute(db);
  return result.rows;
}

export type LateData = {
  readonly cycle: string;
  readonly state: string;
  readonly run: string;
  readonly preview: string;
  readonly seq: string;
  readonly previewSeq: string;
  readonly resultHash: string;
};

/** Cycles in review or signed whose newest scheduled preview found other numbers than those that were signed. */
export async function lateData(db: Kysely<Database>, since: Date): Promise<readonly LateData[]> {
  const result = await sql<LateData>`
    select c.cycle, c.state, r.id as run, p.id as preview, r.seq::text as seq, p.seq::text as "previewSeq", p.result_hash as "resultHash"
    from cycle_state c
    cross join lateral (select id, seq from run where cycle = c.cycle and state = 'finished' order by seq desc limit 1) r
    cross join lateral (select id, seq, result_hash, is_complete, finished_at from run where cycle = c.cycle and state = 'previewed'
      and customers is null and documents_of is null order by seq desc limit 1) p
    where c.state in ('in_review', 'signed') and p.is_complete and p.seq > r.seq and p.finished_at >= ${since}
      and p.result_hash is distinct from c.result_hash order by c.cycle collate "C"`.execute(db);
  return result.rows;
}
