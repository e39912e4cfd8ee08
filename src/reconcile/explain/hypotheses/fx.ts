import { toDecimal } from '../../../model/money.js';
import { reproduces, round, show } from '../facts.js';
import { each, type Fit, isSameDiscount, type Sides } from './hypothesis.js';

/** The same price in another currency, converted at two stated rates. */
export function fxRate(sides: Sides): Fit | null {
  const { legacy, solvimon, currency } = sides;
  const [left, right] = [legacy.facts?.pricing ?? null, solvimon.facts?.pricing ?? null];
  if (
    left === null ||
    right === null ||
    left.rate === null ||
    right.rate === null ||
    left.currency !== right.currency ||
    left.amount !== right.amount ||
    left.rate === right.rate ||
    !isSameDiscount(sides)
  )
    return null;
  const [a, b] = [toDecimal(left.amount).times(left.rate), toDecimal(right.amount).times(right.rate)];
  if (!reproduces(a, legacy.amount, currency) || !reproduces(b, solvimon.amount, currency)) return null;
  return {
    cause: 'fx.rate',
    isStated: true,
    specialises: ['price.unit_price'],
    working: each(
      `${left.amount} ${left.currency} × ${left.rate} = ${show(round(a, currency), currency)}`,
      `${right.amount} ${right.currency} × ${right.rate} = ${show(round(b, currency), currency)}`,
    ),
  };
}
