import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { Period } from '../../model/period.js';
import type { Meter } from '../../model/usage-finding.js';
import type { Database } from '../tables.js';
import { eventLeaf } from './leaf.js';

export type CompareUsage = {
  readonly checkSeq: string;
  readonly legacy: { readonly id: string; readonly asOf: string };
  readonly solvimon: { readonly id: string; readonly asOf: string };
  /** The cycle, half-open. */
  readonly period: Period;
  readonly timezone: string;
  /** From when on an event of the cycle comes too late. */
  readonly closesAt: string;
  readonly meterOf: (key: string) => Meter;
};

/** Solvimon refuses events more than this long in the future (contract 2.7, observed); clocks may differ by as much. */
const mostFuture = sql.raw(`interval '30 minutes'`);

/** What an event is to the whole: a hash over what identifies it, so that equal sets have equal sums. */
const eventHash = sql.raw(
  `hashtextextended(coalesce(reference, ''), 0) # hash_numeric_extended(quantity, 1) # timestamp_hash_extended(at at time zone 'UTC', 2)`,
);

/** The parts of the comparison that every step needs. */
export type Parts = {
  readonly input: CompareUsage;
  readonly legacyEvents: RawBuilder<unknown>;
  readonly solvimonEvents: RawBuilder<unknown>;
  readonly isInCycle: RawBuilder<unknown>;
  /** Solvimon took the event in and bills it in the cycle. */
  readonly isBilled: RawBuilder<unknown>;
};

export function partsOf(input: CompareUsage): Parts {
  const { start, end } = input.period;
  return {
    input,
    legacyEvents: sql.id(eventLeaf(input.legacy.id)),
    solvimonEvents: sql.id(eventLeaf(input.solvimon.id)),
    isInCycle: sql`(at >= ${sql.lit(start)}::timestamptz and at < ${sql.lit(end)}::timestamptz)`,
    isBilled: sql`(outcome = 'counted' and (ingested_at is null or ingested_at <= ${sql.lit(input.closesAt)}::timestamptz))`,
  };
}

/**
 * Adds both sides up by customer, meter and local day: count, sum and hash total. Days on which all three agree hold the
 * same events and are done; only the others are looked at event by event. Temporary tables, gone with the transaction.
 */
export async function groupByDay(trx: Transaction<Database>, parts: Parts): Promise<void> {
  // Large sorts and hashes; compiling the statements takes longer than running them.
  await sql`set local work_mem = '128MB'`.execute(trx);
  await sql`set local jit = off`.execute(trx);
  const { input, isInCycle, isBilled } = parts;
  const day = sql`(at at time zone ${sql.lit(input.timezone)})::date`;
  const unmapped = sql`not is_customer_mapped or not is_meter_mapped`;
  const future = (asOf: string) => sql`at > coalesce(ingested_at, ${sql.lit(asOf)}::timestamptz) + ${mostFuture}`;
  await sql`
    create temporary table usage_group on commit drop as
    select customer, meter, day,
      coalesce(l.n, 0) as legacy_n, coalesce(l.q, 0) as legacy_q, coalesce(l.h, 0) as legacy_h,
      coalesce(s.n, 0) as solvimon_n, coalesce(s.q, 0) as solvimon_q, coalesce(s.h, 0) as solvimon_h,
      coalesce(l.n, 0) <> coalesce(s.n, 0) or coalesce(l.q, 0) <> coalesce(s.q, 0) or coalesce(l.h, 0) <> coalesce(s.h, 0) as differs,
      coalesce(l.is_odd, false) or coalesce(s.is_odd, false) as is_odd,
      coalesce(l.is_anonymous, false) or coalesce(s.is_anonymous, false) as is_anonymous
    from (
      select customer, meter, ${day} as day, count(*) as n, sum(quantity) as q, sum(${eventHash}) as h,
        bool_or(reference is null) as is_anonymous, bool_or(${unmapped} or ${future(input.legacy.asOf)}) as is_odd
      from ${parts.legacyEvents} where ${isInCycle} group by 1, 2, 3) l
    full join (
      select customer, meter, ${day} as day, count(*) filter (where ${isBilled}) as n, sum(quantity) filter (where ${isBilled}) as q,
        sum(${eventHash}) filter (where ${isBilled}) as h,
        bool_or(reference is null) as is_anonymous, bool_or(${unmapped} or not ${isBilled} or ${future(input.solvimon.asOf)}) as is_odd
      from ${parts.solvimonEvents} where ${isInCycle} group by 1, 2, 3) s
    using (customer, meter, day)`.execute(trx);
  await sql`analyze usage_group`.execute(trx);
  await sql`
    create temporary table usage_counted on commit drop as
    select distinct customer, meter from usage_aggregate
    where load_id in (${sql.lit(input.legacy.id)}, ${sql.lit(input.solvimon.id)})`.execute(trx);
}

/** Every meter that was seen, with what it is billed as and what it makes of its events. */
export async function nameMeters(trx: Transaction<Database>, { input }: Parts): Promise<void> {
  const seen = await sql<{ meter: string }>`
    select distinct meter from (select meter from usage_group union all select meter from usage_counted) both_kinds
    order by 1`.execute(trx);
  const meters = seen.rows.map((row) => input.meterOf(row.meter));
  await sql`create temporary table usage_meter (meter text primary key, charge_key text, aggregation text) on commit drop`.execute(
    trx,
  );
  await sql`
    insert into usage_meter select * from unnest(
      ${meters.map((one) => one.key)}::text[], ${meters.map((one) => one.chargeKey)}::text[], ${meters.map((one) => one.aggregation)}::text[])`.execute(
    trx,
  );
}

/**
 * The single events of the days that differ, and of other days those that share a reference with them: an event that went
 * to another customer, meter or month is found by its reference wherever it is. `copy` numbers equal references of a side,
 * billed ones first, so that the first on one side meets the first on the other.
 */
export async function pickEvents(trx: Transaction<Database>, parts: Parts): Promise<void> {
  const { input, isInCycle, isBilled } = parts;
  const day = sql`(at at time zone ${sql.lit(input.timezone)})::date`;
  const future = (asOf: string) => sql`at > coalesce(ingested_at, ${sql.lit(asOf)}::timestamptz) + ${mostFuture}`;
  const pick = (events: Parts['legacyEvents'], asOf: string, isOnBill: RawBuilder<unknown>) => sql`
    select e.*, true as in_cycle, ${isOnBill} as is_billed, ${future(asOf)} as is_future, g.is_anonymous
    from (select *, ${day} as day from ${events} where ${isInCycle}) e join usage_group g using (customer, meter, day)
    where (g.differs or g.is_odd) and not exists (select from usage_counted c where c.customer = e.customer and c.meter = e.meter)`;
  const far = (events: Parts['legacyEvents'], other: string, isOnBill: RawBuilder<unknown>) => sql`
    select e.*, ${day} as day, false as in_cycle, ${isOnBill} as is_billed, false as is_future, false as is_anonymous
    from ${events} e where not ${isInCycle} and reference in (select reference from ${sql.id(other)} where reference is not null)`;
  const columns = sql.raw(
    'no, reference, customer, meter, is_customer_mapped, is_meter_mapped, at, quantity, unique_key, ingested_at, outcome, outcome_reason, day, in_cycle, is_billed, is_future, is_anonymous',
  );
  const always = sql`true`;
  await sql`create temporary table usage_left on commit drop as select ${columns} from (${pick(parts.legacyEvents, input.legacy.asOf, always)}) picked`.execute(
    trx,
  );
  await sql`create temporary table usage_right on commit drop as select ${columns} from (${pick(parts.solvimonEvents, input.solvimon.asOf, isBilled)}) picked`.execute(
    trx,
  );
  await sql`insert into usage_right select ${columns} from (${far(parts.solvimonEvents, 'usage_left', isBilled)}) far`.execute(
    trx,
  );
  await sql`insert into usage_left select ${columns} from (${far(parts.legacyEvents, 'usage_right', always)}) far`.execute(
    trx,
  );
  for (const table of ['usage_left', 'usage_right']) {
    await sql`create index on ${sql.id(table)} (reference)`.execute(trx);
    await sql`analyze ${sql.id(table)}`.execute(trx);
  }
}

/**
 * Joins the picked events of both sides by reference and copy. Events of days on which a side has events without a
 * reference are left out here: such a day is compared by its count and sum.
 */
export async function joinEvents(trx: Transaction<Database>): Promise<void> {
  const numbered = (table: string) => sql`
    select *, row_number() over (partition by reference order by is_billed desc, in_cycle desc, ingested_at nulls first, no) as copy
    from ${sql.id(table)} where reference is not null and not is_anonymous`;
  await sql`
    create temporary table usage_joined on commit drop as
    select coalesce(l.reference, s.reference) as reference, coalesce(l.copy, s.copy) as copy,
      l.no as l_no, l.customer as l_customer, l.meter as l_meter, l.at as l_at, l.day as l_day, l.quantity as l_quantity,
      l.in_cycle as l_in, l.is_future as l_future, l.is_customer_mapped as l_customer_mapped, l.is_meter_mapped as l_meter_mapped,
      s.no as s_no, s.customer as s_customer, s.meter as s_meter, s.at as s_at, s.day as s_day, s.quantity as s_quantity,
      s.in_cycle as s_in, s.is_future as s_future, s.is_customer_mapped as s_customer_mapped, s.is_meter_mapped as s_meter_mapped,
      s.is_billed, s.outcome, s.outcome_reason, s.ingested_at
    from (${numbered('usage_left')}) l full join (${numbered('usage_right')}) s using (reference, copy)`.execute(trx);
  // Whatever is Solvimon's own matter on a day without references is still told: what it refused, lost or took too late.
  await sql`
    insert into usage_joined (reference, copy, s_no, s_customer, s_meter, s_at, s_day, s_quantity, s_in, s_future,
      s_customer_mapped, s_meter_mapped, is_billed, outcome, outcome_reason, ingested_at)
    select reference, 1, no, customer, meter, at, day, quantity, true, is_future, is_customer_mapped, is_meter_mapped,
      is_billed, outcome, outcome_reason, ingested_at
    from usage_right where is_anonymous and (not is_billed or is_future or not is_customer_mapped or not is_meter_mapped)`.execute(
    trx,
  );
  // Copies under other references are looked for by what they say.
  await sql`create index on usage_joined (s_customer, s_meter, s_at) where l_no is not null and s_no is not null`.execute(
    trx,
  );
  await sql`analyze usage_joined`.execute(trx);
}
