import { asText, type Preset } from './preset.js';

/*
 * Recurly as Fivetran lays it down in history mode: invoice_history and line_item_history hold every version of a row,
 * and the newest counts. Money is in major units and in double precision, so float_scale must say to how many digits.
 * A line's amount is net of discount and gross of tax, unlike every other system: subtotal is what the common model calls
 * the amount.
 */

/** No newer version of the same row; the moment of syncing settles a tie. */
const isNewest = (table: string, row: string) => `not exists (
    select 1 from ${table} newer
    where newer.id = ${row}.id
      and (newer.updated_at > ${row}.updated_at
        or (newer.updated_at = ${row}.updated_at and newer._fivetran_synced > ${row}._fivetran_synced))
  )`;

// A balance carried forward stands on the invoice as a line and in its total, but bills nothing.
const documents: Preset['documents'] = (dialect) => `
select
  i.id as document_id,
  case when i.type = 'credit' then 'credit_note' else 'invoice' end as document_kind,
  i.state as document_state,
  i.account_id as customer,
  i.currency as currency,
  ${asText(dialect, 'i.number')} as document_number,
  i.created_at as issued_at,
  i.tax as document_tax,
  i.total - coalesce((
    select sum(c.amount) from line_item_history c
    where c.invoice_id = i.id and c.origin = 'carryforward' and ${isNewest('line_item_history', 'c')}
  ), 0) as document_gross,
  (select count(*) from line_item_history c where c.invoice_id = i.id and ${isNewest('line_item_history', 'c')}) as line_count
from invoice_history i
where ${isNewest('invoice_history', 'i')}
  and i.created_at >= :window_start and i.created_at < :window_end`;

const lines = `
select
  l.invoice_id as document_id,
  l.id as line_id,
  l.currency as currency,
  l.origin as line_kind,
  coalesce(l.add_on_code, l.plan_code, l.product_code) as product,
  l.plan_code as price,
  l.subscription_id as subscription,
  l.description as description,
  l.start_date as period_start,
  l.end_date as period_end,
  l.quantity as quantity,
  l.unit_amount as unit_price,
  l.subtotal as amount,
  l.discount as discount,
  l.tax as tax,
  l.tax_code as tax_code,
  l.proration_rate as proration_factor
from line_item_history l
where l.invoice_id is not null and ${isNewest('line_item_history', 'l')}`;

export const fivetranRecurly: Preset = {
  documents,
  lines: () => lines,
  options: {
    period_end: 'exclusive',
    timestamp_timezone: 'UTC',
    cycle_by: 'line_period',
    states: {
      pending: 'final',
      processing: 'final',
      past_due: 'final',
      paid: 'final',
      open: 'final',
      closed: 'final',
      failed: 'final',
      voided: 'void',
    },
    kinds: {
      plan: 'recurring',
      add_on: 'recurring',
      setup_fee: 'setup',
      debit: 'one_time',
      one_time: 'one_time',
      credit: 'refund_credit',
      coupon: 'discount',
      carryforward: 'balance',
      prepayment: 'prepaid_drawdown',
    },
  },
  requiredParams: {},
  gaps: [
    'Recurly’s lines do not say whether an add-on is fixed or metered: add_on is read as recurring; write kinds: { add_on: usage } when yours are metered.',
  ],
};
