import { type CurrencyCode, currencyDigits } from '../model/currency.js';
import { invariant } from '../model/invariant.js';
import { Decimal, type DecimalText, roundTo, toDecimal, toDecimalText } from '../model/money.js';
import type { BillDocument, Charge, Discount, Price, Tier } from './charge.js';

/** A tier as it was used. `from` and `to` are its bounds, `amount` is rounded to minor units. */
export type Slice = {
  readonly from: DecimalText;
  readonly to: DecimalText | null;
  readonly quantity: DecimalText;
  readonly price: DecimalText;
  readonly amount: Decimal;
};

/** A charge in money. All amounts exact, in major units; credit notes are negated by the writers. */
export type Rated = {
  readonly charge: Charge;
  /** Units that are billed; null where a charge has none. */
  readonly quantity: DecimalText | null;
  readonly unitPrice: DecimalText | null;
  readonly slices: readonly Slice[];
  /** Before discount, in minor units. With the tax inside when the prices contain it. */
  readonly amount: Decimal;
  /** One per coupon, zero or less. */
  readonly discounts: readonly { readonly discount: Discount; readonly amount: Decimal }[];
  readonly net: Decimal;
  readonly tax: Decimal;
  readonly gross: Decimal;
};

/**
 * Prices one charge: price, share of the period, one rounding to minor units, coupons one after the other, tax. This is
 * the only arithmetic of the demo, written apart from the engine's, so that the known answers do not come from what is
 * to be tested.
 */
export function rate(charge: Charge, currency: CurrencyCode): Rated {
  const digits = currencyDigits(currency);
  const priced = priceOf(charge.price, toDecimal(charge.quantity), digits);
  // The share is applied to the exact price: rounding twice would bill another amount.
  const share = charge.share === null ? priced.exact : priced.exact.times(charge.share.days).div(charge.share.of);
  const amount = roundTo(share, digits, charge.rounding).plus(charge.adjustment ?? 0);
  const discounts = discountsOf(charge.discounts, amount, digits);
  const left = discounts.reduce((sum, one) => sum.plus(one.amount), amount);
  const { net, tax } = taxOf(charge, { amount, left, digits });
  return {
    charge,
    quantity: priced.quantity,
    unitPrice: priced.unitPrice,
    slices: priced.slices,
    amount,
    discounts,
    net,
    tax,
    gross: net.plus(tax),
  };
}

type Priced = {
  readonly exact: Decimal;
  readonly quantity: DecimalText | null;
  readonly unitPrice: DecimalText | null;
  readonly slices: readonly Slice[];
};

function priceOf(price: Price, count: Decimal, digits: number): Priced {
  const plainly = { quantity: toDecimalText(count), unitPrice: null, slices: [] };
  switch (price.model) {
    case 'unit':
      return { ...plainly, exact: count.times(price.unit), unitPrice: price.unit };
    case 'included': {
      const billed = Decimal.max(count.minus(price.included), 0);
      return { ...plainly, exact: billed.times(price.unit), quantity: toDecimalText(billed), unitPrice: price.unit };
    }
    case 'blocks': {
      const blocks = price.isWhole ? count.div(price.size).ceil() : count.div(price.size);
      // Without whole blocks the price is one for the unit, and is stated so.
      const unitPrice = price.isWhole ? price.unit : toDecimalText(toDecimal(price.unit).div(price.size));
      return { ...plainly, exact: blocks.times(price.unit), unitPrice };
    }
    case 'foreign':
      return { ...plainly, exact: toDecimal(price.amount).times(price.rate), unitPrice: price.amount };
    case 'top_up':
      return { ...plainly, exact: toDecimal(price.amount), quantity: null };
    case 'graduated':
    case 'volume':
    case 'stair':
    case 'cumulative': {
      const slices = slicesOf(price.tiers, price.model, count, digits);
      return { ...plainly, slices, exact: slices.reduce((sum, slice) => sum.plus(slice.amount), new Decimal(0)) };
    }
  }
}

function slicesOf(
  tiers: readonly Tier[],
  model: 'graduated' | 'volume' | 'stair' | 'cumulative',
  count: Decimal,
  digits: number,
): readonly Slice[] {
  const reached = tiers.filter((tier) => count.greaterThan(tier.from));
  const used = model === 'volume' || model === 'stair' ? reached.slice(-1) : reached;
  return used.map((tier) => {
    const top = tier.to !== null && count.greaterThan(tier.to) ? toDecimal(tier.to) : count;
    const quantity = model === 'volume' || model === 'stair' ? count : top.minus(tier.from);
    const isFee = model === 'stair' || model === 'cumulative';
    const exact = isFee ? toDecimal(tier.price) : quantity.times(tier.price);
    return {
      from: tier.from,
      to: tier.to,
      quantity: toDecimalText(quantity),
      price: tier.price,
      amount: roundTo(exact, digits, 'half_up'),
    };
  });
}

function discountsOf(discounts: readonly Discount[], amount: Decimal, digits: number): Rated['discounts'] {
  let left = amount;
  return discounts.map((discount) => {
    const wanted = 'percent' in discount ? left.times(discount.percent).div(100) : toDecimal(discount.off);
    const off = Decimal.min(roundTo(wanted, digits, 'half_up'), left);
    left = left.minus(off);
    return { discount, amount: off.negated() };
  });
}

function taxOf(
  { vat }: Charge,
  { amount, left, digits }: { readonly amount: Decimal; readonly left: Decimal; readonly digits: number },
): { readonly net: Decimal; readonly tax: Decimal } {
  if (vat.isIncluded) {
    const net = roundTo(left.times(100).div(toDecimal(vat.rate).plus(100)), digits, 'half_up');
    return { net, tax: left.minus(net) };
  }
  const exact = (vat.base === 'full' ? amount : left).times(vat.rate).div(100);
  return { net: left, tax: vat.rounding === 'document' ? exact : roundTo(exact, digits, 'half_up') };
}

/** Everything on a document, in the order of its charges. A charge of nothing is kept: whether it is printed is the writer's habit. */
export function rateDocument(document: BillDocument): readonly Rated[] {
  const rows = document.charges.map((charge) => rate(charge, document.currency));
  for (const one of rows)
    invariant(!one.net.isNegative(), 'a charge of the demo is not negative', { row: one.charge.row });
  return rows;
}

export type DocumentTotals = { readonly net: Decimal; readonly tax: Decimal; readonly gross: Decimal };

/** Totals of a document, signed: a credit note owes less than nothing. The tax is rounded once when its lines carry exact tax. */
export function totalsOf(document: BillDocument): DocumentTotals {
  const rows = rateDocument(document);
  const sign = document.kind === 'credit_note' ? -1 : 1;
  const net = rows.reduce((sum, row) => sum.plus(row.net), new Decimal(0));
  const exact = rows.reduce((sum, row) => sum.plus(row.tax), new Decimal(0));
  const tax = roundTo(exact, currencyDigits(document.currency), 'half_up');
  return { net: net.times(sign), tax: tax.times(sign), gross: net.plus(tax).times(sign) };
}
