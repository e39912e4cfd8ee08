import { invariant } from '../model/invariant.js';
import { clopperPearsonUpper } from './clopper-pearson.js';
import { bisect, poissonLowerTail } from './special-functions.js';

/** The x with P(Poisson(x) <= k) = 1 - conf: AICPA table C-2 prints these rounded up (3.00, 4.75, 6.30 at 95 %). */
export function poissonFactor(k: number, conf: number): number {
  invariant(Number.isSafeInteger(k) && k >= 0 && conf > 0 && conf < 1, 'a count and a confidence level are expected', {
    k,
    conf,
  });
  let high = k + 10;
  while (poissonLowerTail(k, high) > 1 - conf) high *= 2;
  return bisect(0, high, (mean) => poissonLowerTail(k, mean) > 1 - conf);
}

/**
 * Stringer's bound on the misstated share of value: U(0) + sum_j (U(j) - U(j-1)) * z_j with the taints z in descending
 * order; U is Clopper-Pearson, or the Poisson factor over n. Needs value-proportional selection and one planned look:
 * printed for auditors, never the gate. Taints lie in [0, 1], at most n of them; their order is free.
 */
export function stringerBound(input: {
  readonly taints: readonly number[];
  readonly n: number;
  readonly conf: number;
  readonly distribution?: 'binomial' | 'poisson';
}): number {
  const { taints, n, conf, distribution = 'binomial' } = input;
  invariant(
    taints.length <= n && taints.every((taint) => taint >= 0 && taint <= 1),
    'taints lie in [0, 1], at most one per item',
    { n },
  );
  const limit = (k: number) =>
    distribution === 'binomial' ? clopperPearsonUpper({ k, n, conf }) : poissonFactor(k, conf) / n;
  const descending = [...taints].sort((a, b) => b - a);
  let bound = limit(0);
  let previous = bound;
  for (const [index, taint] of descending.entries()) {
    const next = limit(index + 1);
    bound += (next - previous) * taint;
    previous = next;
  }
  return bound;
}
