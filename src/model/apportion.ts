import { invariant } from './invariant.js';
import { floorRational, type Rational, rational, subtractRational, compareRational } from './rational.js';

/**
 * Whole units for exact parts by largest remainder: every part is floored and the missing units go to the largest
 * fractions, ties in the declared order. The result sums to `total` exactly.
 *
 * `parts` are [name, exact part] in declared order; names are distinct. Throws an invariant failure when `total` is not
 * reachable, that is when it is below the sum of the floors or more than one unit per part above it.
 */
export function largestRemainder<Name extends string>(
  parts: readonly (readonly [Name, Rational])[],
  total: bigint,
): ReadonlyMap<Name, bigint> {
  const floored = parts.map(([name, part], index) => {
    const units = floorRational(part);
    return { name, units, fraction: subtractRational(part, rational(units)), index };
  });
  const missing = total - floored.reduce((sum, part) => sum + part.units, 0n);
  invariant(
    missing >= 0n && missing <= BigInt(parts.length),
    'the total must lie within one unit per part of the parts',
    {
      total,
      missing,
    },
  );
  const byFraction = [...floored].sort((a, b) => compareRational(b.fraction, a.fraction) || a.index - b.index);
  const lifted = new Set(byFraction.slice(0, Number(missing)).map((part) => part.name));
  return new Map(floored.map((part) => [part.name, lifted.has(part.name) ? part.units + 1n : part.units]));
}
