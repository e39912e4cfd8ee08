import { invariant } from '../model/invariant.js';
import { rational, rationalToNumber } from '../model/rational.js';
import { logSumExp } from './special-functions.js';

/**
 * The fixed grid of the default evidence, with the version that every number made with it carries. Bettor j stakes the
 * fraction c and is sharpest when the true rate is (1 - c) * tolerance. Never tuned after data was seen: a new grid is a
 * new version (statistics 2.3).
 */
export const gridVersion = 'eprocess-v1';
const grid = [
  { c: 1, weight: 0.4 },
  { c: 0.9, weight: 0.2 },
  { c: 0.75, weight: 0.2 },
  { c: 0.5, weight: 0.2 },
] as const;

/** Mature customers and the bad ones among them. */
export type Count = { readonly n: number; readonly k: number };

/** `count` alike customers: base and misstated amount of each in minor units, 0 <= misstated <= base <= cap. */
export type ValueItem = readonly [count: number, baseMinor: bigint, misstatedMinor: bigint];

/** Value items with the cap J of the frame in minor units; customers with a larger base belong to the top stratum. */
export type ValueSample = { readonly items: readonly ValueItem[]; readonly capMinor: bigint };

/**
 * ln E for the count test of "the bad-customer rate is at least m": E = sum_j w_j (1 + c_j m/(1-m))^(n-k) (1-c_j)^k with
 * 0^0 = 1. Computed in logs, so a million customers cannot overflow. Needs 0 <= m < 1. E stays at 1 for n = 0.
 */
export function logEvidenceCount({ n, k }: Count, m: number): number {
  invariant([n, k].every(Number.isSafeInteger) && 0 <= k && k <= n, 'whole counts with 0 <= k <= n are expected', {
    n,
    k,
  });
  checkRate(m);
  // Nothing seen is E = 1 to the last bit, not one plus the rounding of the weights' sum.
  if (n === 0) return 0;
  return logSumExp(
    grid.map(({ c, weight }) => {
      const clean = n === k ? 0 : (n - k) * Math.log1p((c * m) / (1 - m));
      const bad = k === 0 ? 0 : k * Math.log1p(-c);
      return Math.log(weight) + clean + bad;
    }),
  );
}

/**
 * ln E for the value test of "the misstated share of value is at least m": every customer bets in proportion to
 * v = base / cap, with taint tau = misstated / base (0 for a base of 0):
 * E = sum_j w_j prod_i [1 + c_j v_i (m - tau_i) / (1 - m)]. Depends only on the multiset of items, never on their order:
 * items are sorted before the floating sum, so a re-sorted file gives the same bits.
 */
export function logEvidenceValue(sample: ValueSample, m: number): number {
  checkRate(m);
  return logEvidenceOfStakes(stakesOf(sample), m);
}

/** One group of alike customers as the bettors see it. */
export type Stake = { readonly count: number; readonly v: number; readonly taint: number };

/** Stakes of a value sample, equal ones merged and in one fixed order. Throws an invariant failure on amounts out of range. */
export function stakesOf({ items, capMinor }: ValueSample): readonly Stake[] {
  invariant(capMinor > 0n, 'the cap must be positive', { capMinor });
  const merged = new Map<string, { count: number; baseMinor: bigint; misstatedMinor: bigint }>();
  for (const [count, baseMinor, misstatedMinor] of items) {
    invariant(Number.isSafeInteger(count) && count >= 0, 'a whole count is expected', { count });
    invariant(
      0n <= misstatedMinor && misstatedMinor <= baseMinor && baseMinor <= capMinor,
      'amounts must satisfy 0 <= misstated <= base <= cap',
      { baseMinor, misstatedMinor, capMinor },
    );
    const key = `${baseMinor}/${misstatedMinor}`;
    const known = merged.get(key);
    if (known === undefined) merged.set(key, { count, baseMinor, misstatedMinor });
    else known.count += count;
  }
  const ordered = [...merged.values()].sort(
    (a, b) => compareBigint(a.baseMinor, b.baseMinor) || compareBigint(a.misstatedMinor, b.misstatedMinor),
  );
  return ordered.map(({ count, baseMinor, misstatedMinor }) => ({
    count,
    v: rationalToNumber(rational(baseMinor, capMinor)),
    taint: baseMinor === 0n ? 0 : rationalToNumber(rational(misstatedMinor, baseMinor)),
  }));
}

/** ln E of stakes already made: for bisection, where the stakes stay and only m moves. */
export function logEvidenceOfStakes(stakes: readonly Stake[], m: number): number {
  if (!stakes.some(({ count, v }) => count > 0 && v > 0)) return 0;
  return logSumExp(
    grid.map(({ c, weight }) =>
      stakes.reduce(
        (sum, { count, v, taint }) => (count === 0 ? sum : sum + count * Math.log1p((c * v * (m - taint)) / (1 - m))),
        Math.log(weight),
      ),
    ),
  );
}

/** E as a plain number for display and storage; beyond the range of a double it stands still at the largest one. */
export function evidenceOf(logE: number): number {
  return Math.min(Number.MAX_VALUE, Math.exp(logE));
}

/** Whether E >= 1/alpha, inclusive, compared in logs. */
export function meetsRiskLimit(logE: number, alpha: number): boolean {
  return logE >= -Math.log(alpha);
}

/** Any-look confidence max(0, 1 - 1/E). */
export function confidenceOf(logE: number): number {
  return Math.max(0, -Math.expm1(-logE));
}

function checkRate(m: number): void {
  invariant(m >= 0 && m < 1, 'a tolerated rate in [0, 1) is expected', { m });
}

function compareBigint(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
