import { invariant } from '../model/invariant.js';

/** ln of the binomial coefficient C(n, k), for whole 0 <= k <= n, summed over min(k, n-k) terms. */
export function logChoose(n: number, k: number): number {
  const terms = Math.min(k, n - k);
  let sum = 0;
  for (let i = 1; i <= terms; i += 1) sum += Math.log((n - terms + i) / i);
  return sum;
}

/**
 * P(Bin(n, p) <= k). Starts at the largest term of the side away from the mode and sums in log space (statistics 2.2);
 * the other side is one minus that, so no partial sum can overflow.
 */
export function binomialLowerTail({ k, n, p }: { k: number; n: number; p: number }): number {
  if (k < 0) return 0;
  if (k >= n || p <= 0) return 1;
  if (p >= 1) return 0;
  if (k > n * p) return 1 - upwards({ k: k + 1, n, p });
  return downwards({ k, n, p });
}

/** P(Bin(n, p) >= k), on the side of the mode where the terms fall. */
export function binomialUpperTail({ k, n, p }: { k: number; n: number; p: number }): number {
  if (k <= 0 || p >= 1) return k <= n ? 1 : 0;
  if (k > n || p <= 0) return 0;
  if (k < n * p) return 1 - downwards({ k: k - 1, n, p });
  return upwards({ k, n, p });
}

/** P(Bin <= k) for k at or below the mean, where the terms fall from k downwards. */
function downwards({ k, n, p }: { k: number; n: number; p: number }): number {
  const odds = (1 - p) / p;
  let term = 1;
  let sum = 1;
  for (let i = k; i >= 1 && term > sum * 1e-18; i -= 1) {
    term *= (i / (n - i + 1)) * odds;
    sum += term;
  }
  return Math.min(1, Math.exp(logChoose(n, k) + k * Math.log(p) + (n - k) * Math.log1p(-p) + Math.log(sum)));
}

/** P(Bin >= k) for k at or above the mean, where the terms fall from k upwards. */
function upwards({ k, n, p }: { k: number; n: number; p: number }): number {
  if (k > n) return 0;
  const odds = p / (1 - p);
  let term = 1;
  let sum = 1;
  for (let i = k; i < n && term > sum * 1e-18; i += 1) {
    term *= ((n - i) / (i + 1)) * odds;
    sum += term;
  }
  return Math.min(1, Math.exp(logChoose(n, k) + k * Math.log(p) + (n - k) * Math.log1p(-p) + Math.log(sum)));
}

/**
 * P(Poisson(mean) <= k). Summed from term k downwards: starting at exp(-mean) underflows for k above about 700
 * (statistics 7).
 */
export function poissonLowerTail(k: number, mean: number): number {
  if (mean <= 0) return 1;
  let logTerm = -mean;
  for (let i = 1; i <= k; i += 1) logTerm += Math.log(mean / i);
  let term = 1;
  let sum = 1;
  if (k <= mean) {
    for (let i = k; i >= 1 && term > sum * 1e-18; i -= 1) {
      term *= i / mean;
      sum += term;
    }
    return Math.min(1, Math.exp(logTerm + Math.log(sum)));
  }
  // Above the mean the terms fall upwards: one minus the terms k+1, k+2, …, which start at mean/(k+1) of term k.
  sum = 0;
  for (let i = k + 1; term > sum * 1e-18; i += 1) {
    term *= mean / i;
    sum += term;
  }
  return 1 - Math.exp(logTerm + Math.log(sum));
}

/** ln of the sum of exponentials, without overflow. The empty sum and a sum of nothing but -Infinity are -Infinity. */
export function logSumExp(values: readonly number[]): number {
  const largest = Math.max(Number.NEGATIVE_INFINITY, ...values);
  if (!Number.isFinite(largest)) return largest;
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

/**
 * The point where `isBelow` turns from true to false between `low` and `high`, to the last bit: at most 200 halvings,
 * fewer when the two ends are neighbours. Returns the upper end, so that an upper limit never errs on the short side.
 */
export function bisect(low: number, high: number, isBelow: (x: number) => boolean): number {
  let [below, above] = [low, high];
  for (let halving = 0; halving < 200; halving += 1) {
    const middle = below + (above - below) / 2;
    if (middle <= below || middle >= above) break;
    if (isBelow(middle)) below = middle;
    else above = middle;
  }
  return above;
}

const lanczos: readonly number[] = [
  0.9999999999998099, 676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 0.000009984369578019572, 1.5056327351493116e-7,
];

/** ln Gamma(x) for x > 0, by Lanczos' approximation with g = 7 and nine terms (relative error about 1e-15). */
export function logGamma(x: number): number {
  invariant(x > 0, 'logGamma is used for positive arguments only', { x });
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const shifted = x - 1;
  const series = lanczos.reduce(
    (sum, coefficient, index) => sum + (index === 0 ? coefficient : coefficient / (shifted + index)),
    0,
  );
  const t = shifted + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(series);
}

/** Regularised incomplete beta I_x(a, b), by Lentz' continued fraction on the side where it converges fast. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const logFront = logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x);
  if (x < (a + 1) / (a + b + 2)) return (Math.exp(logFront) * betaFraction(x, a, b)) / a;
  return 1 - (Math.exp(logFront) * betaFraction(1 - x, b, a)) / b;
}

function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const away = (value: number) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= 10_000; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return fraction;
}

/** The x with I_x(a, b) = probability, by bisection. For display bounds with shapes that are not whole numbers. */
export function betaQuantile(probability: number, a: number, b: number): number {
  return bisect(0, 1, (x) => incompleteBeta(x, a, b) < probability);
}

type Polynomials = { readonly top: readonly number[]; readonly bottom: readonly number[] };

const central: Polynomials = {
  top: [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
    33430.57558358813, 2509.0809287301227,
  ],
  bottom: [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
};
const middle: Polynomials = {
  top: [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  bottom: [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
};
const far: Polynomials = {
  top: [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
  ],
  bottom: [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 0.000018463183175100548,
    1.421511758316446e-7, 2.0442631033899397e-15,
  ],
};

/** Standard normal quantile by Wichura's algorithm AS241 (PPND16, relative error about 1e-16), for 0 < p < 1. */
export function normalQuantile(p: number): number {
  invariant(p > 0 && p < 1, 'a probability strictly between 0 and 1 is expected', { p });
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * quotient(central, 0.180625 - q * q);
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const value = r <= 5 ? quotient(middle, r - 1.6) : quotient(far, r - 5);
  return q < 0 ? -value : value;
}

function quotient({ top, bottom }: Polynomials, x: number): number {
  const at = (coefficients: readonly number[]) =>
    coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
  return at(top) / at(bottom);
}
