import type { PreparedDocument } from '../../../model/prepared.js';
import { Decimal, type RoundingMode, roundTo, toDecimal, toMinorUnits } from '../../../model/money.js';
import { plain, priceTiers, reproduces, round, roundingModes, show, type SideFacts } from '../facts.js';
import { each, type Fit, isEqual, isSameDiscount, type Sides, step } from './hypothesis.js';
import { taxOf } from './tax.js';

/** One side multiplies with a price that is the other's, rounded to fewer decimals. */
export function pricePrecision(sides: Sides): Fit | null {
  const { legacy, solvimon, currency } = sides;
  if (
    !isEqual(legacy.quantity, solvimon.quantity) ||
    legacy.unitPrice === null ||
    solvimon.unitPrice === null ||
    legacy.unitPrice.equals(solvimon.unitPrice) ||
    legacy.unitPrice.decimalPlaces() === solvimon.unitPrice.decimalPlaces() ||
    !isSameDiscount(sides)
  )
    return null;
  const isLegacyFine = legacy.unitPrice.decimalPlaces() > solvimon.unitPrice.decimalPlaces();
  const [fine, coarse] = isLegacyFine ? [legacy, solvimon] : [solvimon, legacy];
  const [precise, cut] = [fine.unitPrice ?? new Decimal(0), coarse.unitPrice ?? new Decimal(0)];
  const count = legacy.quantity ?? new Decimal(0);
  const mode = roundingModes.find((one) => roundTo(precise, cut.decimalPlaces(), one).equals(cut));
  // A price that shrinks to one digit is more likely another price than a rounded one.
  if (
    mode === undefined ||
    cut.isZero() ||
    cut.precision() < 2 ||
    !reproduces(count.times(precise), fine.amount, currency) ||
    !reproduces(count.times(cut), coarse.amount, currency)
  )
    return null;
  const text = (side: SideFacts) =>
    side === fine
      ? `${plain(count)} × ${plain(precise)} = ${show(side.amount, currency)}`
      : `price rounded first (${mode}): ${plain(count)} × ${plain(cut)} = ${show(side.amount, currency)}`;
  return {
    cause: 'rounding.price_precision',
    isStated: true,
    specialises: ['price.unit_price'],
    working: each(text(legacy), text(solvimon)),
  };
}

/** Same inputs, one product, rounded in two modes; off by one minor unit. */
export function roundingMode(sides: Sides): Fit | null {
  const { legacy, solvimon, currency } = sides;
  if (!isOneMinorUnit(legacy.net, solvimon.net, currency)) return null;
  const exact = exactOf(sides);
  if (exact === null) return null;
  return modeFit(exact.value, exact.text, legacy.net, solvimon.net, currency);
}

/** The unrounded net both sides should have, when they state the same inputs. */
function exactOf(sides: Sides): { readonly value: Decimal; readonly text: string } | null {
  const { legacy, solvimon } = sides;
  const count = legacy.quantity;
  if (!isEqual(legacy.quantity, solvimon.quantity) || count === null || !isSameDiscount(sides)) return null;
  const lowered = (amount: Decimal) => {
    const rate = legacy.discountRate ?? solvimon.discountRate;
    if (rate === null) return amount.plus(legacy.discount);
    return amount.times(new Decimal(100).minus(rate)).div(100);
  };
  if (legacy.unitPrice !== null && isEqual(legacy.unitPrice, solvimon.unitPrice)) {
    const value = lowered(count.times(legacy.unitPrice));
    return {
      value,
      text: `${plain(count)} × ${plain(legacy.unitPrice)}${legacy.discount.isZero() ? '' : ' less discount'} = ${plain(value)}`,
    };
  }
  const owner = legacy.tiers.length > 1 ? legacy : solvimon;
  if (owner.tiers.length < 2) return null;
  const priced = priceTiers(owner.tiers, count, owner.facts?.tierMode ?? 'graduated');
  return priced === null
    ? null
    : { value: lowered(priced), text: `tiers price ${plain(count)} at ${plain(lowered(priced))}` };
}

const allModes: readonly RoundingMode[] = ['half_up', 'half_even', 'down', 'half_down', 'up'];

function modeFit(exact: Decimal, text: string, left: Decimal, right: Decimal, currency: Sides['currency']): Fit | null {
  const modesOf = (stated: Decimal) => allModes.filter((mode) => round(exact, currency, mode).equals(stated));
  const [legacyModes, solvimonModes] = [modesOf(left), modesOf(right)];
  if (legacyModes.length === 0 || solvimonModes.length === 0) return null;
  return {
    cause: 'rounding.mode',
    isStated: true,
    specialises: ['rounding.level'],
    working: [
      step('exact', text),
      ...each(
        `${legacyModes.join(' or ')} → ${show(left, currency)}`,
        `${solvimonModes.join(' or ')} → ${show(right, currency)}`,
      ),
    ],
  };
}

export function isOneMinorUnit(a: Decimal, b: Decimal, currency: Sides['currency']): boolean {
  const difference = toMinorUnits(a, currency) - toMinorUnits(b, currency);
  return difference === 1n || difference === -1n;
}

/** The same rate on the same base, off by one minor unit: rounded in another mode, or not on this line. */
export function taxRounding(sides: Sides): Fit | null {
  const { legacy, solvimon, currency } = sides;
  if (legacy.tax === null || solvimon.tax === null || !isOneMinorUnit(legacy.tax, solvimon.tax, currency)) return null;
  const rate = legacy.taxRate ?? solvimon.taxRate;
  if (
    rate === null ||
    (legacy.taxRate !== null && solvimon.taxRate !== null && !legacy.taxRate.equals(solvimon.taxRate))
  )
    return null;
  const exact = taxOf(legacy.net, rate);
  const level = levelFit(sides, rate, exact);
  const mode = modeFit(
    exact,
    `${show(legacy.net, currency)} × ${plain(rate)} % = ${plain(exact)}`,
    legacy.tax,
    solvimon.tax,
    currency,
  );
  // A tie that half-up and half-even settle apart is a mode; a cent that only makes the document's sum right is a level.
  if (mode !== null && isTie(exact, currency)) return mode;
  return level ?? mode;
}

/** Exactly half a minor unit is in question, the only place where the half modes part. */
function isTie(exact: Decimal, currency: Sides['currency']): boolean {
  return !round(exact, currency, 'half_up').equals(round(exact, currency, 'half_down'));
}

/**
 * One side rounds the tax of every line, the other that of the whole document and gives the lines their part: on the
 * first side every line is its own rounded tax, on the second the sum is the rounded sum.
 */
function levelFit(sides: Sides, rate: Decimal, exact: Decimal): Fit | null {
  const { legacy, solvimon, currency, difference } = sides;
  const [left, right] = [difference.legacy?.document, difference.solvimon?.document];
  if (left === undefined || right === undefined) return null;
  const [legacySums, solvimonSums] = [taxSums(left, currency), taxSums(right, currency)];
  if (legacySums === null || solvimonSums === null) return null;
  const isLine = (sums: TaxSums) => sums.isEveryLineRounded && !sums.isSumRounded;
  const isDocument = (sums: TaxSums) => sums.isSumRounded && !sums.isEveryLineRounded;
  const isStated = (isLine(legacySums) && isDocument(solvimonSums)) || (isDocument(legacySums) && isLine(solvimonSums));
  const text = (sums: TaxSums, side: SideFacts) =>
    `${show(side.tax ?? new Decimal(0), currency)} here; ${sums.isEveryLineRounded ? 'every line rounded' : 'lines not rounded one by one'}, document ${plain(sums.total)} of ${plain(sums.exact)}`;
  return {
    cause: 'rounding.level',
    isStated,
    specialises: isStated ? ['rounding.mode'] : [],
    working: [
      step('exact', `${show(legacy.net, currency)} × ${plain(rate)} % = ${plain(exact)}`),
      ...each(text(legacySums, legacy), text(solvimonSums, solvimon)),
    ],
  };
}

type TaxSums = {
  readonly exact: Decimal;
  readonly total: Decimal;
  readonly isEveryLineRounded: boolean;
  readonly isSumRounded: boolean;
};

function taxSums(one: PreparedDocument, currency: Sides['currency']): TaxSums | null {
  let exact = new Decimal(0);
  let total = new Decimal(0);
  let isEveryLineRounded = true;
  for (const line of one.lines) {
    if (line.kind === 'tax' || line.kind === 'balance' || line.kind === 'prepaid_drawdown' || line.kind === 'summary')
      continue;
    const [slice, ...others] = line.taxes;
    if (others.length > 0) return null;
    if (slice === undefined || slice.rate === null || line.tax === null) {
      if (line.tax !== null && toDecimal(line.tax).isZero()) continue;
      return null;
    }
    const lineExact = taxOf(toDecimal(line.net), toDecimal(slice.rate));
    exact = exact.plus(lineExact);
    total = total.plus(line.tax);
    if (!roundingModes.some((mode) => round(lineExact, currency, mode).equals(line.tax as string)))
      isEveryLineRounded = false;
  }
  const isSumRounded = roundingModes.some((mode) => round(exact, currency, mode).equals(total));
  return { exact, total, isEveryLineRounded, isSumRounded };
}
