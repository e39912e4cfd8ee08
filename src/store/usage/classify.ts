import { sql, type Transaction } from 'kysely';
import type { Database } from '../tables.js';
import type { Parts } from './compare.js';

/**
 * Gives every event that is not as it should be its class, into the temporary table `usage_found`. The first of these that
 * is so: taken back, unmatched or refused in Solvimon; in another month; at another customer or meter; too late; another
 * quantity; another time. An event that stands on one side only is unreadable on the other, unknown, a copy, or missing
 * or extra. `effect` is by how much Solvimon bills more of the meter for the customer named.
 */
export async function classifyEvents(trx: Transaction<Database>, parts: Parts): Promise<void> {
  await sql`
    create temporary table usage_found (
      class text, customer text, meter text, day date, reference text, other_reference text, l_no integer, s_no integer,
      legacy_at timestamptz, solvimon_at timestamptz, legacy_quantity numeric, solvimon_quantity numeric,
      solvimon_customer text, solvimon_meter text, ingested_at timestamptz, reason text, effect numeric) on commit drop`.execute(
    trx,
  );
  await classifyPairs(trx, parts);
  await classifySingles(trx, parts, 'legacy');
  await classifySingles(trx, parts, 'solvimon');
}

const insert = sql.raw(`
  insert into usage_found (class, customer, meter, day, reference, other_reference, l_no, s_no, legacy_at, solvimon_at,
    legacy_quantity, solvimon_quantity, solvimon_customer, solvimon_meter, ingested_at, reason, effect)`);

/** Events that both sides have. */
async function classifyPairs(trx: Transaction<Database>, { input }: Parts): Promise<void> {
  const zone = sql.lit(input.timezone);
  const offset = sql`((l_at at time zone ${zone}) - (l_at at time zone 'UTC'))`;
  const shift = sql`case s_at - l_at
    when ${offset} then 'its local time was taken for UTC'
    when - ${offset} then 'its zone was counted twice'
    else 'moved by ' || (s_at - l_at)::text end`;
  await sql`
    ${insert}
    select class, case when l_in then l_customer else s_customer end, case when l_in then l_meter else s_meter end,
      case when l_in then l_day else s_day end, reference, null, l_no, s_no, l_at, s_at, l_quantity, s_quantity,
      s_customer, s_meter, ingested_at,
      case class
        when 'missing' then 'deleted in solvimon'
        when 'unmatched' then outcome_reason
        when 'duplicate' then coalesce('refused as ' || outcome_reason, 'refused as a duplicate')
        when 'wrong_period' then ${shift}
        when 'wrong_time' then ${shift}
        when 'wrong_customer' then 'sent for ' || s_customer
        when 'wrong_meter' then 'sent to ' || s_meter
        when 'unknown_customer' then case when l_customer_mapped then s_customer else l_customer end || ' is in no mapping'
        when 'unknown_meter' then case when l_meter_mapped then s_meter else l_meter end || ' is in no mapping'
        when 'future' then 'dated after it was taken in'
      end,
      case
        when class in ('wrong_time', 'future') then 0
        when class = 'wrong_quantity' then s_quantity - l_quantity
        when class = 'wrong_period' and not l_in then s_quantity
        else - l_quantity
      end
    from (
      select *, case
        when outcome = 'deleted' then 'missing'
        when outcome = 'not_matched' then 'unmatched'
        when outcome = 'duplicate' then 'duplicate'
        when l_in <> s_in then 'wrong_period'
        when not l_customer_mapped or not s_customer_mapped then 'unknown_customer'
        when not l_meter_mapped or not s_meter_mapped then 'unknown_meter'
        when l_customer <> s_customer then 'wrong_customer'
        when l_meter <> s_meter then 'wrong_meter'
        when not is_billed then 'late'
        when l_quantity <> s_quantity then 'wrong_quantity'
        when l_at <> s_at then 'wrong_time'
        when l_future or s_future then 'future'
      end as class
      from usage_joined where l_no is not null and s_no is not null and (l_in or s_in)
    ) classed where class is not null and (l_in or is_billed)`.execute(trx);
}

/** Events that one side has alone, or more often than the other. */
async function classifySingles(
  trx: Transaction<Database>,
  { input }: Parts,
  side: 'legacy' | 'solvimon',
): Promise<void> {
  const isLegacy = side === 'legacy';
  const own = (column: string) => sql.id(`${isLegacy ? 'l' : 's'}_${column}`);
  const other = isLegacy ? input.solvimon.id : input.legacy.id;
  const billed = isLegacy ? sql`true` : sql`is_billed`;
  const outcome = isLegacy ? sql`'counted'` : sql`outcome`;
  const pick = (column: string, of: 'legacy' | 'solvimon') => (of === side ? own(column) : sql`null`);
  // A copy under another reference says the same: same customer, meter, time and quantity as an event that both sides have.
  const twin = isLegacy
    ? sql`null::text`
    : sql`(select min(t.reference) from usage_joined t where t.l_no is not null and t.s_no is not null and t.is_billed
        and t.s_customer = j.s_customer and t.s_meter = j.s_meter and t.s_at = j.s_at and t.s_quantity = j.s_quantity)`;
  const first = isLegacy ? 'usage_left' : 'usage_right';
  await sql`
    ${insert}
    select class, ${own('customer')}, ${own('meter')}, ${own('day')}, reference,
      case when copy > 1 then reference when class = 'duplicate' then twin end,
      ${pick('no', 'legacy')}, ${pick('no', 'solvimon')}, ${pick('at', 'legacy')}, ${pick('at', 'solvimon')},
      ${pick('quantity', 'legacy')}, ${pick('quantity', 'solvimon')}, ${pick('customer', 'solvimon')}, ${pick('meter', 'solvimon')},
      ingested_at,
      case class
        when 'duplicate' then case
          when copy = 1 and outcome = 'duplicate' then coalesce(outcome_reason, 'refused as a duplicate')
          when copy = 1 then 'the same under another reference'
          when first_content = content then ${sql.lit(isLegacy ? 'twice in legacy' : 'twice in solvimon')}
          else ${sql.lit(isLegacy ? 'twice in legacy, with other content: ' : 'twice in solvimon, with other content: ')} || content end
        when 'unmatched' then outcome_reason
        when 'unreadable' then ${sql.lit(`it could not be read from ${isLegacy ? 'solvimon' : 'legacy'}`)}
        when 'unknown_customer' then ${own('customer')} || ' is in no mapping'
        when 'unknown_meter' then ${own('meter')} || ' is in no mapping'
        when 'late' then 'not in legacy'
        when 'future' then 'dated after it was taken in'
      end,
      case when is_on_bill then ${isLegacy ? sql`- ${own('quantity')}` : own('quantity')} else 0 end
    from (
      select j.*, ${outcome} as own_outcome, ${billed} as is_on_bill, f.content as first_content,
        concat_ws(' ', ${own('customer')}, ${own('meter')}, ${own('at')}, trim_scale(${own('quantity')})) as content, t.twin,
        case
          when copy > 1 then 'duplicate'
          when ${outcome} = 'not_matched' then 'unmatched'
          when ${outcome} = 'duplicate' then 'duplicate'
          when ${outcome} = 'deleted' then null
          when r.is_unreadable then 'unreadable'
          when not ${own('customer_mapped')} then 'unknown_customer'
          when not ${own('meter_mapped')} then 'unknown_meter'
          when ${own('future')} then 'future'
          when not ${billed} then 'late'
          when t.twin is not null then 'duplicate'
          else ${sql.lit(isLegacy ? 'missing' : 'extra')}
        end as class
      from usage_joined j
      left join lateral (select concat_ws(' ', o.customer, o.meter, o.at, trim_scale(o.quantity)) as content
        from ${sql.id(first)} o where j.copy > 1 and o.reference = j.reference and o.no <> ${own('no')}
        order by o.is_billed desc, o.in_cycle desc, o.ingested_at nulls first, o.no limit 1) f on true
      left join lateral (select ${twin} as twin) t on true
      left join lateral (select exists (select from usage_rejected x where x.load_id = ${sql.lit(other)} and x.reference = j.reference) as is_unreadable) r on true
      where ${own('no')} is not null and ${sql.id(isLegacy ? 's_no' : 'l_no')} is null and ${own('in')}
    ) classed where class is not null`.execute(trx);
}

/** Days and periods that can only be compared by count and sum, because a side has no single events or no references. */
export async function classifyCounts(trx: Transaction<Database>, parts: Parts): Promise<void> {
  const { input } = parts;
  await sql`
    ${insert}
    select 'count_differs', customer, meter, day, null, null, null, null, null, null, legacy_q, solvimon_q, null, null, null,
      case when legacy_n = solvimon_n and legacy_q = solvimon_q then legacy_n || ' events on both sides, at other times or of other quantities'
        else legacy_n || ' events in legacy, ' || solvimon_n || ' in solvimon' end,
      solvimon_q - legacy_q
    from usage_group g
    where differs and is_anonymous and not exists (select from usage_counted c where c.customer = g.customer and c.meter = g.meter)`.execute(
    trx,
  );
  await makeBuckets(trx, parts);
  await sql`
    ${insert}
    select 'count_differs', customer, meter, (lower(period) at time zone ${sql.lit(input.timezone)})::date, null, null, null, null,
      lower(period), lower(period), legacy_q, solvimon_q, null, null, null,
      concat_ws(', ', coalesce(legacy_n || ' events', case when legacy_q is null then 'nothing' end) || ' in legacy', coalesce(solvimon_n || ' events', case when solvimon_q is null then 'nothing' end) || ' in solvimon')
        || ' from ' || to_char(lower(period) at time zone ${sql.lit(input.timezone)}, 'YYYY-MM-DD HH24:MI') || ' to ' || to_char(upper(period) at time zone ${sql.lit(input.timezone)}, 'YYYY-MM-DD HH24:MI'),
      coalesce(solvimon_q, 0) - coalesce(legacy_q, 0)
    from usage_bucket where differs`.execute(trx);
}

/**
 * The periods that one side has counted, with what the other side has in them: its own counts that lie inside, or its
 * events. Where both count, the periods are those of legacy. What lies in no period is a bucket of one side.
 */
async function makeBuckets(trx: Transaction<Database>, parts: Parts): Promise<void> {
  const { input, isInCycle, isBilled } = parts;
  const counts = (loadId: string) =>
    sql`select customer, meter, period, events, quantity from usage_aggregate where load_id = ${sql.lit(loadId)}
      and period <@ tstzrange(${sql.lit(input.period.start)}::timestamptz, ${sql.lit(input.period.end)}::timestamptz)`;
  const events = (table: Parts['legacyEvents'], isOnBill: Parts['isBilled']) =>
    sql`select customer, meter, tstzrange(at, at, '[]') as period, 1::numeric as events, quantity
      from ${table} join usage_counted using (customer, meter) where ${isInCycle} and ${isOnBill}`;
  const always = sql`true`;
  await sql`
    create temporary table usage_bucket on commit drop as
    with l as (${counts(input.legacy.id)} union all ${events(parts.legacyEvents, always)}),
    s as (${counts(input.solvimon.id)} union all ${events(parts.solvimonEvents, isBilled)}),
    own as (
      select distinct customer, meter, period from (${counts(input.legacy.id)}) counted
      union
      select distinct customer, meter, period from (${counts(input.solvimon.id)}) counted
      where not exists (select from usage_aggregate a where a.load_id = ${sql.lit(input.legacy.id)} and a.customer = counted.customer and a.meter = counted.meter)),
    placed as (
      select 'l' as side, l.customer, l.meter, coalesce(own.period, l.period) as period, l.events, l.quantity
      from l left join own on own.customer = l.customer and own.meter = l.meter and l.period <@ own.period
      union all
      select 's', s.customer, s.meter, coalesce(own.period, s.period), s.events, s.quantity
      from s left join own on own.customer = s.customer and own.meter = s.meter and s.period <@ own.period)
    select customer, meter, period,
      case when bool_and(events is not null) filter (where side = 'l') then sum(events) filter (where side = 'l') end as legacy_n,
      case when bool_and(events is not null) filter (where side = 's') then sum(events) filter (where side = 's') end as solvimon_n,
      sum(quantity) filter (where side = 'l') as legacy_q, sum(quantity) filter (where side = 's') as solvimon_q,
      coalesce(sum(quantity) filter (where side = 'l'), 0) <> coalesce(sum(quantity) filter (where side = 's'), 0)
        or (bool_and(events is not null) and coalesce(sum(events) filter (where side = 'l'), 0) <> coalesce(sum(events) filter (where side = 's'), 0)) as differs
    from placed group by customer, meter, period`.execute(trx);
}
