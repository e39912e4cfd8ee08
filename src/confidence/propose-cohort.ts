import { invariant } from '../model/invariant.js';
import { rational, rationalToNumber } from '../model/rational.js';
import { proportionalSeats, proposeCore } from './cohort-core.js';
import { combosOf, comboWeights, type Features, weightedCoverage } from './coverage.js';
import { compareBytes, seededOrder, sha256Hex } from './seeded-order.js';

/** A customer to be migrated. Revenue per month in minor units of the reporting currency; null when nobody knows it. */
export type FrameCustomer = {
  readonly id: string;
  readonly revenueMinor: bigint | null;
  readonly features: Features;
  /** plan x currency x complexity. */
  readonly stratum: string;
  /** Why the customer may not be taken now: an open dispute, a renewal in the window; null when nothing speaks against. */
  readonly exclusion: string | null;
};

export type Skipped = { readonly id: string; readonly why: string };

export type CohortProposal = {
  readonly core: readonly string[];
  readonly random: readonly string[];
  /** Stay on legacy to the very end. */
  readonly holdout: readonly string[];
  readonly skipped: readonly Skipped[];
  readonly report: {
    readonly revenueMinor: bigint;
    readonly revenueShare: number | null;
    readonly coverageBefore: number | null;
    readonly coverageAfter: number | null;
    /** Combinations nobody in the cohort shows, the most frequent first, with customers who have them. */
    readonly uncovered: readonly { readonly combo: string; readonly weight: number; readonly who: readonly string[] }[];
  };
};

export type ProposalInput = {
  readonly frame: readonly FrameCustomer[];
  /** Customers already in a cohort: they are not proposed again, and their combinations are covered. */
  readonly taken: ReadonlySet<string>;
  /** Individually shadow-clean customers, for a live cohort; null for a shadow cohort, which harms nobody. */
  readonly eligible: ReadonlySet<string> | null;
  readonly seats: number;
  readonly revenueCapMinor: bigint;
  readonly perCustomerCapMinor: bigint;
  readonly seed: string;
};

const strength = 2;
const holdoutShare = 0.1;
const coreShare = 0.4;
/** Of the frame's revenue: larger customers move one by one, last, with a named reviewer. */
const keyAccountPercent = 2n;
const shownUncovered = 20;

/**
 * The next cohort (statistics 4): holdout, coverage core, seeded random remainder, never over a cap. Deterministic: the
 * same input and seed give the same cohort on any machine and in any locale. Only `random` may feed a bound.
 */
export function proposeCohort(input: ProposalInput): CohortProposal {
  invariant(
    new Set(input.frame.map(({ id }) => id)).size === input.frame.length,
    'a customer stands in the frame once',
  );
  const holdout = holdoutOf(
    input.frame.map(({ id }) => id),
    input.seed,
  );
  const total = sumRevenue(input.frame);
  const { candidates, skipped } = sift(input, new Set(holdout), total);
  const weights = comboWeights(
    input.frame.map(({ features }) => features),
    strength,
  );
  const before = combosOfAll(input.frame.filter(({ id }) => input.taken.has(id)));
  const core = proposeCore({
    candidates: candidates.map(({ id, revenueMinor, features }) => ({
      id,
      revenueMinor: revenueMinor ?? 0n,
      features,
    })),
    weights,
    covered: before,
    strength,
    seats: Math.floor(input.seats * coreShare),
    revenueCapMinor: input.revenueCapMinor,
    perCustomerCapMinor: input.perCustomerCapMinor,
  });
  const rest = candidates.filter(({ id }) => !core.ids.includes(id));
  const drawn = drawRandom(rest, input, input.seats - core.ids.length, core.revenueMinor);
  const chosen = input.frame.filter(({ id }) => core.ids.includes(id) || drawn.ids.includes(id));
  const after = new Set([...before, ...combosOfAll(chosen)]);
  return {
    core: core.ids,
    random: drawn.ids,
    holdout,
    skipped: [...skipped, ...drawn.skipped].sort((a, b) => compareBytes(a.id, b.id)),
    report: {
      revenueMinor: drawn.revenueMinor,
      revenueShare: total === 0n ? null : rationalToNumber(rational(drawn.revenueMinor, total)),
      coverageBefore: weightedCoverage(weights, before),
      coverageAfter: weightedCoverage(weights, after),
      uncovered: uncoveredCombos(input.frame, weights, after),
    },
  };
}

/** Customers who stay on legacy to the very end: the lowest tenth of sha256(seed|holdout|id). */
export function holdoutOf(ids: readonly string[], seed: string): readonly string[] {
  return ids
    .map((id) => ({ id, rank: sha256Hex(`${seed}|holdout|${id}`) }))
    .sort((a, b) => compareBytes(a.rank, b.rank) || compareBytes(a.id, b.id))
    .slice(0, Math.floor(ids.length * holdoutShare))
    .map(({ id }) => id)
    .sort(compareBytes);
}

function sift(
  input: ProposalInput,
  holdout: ReadonlySet<string>,
  total: bigint,
): { readonly candidates: readonly FrameCustomer[]; readonly skipped: readonly Skipped[] } {
  const candidates: FrameCustomer[] = [];
  const skipped: Skipped[] = [];
  for (const customer of [...input.frame].sort((a, b) => compareBytes(a.id, b.id))) {
    if (input.taken.has(customer.id)) continue;
    const why = refusalOf(customer, input, holdout, total);
    if (why === null) candidates.push(customer);
    else skipped.push({ id: customer.id, why });
  }
  return { candidates, skipped };
}

function refusalOf(
  { id, revenueMinor, exclusion }: FrameCustomer,
  input: ProposalInput,
  holdout: ReadonlySet<string>,
  total: bigint,
): string | null {
  if (exclusion !== null) return exclusion;
  if (holdout.has(id)) return 'holdout';
  // A cap that cannot be checked is not kept.
  if (revenueMinor === null) return 'revenue unknown';
  if (revenueMinor * 100n > total * keyAccountPercent) return 'key account';
  if (revenueMinor > input.perCustomerCapMinor) return 'over the cap per customer';
  if (input.eligible !== null && !input.eligible.has(id)) return 'not individually clean';
  return null;
}

function drawRandom(
  rest: readonly FrameCustomer[],
  input: ProposalInput,
  seats: number,
  spentMinor: bigint,
): { readonly ids: readonly string[]; readonly skipped: readonly Skipped[]; readonly revenueMinor: bigint } {
  const ids: string[] = [];
  const skipped: Skipped[] = [];
  let revenueMinor = spentMinor;
  if (rest.length === 0 || seats <= 0) return { ids, skipped, revenueMinor };
  const byStratum = new Map<string, FrameCustomer[]>();
  for (const one of rest) byStratum.set(one.stratum, [...(byStratum.get(one.stratum) ?? []), one]);
  const counts = new Map([...byStratum].map(([name, own]) => [name, own.length]));
  const seatsOf = proportionalSeats({ counts, seats });
  for (const stratum of [...byStratum.keys()].sort(compareBytes)) {
    const own = new Map((byStratum.get(stratum) ?? []).map((one) => [one.id, one.revenueMinor ?? 0n]));
    let left = seatsOf.get(stratum) ?? 0;
    for (const id of seededOrder([...own.keys()], input.seed)) {
      if (left === 0) break;
      const revenue = own.get(id) ?? 0n;
      if (revenueMinor + revenue > input.revenueCapMinor) {
        skipped.push({ id, why: 'would break the revenue cap' });
        continue;
      }
      ids.push(id);
      revenueMinor += revenue;
      left -= 1;
    }
  }
  return { ids: ids.sort(compareBytes), skipped, revenueMinor };
}

/** All pairwise combinations that these customers show. */
export function combosOfAll(customers: readonly Pick<FrameCustomer, 'features'>[]): ReadonlySet<string> {
  return new Set(customers.flatMap(({ features }) => combosOf(features, strength)));
}

/** Share of the frame's combination weight that `shown` carries: the `featureCoverage` of the gate; null for no frame. */
export function featureCoverage(
  frame: readonly Pick<FrameCustomer, 'features'>[],
  shown: readonly Pick<FrameCustomer, 'features'>[],
): number | null {
  const weights = comboWeights(
    frame.map(({ features }) => features),
    strength,
  );
  return weightedCoverage(weights, combosOfAll(shown));
}

function uncoveredCombos(
  frame: readonly FrameCustomer[],
  weights: ReadonlyMap<string, number>,
  covered: ReadonlySet<string>,
): CohortProposal['report']['uncovered'] {
  return [...weights]
    .filter(([combo]) => !covered.has(combo))
    .sort(([a, x], [b, y]) => y - x || compareBytes(a, b))
    .slice(0, shownUncovered)
    .map(([combo, weight]) => ({
      combo,
      weight,
      who: frame
        .filter(({ features }) => combosOf(features, strength).includes(combo))
        .map(({ id }) => id)
        .sort(compareBytes)
        .slice(0, 3),
    }));
}

/** Revenue of customers whose revenue is known. */
export function sumRevenue(customers: readonly Pick<FrameCustomer, 'revenueMinor'>[]): bigint {
  return customers.reduce((sum, { revenueMinor }) => sum + (revenueMinor ?? 0n), 0n);
}
