import { Decimal } from '../../../model/money.js';
import { reproduces, sameMoney, show, type SideFacts } from '../facts.js';
import { bothWays, type Fit, type Sides, step } from './hypothesis.js';

/** One side has the same line twice, in a difference that is judged as a whole. */
export function duplicateLine(sides: Sides): Fit | null {
  const { currency } = sides;
  for (const { owner, other, ownerName } of bothWays(sides)) {
    if (!isTwice(owner, other, currency)) continue;
    return {
      cause: ownerName === 'solvimon' ? 'line.duplicate_in_solvimon' : 'line.duplicate_in_legacy',
      isStated: true,
      specialises: ['usage.quantity', 'price.unit_price'],
      working: [
        step(
          ownerName,
          `${owner.charges.length} equal lines of ${show(other.amount, currency)} = ${show(owner.amount, currency)}`,
        ),
      ],
    };
  }
  return null;
}

function isTwice(many: SideFacts, single: SideFacts, currency: Sides['currency']): boolean {
  const [first] = many.charges;
  return (
    many.charges.length > single.charges.length &&
    single.charges.length === 1 &&
    first !== undefined &&
    many.charges.every((line) => line.net === first.net && line.quantity === first.quantity) &&
    sameMoney(new Decimal(first.net), single.amount, currency) &&
    reproduces(single.amount.times(many.charges.length), many.amount, currency)
  );
}
