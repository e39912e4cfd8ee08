import type { FilePreset } from './preset.js';

/*
 * The list of invoices that Stripe's dashboard exports: one row for each invoice and none for its lines. Its subtotal has
 * the discounts of items off already while the total discount has them again (contract 3.1), so an invoice with both does
 * not add up and is refused; `kind: stripe` reads it.
 */
export const stripeDashboard: FilePreset = {
  about: 'Stripe: the list of invoices as its dashboard exports it, one row for each invoice',
  columns: {
    document_id: ['id', 'Invoice ID'],
    document_number: ['Number', 'Invoice Number'],
    document_state: ['Status'],
    customer: ['Customer', 'Customer ID'],
    currency: ['Currency'],
    issued_at: ['Date (UTC)', 'Created (UTC)', 'Finalized At (UTC)'],
    document_gross: ['Total'],
    amount: ['Subtotal'],
    discount: ['Total Discount Amount'],
    tax: ['Tax'],
    tax_rate: ['Tax Percent'],
    subscription: ['Subscription'],
  },
  options: {
    tax_mode: 'exclusive',
    states: { draft: 'draft', open: 'final', paid: 'final', uncollectible: 'final', void: 'void' },
  },
  gaps: [
    'This export has no lines: totals are compared, and no product, quantity or period. kind: stripe reads the lines.',
    'Credit notes are an export of their own and are not read.',
  ],
};
