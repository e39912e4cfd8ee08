import type { FilePreset } from './preset.js';

/*
 * The table of invoice lines under the names of Chargebee's data catalog: datacatalog.chargebee.com/invoice_line_items.
 * Amounts are whole numbers on Chargebee's own scale, times 100 for three-decimal currencies too.
 */
export const chargebeeExport: FilePreset = {
  about: 'Chargebee: invoice line items under the names of its data catalog, sorted by invoice',
  columns: {
    document_id: ['invoice_id'],
    document_state: ['invoice_status', 'status'],
    customer: ['customer_id'],
    currency: ['currency_code', 'invoice_currency_code'],
    issued_at: ['invoice_date', 'date'],
    document_gross: ['invoice_total', 'total'],
    line_id: ['id', 'line_item_id'],
    line_kind: ['entity_type'],
    product: ['entity_id'],
    price: ['entity_id'],
    subscription: ['subscription_id'],
    description: ['description'],
    period_start: ['date_from'],
    period_end: ['date_to'],
    quantity: ['quantity'],
    unit_price: ['unit_amount'],
    amount: ['amount'],
    discount: ['discount_amount'],
    tax: ['tax_amount'],
    tax_rate: ['tax_rate'],
  },
  options: {
    date_format: 'YYYY-MM-DD',
    currency_scale: 'minor',
    tax_mode: 'exclusive',
    kinds: {
      plan: 'recurring',
      plan_item_price: 'recurring',
      addon: 'recurring',
      addon_item_price: 'recurring',
      plan_setup: 'setup',
      charge_item_price: 'one_time',
      adhoc: 'one_time',
    },
    states: {
      pending: 'draft',
      posted: 'final',
      payment_due: 'final',
      not_paid: 'final',
      paid: 'final',
      voided: 'void',
    },
  },
  minorDigits: { BHD: 2, IQD: 2, JOD: 2, KWD: 2, LYD: 2, OMR: 2, TND: 2 },
  gaps: [
    'Metered lines have the type of their item price and are read as recurring.',
    'Amounts in currencies without decimals other than JPY, KRW, XAF and XOF are read as whole units: check one that you know.',
    'Credit notes are a table of their own and are not read; the credit side of a proration is one of them.',
    'A site with day-based billing ends periods at 23:59:59: write period_end: inclusive_second.',
  ],
};
