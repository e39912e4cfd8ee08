import { type Kysely, sql } from 'kysely';
import type { Database } from './tables.js';

export const golivePeopleItems = [
  'alerts_tested',
  'rollback_rehearsed',
  'timeline_communicated',
  'attempt_review',
  'harm_confirmed',
  'legacy_usage_off',
  'legacy_state_stale',
  'payments_beyond_policy',
  'tax_submitted',
] as const;
export type GoliveItem = (typeof golivePeopleItems)[number];

export type GoliveRecord = {
  readonly item: GoliveItem;
  readonly outcome: 'pass' | 'fail';
  readonly link: string;
  readonly note: string | null;
  readonly by: string;
  readonly at: string;
};

/** Writes down what somebody showed or saw. */
export async function insertGoliveRecord(
  db: Kysely<Database>,
  one: Omit<GoliveRecord, 'at'> & { readonly cohortId: string; readonly now: Date },
): Promise<void> {
  await sql`insert into golive_record (cohort_id, item, outcome, link, note, recorded_by, recorded_at)
    values (${one.cohortId}, ${one.item}, ${one.outcome}, ${one.link}, ${one.note}, ${one.by}, ${one.now})`.execute(db);
}

/** The newest record of each item of a cohort. */
export async function goliveRecords(db: Kysely<Database>, cohortId: string): Promise<readonly GoliveRecord[]> {
  const result = await sql<GoliveRecord>`
    select distinct on (item) item, outcome, link, note, recorded_by as by,
      to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
    from golive_record where cohort_id = ${cohortId} order by item, id desc`.execute(db);
  return result.rows;
}

export type LiveBiller = {
  readonly customer: string;
  readonly system: 'legacy' | 'solvimon';
  readonly fromCycle: string;
  readonly toCycle: string | null;
};

/** Writes down which system bills a customer from a cycle on; known facts are kept. */
export async function insertLiveBillers(
  db: Kysely<Database>,
  input: { readonly billers: readonly LiveBiller[]; readonly source: string; readonly by: string; readonly now: Date },
): Promise<void> {
  await sql`
    insert into live_biller (customer, system, from_cycle, to_cycle, source, recorded_by, recorded_at)
    select customer, system, "fromCycle", "toCycle", ${input.source}, ${input.by}, ${input.now}
    from jsonb_to_recordset(${JSON.stringify(input.billers)}::jsonb) as r (customer text, system text, "fromCycle" text, "toCycle" text)
    on conflict (customer, system, from_cycle) do nothing`.execute(db);
}

/** Ends what a system bills: the last cycle is the given one. A later end, or none, is cut to it. */
export async function endLiveBillers(
  db: Kysely<Database>,
  input: { readonly customers: readonly string[]; readonly system: 'legacy' | 'solvimon'; readonly lastCycle: string },
): Promise<void> {
  const own = sql`customer = any(${[...input.customers]}::text[]) and system = ${input.system}`;
  // What would only have begun later never began.
  await sql`delete from live_biller where ${own} and from_cycle > ${input.lastCycle}`.execute(db);
  await sql`update live_biller set to_cycle = ${input.lastCycle}
    where ${own} and (to_cycle is null or to_cycle > ${input.lastCycle})`.execute(db);
}

/** Customers with two live systems in one cycle, with the first such cycle; `null` members: anybody. */
export async function doubleBillers(
  db: Kysely<Database>,
  customers: readonly string[] | null,
): Promise<readonly { readonly customer: string; readonly cycle: string }[]> {
  const result = await sql<{ customer: string; cycle: string }>`
    select l.customer, min(greatest(l.from_cycle, s.from_cycle)) as cycle
    from live_biller l join live_biller s on s.customer = l.customer and l.system = 'legacy' and s.system = 'solvimon'
      and l.from_cycle <= coalesce(s.to_cycle, '9999') and s.from_cycle <= coalesce(l.to_cycle, '9999')
    where ${customers === null ? null : [...customers]}::text[] is null or l.customer = any(${customers === null ? null : [...customers]}::text[])
    group by l.customer order by l.customer collate "C"`.execute(db);
  return result.rows;
}

/** Customers that Solvimon bills in a cycle, with the first cycle of that stretch. */
export async function liveOnSolvimon(
  db: Kysely<Database>,
  cycle: string,
): Promise<readonly { readonly customer: string; readonly since: string }[]> {
  const result = await sql<{ customer: string; since: string }>`
    select customer, min(from_cycle) as since from live_biller
    where system = 'solvimon' and from_cycle <= ${cycle} and (to_cycle is null or to_cycle >= ${cycle})
    group by customer order by customer collate "C"`.execute(db);
  return result.rows;
}

/** Whether Solvimon has final documents of these customers in a run: something was really sent. */
export async function hasFinalDocuments(
  db: Kysely<Database>,
  runId: string,
  customers: readonly string[],
): Promise<boolean> {
  const result = await sql<{ sent: boolean }>`
    select exists (
      select from load x join document d on d.load_id = x.id and d.in_cycle
      where x.run_id = ${runId} and x.side = 'solvimon' and x.state = 'loaded' and d.state = 'final' and d.customer = any(${[...customers]}::text[])
    ) as sent`.execute(db);
  return result.rows[0]?.sent ?? false;
}
