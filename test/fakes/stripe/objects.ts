import { Decimal, type DecimalText } from '../../../src/model/money.js';
import { msOfInstant } from '../../../src/model/period.js';
import type { SampleDocument, SampleLine } from '../../conformance/harness.js';
import { exact, type Obj } from './server.js';

/*
 * Samples of the suite as objects of Stripe's API from Basil on. Scales are written out here by hand from
 * https://docs.stripe.com/currencies, so that a mistake in the adapter's table is seen.
 */

const minorDigits: Readonly<Record<string, number>> = { EUR: 2, USD: 2, JPY: 0, KWD: 3, ISK: 2, ZZZ: 2 };

function minor(amount: DecimalText, currency: string): ReturnType<typeof exact> {
  const digits = minorDigits[currency];
  if (digits === undefined) throw new Error(`no scale for ${currency}`);
  return exact(new Decimal(amount).times(new Decimal(10).pow(digits)).toFixed());
}

const negated = (amount: DecimalText): DecimalText => new Decimal(amount).negated().toFixed() as DecimalText;
const seconds = (instant: SampleLine['period']['start']): number => Math.floor(msOfInstant(instant) / 1000);
const rateId = (rate: string): string => `txr_${rate.replace('.', '_')}`;

/** The tax rates, prices and invoice lines that the samples refer to. */
export function surroundings(documents: readonly SampleDocument[]): {
  readonly prices: Obj[];
  readonly taxRates: Obj[];
} {
  const lines = documents.flatMap((document) => document.lines);
  const rates = new Set(lines.flatMap((line) => line.taxRate ?? []));
  const prices = new Map(lines.map((line) => [line.price, toPrice(line)] as const));
  return {
    prices: [...prices.values()],
    taxRates: [...rates].map((rate) => ({
      id: rateId(rate),
      object: 'tax_rate',
      display_name: 'VAT',
      inclusive: false,
      percentage: exact(`${rate}.0`),
    })),
  };
}

function toPrice(line: SampleLine): Obj {
  const isTiered = line.tiers.length > 0;
  return {
    id: line.price,
    object: 'price',
    billing_scheme: isTiered ? 'tiered' : 'per_unit',
    product: line.product,
    recurring: {
      interval: 'month',
      interval_count: 1,
      usage_type: line.kind === 'usage' ? 'metered' : 'licensed',
      meter: null,
    },
    tiers_mode: isTiered ? 'graduated' : null,
    unit_amount: null,
    unit_amount_decimal: null,
    ...(isTiered && {
      tiers: line.tiers.map((tier) => ({
        up_to: tier.to === null ? null : Number(tier.to),
        unit_amount_decimal: new Decimal(tier.unitPrice).times(100).toFixed(),
        flat_amount: null,
        flat_amount_decimal: null,
      })),
    }),
  };
}

/** One invoice or credit note as Stripe keeps it. */
export function toObject(document: SampleDocument): Obj {
  return document.kind === 'credit_note' ? toCreditNote(document) : toInvoice(document);
}

function toInvoice(document: SampleDocument): Obj {
  const { currency, state } = document;
  const created = seconds(document.issuedAt);
  const lines = document.lines.flatMap((line) => tierSiblings(line).map((one) => toLine(one, document)));
  const sum = (pick: (line: SampleLine) => readonly DecimalText[]) =>
    document.lines.flatMap(pick).reduce((total, amount) => total.plus(amount), new Decimal(0));
  const net = sum((line) => [line.amount, line.discount]);
  const tax = sum((line) => [line.tax]);
  const amount = (value: Decimal) => minor(value.toFixed() as DecimalText, currency);
  return {
    id: document.id,
    object: 'invoice',
    created,
    currency: currency.toLowerCase(),
    customer: document.customer,
    status: state === 'final' ? 'paid' : state,
    number: `N-${document.id}`,
    period_start: created,
    period_end: created,
    effective_at: state === 'draft' ? null : created,
    status_transitions: {
      finalized_at: state === 'draft' ? null : created,
      voided_at: state === 'void' ? created : null,
    },
    subtotal: amount(net),
    total: amount(net.plus(tax)),
    total_excluding_tax: amount(net),
    total_discount_amounts: [],
    total_taxes: tax.isZero() ? [] : [{ amount: amount(tax), tax_behavior: 'exclusive' }],
    total_pretax_credit_amounts: [],
    amount_due: 0,
    starting_balance: exact('-500'),
    shipping_cost: null,
    lines: { data: lines },
  };
}

/** A graduated price is several lines with the same price, one for each tier. */
function tierSiblings(line: SampleLine): readonly SampleLine[] {
  if (line.tiers.length === 0) return [line];
  return line.tiers.map((tier, index) => ({
    ...line,
    id: `${line.id}_tier_${index + 1}`,
    quantity: tier.quantity,
    amount: tier.amount,
    tiers: [],
  }));
}

function toLine(line: SampleLine, document: SampleDocument): Obj {
  const { currency } = document;
  const isProration = line.kind === 'proration_charge' || line.kind === 'proration_credit';
  const isOneTime = line.kind === 'one_time';
  const details = {
    invoice_item: 'ii_1',
    proration: isProration,
    proration_details: { credited_items: null },
    subscription: isOneTime ? null : 'sub_1',
  };
  return {
    id: line.id,
    object: 'line_item',
    amount: minor(line.amount, currency),
    currency: currency.toLowerCase(),
    description: line.product,
    discount_amounts:
      line.discount === '0' ? [] : [{ amount: minor(negated(line.discount), currency), discount: 'di_1' }],
    discountable: true,
    invoice: document.id,
    parent: isOneTime
      ? { type: 'invoice_item_details', invoice_item_details: details, subscription_item_details: null }
      : {
          type: 'subscription_item_details',
          invoice_item_details: null,
          subscription_item_details: { ...details, subscription_item: 'si_1' },
        },
    period: { start: seconds(line.period.start), end: seconds(line.period.end) },
    pricing: {
      type: 'price_details',
      price_details: { price: line.price, product: line.product },
      unit_amount_decimal: null,
    },
    quantity: Math.trunc(Number(line.quantity)),
    quantity_decimal: line.quantity,
    taxes: toTaxes(line, currency, 1),
  };
}

function toTaxes(line: SampleLine, currency: string, sign: 1 | -1): readonly Obj[] {
  if (line.taxRate === null) return [];
  const signed = (amount: DecimalText) => minor(sign === 1 ? amount : negated(amount), currency);
  return [
    {
      amount: signed(line.tax),
      tax_behavior: 'exclusive',
      tax_rate_details: { tax_rate: rateId(line.taxRate) },
      taxable_amount: signed(new Decimal(line.amount).plus(line.discount).toFixed() as DecimalText),
      type: 'tax_rate_details',
    },
  ];
}

/** Stripe sends credit notes positive, and only the invoice line behind a line knows its product and period. */
function toCreditNote(document: SampleDocument): Obj {
  const { currency } = document;
  const positive = (amounts: readonly DecimalText[]) =>
    minor(amounts.reduce((total, amount) => total.minus(amount), new Decimal(0)).toFixed() as DecimalText, currency);
  const { lines } = document;
  const nets = lines.flatMap((line) => [line.amount, line.discount]);
  const taxes = lines.map((line) => line.tax);
  return {
    id: document.id,
    object: 'credit_note',
    created: seconds(document.issuedAt),
    currency: currency.toLowerCase(),
    customer: document.customer,
    effective_at: seconds(document.issuedAt),
    invoice: creditedInvoiceId(document),
    number: `N-${document.id}`,
    status: document.state === 'void' ? 'void' : 'issued',
    subtotal: positive(nets),
    total: positive([...nets, ...taxes]),
    total_excluding_tax: positive(nets),
    total_taxes: [{ amount: positive(taxes), tax_behavior: 'exclusive' }],
    discount_amounts: [],
    pretax_credit_amounts: [],
    shipping_cost: null,
    lines: {
      data: lines.map((line) => ({
        id: line.id,
        object: 'credit_note_line_item',
        amount: positive([line.amount]),
        description: 'credit',
        discount_amount: positive([negated(line.discount)]),
        discount_amounts: [],
        invoice_line_item: `credited_${line.id}`,
        quantity: Number(line.quantity),
        taxes: toTaxes(line, currency, -1),
        type: 'invoice_line_item',
        unit_amount_decimal: null,
      })),
    },
  };
}

const creditedInvoiceId = (document: SampleDocument): string => `in_credited_by_${document.id}`;

/** The invoice that a credit note takes lines of, made long before the cycle. */
export function creditedInvoices(documents: readonly SampleDocument[]): readonly Obj[] {
  return documents
    .filter((document) => document.kind === 'credit_note')
    .map((document) => {
      const credited: SampleDocument = {
        ...document,
        kind: 'invoice',
        id: creditedInvoiceId(document),
        lines: document.lines.map((line) => ({ ...line, kind: 'recurring', id: `credited_${line.id}` })),
      };
      return { ...toInvoice(credited), created: 1_600_000_000 };
    });
}
