import { type Kysely, sql, type Transaction } from 'kysely';
import type { Side } from '../../model/side.js';
import type { UsageClass } from '../../model/usage-finding.js';
import type { Database } from '../tables.js';

/** What a check says of itself; stored with it and shown by every front end. Counts are whole decimal text. */
export type UsageSummary = {
  readonly schemaVersion: 1;
  readonly sides: readonly UsageSideTotal[];
  readonly meters: readonly UsageMeterTotal[];
  readonly classes: readonly { readonly class: UsageClass; readonly events: string; readonly customers: string }[];
  /** Customers whose every meter and day agrees, and all. */
  readonly customers: { readonly agreeing: string; readonly all: string };
};

export type UsageSideTotal = {
  readonly side: Side;
  readonly system: string;
  readonly read: string;
  readonly events: string;
  readonly aggregates: string;
  readonly rejected: string;
  readonly skipped: Readonly<Record<string, number>>;
  readonly isComplete: boolean;
  readonly incompleteBecause: readonly string[];
};

export type UsageMeterTotal = {
  readonly meter: string;
  readonly legacyEvents: string;
  readonly solvimonEvents: string;
  readonly arrivedEvents: string;
  readonly legacyQuantity: string;
  readonly solvimonQuantity: string;
  readonly findings: string;
};

/** Sums a check up from its tables. */
export async function summariseUsage(db: Kysely<Database>, checkSeq: string): Promise<UsageSummary> {
  const seq = sql.lit(checkSeq);
  const sides = await sql<UsageSideTotal>`
    select side, system, read::text, events::text, aggregates::text, rejected::text, skipped, is_complete as "isComplete",
      incomplete_because as "incompleteBecause"
    from usage_load where check_seq = ${seq} and state = 'loaded' order by side`.execute(db);
  const meters = await sql<UsageMeterTotal>`
    select t.meter, sum(legacy_events)::text as "legacyEvents", sum(solvimon_events)::text as "solvimonEvents", sum(arrived_events)::text as "arrivedEvents",
      trim_scale(sum(legacy_sum))::text as "legacyQuantity", trim_scale(sum(solvimon_sum))::text as "solvimonQuantity",
      coalesce((select count(*) from usage_finding f where f.check_seq = ${seq} and f.meter = t.meter), 0)::text as findings
    from usage_total t where check_seq = ${seq} group by t.meter order by t.meter collate "C"`.execute(db);
  const classes = await sql<UsageSummary['classes'][number]>`
    select class, count(*)::text as events, count(distinct customer)::text as customers
    from usage_finding where check_seq = ${seq} group by class order by class`.execute(db);
  const customers = await sql<UsageSummary['customers']>`
    select count(*) filter (where not exists (select from usage_finding f where f.check_seq = ${seq} and f.customer = c.customer))::text as agreeing,
      count(*)::text as "all"
    from (select distinct customer from usage_total where check_seq = ${seq}) c`.execute(db);
  return {
    schemaVersion: 1,
    sides: sides.rows,
    meters: meters.rows,
    classes: classes.rows,
    customers: customers.rows[0] ?? { agreeing: '0', all: '0' },
  };
}

/** A hash over every total and finding, whatever order they were written in. */
async function usageHash(trx: Transaction<Database>, checkSeq: string): Promise<string> {
  const seq = sql.lit(checkSeq);
  const hashed = await sql<{ hash: string }>`
    select md5(concat_ws('/',
      (select sum(hashtextextended((to_jsonb(t) - 'check_seq')::text, 0)) from usage_total t where check_seq = ${seq}),
      (select sum(hashtextextended((to_jsonb(f) - 'check_seq')::text, 0)) from usage_finding f where check_seq = ${seq}))) as hash`.execute(
    trx,
  );
  return hashed.rows[0]?.hash ?? '';
}

/** Closes a check, with its summary and hash. */
export async function closeUsageCheck(
  trx: Transaction<Database>,
  input: {
    readonly checkSeq: string;
    readonly incompleteBecause: readonly string[];
    readonly summary: UsageSummary;
    readonly now: Date;
  },
): Promise<void> {
  await trx
    .updateTable('usage_check')
    .set({
      state: 'compared',
      is_complete: input.incompleteBecause.length === 0,
      incomplete_because: [...input.incompleteBecause],
      summary: JSON.stringify(input.summary),
      result_hash: await usageHash(trx, input.checkSeq),
      finished_at: input.now,
    })
    .where('seq', '=', input.checkSeq)
    .execute();
}
