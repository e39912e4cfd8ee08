import { invariant } from '../model/invariant.js';
import { ceilRational, multiplyRational, rational, rationalFromRate } from '../model/rational.js';
import { logChoose } from './special-functions.js';

/** P(X <= k) where X counts the bad among n drawn without replacement from a base of N of which M are bad. */
export function hypergeometricLowerTail(input: {
  readonly k: number;
  readonly n: number;
  readonly N: number;
  readonly M: number;
}): number {
  const { k, n, N, M } = input;
  const least = Math.max(0, n - (N - M));
  const most = Math.min(n, M);
  if (k < least) return 0;
  if (k >= most) return 1;
  // From term k downwards, as for the binomial: the largest relevant term first.
  let term = 1;
  let sum = 1;
  for (let i = k; i > least && term > sum * 1e-18; i -= 1) {
    term *= (i * (N - M - n + i)) / ((M - i + 1) * (n - i + 1));
    sum += term;
  }
  return Math.min(1, Math.exp(logChoose(M, k) + logChoose(N - M, n - k) - logChoose(N, n) + Math.log(sum)));
}

/**
 * Largest M with P(Hyp(N, M, n) <= k) > 1 - conf: the most bad customers a base of N may hold after n were seen and k
 * were bad. Of the customers not yet seen, at most M - k are bad. For declared looks only.
 */
export function hypergeometricUpperCount(input: {
  readonly k: number;
  readonly n: number;
  readonly N: number;
  readonly conf: number;
}): number {
  const { k, n, N, conf } = input;
  invariant(
    [k, n, N].every(Number.isSafeInteger) && 0 <= k && k <= n && n <= N,
    'whole counts with 0 <= k <= n <= N are expected',
    input,
  );
  invariant(conf > 0 && conf < 1, 'a confidence level strictly between 0 and 1 is expected', { conf });
  let possible = k;
  let impossible = N - (n - k) + 1;
  while (impossible - possible > 1) {
    const M = Math.floor((possible + impossible) / 2);
    if (hypergeometricLowerTail({ k, n, N, M }) > 1 - conf) possible = M;
    else impossible = M;
  }
  return possible;
}

/**
 * Smallest sample with P(Hyp(N, ceil(tolerable * N), n) <= k) <= 1 - conf (the sizes that EZ-Quant prints, k = 0). The
 * whole base when nothing smaller does it.
 */
export function hypergeometricSampleSize(input: {
  readonly N: number;
  readonly tolerable: number;
  readonly conf: number;
  readonly k?: number;
}): number {
  const { N, tolerable, conf, k = 0 } = input;
  invariant(
    Number.isSafeInteger(N) && N >= 1 && tolerable > 0 && tolerable <= 1,
    'a base and a tolerable rate are expected',
    input,
  );
  const M = Number(ceilRational(multiplyRational(rationalFromRate(tolerable), rational(BigInt(N)))));
  let low = k;
  let high = N;
  while (high - low > 1) {
    const n = Math.floor((low + high) / 2);
    if (hypergeometricLowerTail({ k, n, N, M }) <= 1 - conf) high = n;
    else low = n;
  }
  return high;
}
