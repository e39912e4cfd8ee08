import { Decimal, type DecimalText } from '../../../src/model/money.js';
import { type Instant, msOfInstant } from '../../../src/model/period.js';
import type { SampleDocument, SampleLine } from '../../conformance/harness.js';
import { exact, type Obj } from './server.js';

/*
 * Samples of the suite as objects of Chargebee's API V2. The scale is written out here by hand from
 * https://apidocs.chargebee.com/docs/api/currencies: whole yen, and hundredths of everything else, dinars included.
 */
const minorDigits: Readonly<Record<string, number>> = { EUR: 2, USD: 2, JPY: 0, KWD: 2, ZZZ: 2 };

export type ObjectOptions = { readonly billingMode: 'millisecond' | 'day' };

/** One invoice or credit note as Chargebee keeps it. Credit notes are positive. */
export function toObject(document: SampleDocument, { billingMode }: ObjectOptions): Obj {
  const isCredit = document.kind === 'credit_note';
  const minor = minorOf(document.currency, isCredit ? -1 : 1);
  const sum = (pick: (line: SampleLine) => readonly DecimalText[]) => minor(document.lines.flatMap(pick));
  const date = seconds(document.issuedAt);
  const common = {
    id: document.id,
    object: document.kind,
    customer_id: document.customer,
    date,
    price_type: 'tax_exclusive',
    currency_code: document.currency,
    sub_total: sum((line) => [line.amount, line.discount]),
    total: sum((line) => [line.amount, line.discount, line.tax]),
    round_off_amount: 0,
    updated_at: date,
    resource_version: exact(`${date}022`),
    deleted: false,
    line_items: document.lines.map((line) => toLine(line, document, minor, billingMode)),
    line_item_discounts: document.lines.flatMap((line) => toDiscounts(line, minor)),
    line_item_taxes: document.lines.flatMap((line) => toTaxes(line, minor)),
    line_item_tiers: document.lines.flatMap((line) => toTiers(line, document.currency)),
  };
  if (isCredit)
    return {
      ...common,
      type: 'refundable',
      reason_code: 'waiver',
      status: document.state === 'void' ? 'voided' : 'refund_due',
      reference_invoice_id: 'in_before',
      taxes: [{ name: 'VAT', amount: sum((line) => [line.tax]) }],
    };
  return {
    ...common,
    status: { final: 'paid', draft: 'pending', void: 'voided' }[document.state],
    tax: sum((line) => [line.tax]),
    amount_due: 0,
  };
}

type Minor = (amounts: readonly DecimalText[]) => ReturnType<typeof exact>;

function minorOf(currency: string, sign: 1 | -1): Minor {
  const digits = minorDigits[currency];
  if (digits === undefined) throw new Error(`no scale for ${currency}`);
  return (amounts) => {
    const total = amounts.reduce((sum, amount) => sum.plus(amount), new Decimal(0)).times(sign);
    return exact(total.times(new Decimal(10).pow(digits)).toFixed());
  };
}

const seconds = (instant: Instant): number => Math.floor(msOfInstant(instant) / 1000);

function toLine(line: SampleLine, document: SampleDocument, minor: Minor, billingMode: string): Obj {
  const end = seconds(line.period.end);
  return {
    id: line.id,
    object: 'line_item',
    subscription_id: 'sub_1',
    customer_id: document.customer,
    date_from: seconds(line.period.start),
    // Day-based billing ends at the last second.
    date_to: billingMode === 'day' ? end - 1 : end,
    unit_amount: minor([line.amount]),
    ...(line.quantity !== null && { quantity: exact(line.quantity) }),
    amount: minor([line.amount]),
    pricing_model: line.tiers.length > 0 ? 'tiered' : 'flat_fee',
    is_taxed: line.taxRate !== null,
    tax_amount: minor([line.tax]),
    description: line.kind === 'proration_charge' ? `${line.product} - Prorated Charges` : line.product,
    entity_type: 'plan_item_price',
    entity_id: line.price,
    metered: line.kind === 'usage',
  };
}

function toDiscounts(line: SampleLine, minor: Minor): readonly Obj[] {
  if (line.discount === '0') return [];
  const size = new Decimal(line.discount).negated().toFixed() as DecimalText;
  return [
    { line_item_id: line.id, discount_type: 'item_level_coupon', coupon_id: 'c_1', discount_amount: minor([size]) },
  ];
}

function toTaxes(line: SampleLine, minor: Minor): readonly Obj[] {
  if (line.taxRate === null) return [];
  return [
    {
      line_item_id: line.id,
      tax_name: 'VAT',
      tax_rate: exact(`${line.taxRate}.0`),
      taxable_amount: minor([line.amount, line.discount]),
      tax_amount: minor([line.tax]),
    },
  ];
}

/** Whole-number tiers: the first unit is number 1, both ends are included. Prices in hundredths, whole ones only. */
function toTiers(line: SampleLine, currency: string): readonly Obj[] {
  const minor = minorOf(currency, 1);
  return line.tiers.map((tier) => ({
    line_item_id: line.id,
    starting_unit: exact(new Decimal(tier.from).plus(1).toFixed()),
    ...(tier.to !== null && { ending_unit: exact(tier.to) }),
    quantity_used: exact(tier.quantity),
    unit_amount: minor([tier.unitPrice]),
    pricing_type: 'per_unit',
  }));
}
