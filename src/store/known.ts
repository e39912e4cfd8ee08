import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { KnownDifference } from '../model/known.js';
import type { Database } from './tables.js';

/** What one known difference covers in one currency of a run. Amounts decimal text, major units; over ≥ 0, under ≤ 0. */
export type KnownTotal = {
  readonly known: string;
  readonly currency: string | null;
  readonly mismatches: number;
  readonly customers: number;
  readonly over: string;
  readonly under: string;
  /** Mismatches that fit and stay open, because the money cap is used up. */
  readonly beyondCap: number;
};

type RunKey = { readonly seq: string };

/**
 * Every mismatch with the first entry that fits it, and how much of that entry's cap is used once it is counted: the
 * smallest differences first, ties by id, so that the same ones are covered on every machine. What a tolerance already
 * lets pass needs no acceptance.
 */
function covered(run: RunKey, entries: readonly KnownDifference[]): RawBuilder<unknown> {
  const rows = entries.map(({ id, match, maxAmount }, index) => ({ nth: index, id, ...match, maxAmount }));
  return sql`
    with entry as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as e(
        nth int, id text, cause text, level text, customer text, currency text, fingerprint text, "maxAbs" numeric, "maxAmount" numeric)
    ), fitting as (
      select distinct on (m.id) m.id, m.customer, m.currency, m.delta, m.abs_delta, e.id as known, e."maxAmount" as cap
      from mismatch m join entry e on (e.cause is null or e.cause = m.cause) and (e.level is null or e.level = m.level)
        and (e.customer is null or e.customer = m.customer) and (e.currency is null or e.currency = m.currency)
        and (e.fingerprint is null or e.fingerprint = m.fingerprint) and (e."maxAbs" is null or m.abs_delta <= e."maxAbs")
      where m.run_seq = ${sql.lit(run.seq)} and not m.is_within_tolerance
      order by m.id, e.nth
    ), covered as (
      select *, sum(abs_delta) over (partition by known, currency order by abs_delta, id) <= cap as is_covered from fitting
    )`;
}

/** Marks the mismatches that known differences cover as accepted, and opens those that no longer are. A repeat changes nothing. */
export async function applyKnown(
  db: Kysely<Database>,
  run: RunKey,
  entries: readonly KnownDifference[],
): Promise<void> {
  await sql`update mismatch set known = null, status = 'open' where run_seq = ${sql.lit(run.seq)} and known is not null`.execute(
    db,
  );
  if (entries.length === 0) return;
  await sql`${covered(run, entries)}
    update mismatch m set known = c.known, status = 'accepted' from covered c
    where m.run_seq = ${sql.lit(run.seq)} and m.id = c.id and c.is_covered`.execute(db);
}

/** What entries cover or would cover in a run, without changing it. Every entry that fits something, by id and currency. */
export async function knownTotals(
  db: Kysely<Database>,
  run: RunKey,
  entries: readonly KnownDifference[],
): Promise<readonly KnownTotal[]> {
  if (entries.length === 0) return [];
  const result = await sql<
    Omit<KnownTotal, 'mismatches' | 'customers' | 'beyondCap'> & {
      mismatches: string;
      customers: string;
      beyond_cap: string;
    }
  >`${covered(run, entries)}
    select known, currency, count(*) filter (where is_covered) as mismatches, count(distinct customer) filter (where is_covered) as customers,
      trim_scale(coalesce(sum(delta) filter (where is_covered and delta > 0), 0))::text as over,
      trim_scale(coalesce(sum(delta) filter (where is_covered and delta < 0), 0))::text as under,
      count(*) filter (where not is_covered) as beyond_cap
    from covered group by known, currency order by known collate "C", currency collate "C" nulls last`.execute(db);
  return result.rows.map(({ beyond_cap, ...row }) => ({
    ...row,
    mismatches: Number(row.mismatches),
    customers: Number(row.customers),
    beyondCap: Number(beyond_cap),
  }));
}
