import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The fields of a Stripe invoice that both expressions below read, in the shapes of 2020-08 to 2026-03. Amounts are whole minor units. */
export type StripeInvoice = {
  readonly id: string;
  readonly customer: string;
  readonly currency: string;
  readonly created: number;
  readonly number: string | null;
  readonly status: string;
  readonly total: number;
  readonly lines: { readonly has_more: boolean; readonly data: readonly StripeLine[] };
};

type StripeLine = {
  readonly id: string;
  readonly amount: number;
  readonly description: string | null;
  readonly quantity: number | null;
  readonly quantity_decimal?: string | null;
  readonly period: { readonly start: number; readonly end: number };
  readonly discount_amounts: readonly { readonly amount: number }[] | null;
  /** Until acacia. */
  readonly type?: string;
  readonly proration?: boolean;
  readonly price?: {
    readonly id: string;
    readonly product: string;
    readonly unit_amount_decimal: string | null;
  } | null;
  /** From Basil on. */
  readonly pricing?: {
    readonly unit_amount_decimal: string | null;
    readonly price_details: { readonly price: string; readonly product: string };
  } | null;
  readonly parent?: {
    readonly type: string;
    readonly subscription_item_details?: { readonly proration: boolean } | null;
    readonly invoice_item_details?: { readonly proration: boolean } | null;
  } | null;
};

export type Recorded = {
  readonly invoice: StripeInvoice;
  /** "2025-11": the month of `created` in UTC, by which the drops are cut. */
  readonly cycle: string;
};

/** Every recorded invoice of a folder, in the order of the file names. */
export function readRecorded(folder: string): readonly Recorded[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => {
      const invoice = JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as StripeInvoice;
      if (invoice.lines.has_more) throw new Error(`${name} does not hold all its lines`);
      return { invoice, cycle: new Date(invoice.created * 1000).toISOString().slice(0, 7) };
    });
}

/** The block of the configuration under which `toLegacyLine` is read back. A draft is only compared when it is asked for, as here. */
export const legacyBlock = `
    kind: ndjson
    path: 'legacy/{cycle}.ndjson'
    timezone: UTC
    date_format: epoch_seconds
    currency_scale: minor
    tax_mode: none
    states: { paid: final, open: final, draft: final }
    columns:
      document_id: id
      customer: customer
      currency: currency
      document_number: number
      document_state: status
      issued_at: created
      document_gross: total
      line_id: id
      line_kind: kind
      product: product
      price: price
      description: description
      period_start: period.start
      period_end: period.end
      quantity: quantity
      unit_price: unit_price
      amount: amount
      discount: discount`;

/** One invoice as a line of a legacy drop: amounts gross of discount in minor units, times in epoch seconds, as Stripe states them. */
export function toLegacyLine({ invoice }: Recorded): string {
  const { id, customer, currency, number, status, created, total } = invoice;
  const lines = invoice.lines.data.map((line) => ({
    id: line.id,
    kind: kindOf(line),
    product: productOf(line).product,
    price: productOf(line).price,
    description: line.description,
    period: line.period,
    quantity: quantityOf(line),
    unit_price: unitPriceOf(line),
    amount: line.amount,
    discount: discountOf(line),
  }));
  return JSON.stringify({ id, customer, currency, number, status, created, total, lines });
}

/** The same invoice as Solvimon would state it: major units as text, a discount as a line of its own in the group of its charge. */
export function toSolvimon({ invoice }: Recorded): SolvimonDocument {
  const currency = invoice.currency.toUpperCase();
  const amount = (cents: number) => ({ quantity: majorText(cents), currency });
  const groups = invoice.lines.data.map((line) => {
    const base = { product_items: [{ reference: productOf(line).product, model_type: 'RECURRING' }] };
    const net = line.amount - discountOf(line);
    const charge = {
      ...base,
      id: `S${line.id}`,
      type: 'REVENUE',
      pricing_type: 'FLAT',
      amount_excluding_tax: amount(line.amount),
      amount_including_tax: amount(line.amount),
      meter_value: { type: 'NUMBER', number: quantityOf(line) },
      ...(unitPriceOf(line) !== null && {
        details: { band: { amount: { quantity: pointedLeft(unitPriceOf(line) ?? '0'), currency } } },
      }),
    };
    const discount = {
      ...base,
      id: `D${line.id}`,
      type: 'DISCOUNT',
      amount_excluding_tax: amount(-discountOf(line)),
      amount_including_tax: amount(-discountOf(line)),
    };
    return {
      start_at: iso(line.period.start),
      end_at: iso(line.period.end),
      amount_excluding_tax: amount(net),
      lines: discountOf(line) === 0 ? [charge] : [charge, discount],
    };
  });
  return {
    id: `S${invoice.id}`,
    status: 'DRAFT',
    on_hold: true,
    type: 'STANDARD',
    customer_reference: invoice.customer,
    billing_currency: currency,
    invoice_amount_including_tax: amount(invoice.total),
    tax_summary: { base_amount: amount(invoice.total), tax_amount: amount(0) },
    periods:
      groups.length === 0 ? [] : [{ start_at: groups[0]?.start_at ?? '', end_at: groups[0]?.end_at ?? '', groups }],
  };
}

type Amount = { quantity: string; currency: string };
type SolvimonLine = {
  id: string;
  type: string;
  amount_excluding_tax: Amount;
  amount_including_tax: Amount;
  product_items: { reference: string; model_type: string }[];
  meter_value?: { type: string; number: string };
  details?: { band: { amount: Amount } };
};
/** Loose enough for a test to edit. */
export type SolvimonDocument = {
  id: string;
  status: string;
  on_hold: boolean;
  type: string;
  customer_reference: string;
  billing_currency: string;
  invoice_amount_including_tax: Amount;
  tax_summary: { base_amount: Amount; tax_amount: Amount };
  periods: {
    start_at: string;
    end_at: string;
    groups: { start_at: string; end_at: string; amount_excluding_tax: Amount; lines: SolvimonLine[] }[];
  }[];
};

function productOf(line: StripeLine): { readonly product: string; readonly price: string } {
  const details = line.pricing?.price_details;
  if (details !== undefined) return details;
  if (line.price !== null && line.price !== undefined) return { product: line.price.product, price: line.price.id };
  throw new Error(`${line.id} names no price`);
}

function kindOf(line: StripeLine): string {
  const isProration =
    line.proration ??
    line.parent?.subscription_item_details?.proration ??
    line.parent?.invoice_item_details?.proration ??
    false;
  if (isProration) return line.amount < 0 ? 'proration_credit' : 'proration_charge';
  const isItem = line.type === 'invoiceitem' || line.parent?.type === 'invoice_item_details';
  return isItem ? 'one_time' : 'recurring';
}

function discountOf(line: StripeLine): number {
  return (line.discount_amounts ?? []).reduce((sum, discount) => sum + discount.amount, 0);
}

function quantityOf(line: StripeLine): string {
  return line.quantity_decimal ?? String(line.quantity ?? 1);
}

function unitPriceOf(line: StripeLine): string | null {
  return line.pricing?.unit_amount_decimal ?? line.price?.unit_amount_decimal ?? null;
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

/** "1234" cents is "12.34": every recorded invoice is in a currency of two digits. */
export function majorText(cents: number): string {
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** Decimal text divided by a hundred by moving the point. */
function pointedLeft(text: string): string {
  const [whole = '0', fraction = ''] = text.split('.');
  const padded = whole.padStart(3, '0');
  return `${padded.slice(0, -2)}.${padded.slice(-2)}${fraction}`;
}
