import { type Kysely, sql } from 'kysely';
import { noId } from '../model/ids.js';
import type { Database } from './tables.js';

/**
 * Totals of one pair state in one currency. Amounts decimal text, major units; over ≥ 0 and under ≤ 0 are sums of mismatch
 * deltas. Without a currency (two in one pair, or none readable) there are no sums: currencies never add (I7).
 */
export type StateTotal = {
  readonly currency: string | null;
  readonly state: string;
  readonly pairs: number;
  readonly legacy: string | null;
  readonly solvimon: string | null;
  readonly over: string;
  readonly under: string;
};

export type CauseTotal = {
  readonly cause: string;
  readonly currency: string | null;
  readonly mismatches: number;
  readonly customers: number;
  readonly proven: number;
  readonly over: string;
  readonly under: string;
};

/** legacy + explained + accepted + unexplained = solvimon, per currency, over pairs whose two sides can be subtracted. */
export type Footing = {
  readonly currency: string;
  readonly legacy: string;
  readonly explained: string;
  /** What known differences cover: it left the other two and stays in sight here. Missing in runs of older versions. */
  readonly accepted?: string;
  readonly unexplained: string;
  readonly solvimon: string;
  readonly foots: boolean;
};

export type SideTotal = {
  readonly side: 'legacy' | 'solvimon';
  readonly listed: number;
  readonly emitted: number;
  readonly rejected: number;
  readonly skipped: number;
  readonly isComplete: boolean;
  readonly incompleteBecause: readonly string[];
  readonly skips: readonly { readonly reason: string; readonly count: number; readonly examples: readonly string[] }[];
};

type RunKey = { readonly seq: string; readonly id: string };

export async function stateTotals(db: Kysely<Database>, run: RunKey): Promise<readonly StateTotal[]> {
  const result = await sql<Omit<StateTotal, 'pairs'> & { pairs: string }>`
    with money as (
      select pair_id, sum(delta) filter (where delta > 0) as over, sum(delta) filter (where delta < 0) as under
      from mismatch where run_seq = ${sql.lit(run.seq)} group by pair_id
    )
    select p.currency, p.state, count(*) as pairs,
      case when p.currency is not null then trim_scale(sum(p.legacy_gross))::text end as legacy,
      case when p.currency is not null then trim_scale(sum(p.solvimon_gross))::text end as solvimon,
      trim_scale(coalesce(sum(m.over), 0))::text as over, trim_scale(coalesce(sum(m.under), 0))::text as under
    from pair p left join money m on m.pair_id = p.id
    where p.run_seq = ${sql.lit(run.seq)} group by p.currency, p.state order by p.currency collate "C" nulls last, p.state`.execute(
    db,
  );
  return result.rows.map((row) => ({ ...row, pairs: Number(row.pairs) }));
}

export async function causeTotals(db: Kysely<Database>, run: RunKey): Promise<readonly CauseTotal[]> {
  const result = await sql<
    Omit<CauseTotal, 'mismatches' | 'customers' | 'proven'> & { mismatches: string; customers: string; proven: string }
  >`
    select cause, currency, count(*) as mismatches, count(distinct customer) as customers, count(*) filter (where confidence = 'proven') as proven,
      trim_scale(coalesce(sum(delta) filter (where delta > 0), 0))::text as over,
      trim_scale(coalesce(sum(delta) filter (where delta < 0), 0))::text as under
    from mismatch where run_seq = ${sql.lit(run.seq)} and known is null group by cause, currency order by cause, currency collate "C" nulls last`.execute(
    db,
  );
  return result.rows.map((row) => ({
    ...row,
    mismatches: Number(row.mismatches),
    customers: Number(row.customers),
    proven: Number(row.proven),
  }));
}

/**
 * The double-entry check after every run. Pairs that are not judged (error, not_ready) or have two currencies stand
 * outside on both sides: their money is reported by state, never silently dropped.
 */
export async function footing(db: Kysely<Database>, run: RunKey): Promise<readonly Footing[]> {
  const result = await sql<Footing>`
    with judged as (
      select id, currency, coalesce(legacy_gross, 0) as legacy, coalesce(solvimon_gross, 0) as solvimon
      from pair where run_seq = ${sql.lit(run.seq)} and currency is not null and state not in ('error', 'not_ready')
    ), sides as (
      select currency, sum(legacy) as legacy, sum(solvimon) as solvimon from judged group by currency
    ), deltas as (
      select j.currency, coalesce(sum(m.delta) filter (where m.known is null and m.cause <> 'unexplained'), 0) as explained,
        coalesce(sum(m.delta) filter (where m.known is not null), 0) as accepted,
        coalesce(sum(m.delta) filter (where m.known is null and m.cause = 'unexplained'), 0) as unexplained
      from mismatch m join judged j on j.id = m.pair_id where m.run_seq = ${sql.lit(run.seq)} group by j.currency
    )
    select s.currency, trim_scale(s.legacy)::text as legacy, trim_scale(coalesce(d.explained, 0))::text as explained,
      trim_scale(coalesce(d.accepted, 0))::text as accepted,
      trim_scale(coalesce(d.unexplained, 0))::text as unexplained, trim_scale(s.solvimon)::text as solvimon,
      s.legacy + coalesce(d.explained, 0) + coalesce(d.accepted, 0) + coalesce(d.unexplained, 0) = s.solvimon as foots
    from sides s left join deltas d using (currency) order by s.currency collate "C"`.execute(db);
  return result.rows;
}

export async function sideTotals(db: Kysely<Database>, run: RunKey): Promise<readonly SideTotal[]> {
  const loads = await db
    .selectFrom('load')
    .select(['id', 'side', 'listed', 'emitted', 'rejected', 'skipped', 'is_complete', 'incomplete_because'])
    .where('run_id', '=', run.id)
    .where('state', '=', 'loaded')
    .orderBy('side')
    .execute();
  const totals: SideTotal[] = [];
  for (const load of loads) {
    const skips = await db
      .selectFrom('load_skip')
      .select(['reason', 'skipped', 'examples'])
      .where('load_id', '=', load.id)
      .orderBy('reason')
      .execute();
    totals.push({
      side: load.side,
      listed: Number(load.listed ?? 0),
      emitted: Number(load.emitted ?? 0),
      rejected: Number(load.rejected ?? 0),
      skipped: Number(load.skipped ?? 0),
      isComplete: load.is_complete ?? false,
      incompleteBecause: load.incomplete_because,
      skips: skips.map((skip) => ({ reason: skip.reason, count: Number(skip.skipped), examples: skip.examples })),
    });
  }
  return totals;
}

/** Every problem of both loads, in reading order: those of documents, then those of the input as a whole. At most `limit`. */
export async function listProblems(
  db: Kysely<Database>,
  run: RunKey,
  limit: number,
): Promise<readonly { readonly side: string; readonly documentId: string | null; readonly problem: unknown }[]> {
  const result = await sql<{ side: string; documentId: string | null; problem: unknown }>`
    select side, "documentId", problem from (
      select l.side, r.document_id as "documentId", p.value as problem, 1 as rank, r.seq, p.ordinality as nth
      from load l join rejected_document r on r.load_id = l.id, jsonb_array_elements(r.problems) with ordinality as p(value, ordinality)
      where l.run_id = ${run.id} and l.state = 'loaded'
      union all
      select l.side, null, lp.problem, 0, lp.seq, 0 from load l join load_problem lp on lp.load_id = l.id where l.run_id = ${run.id} and l.state = 'loaded'
    ) listed order by side, rank, seq, nth limit ${limit}`.execute(db);
  return result.rows;
}

export async function countProblems(db: Kysely<Database>, run: RunKey): Promise<number> {
  const result = await sql<{ count: string }>`
    select (select count(*) from load l join rejected_document r on r.load_id = l.id, jsonb_array_elements(r.problems) where l.run_id = ${run.id} and l.state = 'loaded')
         + (select count(*) from load l join load_problem p on p.load_id = l.id where l.run_id = ${run.id} and l.state = 'loaded') as count`.execute(
    db,
  );
  return Number(result.rows[0]?.count ?? 0);
}

/**
 * A hash over every verdict of a run that does not depend on order, database or machine: the sum of the 64-bit hashes of
 * all pairs and mismatches as text, with their counts. A missing value has a sign of its own, so that it is no empty text.
 */
export async function verdictHash(db: Kysely<Database>, run: RunKey): Promise<string> {
  const hashOf = (columns: ReturnType<typeof sql>) =>
    sql`count(*) || ':' || coalesce(sum(('x' || left(md5(array_to_string(array[${columns}], E'\\x1f', E'\\x1e')), 16))::bit(64)::bigint::numeric), 0)`;
  const pair = sql`id::text, customer, currency, state, legacy::text, solvimon::text, trim_scale(legacy_gross)::text, trim_scale(solvimon_gross)::text,
    mismatches::text`;
  const mismatch = sql`id, cause, confidence, level, trim_scale(legacy)::text, trim_scale(solvimon)::text, trim_scale(delta)::text,
    legacy_lines::text, solvimon_lines::text, components::text, fingerprint, is_within_tolerance::text`;
  const result = await sql<{ pairs: string; mismatches: string }>`
    select (select ${hashOf(pair)} from pair where run_seq = ${sql.lit(run.seq)}) as pairs,
      (select ${hashOf(mismatch)} from mismatch where run_seq = ${sql.lit(run.seq)}) as mismatches`.execute(db);
  const row = result.rows[0];
  return `v1 ${row?.pairs ?? ''} ${row?.mismatches ?? ''}`;
}

/** What one side stored for the cycle, read or rejected, and what stands in pairs: how many, and a sum of the hashes of their ids. */
export type Paired = {
  readonly side: string;
  readonly stored: number;
  readonly paired: number;
  readonly storedIds: string;
  readonly pairedIds: string;
};

/** For each side: what was stored and what was paired. Counts and sums agree when every document stands in exactly one pair (I1). */
export async function pairedDocuments(
  db: Kysely<Database>,
  input: { readonly runSeq: string; readonly legacyLoad: string; readonly solvimonLoad: string },
): Promise<readonly Paired[]> {
  const summed = sql`count(*) as count, coalesce(sum(hashtextextended(id, 0)::numeric), 0)::text as ids`;
  const of = (side: 'legacy' | 'solvimon', loadId: string) => sql`
    select ${side}::text as side, s.count as stored, s.ids as "storedIds", p.count as paired, p.ids as "pairedIds"
    from (
      select ${summed} from (
        select document_id as id from document where load_id = ${sql.lit(loadId)} and in_cycle
        union all
        select coalesce(nullif(document_id, ''), ${noId}) from rejected_document where load_id = ${sql.lit(loadId)}
      ) stored
    ) s, (select ${summed} from (select unnest(${sql.ref(side)}) as id from pair where run_seq = ${sql.lit(input.runSeq)}) paired) p`;
  const result = await sql<Paired & { readonly stored: string; readonly paired: string }>`
    ${of('legacy', input.legacyLoad)} union all ${of('solvimon', input.solvimonLoad)} order by side`.execute(db);
  return result.rows.map((row) => ({ ...row, stored: Number(row.stored), paired: Number(row.paired) }));
}
