import { type Kysely, sql } from 'kysely';
import type { Database } from './tables.js';

const iso = (column: string) =>
  sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** A run over all customers that has finished and of which nobody was told yet. */
export type UntoldRun = {
  readonly id: string;
  readonly seq: string;
  readonly cycle: string;
  readonly isComplete: boolean;
  readonly incompleteBecause: readonly string[];
  /** The run it is compared with: the one before it in its cycle, else the newest of an earlier cycle. */
  readonly earlier: { readonly id: string; readonly seq: string; readonly cycle: string } | null;
};

/** Runs that finished since a moment, oldest first; an older one is no news any more. */
export async function runsWithoutAlert(
  db: Kysely<Database>,
  input: { readonly kind: string; readonly since: Date },
): Promise<readonly UntoldRun[]> {
  const result = await sql<UntoldRun>`
    select r.id, r.seq, r.cycle, coalesce(r.is_complete, false) as "isComplete", r.incomplete_because as "incompleteBecause",
      (select jsonb_build_object('id', e.id, 'seq', e.seq::text, 'cycle', e.cycle) from run e
        where e.state = 'finished' and e.customers is null and e.seq < r.seq and e.cycle collate "C" <= r.cycle
        order by e.cycle collate "C" desc, e.seq desc limit 1) as earlier
    from run r
    where r.state = 'finished' and r.customers is null and r.finished_at >= ${input.since}
      and not exists (select from alert a where a.kind = ${input.kind} and a.run_id = r.id)
    order by r.seq limit 100`.execute(db);
  return result.rows;
}

/** How many keys of one currency are how, against the run before, with the money of both: gross, decimal text, major units. */
export type ChangeTotal = {
  readonly change: 'new' | 'worse' | 'better' | 'same' | 'resolved';
  readonly currency: string | null;
  readonly keys: number;
  /** Sum of the absolute deltas in this run; of the run before for what is resolved. */
  readonly gross: string;
};

/**
 * Compares the differences of two runs key by key; what is tolerated or covered by a known difference is in neither. A key
 * is `worse` when its absolute deltas come to more than before. Without an earlier run everything is new.
 */
export async function changesBetween(
  db: Kysely<Database>,
  runSeq: string,
  earlierSeq: string | null,
): Promise<readonly ChangeTotal[]> {
  const keys = (seq: string) => sql`
    select work_key as key, min(currency) as currency, sum(abs_delta) as gross from mismatch
    where run_seq = ${sql.lit(seq)} and known is null and not is_within_tolerance group by work_key`;
  const earlier =
    earlierSeq === null
      ? sql`select null::text as key, null::text as currency, null::numeric as gross where false`
      : keys(earlierSeq);
  const result = await sql<ChangeTotal>`
    with present as (${keys(runSeq)}), earlier as (${earlier}), compared as (
      select coalesce(p.currency, e.currency) as currency, coalesce(p.gross, e.gross) as gross,
        case when e.key is null then 'new' when p.key is null then 'resolved' when p.gross > e.gross then 'worse'
          when p.gross < e.gross then 'better' else 'same' end as change
      from present p full join earlier e on e.key = p.key
    )
    select change, currency, count(*)::int as keys, trim_scale(sum(gross))::text as gross
    from compared group by change, currency order by change, currency collate "C" nulls last`.execute(db);
  return result.rows;
}

/** Acceptances of a cycle that ended, by their day or because what was accepted changed, after a run and up to another. */
export async function endedAcceptances(
  db: Kysely<Database>,
  input: { readonly cycle: string; readonly earlierRun: string | null; readonly run: string },
): Promise<{ readonly expired: number; readonly stale: number }> {
  const result = await sql<{ expired: number; stale: number }>`
    select count(distinct key) filter (where kind = 'expired')::int as expired, count(distinct key) filter (where kind = 'stale')::int as stale
    from work_event where cycle = ${input.cycle} and kind in ('expired', 'stale')
      and at > coalesce((select finished_at from run where id = ${input.earlierRun}), '-infinity')
      and at <= (select finished_at from run where id = ${input.run})`.execute(db);
  return result.rows[0] ?? { expired: 0, stale: 0 };
}

/** A run that could not do its work, or not all of it, where the run of its cycle before it had no such trouble. */
export type TroubledRun = {
  readonly id: string;
  readonly cycle: string;
  readonly isFinished: boolean;
  /** Code of the failure; `incomplete` for a run that finished and lacks something. */
  readonly code: string;
  readonly reasons: readonly string[];
};

/** Troubled runs begun since a moment, oldest first. The same trouble night after night is one trouble, until a run without it. */
export async function troubledRuns(db: Kysely<Database>, since: Date): Promise<readonly TroubledRun[]> {
  const result = await sql<TroubledRun>`
    with ended as (
      select id, seq, cycle, created_at, state = 'finished' as finished,
        case when state = 'finished' then case when is_complete then null else 'incomplete' end
          else coalesce(failure ->> 'code', case when state = 'failed' then 'internal' end) end as code,
        case when state = 'finished' then incomplete_because else array_remove(array[failure ->> 'detail'], null) end as reasons
      from run where state in ('finished', 'failed') or failure is not null
    ), told as (
      select *, lag(coalesce(code, '') || array_to_string(reasons, ' ')) over (partition by cycle order by seq) as before from ended
    )
    select id, cycle, finished as "isFinished", code, reasons from told
    where code is not null and created_at >= ${since} and coalesce(code, '') || array_to_string(reasons, ' ') is distinct from before
    order by seq limit 100`.execute(db);
  return result.rows;
}

/** Cycles whose signatures lost their worth, and who had signed. */
export async function suspendedCycles(db: Kysely<Database>): Promise<
  readonly {
    readonly cycle: string;
    readonly round: number;
    readonly since: string;
    readonly signers: readonly string[];
  }[]
> {
  const result = await sql<{ cycle: string; round: number; since: string; signers: string[] }>`
    select c.cycle, c.round, ${iso('c.since')} as since,
      array(select s.person from signoff s where s.cycle = c.cycle and s.round = c.round order by s.signed_at, s.person) as signers
    from cycle_state c where c.state = 'suspended' order by c.cycle collate "C"`.execute(db);
  return result.rows;
}

/** The newest comparison of a cycle's usage that found something, or could not read all of it. */
export type TroubledUsage = {
  readonly cycle: string;
  readonly run: string | null;
  readonly isComplete: boolean;
  readonly incompleteBecause: readonly string[];
  /** How many findings there are of each class, the most first. */
  readonly findings: readonly { readonly class: string; readonly events: number }[];
  readonly rejected: number;
};

/** Troubled usage of cycles compared since a moment; for a cycle only its newest comparison counts. */
export async function troubledUsage(db: Kysely<Database>, since: Date): Promise<readonly TroubledUsage[]> {
  const result = await sql<TroubledUsage>`
    with newest as (
      select distinct on (cycle) * from usage_check where state = 'compared' and kind in ('run', 'check') order by cycle, seq desc
    )
    select n.cycle, n.run_id as run, coalesce(n.is_complete, false) as "isComplete", n.incomplete_because as "incompleteBecause",
      coalesce((select jsonb_agg(jsonb_build_object('class', f.class, 'events', f.events) order by f.events desc, f.class)
        from (select class, count(*)::int as events from usage_finding where check_seq = n.seq group by class) f), '[]') as findings,
      (select count(*)::int from usage_rejected r join usage_load l on l.id = r.load_id where l.check_seq = n.seq) as rejected
    from newest n where n.finished_at >= ${since} order by n.cycle collate "C"`.execute(db);
  return result.rows.filter((one) => !one.isComplete || one.findings.length > 0 || one.rejected > 0);
}
