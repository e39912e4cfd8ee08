import type { PreparedDocument } from '../../../model/prepared.js';
import { lineClass } from '../../comparison-form.js';
import { currencyDigits } from '../../../model/currency.js';
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
  // A price is cut to the currency's digits or more: 12.34 against 12.30 is another price and no rounded one.
  const places = Math.max(cut.decimalPlaces(), currencyDigits(currency));
  const mode = roundingModes.find((one) => roundTo(precise, places, one).equals(cut));
  if (
    mode === undefined ||
    precise.decimalPlaces() <= places ||
    cut.isZero() ||
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
    // With a single digit left it may as well be another price.
    specialises: cut.precision() < 2 ? [] : ['price.unit_price'],
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
  const documents = documentTaxes(sides);
  const text = `${show(legacy.net, currency)} × ${plain(rate)} % = ${plain(exact)}`;
  const level = levelFit(sides, text, documents);
  const mode = modeFit(exact, text, legacy.tax, solvimon.tax, currency);
  if (mode === null || documents === null) return mode ?? level;
  // A mode must serve every line of its document; a cent that only makes the document's sum right is a level.
  const isMode = documents.legacy.modes.length > 0 && documents.solvimon.modes.length > 0;
  if (isMode) return { ...mode, isStated: level?.isStated !== true };
  return level ?? mode;
}

/**
 * One side rounds the tax of every line, the other that of the whole document and gives the lines their part: on the
 * first side every line is its own rounded tax, on the second the sum is the rounded sum.
 */
function levelFit(sides: Sides, exact: string, documents: DocumentTaxes | null): Fit | null {
  if (documents === null) return null;
  const { legacy, solvimon } = documents;
  const isLine = (taxes: TaxSums) => taxes.modes.length > 0 && !taxes.isSumRounded;
  const isStated = (isLine(legacy) && solvimon.isSumRounded) || (legacy.isSumRounded && isLine(solvimon));
  const text = (taxes: TaxSums, tax: Decimal | null) =>
    `${show(tax ?? new Decimal(0), sides.currency)} here; ${taxes.modes.length > 0 ? `every line rounded ${taxes.modes.join(' or ')}` : 'lines not rounded one by one'}, document ${plain(taxes.total)} of ${plain(taxes.exact)}`;
  return {
    cause: 'rounding.level',
    isStated,
    specialises: [],
    working: [step('exact', exact), ...each(text(legacy, sides.legacy.tax), text(solvimon, sides.solvimon.tax))],
  };
}

type TaxSums = {
  readonly exact: Decimal;
  readonly total: Decimal;
  /** Modes in which every line of the document is its own rounded tax. */
  readonly modes: readonly RoundingMode[];
  readonly isSumRounded: boolean;
};
type DocumentTaxes = { readonly legacy: TaxSums; readonly solvimon: TaxSums };

function documentTaxes({ difference, currency }: Sides): DocumentTaxes | null {
  const [left, right] = [difference.legacy?.document, difference.solvimon?.document];
  if (left === undefined || right === undefined) return null;
  const [legacy, solvimon] = [taxSumsOnce(left, currency), taxSumsOnce(right, currency)];
  return legacy === null || solvimon === null ? null : { legacy, solvimon };
}

/** The sums of a document's lines, made once however many of its lines differ. */
const sumsOfDocuments = new WeakMap<PreparedDocument, TaxSums | null>();

function taxSumsOnce(one: PreparedDocument, currency: Sides['currency']): TaxSums | null {
  const known = sumsOfDocuments.get(one);
  if (known !== undefined) return known;
  const sums = taxSums(one, currency);
  sumsOfDocuments.set(one, sums);
  return sums;
}

function taxSums(one: PreparedDocument, currency: Sides['currency']): TaxSums | null {
  let exact = new Decimal(0);
  let total = new Decimal(0);
  let modes: readonly RoundingMode[] = roundingModes;
  for (const line of one.lines) {
    if (lineClass(line.kind) === 'tax' || lineClass(line.kind) === 'not_summed') continue;
    const [slice, ...others] = line.taxes;
    if (line.tax === null || others.length > 0) return null;
    const tax = toDecimal(line.tax);
    if (slice === undefined || slice.rate === null) {
      if (tax.isZero()) continue;
      return null;
    }
    const lineExact = taxOf(toDecimal(line.net), toDecimal(slice.rate));
    exact = exact.plus(lineExact);
    total = total.plus(tax);
    modes = modes.filter((mode) => round(lineExact, currency, mode).equals(tax));
  }
  const isSumRounded = roundingModes.some((mode) => round(exact, currency, mode).equals(total));
  return { exact, total, modes, isSumRounded };
}
