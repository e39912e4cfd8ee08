import { type Kysely, sql } from 'kysely';
import type { Labelled } from './metrics-facts.js';
import type { Database } from './tables.js';

/*
 * Findings of one run as numbers for a graph. Money leaves as a double, because Prometheus knows nothing else: it is for
 * looking at, and every page, export and alert takes the decimal text instead.
 */

export async function pairCounts(db: Kysely<Database>, runSeq: string): Promise<readonly Labelled[]> {
  const result = await sql<{ state: string; count: number }>`
    select state, count(*)::int as count from pair where run_seq = ${sql.lit(runSeq)} group by state order by state`.execute(
    db,
  );
  return result.rows.map(({ state, count }) => ({ labels: { state }, value: count }));
}

export async function mismatchCounts(db: Kysely<Database>, runSeq: string): Promise<readonly Labelled[]> {
  const result = await sql<{ cause: string; level: string; count: number }>`
    select cause, level, count(*)::int as count from mismatch
    where run_seq = ${sql.lit(runSeq)} and known is null and status <> 'accepted' and not is_within_tolerance
    group by 1, 2 order by 1, 2`.execute(db);
  return result.rows.map(({ cause, level, count }) => ({ labels: { cause, level }, value: count }));
}

/** Over ≥ 0, under ≤ 0, per currency. */
export async function atRisk(db: Kysely<Database>, runSeq: string): Promise<readonly Labelled[]> {
  const result = await sql<{ currency: string; direction: string; shown: number }>`
    select currency, direction, sum(delta)::float8 as shown from mismatch
    where run_seq = ${sql.lit(runSeq)} and known is null and status <> 'accepted' and not is_within_tolerance
      and currency is not null and direction <> 'none'
    group by 1, 2 order by 1, 2`.execute(db);
  return result.rows.map(({ currency, direction, shown }) => ({ labels: { currency, direction }, value: shown }));
}
