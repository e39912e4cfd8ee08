import { asText, type Preset } from './preset.js';

/*
 * Zuora as Fivetran lays it down: invoice, invoice_item, rate_plan_charge, product_rate_plan_charge, subscription. An
 * item's charge_amount is without tax whatever its tax mode, discounts are negative items of their own, dates are days in
 * the tenant's zone, and service_end_date is the last day, inclusive. Amendments give a charge a new rate_plan_charge_id,
 * so a line is known by its product_rate_plan_charge_id.
 */

const documents = `
select
  i.id as document_id,
  i.account_id as customer,
  i.transaction_currency as currency,
  i.invoice_number as document_number,
  i.status as document_state,
  cast(i.invoice_date as date) as issued_at,
  i.amount_without_tax as document_net,
  i.tax_amount as document_tax,
  i.amount as document_gross,
  (select count(*) from invoice_item c where c.invoice_id = i.id and not coalesce(c._fivetran_deleted, false)) as line_count
from invoice i
where not coalesce(i._fivetran_deleted, false)
  and i.invoice_date >= :window_start_date and i.invoice_date < :window_end_date`;

const lines: Preset['lines'] = (dialect) => `
select
  it.invoice_id as document_id,
  it.id as line_id,
  it.transaction_currency as currency,
  case ${asText(dialect, 'it.processing_type')}
    when '0' then coalesce(c.charge_type, pc.charge_type)
    when 'Charge' then coalesce(c.charge_type, pc.charge_type)
    when '1' then 'Discount'
    when '2' then 'Prepayment'
    when '3' then 'Tax'
    else ${asText(dialect, 'it.processing_type')}
  end as line_kind,
  it.product_rate_plan_charge_id as product,
  it.rate_plan_charge_id as price,
  coalesce(s.name, it.subscription_id) as subscription,
  it.charge_name as description,
  it.applied_to_invoice_item_id as applies_to,
  cast(it.service_start_date as date) as period_start,
  cast(it.service_end_date as date) as period_end,
  it.quantity as quantity,
  it.unit_price as unit_price,
  it.charge_amount as amount,
  it.tax_amount as tax,
  it.tax_code as tax_code
from invoice_item it
left join rate_plan_charge c on c.id = it.rate_plan_charge_id
left join product_rate_plan_charge pc on pc.id = it.product_rate_plan_charge_id
left join subscription s on s.id = it.subscription_id
where not coalesce(it._fivetran_deleted, false)`;

export const fivetranZuora: Preset = {
  documents: () => documents,
  lines,
  options: {
    period_end: 'inclusive_day',
    tax_mode: 'exclusive',
    timestamp_timezone: 'UTC',
    cycle_by: 'line_period',
    states: { Draft: 'draft', Posted: 'final' },
    kinds: {
      Recurring: 'recurring',
      Usage: 'usage',
      OneTime: 'one_time',
      Discount: 'discount',
      Prepayment: 'prepaid_drawdown',
      Tax: 'tax',
      Rounding: 'rounding',
    },
  },
  requiredParams: {},
  gaps: [
    'Credit and debit memos are other tables and are not read: their customers will show credits on one side only. Write queries of your own when you use Invoice Settlement.',
  ],
};
