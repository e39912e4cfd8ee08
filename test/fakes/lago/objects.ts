import { TZDate } from '@date-fns/tz';
import { format } from 'date-fns';
import { Decimal, type DecimalText } from '../../../src/model/money.js';
import { type Instant, instantOfMs, msOfInstant } from '../../../src/model/period.js';
import type { SampleDocument, SampleLine } from '../../conformance/harness.js';
import { exact, type Obj } from './server.js';

/*
 * Samples of the suite as objects of Lago's API. The scale is that of the Money gem, written out here by hand; numbers are
 * sent as numbers or as text, as Lago does both.
 */
const minorDigits: Readonly<Record<string, number>> = { EUR: 2, USD: 2, JPY: 0, KWD: 3, ZZZ: 2 };

export type ObjectOptions = {
  readonly timezone: string;
  /** How the ends of periods are written: as points in time, or as the customer's clock with a Z behind it. */
  readonly periods: 'instants' | 'clock';
};

/** One invoice or credit note as Lago keeps it, with its fees. Credit notes are positive. */
export function toObject(document: SampleDocument, options: ObjectOptions): Obj {
  return document.kind === 'credit_note' ? toCreditNote(document, options) : toInvoice(document, options);
}

type Cents = (amounts: readonly DecimalText[]) => ReturnType<typeof exact>;

function centsOf(currency: string, sign: 1 | -1): Cents {
  const digits = minorDigits[currency];
  if (digits === undefined) throw new Error(`no scale for ${currency}`);
  return (amounts) => {
    const total = amounts.reduce((sum, amount) => sum.plus(amount), new Decimal(0)).times(sign);
    return exact(total.times(new Decimal(10).pow(digits)).toFixed());
  };
}

const negated = (amount: DecimalText): DecimalText => new Decimal(amount).negated().toFixed() as DecimalText;

/** The customer's date and clock. */
const local = (instant: Instant, { timezone }: ObjectOptions, pattern: string): string =>
  format(new TZDate(msOfInstant(instant), timezone), pattern);

function common(document: SampleDocument, options: ObjectOptions): Obj {
  return {
    lago_id: document.id,
    number: `N-${document.id}`,
    issuing_date: local(document.issuedAt, options, 'yyyy-MM-dd'),
    created_at: document.issuedAt.replace('.000Z', 'Z'),
    updated_at: document.issuedAt.replace('.000Z', 'Z'),
    currency: document.currency,
    customer: { external_id: document.customer, applicable_timezone: options.timezone },
  };
}

function toInvoice(document: SampleDocument, options: ObjectOptions): Obj {
  const { lines, currency, state } = document;
  const cents = centsOf(currency, 1);
  const sum = (pick: (line: SampleLine) => readonly DecimalText[]) => cents(lines.flatMap(pick));
  return {
    ...common(document, options),
    invoice_type: 'subscription',
    version_number: 4,
    status: { final: 'finalized', draft: 'draft', void: 'voided' }[state],
    fees_amount_cents: sum((line) => [line.amount]),
    coupons_amount_cents: sum((line) => [negated(line.discount)]),
    progressive_billing_credit_amount_cents: 0,
    sub_total_excluding_taxes_amount_cents: sum((line) => [line.amount, line.discount]),
    taxes_amount_cents: sum((line) => [line.tax]),
    sub_total_including_taxes_amount_cents: sum((line) => [line.amount, line.discount, line.tax]),
    credit_notes_amount_cents: 0,
    prepaid_credit_amount_cents: 0,
    total_amount_cents: sum((line) => [line.amount, line.discount, line.tax]),
    total_due_amount_cents: 0,
    fees: lines.map((line) => toFee(line, currency, cents, options)),
  };
}

const itemType: Readonly<Record<string, string>> = { usage: 'charge', one_time: 'add_on', minimum: 'commitment' };

function toFee(line: SampleLine, currency: string, cents: Cents, options: ObjectOptions): Obj {
  return {
    lago_id: line.id,
    lago_charge_id: line.price,
    external_subscription_id: 'sub_1',
    item: { type: itemType[line.kind] ?? 'subscription', code: line.product, name: line.product },
    amount_cents: cents([line.amount]),
    amount_currency: currency,
    precise_amount: Number(line.amount),
    precise_coupons_amount_cents: `${cents([negated(line.discount)]).toString()}.0`,
    taxes_amount_cents: cents([line.tax]),
    taxes_rate: line.taxRate === null ? 0 : exact(`${line.taxRate}.0`),
    applied_taxes:
      line.taxRate === null
        ? []
        : [{ tax_code: 'vat', tax_rate: exact(`${line.taxRate}.0`), amount_cents: cents([line.tax]) }],
    units: line.quantity,
    from_date: fromDate(line, options),
    to_date: toDate(line, options),
    amount_details: line.tiers.length === 0 ? {} : { graduated_ranges: line.tiers.map(toRange) },
  };
}

/** Both ends are included: the second range begins with unit 1001. */
function toRange(tier: SampleLine['tiers'][number], index: number): Obj {
  return {
    units: `${tier.quantity}.0`,
    from_value: exact(new Decimal(tier.from).plus(index === 0 ? 0 : 1).toFixed()),
    to_value: tier.to === null ? null : exact(tier.to),
    flat_unit_amount: '0.0',
    per_unit_amount: tier.unitPrice,
    per_unit_total_amount: tier.amount,
    total_with_flat_amount: tier.amount,
  };
}

const withZ = "yyyy-MM-dd'T'HH:mm:ss'Z'";

function fromDate({ period }: SampleLine, options: ObjectOptions): string {
  return options.periods === 'clock' ? local(period.start, options, withZ) : period.start.replace('.000Z', 'Z');
}

/** The last second of the period. */
function toDate({ period }: SampleLine, options: ObjectOptions): string {
  const last = instantOfMs(msOfInstant(period.end) - 1000);
  return options.periods === 'clock' ? local(last, options, withZ) : last.replace('.000Z', 'Z');
}

function toCreditNote(document: SampleDocument, options: ObjectOptions): Obj {
  const { lines, currency } = document;
  const cents = centsOf(currency, -1);
  const sum = (pick: (line: SampleLine) => readonly DecimalText[]) => cents(lines.flatMap(pick));
  return {
    ...common(document, options),
    lago_invoice_id: 'in_credited',
    credit_status: document.state === 'void' ? 'voided' : 'available',
    reason: 'other',
    total_amount_cents: sum((line) => [line.amount, line.discount, line.tax]),
    taxes_amount_cents: sum((line) => [line.tax]),
    coupons_adjustment_amount_cents: 0,
    sub_total_excluding_taxes_amount_cents: sum((line) => [line.amount, line.discount]),
    items: lines.map((line) => ({
      lago_id: line.id,
      amount_cents: cents([line.amount]),
      fee: { ...toFee(line, currency, centsOf(currency, 1), options), lago_id: `fee_of_${line.id}` },
    })),
  };
}
