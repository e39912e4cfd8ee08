import { type Kysely, sql } from 'kysely';
import type { Database } from './tables.js';

/** A cluster of mismatches with one fingerprint in a run. Amounts canonical decimal text, major units; over ≥ 0, under ≤ 0. */
export type CauseCluster = {
  readonly fingerprint: string;
  readonly cause: string;
  readonly level: string | null;
  readonly chargeKey: string | null;
  readonly currency: string | null;
  readonly status: string;
  readonly owner: string | null;
  readonly note: string | null;
  /** Day on which the acceptance ends, "YYYY-MM-DD"; null unless it is accepted. */
  readonly acceptedUntil: string | null;
  readonly firstCycle: string;
  readonly mismatches: number;
  readonly proven: number;
  readonly pairs: number;
  readonly customers: number;
  readonly over: string;
  readonly under: string;
  /** Pairs that would match if this cause alone were fixed. */
  readonly wouldMatch: number;
  /** Ids of its smallest mismatches. */
  readonly examples: readonly string[];
};

/** The clusters of a run, without what known differences cover: unexplained ones first, then by money, ties by fingerprint. Currencies stay apart (I7). */
export async function causeClusters(
  db: Kysely<Database>,
  run: { readonly seq: string; readonly cycle: string },
): Promise<readonly CauseCluster[]> {
  const result = await sql<CauseCluster>`
    with alone as (
      select pair_id, min(fingerprint) as fingerprint from mismatch where run_seq = ${sql.lit(run.seq)} and not is_within_tolerance
      group by pair_id having count(distinct fingerprint) = 1
    ), fixable as (
      select fingerprint, count(*)::int as pairs from alone group by fingerprint
    )
    select m.fingerprint, min(m.cause) as cause, min(m.level) as level, min(m.charge_key) as "chargeKey", m.currency,
      coalesce(min(r.status), 'unknown') as status, min(r.owner) as owner, min(r.note) as note,
      (min(r.accepted_until) filter (where r.status = 'accepted'))::text as "acceptedUntil",
      coalesce(min(r.first_cycle), min(m.first_cycle), ${run.cycle}) as "firstCycle", count(*)::int as mismatches,
      (count(*) filter (where m.confidence = 'proven'))::int as proven, count(distinct m.pair_id)::int as pairs, count(distinct m.customer)::int as customers,
      trim_scale(coalesce(sum(m.delta) filter (where m.delta > 0), 0))::text as over,
      trim_scale(coalesce(sum(m.delta) filter (where m.delta < 0), 0))::text as under,
      coalesce(max(f.pairs), 0) as "wouldMatch",
      (array_agg(m.id order by m.abs_delta, m.id collate "C"))[1:3] as examples
    from mismatch m left join fixable f on f.fingerprint = m.fingerprint left join root_cause r on r.fingerprint = m.fingerprint
    where m.run_seq = ${sql.lit(run.seq)} and m.known is null
    group by m.fingerprint, m.currency
    order by (min(m.cause) = 'unexplained') desc, sum(m.abs_delta) desc, m.fingerprint, m.currency`.execute(db);
  return result.rows;
}

/** A key in the newest run of each cycle, oldest cycle first. Amounts canonical decimal text. */
export async function keyAcrossCycles(
  db: Kysely<Database>,
  runs: readonly { readonly seq: string; readonly cycle: string }[],
  key: string,
): Promise<
  readonly {
    readonly cycle: string;
    readonly status: string;
    readonly count: number;
    readonly delta: string;
    readonly currency: string | null;
  }[]
> {
  const rows = await Promise.all(
    runs.map(async (run) => {
      const result = await sql<{ status: string; count: number; delta: string; currency: string | null }>`
        select min(status) as status, count(*)::int as count, trim_scale(sum(delta))::text as delta, min(currency) as currency
        from mismatch where run_seq = ${sql.lit(run.seq)} and work_key = ${key} having count(*) > 0`.execute(db);
      return result.rows.map((row) => ({ cycle: run.cycle, ...row }));
    }),
  );
  return rows.flat().sort((a, b) => (a.cycle < b.cycle ? -1 : 1));
}
