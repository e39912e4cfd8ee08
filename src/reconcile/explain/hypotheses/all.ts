import { discount, discountBeforeMinimum, discountOrder, discountScope } from './discount.js';
import { duplicateLine } from './existence.js';
import { fxRate } from './fx.js';
import type { Fit, Hypothesis, Sides } from './hypothesis.js';
import { boundaryShift } from './period.js';
import { blockSize, includedVolume, minimum, unitPrice } from './price.js';
import { proration } from './proration.js';
import { pricePrecision, roundingMode, taxRounding } from './rounding.js';
import { taxBase, taxInclusive, taxMissing, taxRate } from './tax.js';
import { tierBoundary, tierMode, tierPrices } from './tiers.js';
import { quantity } from './usage.js';

/** The hypotheses about a difference in net money, the most specific first: the order decides which of several fits is named. */
const netHypotheses: readonly Hypothesis[] = [
  duplicateLine,
  discountBeforeMinimum,
  minimum,
  includedVolume,
  tierMode,
  tierBoundary,
  tierPrices,
  blockSize,
  proration,
  fxRate,
  taxInclusive,
  pricePrecision,
  roundingMode,
  boundaryShift,
  quantity,
  unitPrice,
  discountOrder,
  discountScope,
  discount,
];

const taxHypotheses: readonly Hypothesis[] = [taxMissing, taxRate, taxBase, taxRounding];

/** Every hypothesis that explains a difference in net money. */
export function fitNet(sides: Sides): readonly Fit[] {
  return fit(netHypotheses, sides);
}

/** Every hypothesis that explains a difference in tax alone. */
export function fitTax(sides: Sides): readonly Fit[] {
  return fit(taxHypotheses, sides);
}

function fit(hypotheses: readonly Hypothesis[], sides: Sides): readonly Fit[] {
  return hypotheses.map((hypothesis) => hypothesis(sides)).filter((one) => one !== null);
}
