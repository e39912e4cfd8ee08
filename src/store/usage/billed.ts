import { type Kysely, sql } from 'kysely';
import type { CycleId } from '../../model/ids.js';
import { cyclePeriod } from '../../model/period.js';
import type { Side } from '../../model/side.js';
import type { Database } from '../tables.js';
import type { StoredUsageCheck } from './checks.js';

/**
 * Holds the quantity that each side's invoices state for a metered charge against what the side's own events come to: a
 * difference here is a fault of that side's calculation, not of the events' way. A quantity may be stated after its
 * included volume is off. Rows of an earlier attempt are replaced.
 */
export async function compareBilled(db: Kysely<Database>, runId: string, check: StoredUsageCheck): Promise<void> {
  const { start, end } = cyclePeriod(check.cycle as CycleId, check.timezone);
  const seq = sql.lit(check.seq);
  await db.transaction().execute(async (trx) => {
    await sql`delete from usage_billed where check_seq = ${seq}`.execute(trx);
    await sql`
      insert into usage_billed (check_seq, customer, charge_key, side, from_events, on_invoice, state)
      with counted as (
        select customer, charge_key, 'legacy' as side, sum(legacy_quantity) as quantity from usage_total where check_seq = ${seq} group by 1, 2
        union all
        select customer, charge_key, 'solvimon', sum(solvimon_quantity) from usage_total where check_seq = ${seq} group by 1, 2),
      stated as (
        select d.customer, l.charge_key, x.side,
          case when bool_and(l.quantity is not null) then sum(l.quantity) end as quantity,
          max((l.detail -> 'facts' ->> 'includedVolume')::numeric) as included
        from load x
        join document d on d.load_id = x.id and d.in_cycle and d.state in ('final', 'draft', 'preview')
        join line l on l.load_id = d.load_id and l.doc_no = d.doc_no
        where x.run_id = ${runId} and x.state = 'loaded' and l.kind = 'usage'
          and l.charge_key in (select charge_key from usage_total where check_seq = ${seq})
          and (l.period is null or l.period && tstzrange(${start}::timestamptz, ${end}::timestamptz))
        group by 1, 2, 3)
      select ${seq}::bigint, customer, charge_key, side, counted.quantity, stated.quantity,
        case
          when stated.side is null then 'no_line'
          when counted.quantity is null then 'no_usage'
          when stated.quantity in (counted.quantity, counted.quantity - stated.included) then 'agrees'
          when stated.quantity = 0 and counted.quantity <= stated.included then 'agrees'
          -- An average has as many digits as the invoice gives it.
          when round(counted.quantity, scale(stated.quantity)) = stated.quantity then 'agrees'
          else 'differs'
        end
      from (select * from counted where quantity is not null) counted
      full join stated using (customer, charge_key, side)
      where stated.quantity is distinct from 0 or counted.quantity is distinct from 0`.execute(trx);
  });
}

/** How many charges of customers stand in each state, by side. */
export type BilledTotal = {
  readonly side: Side;
  readonly state: 'agrees' | 'differs' | 'no_line' | 'no_usage';
  readonly charges: string;
};

/** Empty for a check outside a run: there were no invoices to look at. */
export async function billedTotals(db: Kysely<Database>, check: StoredUsageCheck): Promise<readonly BilledTotal[]> {
  const found = await sql<BilledTotal>`
    select side, state, count(*)::text as charges from usage_billed where check_seq = ${sql.lit(check.seq)}
    group by side, state order by side, state`.execute(db);
  return found.rows;
}

export type BilledRow = {
  readonly customer: string;
  readonly chargeKey: string;
  readonly side: Side;
  readonly fromEvents: string | null;
  readonly onInvoice: string | null;
  readonly state: BilledTotal['state'];
};

/** The charges whose invoice states another quantity than the events of its own system come to, or where one of both is not there. */
export async function billedDiffering(
  db: Kysely<Database>,
  check: StoredUsageCheck,
  limit: number,
): Promise<readonly BilledRow[]> {
  const found = await sql<BilledRow>`
    select customer, charge_key as "chargeKey", side, trim_scale(from_events)::text as "fromEvents", trim_scale(on_invoice)::text as "onInvoice", state
    from usage_billed where check_seq = ${sql.lit(check.seq)} and state <> 'agrees'
    order by state, customer collate "C", charge_key collate "C", side limit ${limit}`.execute(db);
  return found.rows;
}
