import { type Kysely, sql } from 'kysely';
import type { Database } from './tables.js';

/*
 * What the metrics are made of, read from the tables at the moment of asking: every process answers the same, and a
 * restart forgets nothing. Of pairs, mismatches and money it is the newest finished run of each cycle of the last three.
 */

export type RunCount = { readonly result: string; readonly count: number };
export type Labelled = { readonly labels: Readonly<Record<string, string>>; readonly value: number };

/** How many runs ended how: complete, incomplete, previewed, failed, cancelled; `running` for the others. */
export async function runCounts(db: Kysely<Database>): Promise<readonly RunCount[]> {
  const result = await sql<RunCount>`
    select case when state = 'finished' then case when is_complete then 'complete' else 'incomplete' end
      when state in ('previewed', 'failed', 'cancelled') then state else 'running' end as result, count(*)::int as count
    from run group by 1 order by 1`.execute(db);
  return result.rows;
}

/** Seconds that each of the newest 500 finished runs took. */
export async function runDurations(db: Kysely<Database>): Promise<readonly number[]> {
  const result = await sql<{ seconds: number }>`
    select extract(epoch from finished_at - created_at)::float8 as seconds from run
    where state = 'finished' order by seq desc limit 500`.execute(db);
  return result.rows.map((row) => row.seconds);
}

/** When a complete run finished last, epoch seconds; null: never. */
export async function lastSuccess(db: Kysely<Database>): Promise<number | null> {
  const result = await sql<{ at: number | null }>`
    select extract(epoch from max(finished_at))::float8 as at from run where state = 'finished' and is_complete`.execute(
    db,
  );
  return result.rows[0]?.at ?? null;
}

/** The newest finished runs of the newest three cycles. */
export async function shownRuns(
  db: Kysely<Database>,
): Promise<readonly { readonly id: string; readonly seq: string; readonly cycle: string }[]> {
  const result = await sql<{ id: string; seq: string; cycle: string }>`
    select distinct on (cycle collate "C") id, seq, cycle from run where state = 'finished'
    order by cycle collate "C" desc, seq desc limit 3`.execute(db);
  return result.rows;
}

/** Every rule of the newest look at each cohort: 1 when all its checks pass or are quiet, else 0. */
export async function gateStates(db: Kysely<Database>): Promise<readonly Labelled[]> {
  const result = await sql<{ cohort: string; gate: string; value: number }>`
    select e.cohort_id as cohort, g ->> 'rule' as gate, bool_and(g ->> 'outcome' in ('pass', 'quiet'))::int as value
    from (select distinct on (cohort_id) cohort_id, chain from evaluation order by cohort_id, id desc) e, jsonb_array_elements(e.chain) g
    group by 1, 2 order by 1, 2`.execute(db);
  return result.rows.map(({ cohort, gate, value }) => ({ labels: { cohort, gate }, value }));
}

/** What the newest look at each cohort recommends. */
export async function recommendations(db: Kysely<Database>): Promise<readonly Labelled[]> {
  const result = await sql<{ cohort: string; decision: string }>`
    select distinct on (cohort_id) cohort_id as cohort, decision from evaluation order by cohort_id, id desc`.execute(
    db,
  );
  return result.rows.map(({ cohort, decision }) => ({ labels: { cohort, decision }, value: 1 }));
}

export type SourceUse = {
  readonly source: string;
  readonly requests: number;
  readonly waitedSeconds: number;
  readonly pauses: number;
};

/** What each source was asked since its bucket was made, by all workers together. */
export async function sourceUse(db: Kysely<Database>): Promise<readonly SourceUse[]> {
  const result = await sql<SourceUse>`
    select source, requests, waited_ms / 1000 as "waitedSeconds", pauses::int as pauses from source_rate order by source`.execute(
    db,
  );
  return result.rows;
}
