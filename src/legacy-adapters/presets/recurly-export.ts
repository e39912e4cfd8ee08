import type { FilePreset } from './preset.js';

/*
 * Line items of Recurly under the names of its API, which warehouses keep. A line's own `amount` is net of discount and
 * gross of tax, unlike in every other system: `subtotal` is what the common model calls the amount. Credits are negative
 * already. A balance carried forward stands among the lines and bills nothing.
 */
export const recurlyExport: FilePreset = {
  about: 'Recurly: line items under the names of its API, sorted by invoice',
  columns: {
    document_id: ['invoice_id'],
    document_number: ['invoice_number'],
    customer: ['account_code', 'account_id'],
    currency: ['currency'],
    line_id: ['id', 'uuid'],
    line_kind: ['origin'],
    product: ['product_code', 'add_on_code'],
    price: ['plan_code'],
    subscription: ['subscription_id'],
    description: ['description'],
    period_start: ['start_date'],
    period_end: ['end_date'],
    quantity: ['quantity_decimal', 'quantity'],
    unit_price: ['unit_amount_decimal', 'unit_amount'],
    amount: ['subtotal'],
    discount: ['discount'],
    tax: ['tax'],
    tax_rate: ['tax_rate_percent'],
    tax_code: ['tax_code'],
    proration_factor: ['proration_rate'],
  },
  options: {
    tax_mode: 'exclusive',
    period_end: 'exclusive',
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
  gaps: [
    'Lines do not say whether an add-on is fixed or metered: add_on is read as recurring; write kinds: { add_on: usage } when yours are metered.',
    'Lines that are not invoiced yet have no invoice and are refused: leave them out of the export.',
  ],
};
