import type { Preset } from './preset.js';

/*
 * Kill Bill's tables invoices and invoice_items (invoice/ddl.sql, 2026-08). Amounts are numeric(15,9) in major units and
 * signed, dates are days in the account's zone, and the end of a period is exclusive.
 */

const documents = `
select
  i.id as document_id,
  i.account_id as customer,
  i.currency as currency,
  i.record_id as document_number,
  i.status as document_state,
  i.invoice_date as issued_at,
  (select count(*) from invoice_items c where c.invoice_id = i.id) as line_count
from invoices i
where i.tenant_record_id = :tenant_record_id
  and i.invoice_date >= :window_start_date and i.invoice_date < :window_end_date
  -- Migrated invoices were billed by the system before Kill Bill.
  and i.migrated = false`;

// A credit granted to an account is a CREDIT_ADJ whose whole amount goes to the balance (CBA_ADJ) of the same invoice:
// nothing is billed. Any other CREDIT_ADJ lowers the invoice it stands on.
const lines = `
select
  it.invoice_id as document_id,
  it.record_id as line_no,
  it.id as line_id,
  it.currency as currency,
  case
    when it.type = 'CREDIT_ADJ'
      and (select count(*) from invoice_items o where o.invoice_id = it.invoice_id) = 2
      and exists (
        select 1 from invoice_items b
        where b.invoice_id = it.invoice_id and b.type = 'CBA_ADJ' and b.amount = -it.amount
      )
    then 'CREDIT_ADJ to the balance'
    else it.type
  end as line_kind,
  coalesce(it.usage_name, it.plan_name, it.product_name) as product,
  it.phase_name as price,
  it.subscription_id as subscription,
  it.usage_name as meter,
  it.description as description,
  it.linked_item_id as applies_to,
  it.start_date as period_start,
  it.end_date as period_end,
  it.quantity as quantity,
  it.rate as unit_price,
  it.amount as amount
from invoice_items it
where it.tenant_record_id = :tenant_record_id`;

export const killbill: Preset = {
  documents: () => documents,
  lines: () => lines,
  options: {
    period_end: 'exclusive',
    cycle_by: 'line_period',
    states: { DRAFT: 'draft', COMMITTED: 'final', VOID: 'void' },
    kinds: {
      RECURRING: 'recurring',
      USAGE: 'usage',
      FIXED: 'one_time',
      EXTERNAL_CHARGE: 'one_time',
      TAX: 'tax',
      REPAIR_ADJ: 'proration_credit',
      ITEM_ADJ: 'discount',
      CREDIT_ADJ: 'refund_credit',
      'CREDIT_ADJ to the balance': 'balance',
      CBA_ADJ: 'balance',
      PARENT_SUMMARY: 'summary',
    },
  },
  requiredParams: {
    tenant_record_id: "Write params: { tenant_record_id: '1' }; `select record_id, api_key from tenants` lists them",
  },
  gaps: [
    'The zone of each account is in Kill Bill’s accounts table; dates are read in the one timezone of the configuration.',
  ],
};
