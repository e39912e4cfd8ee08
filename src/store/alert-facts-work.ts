import { type Kysely, sql } from 'kysely';
import type { Database } from './tables.js';

/** Acceptances given together that end on the same day. */
export type AcceptanceGroup = {
  readonly cycle: string;
  readonly acceptedBy: string;
  readonly approvedBy: string | null;
  readonly expiresOn: string;
  readonly reason: string;
  readonly keys: number;
};

/**
 * Acceptances that stand in the newest cycle of their key and end from one day to another, both inclusive, by who gave them
 * and why; those of a cycle that is being signed stand still. `status` expired: those that have ended.
 */
export async function acceptancesEnding(
  db: Kysely<Database>,
  input: { readonly status: 'accepted' | 'expired'; readonly from: string; readonly to: string },
): Promise<readonly AcceptanceGroup[]> {
  const result = await sql<AcceptanceGroup>`
    select n.cycle, n.accepted_by as "acceptedBy", n.approved_by as "approvedBy", n.expires_on::text as "expiresOn", n.reason, count(*)::int as keys
    from work_item n left join cycle_state s on s.cycle = n.cycle
    where n.status = ${input.status} and n.expires_on between ${input.from}::date and ${input.to}::date
      and coalesce(s.state, 'comparable') not in ('in_review', 'signed')
      and not exists (select from work_item later where later.key = n.key and later.cycle collate "C" > n.cycle)
    group by n.cycle, n.accepted_by, n.approved_by, n.expires_on, n.reason
    order by n.expires_on, n.cycle collate "C", n.accepted_by, n.reason limit 200`.execute(db);
  return result.rows;
}

/** One difference that nobody can explain and that is larger than is allowed. Amounts decimal text, major units. */
export type LargeUnexplained = {
  readonly key: string;
  readonly mismatch: string;
  readonly customer: string | null;
  readonly currency: string;
  readonly delta: string;
  readonly level: string;
};

/** The largest unexplained differences of a run above the limit of their currency; a currency without a limit has none. */
export async function largeUnexplained(
  db: Kysely<Database>,
  input: { readonly runSeq: string; readonly limits: Readonly<Record<string, string>>; readonly most: number },
): Promise<readonly LargeUnexplained[]> {
  const result = await sql<LargeUnexplained>`
    select m.work_key as key, m.id as mismatch, m.customer, m.currency, trim_scale(m.delta)::text as delta, m.level
    from mismatch m join jsonb_each_text(${JSON.stringify(input.limits)}::jsonb) as l (currency, amount) on l.currency = m.currency
    where m.run_seq = ${sql.lit(input.runSeq)} and m.cause = 'unexplained' and m.known is null and not m.is_within_tolerance
      and m.abs_delta > l.amount::numeric and m.status not in ('accepted', 'resolved')
    order by m.abs_delta desc, m.id limit ${input.most}`.execute(db);
  return result.rows;
}

/** A look at a cohort that recommends something else than the look before it. */
export type GateChange = {
  readonly evaluation: string;
  readonly cohort: string;
  readonly cycle: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly owner: string;
};

/** Changed recommendations since a moment, oldest first. The first look at a cohort changes nothing. */
export async function gateChanges(db: Kysely<Database>, since: Date): Promise<readonly GateChange[]> {
  const result = await sql<GateChange & { readonly at: string }>`
    with looks as (
      select id, cohort_id, cycle, decision, reason, created_at, lag(decision) over (partition by cohort_id order by id) as before
      from evaluation
    )
    select l.id::text as evaluation, l.cohort_id as cohort, l.cycle, l.before as "from", l.decision as "to", l.reason, c.created_by as owner
    from looks l join cohort c on c.id = l.cohort_id
    where l.before is not null and l.before <> l.decision and l.created_at >= ${since} order by l.id limit 200`.execute(
    db,
  );
  return result.rows;
}

/** Invoices that became final on the platform where nothing may be final yet. */
export async function finalInvoices(
  db: Kysely<Database>,
  since: Date,
): Promise<
  readonly {
    readonly account: string;
    readonly invoiceId: string;
    readonly customerRef: string | null;
    readonly seenBy: string;
  }[]
> {
  const result = await sql<{ account: string; invoiceId: string; customerRef: string | null; seenBy: string }>`
    select account, invoice_id as "invoiceId", customer_ref as "customerRef", seen_by as "seenBy" from solvimon_incident
    where kind = 'shadow_invoice_final' and first_seen_at >= ${since} order by first_seen_at, invoice_id limit 500`.execute(
    db,
  );
  return result.rows;
}
