import { asText, type Preset } from './preset.js';

/*
 * Stripe as Fivetran lays it down: invoice, invoice_line_item, discount, credit_note, credit_note_line_item, price.
 * Amounts are whole minor units on a scale of Stripe’s own, which is not ISO 4217: MGA has no minor unit there, ISK has
 * two digits. The queries turn them into major units.
 */

/** Currencies whose minor unit is the major unit at Stripe, and those with three digits (docs.stripe.com/currencies); ISK keeps two. */
const zeroDecimal = [
  'bif',
  'clp',
  'djf',
  'gnf',
  'jpy',
  'kmf',
  'krw',
  'mga',
  'pyg',
  'rwf',
  'ugx',
  'vnd',
  'vuv',
  'xaf',
  'xof',
  'xpf',
];
const threeDecimal = ['bhd', 'jod', 'kwd', 'omr', 'tnd'];
const list = (codes: readonly string[]) => codes.map((code) => `'${code}'`).join(', ');

/** Factor from Stripe's minor units to major units. A product, because a division would cut digits in MySQL. */
const factor = (currency: string) =>
  `case when lower(${currency}) in (${list(zeroDecimal)}) then 1 when lower(${currency}) in (${list(threeDecimal)}) then 0.001 else 0.01 end`;
const major = (amount: string, currency: string) => `${amount} * (${factor(currency)})`;

// invoice.period_end is when the invoice was made (the window in which items could attach ends there); it is no service period.
const documents = `
select
  i.id as document_id,
  'invoice' as document_kind,
  case when i.is_deleted then 'deleted' else i.status end as document_state,
  i.customer_id as customer,
  i.currency as currency,
  i.number as document_number,
  i.period_end as issued_at,
  ${major('i.tax', 'i.currency')} as document_tax,
  ${major('i.total', 'i.currency')} as document_gross,
  (select count(*) from invoice_line_item c where c.invoice_id = i.id)
    + (select count(*) from discount d where d.invoice_id = i.id) as line_count
from invoice i
where i.period_end >= :window_start and i.period_end < :window_end
union all
select
  n.id,
  'credit_note',
  n.status,
  o.customer_id,
  n.currency,
  n.number,
  n.created,
  ${major('(n.total - n.subtotal + n.discount_amount)', 'n.currency')},
  ${major('n.total', 'n.currency')},
  (select count(*) from credit_note_line_item c where c.credit_note_id = n.id)
from credit_note n
left join invoice o on o.id = n.invoice_id
where n.created >= :window_start and n.created < :window_end`;

const lines: Preset['lines'] = (dialect) => `
select
  l.invoice_id as document_id,
  l.id as line_id,
  l.currency as currency,
  case
    when l.proration and l.amount < 0 then 'proration_credit'
    when l.proration then 'proration_charge'
    when l.type = 'invoiceitem' then 'one_time'
    when p.recurring_usage_type = 'metered' then 'usage'
    when l.subscription_id is not null then 'recurring'
    else 'one_time'
  end as line_kind,
  p.product_id as product,
  l.plan_id as price,
  l.subscription_id as subscription,
  l.description as description,
  l.period_start as period_start,
  l.period_end as period_end,
  ${asText(dialect, 'l.quantity')} as quantity,
  ${major('l.unit_amount_excluding_tax', 'l.currency')} as unit_price,
  ${major('l.amount', 'l.currency')} as amount,
  cast(null as decimal(38, 9)) as discount
from invoice_line_item l
left join price p on p.id = l.plan_id
where l.invoice_id in (:document_ids)
union all
select
  d.invoice_id,
  ${dialect === 'postgres' ? `concat('discount ', d.id, ' ', d.type_id)` : `concat('discount ', d.id, ' ', coalesce(d.type_id, ''))`},
  i.currency,
  'discount',
  null, null, null,
  d.coupon_id,
  null, null, null, null,
  ${major('-d.amount', 'i.currency')},
  cast(null as decimal(38, 9))
from discount d
join invoice i on i.id = d.invoice_id
where d.invoice_id in (:document_ids)
union all
select
  c.credit_note_id,
  c.id,
  n.currency,
  'refund_credit',
  null, null, null,
  c.description,
  null, null,
  ${asText(dialect, 'c.quantity')},
  ${major('c.unit_amount', 'n.currency')},
  ${major('c.amount', 'n.currency')},
  ${major('c.discount_amount', 'n.currency')}
from credit_note_line_item c
join credit_note n on n.id = c.credit_note_id
where c.credit_note_id in (:document_ids)`;

export const fivetranStripe: Preset = {
  documents: () => documents,
  lines,
  options: {
    period_end: 'exclusive',
    // Credit notes are positive at Stripe.
    credits: 'positive',
    timestamp_timezone: 'UTC',
    cycle_by: 'line_period',
    states: { draft: 'draft', open: 'final', paid: 'final', uncollectible: 'final', issued: 'final', void: 'void' },
  },
  requiredParams: {},
  gaps: [
    'The tables hold no tax per line: an invoice with inclusive tax does not add up and is refused. Read those with kind: stripe.',
    'A graduated price stands in several lines with one price; its tiers are not in the tables.',
  ],
};
