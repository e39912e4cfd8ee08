import { invariant } from '../model/invariant.js';
import { betaQuantile, normalQuantile } from './special-functions.js';

// Bounds that are shown or compared in the documentation and never gate anything (statistics 2.1).

/** Wilson's two-sided score interval for k of n (Newcombe 1998, method 3). Display only: it can under-cover. */
export function wilsonInterval({
  k,
  n,
  conf,
}: {
  k: number;
  n: number;
  conf: number;
}): readonly [low: number, high: number] {
  invariant(n > 0 && k >= 0 && k <= n, '0 <= k <= n is expected', { k, n });
  const z = normalQuantile(1 - (1 - conf) / 2);
  const rate = k / n;
  const centre = (rate + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((rate * (1 - rate)) / n + (z * z) / (4 * n * n));
  return [k === 0 ? 0 : centre - half, k === n ? 1 : centre + half];
}

/** Jeffreys' two-sided interval: quantiles of Beta(k + 1/2, n - k + 1/2), 0 below for k = 0 and 1 above for k = n. */
export function jeffreysInterval({
  k,
  n,
  conf,
}: {
  k: number;
  n: number;
  conf: number;
}): readonly [low: number, high: number] {
  invariant(n > 0 && k >= 0 && k <= n, '0 <= k <= n is expected', { k, n });
  const tail = (1 - conf) / 2;
  return [
    k === 0 ? 0 : betaQuantile(tail, k + 0.5, n - k + 0.5),
    k === n ? 1 : betaQuantile(1 - tail, k + 0.5, n - k + 0.5),
  ];
}

/** Hoeffding's upper limit for the mean of n values in [0, 1]: mean + sqrt(ln(1/(1-conf)) / 2n). */
export function hoeffdingUpper({ mean, n, conf }: { mean: number; n: number; conf: number }): number {
  return Math.min(1, mean + Math.sqrt(-Math.log1p(-conf) / (2 * n)));
}

/** Maurer and Pontil's empirical Bernstein upper limit for values in [0, 1]: `zeros` zeros and the values of `extra`. */
export function maurerPontilUpper({
  zeros,
  extra,
  conf,
}: {
  zeros: number;
  extra: readonly number[];
  conf: number;
}): number {
  const n = zeros + extra.length;
  invariant(n >= 2, 'at least two values are expected', { n });
  const mean = extra.reduce((sum, value) => sum + value, 0) / n;
  const squares = extra.reduce((sum, value) => sum + (value - mean) ** 2, 0) + zeros * mean * mean;
  const logTerm = Math.log(2) - Math.log1p(-conf);
  return Math.min(1, mean + Math.sqrt((2 * (squares / (n - 1)) * logTerm) / n) + (7 * logTerm) / (3 * (n - 1)));
}

/**
 * Multinomial-Dirichlet upper limit of the misstated share (Tsui, Matsumura and Tsui 1985): prior weight K = 5, of which
 * 0.8 on "no error" and the rest spread evenly over taints of 1 % to 100 %; the posterior mean share is matched to a
 * Beta by its two moments. Bayesian and prior-dependent: an optional display, never a gate.
 */
export function multinomialDirichletUpper({
  taints,
  n,
  conf,
}: {
  taints: readonly number[];
  n: number;
  conf: number;
}): number {
  invariant(
    taints.length <= n && taints.every((taint) => taint >= 0 && taint <= 1),
    'taints lie in [0, 1], at most one per item',
    { n },
  );
  const weights = Array.from({ length: 101 }, (_unused, percent) => (percent === 0 ? 5 * 0.8 : (5 * 0.2) / 100));
  const counts = new Map<number, number>([[0, n - taints.length]]);
  for (const taint of taints) {
    const percent = Math.round(taint * 100);
    counts.set(percent, (counts.get(percent) ?? 0) + 1);
  }
  const posterior = weights.map((weight, percent) => weight + (counts.get(percent) ?? 0));
  const total = posterior.reduce((sum, weight) => sum + weight, 0);
  const moment = (power: number) =>
    posterior.reduce((sum, weight, percent) => sum + ((percent / 100) ** power * weight) / total, 0);
  const mean = moment(1);
  const variance = (moment(2) - mean * mean) / (total + 1);
  const concentration = (mean * (1 - mean)) / variance - 1;
  return betaQuantile(conf, mean * concentration, (1 - mean) * concentration);
}
