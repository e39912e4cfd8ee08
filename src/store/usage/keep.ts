import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { Aggregation } from '../../model/usage-finding.js';
import type { Database } from '../tables.js';
import type { Parts } from './compare.js';

/** Events that are named beside a quantity of evidence. */
const mostExamples = 20;

/** Moves what was found into the tables that stay. */
export async function keepFindings(trx: Transaction<Database>, { input }: Parts): Promise<void> {
  const seq = sql`${sql.lit(input.checkSeq)}::bigint`;
  await sql`
    insert into usage_finding (check_seq, no, class, customer, meter, day, reference, other_reference, legacy_at, solvimon_at,
      legacy_quantity, solvimon_quantity, solvimon_customer, solvimon_meter, ingested_at, reason, effect)
    select ${seq}, row_number() over (order by customer collate "C", meter collate "C", day, reference collate "C", class, l_no, s_no),
      class, customer, meter, day, reference, other_reference, legacy_at, solvimon_at, legacy_quantity, solvimon_quantity,
      nullif(solvimon_customer, customer), nullif(solvimon_meter, meter), ingested_at, reason, effect
    from usage_found`.execute(trx);
  await sql`
    insert into usage_day (check_seq, customer, meter, day, legacy_events, solvimon_events, legacy_sum, solvimon_sum, legacy_hash, solvimon_hash)
    select ${seq}, customer, meter, day, legacy_n, solvimon_n, legacy_q, solvimon_q, legacy_h, solvimon_h
    from usage_group where differs`.execute(trx);
}

/** Counts of events by meter and hour on both sides. */
export async function keepHours(trx: Transaction<Database>, parts: Parts): Promise<void> {
  const { input, isInCycle, isBilled } = parts;
  const hours = (events: Parts['legacyEvents'], isOnBill: Parts['isBilled']) =>
    sql`select meter, date_trunc('hour', at) as hour, count(*) filter (where ${isOnBill}) as n from ${events} where ${isInCycle} group by 1, 2`;
  const always = sql`true`;
  await sql`
    insert into usage_hour (check_seq, meter, hour, legacy_events, solvimon_events)
    select ${sql.lit(input.checkSeq)}::bigint, meter, hour, coalesce(l.n, 0), coalesce(s.n, 0)
    from (${hours(parts.legacyEvents, always)}) l full join (${hours(parts.solvimonEvents, isBilled)}) s using (meter, hour)`.execute(
    trx,
  );
}

/** One row per customer and meter: counts, sums, hash totals, and what the meter makes of it. */
export async function keepTotals(trx: Transaction<Database>, parts: Parts): Promise<void> {
  const { input } = parts;
  await sql`
    create temporary table usage_sum on commit drop as
    with lost as (
      select customer, meter, count(*) as n from usage_found
      where l_no is not null and class not in ('wrong_quantity', 'wrong_time', 'future') and effect = - legacy_quantity
      group by customer, meter),
    events as (
      select customer, meter, sum(legacy_n) as legacy_n, sum(solvimon_n) as solvimon_n, sum(legacy_q) as legacy_q, sum(solvimon_q) as solvimon_q,
        sum(legacy_h) as legacy_h, sum(solvimon_h) as solvimon_h,
        -- Without references, what is fewer in Solvimon is all that can be called lost.
        sum(case when is_anonymous and differs then greatest(legacy_n - solvimon_n, 0) else 0 end) as lost_n
      from usage_group g where not exists (select from usage_counted c where c.customer = g.customer and c.meter = g.meter)
      group by customer, meter),
    counted as (
      select customer, meter, sum(case when legacy_q is null then 0 else coalesce(legacy_n, 1) end) as legacy_n,
        sum(case when solvimon_q is null then 0 else coalesce(solvimon_n, 1) end) as solvimon_n,
        coalesce(sum(legacy_q), 0) as legacy_q, coalesce(sum(solvimon_q), 0) as solvimon_q,
        sum(case when not differs or legacy_q is null then 0 when legacy_n is null or solvimon_n is null then coalesce(legacy_n, 1) else greatest(legacy_n - solvimon_n, 0) end) as lost_n
      from usage_bucket group by customer, meter)
    select customer, meter, legacy_n, solvimon_n, legacy_n - lost_n - coalesce(lost.n, 0) as arrived_n, legacy_q, solvimon_q, legacy_h, solvimon_h
    from events left join lost using (customer, meter)
    union all
    select customer, meter, legacy_n, solvimon_n, legacy_n - lost_n, legacy_q, solvimon_q, 0, 0 from counted`.execute(
    trx,
  );
  await sql`
    insert into usage_total (check_seq, customer, meter, charge_key, aggregation, legacy_events, solvimon_events, arrived_events,
      legacy_sum, solvimon_sum, legacy_hash, solvimon_hash, legacy_quantity, solvimon_quantity)
    select ${sql.lit(input.checkSeq)}::bigint, customer, meter, charge_key, aggregation, legacy_n, solvimon_n, arrived_n,
      legacy_q, solvimon_q, legacy_h, solvimon_h,
      case when aggregation = 'sum' and legacy_n > 0 then legacy_q when aggregation = 'count' then legacy_n end,
      case when aggregation = 'sum' and solvimon_n > 0 then solvimon_q when aggregation = 'count' then solvimon_n end
    from usage_sum join usage_meter using (meter)`.execute(trx);
  await sql`analyze usage_total`.execute(trx);
}

/** The aggregate expressions of meters that are no sum and no count, over the rows that a filter lets pass. */
const expressions: Readonly<
  Record<Exclude<Aggregation, 'sum' | 'count'>, (keep: RawBuilder<unknown>) => RawBuilder<unknown>>
> = {
  max: (keep) => sql`max(quantity) filter (where ${keep})`,
  min: (keep) => sql`min(quantity) filter (where ${keep})`,
  average: (keep) => sql`avg(quantity) filter (where ${keep})`,
  unique: (keep) => sql`(count(distinct unique_key) filter (where ${keep}))::numeric`,
  latest: (keep) => sql`(array_agg(quantity order by at desc, no desc) filter (where ${keep}))[1]`,
};

/** Recomputes what every other kind of meter makes of the events of both sides. */
export async function keepQuantities(trx: Transaction<Database>, parts: Parts): Promise<void> {
  const { input, isInCycle, isBilled } = parts;
  const present = await sql<{ aggregation: string }>`select distinct aggregation from usage_meter`.execute(trx);
  for (const [aggregation, expression] of Object.entries(expressions)) {
    if (!present.rows.some((row) => row.aggregation === aggregation)) continue;
    for (const [column, events, keep] of [
      ['legacy_quantity', parts.legacyEvents, sql`true`],
      ['solvimon_quantity', parts.solvimonEvents, isBilled],
    ] as const)
      await sql`
        update usage_total t set ${sql.id(column)} = v.value
        from (
          select customer, meter, ${expression(keep)} as value from ${events}
          where ${isInCycle} and meter in (select meter from usage_meter where aggregation = ${sql.lit(aggregation)})
          group by customer, meter) v
        where t.check_seq = ${sql.lit(input.checkSeq)} and t.customer = v.customer and t.meter = v.meter`.execute(trx);
  }
}

/** Which findings speak for which cause: what legacy has and Solvimon does not bill here, and what Solvimon bills twice. */
const evidenceKind = sql.raw(`case
  when class = 'duplicate' and s_no is not null and effect > 0 then 'duplicate'
  when l_no is null or effect = 0 then null
  when class = 'late' then 'late'
  when class = 'unmatched' then 'unmatched'
  when class in ('missing', 'wrong_customer', 'wrong_meter', 'unknown_customer', 'unknown_meter', 'unreadable') then 'missing'
  when class = 'wrong_period' and legacy_quantity is not null and effect = - legacy_quantity then 'missing'
end`);

/**
 * What the findings of each kind add up to for a customer's meter. For a sum it is the sum of their quantities; for any
 * other meter it is how much the meter's value changes when these events are left out.
 */
export async function keepEvidence(trx: Transaction<Database>, parts: Parts): Promise<void> {
  const seq = sql.lit(parts.input.checkSeq);
  await sql`
    create temporary table usage_proof on commit drop as
    select * from (select ${evidenceKind} as kind, f.* from usage_found f) kinds where kind is not null`.execute(trx);
  await sql`
    insert into usage_evidence (check_seq, customer, meter, charge_key, kind, quantity, events, examples)
    select ${seq}::bigint, customer, meter, charge_key, kind,
      case when aggregation = 'count' then count(*)::numeric else abs(sum(effect)) end, count(*),
      coalesce((array_agg(reference order by reference collate "C") filter (where reference is not null))[1:${sql.lit(mostExamples)}], '{}')
    from usage_proof join usage_meter using (meter)
    where aggregation in ('sum', 'count')
    group by customer, meter, charge_key, aggregation, kind`.execute(trx);
  const present = await sql<{ aggregation: string }>`
    select distinct aggregation from usage_proof join usage_meter using (meter)`.execute(trx);
  for (const [aggregation, expression] of Object.entries(expressions))
    if (present.rows.some((row) => row.aggregation === aggregation))
      await keepChange(trx, parts, aggregation, expression);
}

/** The evidence of a meter whose events do not add up: its value with these events and without them. */
async function keepChange(
  trx: Transaction<Database>,
  parts: Parts,
  aggregation: string,
  expression: (keep: RawBuilder<unknown>) => RawBuilder<unknown>,
): Promise<void> {
  const { input, isInCycle, isBilled } = parts;
  const of = (
    events: Parts['legacyEvents'],
    no: 'l_no' | 's_no',
    isOnBill: RawBuilder<unknown>,
    kinds: RawBuilder<unknown>,
  ) => sql`
    select e.customer, e.meter, k.kind, ${expression(sql`true`)} as whole, ${expression(sql`p.kind is null`)} as rest
    from (
      select * from ${events}
      where ${isInCycle} and ${isOnBill} and meter in (select meter from usage_meter where aggregation = ${sql.lit(aggregation)})) e
    join (select distinct customer, meter, kind from usage_proof where ${kinds}) k using (customer, meter)
    left join (select ${sql.id(no)} as proof_no, kind from usage_proof) p on p.proof_no = e.no and p.kind = k.kind
    group by e.customer, e.meter, k.kind`;
  await sql`
    insert into usage_evidence (check_seq, customer, meter, charge_key, kind, quantity, events, examples)
    select ${sql.lit(input.checkSeq)}::bigint, c.customer, c.meter, m.charge_key, c.kind,
      abs(coalesce(c.whole, 0) - coalesce(c.rest, 0)), f.n, f.examples
    from (${of(parts.legacyEvents, 'l_no', sql`true`, sql`kind <> 'duplicate'`)} union all ${of(parts.solvimonEvents, 's_no', isBilled, sql`kind = 'duplicate'`)}) c
    join usage_meter m on m.meter = c.meter
    join lateral (
      select count(*) as n, coalesce((array_agg(reference order by reference collate "C") filter (where reference is not null))[1:${sql.lit(mostExamples)}], '{}') as examples
      from usage_proof p where p.customer = c.customer and p.meter = c.meter and p.kind = c.kind) f on true`.execute(
    trx,
  );
}
