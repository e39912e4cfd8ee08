import type { FilePreset } from './preset.js';

/*
 * Invoice lines of Maxio under the names of its API. `subtotal_amount` is exact; discount and tax of a line are documented
 * as approximate, to eight places, and need not add up to the header. So no header total is read: the sums of the lines
 * are off by less than a cent, which a tolerance takes.
 */
export const maxioExport: FilePreset = {
  about: 'Maxio: line items of invoices under the names of its API, sorted by invoice',
  columns: {
    document_id: ['invoice_uid', 'invoice_id'],
    document_number: ['invoice_number', 'number'],
    document_state: ['invoice_status', 'status'],
    customer: ['customer_id', 'customer_reference'],
    currency: ['currency'],
    issued_at: ['issue_date'],
    line_id: ['uid', 'line_item_uid'],
    line_kind: ['kind'],
    product: ['component_id', 'product_id'],
    price: ['price_point_id', 'component_price_point_id', 'product_price_point_id'],
    subscription: ['subscription_id'],
    description: ['title'],
    period_start: ['period_range_start'],
    period_end: ['period_range_end'],
    quantity: ['quantity'],
    unit_price: ['unit_price'],
    amount: ['subtotal_amount'],
    discount: ['discount_amount'],
    tax: ['tax_amount'],
  },
  options: {
    tax_mode: 'exclusive',
    // The end is the day of the next billing.
    period_end: 'exclusive',
    states: { draft: 'draft', pending: 'draft', open: 'final', paid: 'final', voided: 'void' },
    kinds: {
      baseline: 'recurring',
      initial: 'setup',
      trial: 'recurring',
      coupon: 'discount',
      quantity_based_component: 'recurring',
      on_off_component: 'recurring',
      metered_component: 'usage',
      prepaid_usage_component: 'usage',
      event_based_component: 'usage',
    },
  },
  gaps: [
    'Consolidated parents repeat the lines of their children: export consolidation levels none and child only.',
    'Discount and tax of a line are approximate; allow a tolerance of one cent.',
  ],
};
