import { largestRemainder } from '../model/apportion.js';
import { invariant } from '../model/invariant.js';
import { rational } from '../model/rational.js';
import { combosOf, type Features, weightedCoverage } from './coverage.js';
import { compareBytes } from './seeded-order.js';

/** A customer who may be taken. Revenue in minor units of the reporting currency per month. */
export type Candidate = { readonly id: string; readonly revenueMinor: bigint; readonly features: Features };

export type Core = {
  readonly ids: readonly string[];
  readonly revenueMinor: bigint;
  /** Weighted coverage after the core, `null` when the frame has no combination. */
  readonly coverage: number | null;
  readonly covered: ReadonlySet<string>;
};

/**
 * Greedy coverage core: again and again the candidate with the most weight in combinations not covered yet; ties go to
 * the lower revenue, then to the id in byte order; nobody above the customer cap or who would break the revenue cap; it
 * stops when nobody adds anything. Within 1 - 1/e of the best core for a pure seat limit.
 */
export function proposeCore(input: {
  readonly candidates: readonly Candidate[];
  readonly weights: ReadonlyMap<string, number>;
  readonly covered?: ReadonlySet<string>;
  readonly strength: number;
  readonly seats: number;
  readonly revenueCapMinor: bigint;
  readonly perCustomerCapMinor: bigint;
}): Core {
  const covered = new Set(input.covered ?? []);
  const ids: string[] = [];
  let revenueMinor = 0n;
  let left = input.candidates
    .filter((candidate) => candidate.revenueMinor <= input.perCustomerCapMinor)
    .map((candidate) => ({ ...candidate, combos: combosOf(candidate.features, input.strength) }));
  while (ids.length < input.seats) {
    const affordable = left.filter((candidate) => revenueMinor + candidate.revenueMinor <= input.revenueCapMinor);
    const best = affordable
      .map((candidate) => ({ candidate, gain: gainOf(candidate.combos, input.weights, covered) }))
      .sort(
        (a, b) =>
          b.gain - a.gain ||
          compareBigint(a.candidate.revenueMinor, b.candidate.revenueMinor) ||
          compareBytes(a.candidate.id, b.candidate.id),
      )[0];
    if (best === undefined || best.gain === 0) break;
    ids.push(best.candidate.id);
    revenueMinor += best.candidate.revenueMinor;
    for (const combo of best.candidate.combos) covered.add(combo);
    left = left.filter((candidate) => candidate.id !== best.candidate.id);
  }
  return { ids, revenueMinor, coverage: weightedCoverage(input.weights, covered), covered };
}

function gainOf(combos: readonly string[], weights: ReadonlyMap<string, number>, covered: ReadonlySet<string>): number {
  return combos.reduce((sum, combo) => (covered.has(combo) ? sum : sum + (weights.get(combo) ?? 0)), 0);
}

function compareBigint(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Seats per stratum in proportion to the frame, by largest remainder, ties in byte order of the stratum. A stratum with
 * at least `minShare` of the customers gets one seat at least, taken from the stratum with the most seats, as long as
 * seats last. No stratum gets more seats than it has customers. Throws an invariant failure on an empty frame.
 */
export function proportionalSeats(input: {
  readonly counts: ReadonlyMap<string, number>;
  readonly seats: number;
  readonly minShare?: number;
}): ReadonlyMap<string, number> {
  const { counts, minShare = 0.02 } = input;
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  invariant(total > 0, 'strata need at least one customer');
  const seats = Math.min(input.seats, total);
  const names = [...counts.keys()].sort(compareBytes);
  const parts = names.map(
    (name) => [name, rational(BigInt(seats) * BigInt(counts.get(name) ?? 0), BigInt(total))] as const,
  );
  const result = new Map([...largestRemainder(parts, BigInt(seats))].map(([name, units]) => [name, Number(units)]));
  for (const name of names) {
    if ((counts.get(name) ?? 0) / total < minShare || (result.get(name) ?? 0) > 0) continue;
    const richest = [...names].sort((a, b) => (result.get(b) ?? 0) - (result.get(a) ?? 0) || compareBytes(a, b))[0];
    if (richest === undefined || (result.get(richest) ?? 0) < 2) break;
    result.set(richest, (result.get(richest) ?? 0) - 1);
    result.set(name, 1);
  }
  return result;
}
