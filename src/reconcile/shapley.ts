import { invariant } from '../model/invariant.js';
import { addRational, multiplyRational, type Rational, rational, subtractRational } from '../model/rational.js';

/**
 * Exact Shapley parts of the step from the legacy to the solvimon inputs of one formula:
 * phi_f = sum over S without f of |S|!(n-|S|-1)!/n! * [g(S + f at solvimon) - g(S at solvimon)]
 * (Shapley 1953; statistics 5.1). The parts sum to g(all at solvimon) - g(all at legacy) with no residual, whatever the
 * order of the factors. `evaluate` is told which factors stand at solvimon; it is called once per subset, so at most
 * 64 times: more than six factors are an invariant failure.
 */
export function shapleyParts<Factor extends string>(
  factors: readonly Factor[],
  evaluate: (atSolvimon: ReadonlySet<Factor>) => Rational,
): ReadonlyMap<Factor, Rational> {
  invariant(factors.length <= 6, 'at most six factors are decomposed', { factors: factors.length });
  const subsetCount = 2 ** factors.length;
  const values = Array.from({ length: subsetCount }, (_unused, subset) =>
    evaluate(new Set(factors.filter((_factor, index) => isInSubset(subset, index)))),
  );
  return new Map(factors.map((factor, index) => [factor, partOf(values, factors.length, index)]));
}

function partOf(values: readonly Rational[], factorCount: number, index: number): Rational {
  const [none, all] = values;
  if (factorCount === 1 && none !== undefined && all !== undefined) return subtractRational(all, none);
  const weights = weightsOf(factorCount);
  let part = rational(0n);
  for (let subset = 0; subset < values.length; subset += 1) {
    if (isInSubset(subset, index)) continue;
    const without = values[subset];
    const withFactor = values[subset | (1 << index)];
    invariant(without !== undefined && withFactor !== undefined, 'every subset has a value');
    const weight = weights[sizeOf(subset)];
    invariant(weight !== undefined, 'every size of a subset has a weight');
    part = addRational(part, multiplyRational(weight, subtractRational(withFactor, without)));
  }
  return part;
}

/** |S|!(n-|S|-1)!/n! for every size of S below n. */
function weightsOf(factorCount: number): readonly Rational[] {
  return allWeights[factorCount] ?? [];
}

const allWeights: readonly (readonly Rational[])[] = Array.from({ length: 7 }, (_unused, count) =>
  Array.from({ length: count }, (_weight, size) =>
    rational(factorial(size) * factorial(count - size - 1), factorial(count)),
  ),
);

function isInSubset(subset: number, index: number): boolean {
  return (subset & (1 << index)) !== 0;
}

function sizeOf(subset: number): number {
  let size = 0;
  for (let rest = subset; rest > 0; rest >>= 1) size += rest & 1;
  return size;
}

function factorial(value: number): bigint {
  let product = 1n;
  for (let factor = 2n; factor <= BigInt(value); factor += 1n) product *= factor;
  return product;
}
