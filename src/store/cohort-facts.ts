import { type Kysely, type RawBuilder, sql } from 'kysely';
import { invariant } from '../model/invariant.js';
import type { Database } from './tables.js';

/*
 * What the stored verdicts of one run say of one cohort, set-based: no pair travels to JavaScript. A row is a pair of a
 * member, or an expected roster entry without any pair (both systems forgot it). A currency without a code (the two sides
 * differ in it) is kept apart as null: its money cannot be added to anything.
 */

/** The run, the cycle it compared, and whose facts are asked. */
export type FactsKey = {
  readonly runSeq: string;
  readonly cycle: string;
  readonly who: Who;
  readonly rosterId: string | null;
};

/** The members of a cohort, those who left included, or any customers by name. */
export type Who = { readonly cohortId: string } | { readonly customers: readonly string[] };

function memberTable(who: Who): RawBuilder<unknown> {
  return 'cohortId' in who
    ? sql`member as (select customer, part from cohort_member where cohort_id = ${who.cohortId})`
    : sql`member as (select distinct customer, 'convenience' as part from unnest(${[...who.customers]}::text[]) as customer)`;
}

/** Sums and counts of one currency. Amounts are decimal text in major units; counts are whole numbers. */
export type CurrencyFacts = {
  readonly currency: string | null;
  readonly counts: Readonly<Record<CountName, number>>;
  readonly amounts: Readonly<Record<AmountName, string>>;
};

const countNames = [
  'roster',
  'both',
  'only_legacy',
  'only_solvimon',
  'both_missing',
  'ambiguous',
  'not_ready',
  'errors',
  'unexpected',
  'exact',
  'tolerated',
  'compensating',
  'mismatch',
  'deltas_over',
  'deltas_under',
  'duplicate_rows',
] as const;
type CountName = (typeof countNames)[number];
const amountNames = [
  'base',
  'matched_base',
  'both_base',
  'gross',
  'net',
  'over',
  'under',
  'tolerated_gross',
  'unexplained_gross',
  'offset_inside',
] as const;
type AmountName = (typeof amountNames)[number];

/** An explained part is one of a proven cause, or of a difference that somebody accepted or has a fix pending for. */
const isExplained = sql`(confidence = 'proven' or status in ('accepted', 'fix_solvimon', 'fix_legacy', 'fix_mapping'))`;

/** The rows of a cohort and cycle as a chain of common table expressions ending in `judged`. */
function judgedRows(key: FactsKey): RawBuilder<unknown> {
  invariant(/^\d+$/.test(key.runSeq), 'a run number is a whole number', key);
  const run = sql.lit(key.runSeq);
  // Without a roster nothing is expected: the caller then treats coverage as unmeasured.
  return sql`
    ${memberTable(key.who)},
    expected as (
      select r.customer, r.currency from roster_row r join member using (customer)
      where r.roster_id = ${key.rosterId}::bigint
        and (r.starts is null or r.starts <= ${key.cycle}) and (r.ends is null or r.ends >= ${key.cycle})
    ),
    own_mismatch as (
      select pair_id,
        sum(case when is_within_tolerance then 0 when ${isExplained} then coalesce((components ->> 'unexplained')::numeric, 0) else delta end) as unexplained,
        bool_or(cause in ('invoice.duplicate_in_solvimon', 'invoice.duplicate_in_legacy') and confidence = 'proven') as is_duplicate,
        sum(abs(delta)) filter (where level = 'line') as line_gross, sum(delta) filter (where level = 'line') as line_net
      from mismatch join member using (customer) where run_seq = ${run} group by pair_id
    ),
    judged as (
      select p.id, p.customer, p.currency, p.state, p.legacy_gross as legacy, p.solvimon_gross as solvimon,
        coalesce(p.solvimon_gross, 0) - coalesce(p.legacy_gross, 0) as delta,
        greatest(0, p.legacy_gross, p.solvimon_gross) - least(0, p.legacy_gross, p.solvimon_gross) as base,
        coalesce(m.unexplained, 0) as unexplained, coalesce(m.line_gross - abs(m.line_net), 0) as offset_inside,
        coalesce(m.is_duplicate, false) as is_duplicate,
        not exists (select from expected e where e.customer = p.customer and e.currency = p.currency) as is_unexpected
      from pair p join member using (customer) left join own_mismatch m on m.pair_id = p.id
      where p.run_seq = ${run}
      union all
      select null, e.customer, e.currency, 'both_missing', null, null, 0, 0, 0, 0, false, false
      from expected e
      where not exists (
        select from pair p where p.run_seq = ${run} and p.customer = e.customer and (p.currency = e.currency or p.currency is null))
    ),
    weighed as (
      select *, state in ('matched', 'within_tolerance', 'mismatch', 'only_legacy', 'only_solvimon') and currency is not null as has_money,
        state in ('matched', 'within_tolerance', 'mismatch') as is_both
      from judged
    )`;
}

/** Counts and sums per currency of the cohort in this run. */
export async function currencyFacts(db: Kysely<Database>, key: FactsKey): Promise<readonly CurrencyFacts[]> {
  const result = await sql<Record<CountName | AmountName, string> & { currency: string | null }>`
    with ${judgedRows(key)}
    select currency, count(*) as roster,
      count(*) filter (where is_both) as both, count(*) filter (where state = 'only_legacy') as only_legacy,
      count(*) filter (where state = 'only_solvimon') as only_solvimon, count(*) filter (where state = 'both_missing') as both_missing,
      count(*) filter (where state = 'ambiguous') as ambiguous, count(*) filter (where state in ('not_ready', 'error')) as not_ready,
      count(*) filter (where state = 'error') as errors, count(*) filter (where is_unexpected) as unexpected,
      count(*) filter (where state = 'matched') as exact, count(*) filter (where state = 'within_tolerance') as tolerated,
      count(*) filter (where state = 'mismatch' and delta = 0) as compensating,
      count(*) filter (where state = 'mismatch' and delta <> 0) as mismatch,
      count(*) filter (where has_money and delta > 0) as deltas_over, count(*) filter (where has_money and delta < 0) as deltas_under,
      count(*) filter (where is_duplicate and state in ('only_legacy', 'only_solvimon')) as duplicate_rows,
      coalesce(sum(base) filter (where has_money), 0) as base,
      coalesce(sum(base) filter (where has_money and state in ('matched', 'within_tolerance')), 0) as matched_base,
      coalesce(sum(base) filter (where has_money and is_both), 0) as both_base,
      coalesce(sum(abs(delta)) filter (where has_money), 0) as gross, coalesce(sum(delta) filter (where has_money), 0) as net,
      coalesce(sum(greatest(delta, 0)) filter (where has_money), 0) as over,
      coalesce(sum(greatest(-delta, 0)) filter (where has_money), 0) as under,
      coalesce(sum(abs(delta)) filter (where has_money and state = 'within_tolerance'), 0) as tolerated_gross,
      coalesce(sum(abs(unexplained)) filter (where has_money), 0) as unexplained_gross,
      coalesce(sum(offset_inside) filter (where has_money), 0) as offset_inside
    from weighed group by currency order by currency collate "C" nulls last`.execute(db);
  return result.rows.map((row) => ({
    currency: row.currency,
    counts: Object.fromEntries(countNames.map((name) => [name, Number(row[name])])) as Record<CountName, number>,
    amounts: Object.fromEntries(amountNames.map((name) => [name, row[name]])) as Record<AmountName, string>,
  }));
}

/** One customer in one currency: what feeds the inference. */
export type CustomerFacts = {
  readonly customer: string;
  readonly currency: string | null;
  readonly part: 'random' | 'core' | 'convenience';
  readonly isFrozen: boolean;
  readonly isClean: boolean;
  readonly base: string;
  readonly over: string;
  readonly fingerprints: readonly string[];
  readonly isExplained: boolean;
};

/** Every member with a row in this cycle, in byte order; customers without any row are not there. */
export async function customerFacts(db: Kysely<Database>, key: FactsKey): Promise<readonly CustomerFacts[]> {
  const result = await sql<{
    customer: string;
    currency: string | null;
    part: CustomerFacts['part'];
    is_frozen: boolean;
    is_clean: boolean;
    base: string;
    over: string;
    fingerprints: string[];
    is_explained: boolean;
  }>`
    with ${judgedRows(key)},
    found as (
      select customer, array_agg(distinct fingerprint order by fingerprint) as fingerprints, bool_and(${isExplained}) as is_explained
      from mismatch join member using (customer)
      where run_seq = ${sql.lit(key.runSeq)} and not is_within_tolerance group by customer
    )
    select w.customer, w.currency, c.part, bool_and(w.state not in ('not_ready', 'error')) as is_frozen,
      bool_and(w.state in ('matched', 'within_tolerance')) as is_clean,
      coalesce(sum(w.base) filter (where w.has_money), 0) as base,
      coalesce(sum(greatest(w.delta, 0)) filter (where w.has_money), 0) as over,
      coalesce(f.fingerprints, '{}') as fingerprints, coalesce(f.is_explained, true) as is_explained
    from weighed w join member c on c.customer = w.customer
    left join found f on f.customer = w.customer
    group by w.customer, w.currency, c.part, f.fingerprints, f.is_explained
    order by w.customer collate "C", w.currency collate "C" nulls last`.execute(db);
  return result.rows.map((row) => ({
    customer: row.customer,
    currency: row.currency,
    part: row.part,
    isFrozen: row.is_frozen,
    isClean: row.is_clean,
    base: row.base,
    over: row.over,
    fingerprints: row.fingerprints,
    isExplained: row.is_explained,
  }));
}

/** One cause in the cohort, tolerated differences left out. */
export type CauseFacts = {
  readonly cause: string;
  readonly customers: number;
  readonly mismatches: number;
  readonly explained: number;
  /** Somebody is to fix it, or its root cause is said to be fixed. */
  readonly fixPending: number;
  /** One of its root causes had gone and came back. */
  readonly hasRegressed: boolean;
  readonly fingerprints: readonly string[];
};

/** Causes of the cohort in this run, those that hit the most customers first. */
export async function causeFacts(db: Kysely<Database>, key: FactsKey): Promise<readonly CauseFacts[]> {
  const result = await sql<{
    cause: string;
    customers: string;
    mismatches: string;
    explained: string;
    fix_pending: string;
    has_regressed: boolean;
    fingerprints: string[];
  }>`
    with ${memberTable(key.who)}
    select cause, count(distinct customer) as customers, count(*) as mismatches,
      count(*) filter (where ${isExplained}) as explained,
      count(*) filter (where status in ('fix_solvimon', 'fix_legacy', 'fix_mapping') or life = 'fix-ready') as fix_pending,
      bool_or(coalesce(life = 'regressed', false)) as has_regressed,
      array_agg(distinct fingerprint order by fingerprint) as fingerprints
    from mismatch join member using (customer)
      left join (select fingerprint, status as life from root_cause) root using (fingerprint)
    where run_seq = ${sql.lit(key.runSeq)} and not is_within_tolerance
    group by cause order by count(distinct customer) desc, sum(abs_delta) desc, cause collate "C"`.execute(db);
  return result.rows.map((row) => ({
    cause: row.cause,
    customers: Number(row.customers),
    mismatches: Number(row.mismatches),
    explained: Number(row.explained),
    fixPending: Number(row.fix_pending),
    hasRegressed: row.has_regressed,
    fingerprints: row.fingerprints,
  }));
}

/** Single facts that no currency owns. */
export type SafetyFacts = {
  readonly members: number;
  readonly taxCustomers: number;
  readonly duplicates: number;
  /** Documents without a readable customer: they may be anybody's, so they count against every cohort. */
  readonly strayErrors: number;
};

/** Wrong tax, duplicates and unreadable documents. A tax base that only follows a net difference is not wrong tax. */
export async function safetyFacts(db: Kysely<Database>, key: FactsKey): Promise<SafetyFacts> {
  const run = sql.lit(key.runSeq);
  const result = await sql<{ members: string; tax_customers: string; duplicates: string; stray: string }>`
    with ${memberTable(key.who)},
    own as (select m.* from mismatch m join member using (customer) where m.run_seq = ${run} and not m.is_within_tolerance)
    select (select count(*) from member) as members,
      (select count(distinct customer) from own
        where level = 'tax' or cause like 'tax.%' or coalesce((components ->> 'tax_rate')::numeric, 0) <> 0) as tax_customers,
      (select count(distinct pair_id) from own where cause in ('invoice.duplicate_in_solvimon', 'line.duplicate_in_solvimon')) as duplicates,
      (select count(*) from pair where run_seq = ${run} and customer is null) as stray`.execute(db);
  const row = result.rows[0];
  invariant(row !== undefined, 'a count always answers');
  return {
    members: Number(row.members),
    taxCustomers: Number(row.tax_customers),
    duplicates: Number(row.duplicates),
    strayErrors: Number(row.stray),
  };
}

/** Lines after alignment, and how much of the billed usage arrived: null when nothing of the kind was stored. */
export type LineFacts = {
  readonly linesMatched: number;
  readonly linesAll: number;
  /** Least complete meter: its solvimon quantity over its legacy quantity, decimal text; null without usage lines. */
  readonly worstMeter: { readonly meter: string; readonly completeness: string | null } | null;
};

/** Line counts and usage of a cohort, from the documents of the run's two loads. */
export async function lineFacts(db: Kysely<Database>, key: FactsKey & { readonly runId: string }): Promise<LineFacts> {
  const member = memberTable(key.who);
  const lines = sql`
    own_line as (
      select x.side, l.kind, l.charge_key, l.quantity
      from load x join document d on d.load_id = x.id and d.in_cycle join line l on l.load_id = d.load_id and l.doc_no = d.doc_no
      join member on member.customer = d.customer
      where x.run_id = ${key.runId} and x.state = 'loaded')`;
  const counted = await sql<{ legacy_lines: string; differing: string; legacy_named: string }>`
    with ${member}, ${lines},
    wrong as (
      select m.legacy_lines from mismatch m join member using (customer)
      where m.run_seq = ${sql.lit(key.runSeq)} and m.level in ('line', 'usage') and not m.is_within_tolerance)
    select (select count(*) from own_line where side = 'legacy') as legacy_lines, (select count(*) from wrong) as differing,
      (select coalesce(sum(cardinality(legacy_lines)), 0) from wrong) as legacy_named`.execute(db);
  const meters = await sql<{ charge_key: string; completeness: string | null }>`
    with ${member}, ${lines},
    meter as (
      select charge_key, sum(quantity) filter (where side = 'legacy') as legacy, sum(quantity) filter (where side = 'solvimon') as solvimon
      from own_line where kind = 'usage' group by charge_key)
    select charge_key, case when coalesce(legacy, 0) = 0 then null else round(coalesce(solvimon, 0) / legacy, 12) end as completeness
    from meter where legacy is null or legacy <> 0 order by 2 nulls last, 1 limit 1`.execute(db);
  const [row, meter] = [counted.rows[0], meters.rows[0]];
  invariant(row !== undefined, 'a count always answers');
  const matched = Math.max(0, Number(row.legacy_lines) - Number(row.legacy_named));
  return {
    linesMatched: matched,
    linesAll: matched + Number(row.differing),
    worstMeter: meter === undefined ? null : { meter: meter.charge_key, completeness: meter.completeness },
  };
}

/** Customers of a run whose every pair agreed, in a cohort or not: what the shadow run has seen work. */
export async function agreeingCustomers(db: Kysely<Database>, runSeq: string): Promise<ReadonlySet<string>> {
  invariant(/^\d+$/.test(runSeq), 'a run number is a whole number', { runSeq });
  const result = await sql<{ customer: string }>`
    select customer from pair where run_seq = ${sql.lit(runSeq)} and customer is not null
    group by customer having bool_and(state in ('matched', 'within_tolerance'))`.execute(db);
  return new Set(result.rows.map((row) => row.customer));
}

/** Gross of one cause in one currency, tolerated differences left out; decimal text in major units. */
export type CauseGross = { readonly cause: string; readonly currency: string; readonly gross: string };

/** How the gross difference of a cohort spreads over its causes. */
export async function causeGross(db: Kysely<Database>, key: FactsKey): Promise<readonly CauseGross[]> {
  const result = await sql<CauseGross>`
    with ${memberTable(key.who)}
    select cause, currency, sum(abs_delta) as gross
    from mismatch join member using (customer)
    where run_seq = ${sql.lit(key.runSeq)} and not is_within_tolerance and currency is not null
    group by cause, currency order by cause collate "C", currency collate "C"`.execute(db);
  return result.rows;
}
