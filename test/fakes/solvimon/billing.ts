import { Decimal, decimalText, toDecimalText } from '../../../src/model/money.js';
import type { Invoice } from './invoice.js';

/*
 * The little bit of billing that the fake does by itself: an invoice ages from OPEN to DRAFT to FINAL, and a metered line
 * takes in late events. Enough to move the ground under a reader; no pricing engine.
 */

export type Metered = { readonly meter: string; readonly unitPrice: string; readonly taxRate: string };
/** What the fake knows of an invoice besides what it shows. */
export type Book = {
  readonly invoice: Invoice;
  /** When its billing period is over, epoch milliseconds; null: it never ages. */
  readonly closesAt: number | null;
  draftedAt: number | null;
  readonly metered: Metered | null;
  pending: number;
};

export type FakeEvent = {
  readonly id: string;
  readonly reference: string;
  readonly customer_id: string;
  readonly meter_reference: string;
  readonly timestamp: string;
  readonly count: number;
  readonly processed_details: {
    readonly type: 'DEFAULT' | 'NOT_MATCHED' | 'DUPLICATE';
    readonly duplicate_of_meter_data_id?: string;
  };
};

const graceMs = 8 * 3_600_000;

/** Ages every invoice to `now`. A draft on hold never turns FINAL (contract 2.2). */
export function age(books: readonly Book[], now: number): void {
  for (const book of books) {
    const { invoice } = book;
    if (invoice['status'] === 'OPEN' && book.closesAt !== null && now >= book.closesAt) {
      invoice['status'] = 'DRAFT';
      book.draftedAt = book.closesAt;
      touch(invoice, now);
    }
    if (
      invoice['status'] === 'DRAFT' &&
      invoice['on_hold'] !== true &&
      book.draftedAt !== null &&
      now >= book.draftedAt + graceMs
    ) {
      invoice['status'] = 'FINAL';
      invoice['invoice_number'] = `INV-${invoice.id}`;
      invoice['updated_to_final_at'] = iso(now);
      touch(invoice, now);
    }
  }
}

/** Takes pending events into the metered line and sums the invoice up again. */
export function reprocess(book: Book, now: number): void {
  const { invoice, metered } = book;
  invoice['to_be_reprocessed'] = false;
  if (metered === null || book.pending === 0) return;
  const line = meteredLine(invoice, metered);
  const quantity = new Decimal(line.meter_value.number).plus(book.pending);
  book.pending = 0;
  const net = quantity.times(metered.unitPrice);
  const tax = net.times(metered.taxRate).div(100).toDecimalPlaces(2, Decimal.ROUND_HALF_UP);
  line.meter_value.number = toDecimalText(quantity);
  setAmounts(line, net, tax);
  sumUp(invoice);
  touch(invoice, now);
}

type Amount = { quantity: string };
type Line = {
  product_items?: { reference: string }[];
  meter_value: { number: string };
  amount_excluding_tax: Amount;
  amount_including_tax: Amount;
  tax_categories: { base_amount: Amount; tax_amount: Amount; total_amount: Amount }[];
};
type Level = { amount_excluding_tax: Amount; amount_including_tax: Amount };

function meteredLine(invoice: Invoice, metered: Metered): Line {
  for (const line of linesOf(invoice)) if (line.product_items?.[0]?.reference === metered.meter) return line;
  throw new Error(`invoice ${invoice.id} has no line for ${metered.meter}`);
}

function setAmounts(line: Line, net: Decimal, tax: Decimal): void {
  const [category] = line.tax_categories;
  line.amount_excluding_tax.quantity = toDecimalText(net);
  line.amount_including_tax.quantity = toDecimalText(net.plus(tax));
  if (category === undefined) return;
  category.base_amount.quantity = toDecimalText(net);
  category.tax_amount.quantity = toDecimalText(tax);
  category.total_amount.quantity = toDecimalText(net.plus(tax));
}

function sumUp(invoice: Invoice): void {
  const total = (lines: readonly Line[], key: 'amount_excluding_tax' | 'amount_including_tax') =>
    toDecimalText(lines.reduce((sum, line) => sum.plus(decimalText(line[key].quantity)), new Decimal(0)));
  const set = (level: Level, lines: readonly Line[]) => {
    level.amount_excluding_tax.quantity = total(lines, 'amount_excluding_tax');
    level.amount_including_tax.quantity = total(lines, 'amount_including_tax');
  };
  for (const period of invoice['periods'] as (Level & { groups: (Level & { lines: Line[] })[] })[]) {
    for (const group of period.groups) set(group, group.lines);
    set(
      period,
      period.groups.flatMap((group) => group.lines),
    );
  }
  const lines = linesOf(invoice);
  const [net, gross] = [total(lines, 'amount_excluding_tax'), total(lines, 'amount_including_tax')];
  const summary = invoice['tax_summary'] as { base_amount: Amount; tax_amount: Amount; total_amount: Amount };
  summary.base_amount.quantity = net;
  summary.tax_amount.quantity = toDecimalText(new Decimal(gross).minus(net));
  summary.total_amount.quantity = gross;
  (invoice['invoice_amount_including_tax'] as Amount).quantity = gross;
}

function linesOf(invoice: Invoice): Line[] {
  return (invoice['periods'] as { groups: { lines: Line[] }[] }[]).flatMap((period) =>
    period.groups.flatMap((group) => group.lines),
  );
}

function touch(invoice: Invoice, now: number): void {
  invoice['updated_at'] = iso(now);
}

/** ISO 8601 without milliseconds, as Solvimon writes it. */
export function iso(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
