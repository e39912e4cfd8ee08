import { type CurrencyCode, currencyDigits } from '../../../model/currency.js';
import type { Cause, WorkingStep } from '../../../model/verdict.js';
import { Decimal } from '../../../model/money.js';
import type { Difference } from '../../difference.js';
import { plain, show, type SideFacts } from '../facts.js';

/**
 * A hypothesis that reproduces both sides. `isStated`: every number it used is stated by one of the sides, none was
 * fitted to the delta; only such a one can prove. `specialises`: causes that fit whenever this one does and say less, so
 * that they are no rivals (a price that was rounded is also another price).
 */
export type Fit = {
  readonly cause: Cause;
  readonly isStated: boolean;
  readonly specialises: readonly Cause[];
  readonly working: readonly WorkingStep[];
};

export type Sides = {
  readonly legacy: SideFacts;
  readonly solvimon: SideFacts;
  readonly currency: CurrencyCode;
  readonly difference: Difference;
};

export type Hypothesis = (sides: Sides) => Fit | null;

export const step = (label: string, text: string): WorkingStep => ({ label, text });
export const one = new Decimal(1);

export function isEqual(a: Decimal | null, b: Decimal | null): boolean {
  return a !== null && b !== null && a.equals(b);
}

export type Roles = {
  readonly owner: SideFacts;
  readonly other: SideFacts;
  readonly ownerName: 'legacy' | 'solvimon';
  readonly otherName: 'legacy' | 'solvimon';
};

/** Both ways to cast the sides: which of them states the rule, and which bills without it. */
export function bothWays({ legacy, solvimon }: Sides): readonly Roles[] {
  return [
    { owner: solvimon, other: legacy, ownerName: 'solvimon', otherName: 'legacy' },
    { owner: legacy, other: solvimon, ownerName: 'legacy', otherName: 'solvimon' },
  ];
}

/**
 * Whether both sides lower the charge by the same rule, so that what differs lies before the discount: no discount, the
 * same amount, the same stated rate, or the same share of the charge.
 */
export function isSameDiscount({ legacy, solvimon, currency }: Sides): boolean {
  if (legacy.discount.equals(solvimon.discount)) return true;
  if (legacy.discount.isZero() || solvimon.discount.isZero()) return false;
  if (legacy.discountRate !== null && solvimon.discountRate !== null)
    return legacy.discountRate.equals(solvimon.discountRate);
  return isSameShare(legacy.discount, legacy.amount, solvimon.discount, solvimon.amount, currency);
}

/** Whether one percentage, each time rounded to the minor unit, can give both discounts. */
export function isSameShare(
  discount: Decimal,
  amount: Decimal,
  otherDiscount: Decimal,
  otherAmount: Decimal,
  currency: CurrencyCode,
): boolean {
  if (amount.isZero() || otherAmount.isZero() || discount.isZero() || otherDiscount.isZero()) return false;
  // Each discount is off by up to half a minor unit, so the shares may differ by that much of each amount.
  const half = new Decimal(5).div(new Decimal(10).pow(currencyDigits(currency) + 1));
  const gap = discount.times(otherAmount).minus(otherDiscount.times(amount)).abs();
  return gap.lessThanOrEqualTo(half.times(amount.abs().plus(otherAmount.abs())));
}

/** "legacy 10 × 5 = 50.00" */
export function product(
  label: string,
  count: Decimal,
  price: Decimal,
  amount: Decimal,
  currency: CurrencyCode,
): WorkingStep {
  return step(label, `${plain(count)} × ${plain(price)} = ${show(amount, currency)}`);
}

/** Names and plain values for a step of a working: "legacy 10, solvimon 12". */
export function each(legacy: string, solvimon: string): readonly WorkingStep[] {
  return [step('legacy', legacy), step('solvimon', solvimon)];
}
