import { invariant } from '../model/invariant.js';
import { ceilRational, multiplyRational, rational, rationalFromRate } from '../model/rational.js';
import { binomialLowerTail, binomialUpperTail, bisect } from './special-functions.js';

/** k bad among n observed at a one-sided confidence level such as 0.95; a two-sided 95 % interval uses 0.975 on each side. */
export type Sample = { readonly k: number; readonly n: number; readonly conf: number };

/**
 * One-sided Clopper-Pearson upper limit: the p with P(Bin(n, p) <= k) = 1 - conf (Clopper and Pearson 1934; AICPA table
 * Valid for ONE planned look: it is printed as the cross-check, never used as the gate.
 */
export function clopperPearsonUpper({ k, n, conf }: Sample): number {
  checkSample({ k, n, conf });
  if (k >= n) return 1;
  if (k === 0) return -Math.expm1(Math.log1p(-conf) / n);
  return bisect(k / n, 1, (p) => binomialLowerTail({ k, n, p }) > 1 - conf);
}

/** One-sided Clopper-Pearson lower limit: the p with P(Bin(n, p) >= k) = 1 - conf; 0 when nothing bad was seen. */
export function clopperPearsonLower({ k, n, conf }: Sample): number {
  checkSample({ k, n, conf });
  if (k === 0) return 0;
  return bisect(0, k / n, (p) => binomialUpperTail({ k, n, p }) < 1 - conf);
}

/**
 * Attribute sample size (AICPA table A-1): the smallest n with P(Bin(n, tolerable) <= ceil(expected * n)) <= risk. The
 * ceiling is taken over exact decimals, because a floating ceiling gives 423 where AICPA prints 400. `undefined` when no
 * n up to `maxSize` does it.
 */
export function attributeSampleSize(input: {
  readonly tolerable: number;
  readonly expected: number;
  readonly risk: number;
  readonly maxSize?: number;
}): number | undefined {
  const { tolerable, expected, risk, maxSize = 10_000 } = input;
  invariant(
    tolerable > 0 && tolerable < 1 && expected >= 0 && expected < 1 && risk > 0 && risk < 1,
    'rates lie in [0, 1)',
    input,
  );
  const rate = rationalFromRate(expected);
  for (let n = 1; n <= maxSize; n += 1) {
    const allowed = Number(ceilRational(multiplyRational(rate, rational(BigInt(n)))));
    if (allowed < n && binomialLowerTail({ k: allowed, n, p: tolerable }) <= risk) return n;
  }
  return undefined;
}

function checkSample({ k, n, conf }: Sample): void {
  invariant(
    Number.isSafeInteger(n) && Number.isSafeInteger(k) && k >= 0 && k <= n,
    'whole counts with 0 <= k <= n are expected',
    { k, n },
  );
  invariant(conf > 0 && conf < 1, 'a confidence level strictly between 0 and 1 is expected', { conf });
}
