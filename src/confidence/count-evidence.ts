import type { Count } from './e-process.js';

export type EvidenceMode = 'strict' | 'discovery';

/** What one customer showed in one closed cycle. Fingerprints name the root causes of its mismatches beyond tolerance. */
export type Observation = {
  readonly customer: string;
  readonly cycle: string;
  /** Every pair and roster row final on both sides, none unreadable. */
  readonly isFrozen: boolean;
  readonly isClean: boolean;
  readonly fingerprints: readonly string[];
  /** Every one of those mismatches has a proven cause, so its root cause has an id that people can answer for. */
  readonly isExplained: boolean;
};

/** n and k of the inference, and why they are what they are. */
export type CountedEvidence = Count & {
  readonly mode: EvidenceMode;
  /** Why discovery was not allowed and strict was used; `null` when the asked mode was used. */
  readonly fallback: string | null;
  /** Customers who matured since the last change of behaviour and revealed no new cause. */
  readonly freshSinceFix: number;
  /** Who was counted, in the order of the input, and who of them counts as bad. */
  readonly mature: readonly string[];
  readonly bad: readonly string[];
  /** Customers with fewer frozen cycles than asked: they wait, and count neither way. */
  readonly immature: number;
};

/**
 * Counts mature customers and bad ones (statistics 2.6). A customer is mature with `minObserved` frozen cycles; every
 * observation of a customer that is not frozen is ignored, never taken as clean.
 *
 * strict: only cycles of the present epoch; bad is whoever had one unclean frozen cycle in it.
 * discovery: all cycles since `evidenceFrom`; bad is whoever was the FIRST to reveal a root cause never seen before, in
 * the order of `order` inside a cycle. A mismatch that appears in a cycle at or after a fix, in a customer that was there
 * before it, is a new cause whatever its fingerprint says. Falls back to strict when something unclean has no
 * proven cause (its root cause has no id; a customer whom nobody billed has not even a mismatch), or when fewer than `minFreshSinceFix` fresh customers matured since the last fix.
 */
export function countEvidence(input: {
  readonly observations: readonly Observation[];
  /** Customers who may feed the bound, in their fixed (seeded) order. Core and convenience members stay out. */
  readonly order: readonly string[];
  readonly mode: EvidenceMode;
  readonly minObserved: number;
  readonly minFreshSinceFix: number;
  /** First cycle whose evidence counts at all; null for all. */
  readonly evidenceFrom: string | null;
  /** First cycles of later epochs in order: fixes and changes of configuration. */
  readonly fixes: readonly string[];
}): CountedEvidence {
  const inOrder = new Set(input.order);
  const usable = input.observations.filter(
    ({ customer, cycle, isFrozen }) =>
      isFrozen && inOrder.has(customer) && (input.evidenceFrom === null || cycle >= input.evidenceFrom),
  );
  const lastFix = [...input.fixes].sort().at(-1) ?? null;
  const strict = () => strictCount(input, usable, lastFix);
  if (input.mode === 'strict') return { ...strict(), mode: 'strict', fallback: null };
  if (usable.some(({ isClean, isExplained, fingerprints }) => !isClean && (!isExplained || fingerprints.length === 0)))
    return {
      ...strict(),
      mode: 'strict',
      fallback: 'something is not clean and has no proven cause, so its root cause has no id',
    };
  const found = discoveryCount(input, usable, lastFix);
  if (lastFix !== null && found.freshSinceFix < input.minFreshSinceFix) {
    const fallback = `${found.freshSinceFix} fresh customers since the last change, ${input.minFreshSinceFix} are needed`;
    return { ...strict(), mode: 'strict', fallback };
  }
  return { ...found, mode: 'discovery', fallback: null };
}

type Bare = Omit<CountedEvidence, 'mode' | 'fallback'>;
type Input = Parameters<typeof countEvidence>[0];

function strictCount(input: Input, usable: readonly Observation[], lastFix: string | null): Bare {
  const current = usable.filter(({ cycle }) => lastFix === null || cycle >= lastFix);
  const byCustomer = groupByCustomer(current);
  const mature = input.order.filter((customer) => (byCustomer.get(customer)?.length ?? 0) >= input.minObserved);
  const isBad = (customer: string) => (byCustomer.get(customer) ?? []).some(({ isClean }) => !isClean);
  const bad = mature.filter(isBad);
  return {
    n: mature.length,
    k: bad.length,
    mature,
    bad,
    freshSinceFix: mature.length - bad.length,
    immature: input.order.length - mature.length,
  };
}

function discoveryCount(input: Input, usable: readonly Observation[], lastFix: string | null): Bare {
  const byCustomer = groupByCustomer(usable);
  const mature = input.order.filter((customer) => (byCustomer.get(customer)?.length ?? 0) >= input.minObserved);
  const rank = new Map(input.order.map((customer, index) => [customer, index]));
  const inTime = [...usable].sort(
    (a, b) =>
      (a.cycle < b.cycle ? -1 : a.cycle > b.cycle ? 1 : 0) || (rank.get(a.customer) ?? 0) - (rank.get(b.customer) ?? 0),
  );
  const seen = new Set<string>();
  const discoverers = new Set<string>();
  for (const { customer, cycle, fingerprints } of inTime) {
    const wasThere = (byCustomer.get(customer) ?? []).some((earlier) => lastFix !== null && earlier.cycle < lastFix);
    const isReplay = lastFix !== null && cycle >= lastFix && wasThere;
    if (fingerprints.length > 0 && (isReplay || fingerprints.some((one) => !seen.has(one)))) discoverers.add(customer);
    for (const one of fingerprints) seen.add(one);
  }
  const bad = mature.filter((customer) => discoverers.has(customer));
  const isFresh = (customer: string) =>
    lastFix === null || (byCustomer.get(customer) ?? []).every(({ cycle }) => cycle >= lastFix);
  const freshSinceFix = mature.filter((customer) => isFresh(customer) && !discoverers.has(customer)).length;
  return {
    n: mature.length,
    k: bad.length,
    mature,
    bad,
    freshSinceFix,
    immature: input.order.length - mature.length,
  };
}

/** Observations by customer, each in the order of the input. */
export function groupByCustomer(all: readonly Observation[]): ReadonlyMap<string, readonly Observation[]> {
  const map = new Map<string, Observation[]>();
  for (const one of all) {
    const own = map.get(one.customer);
    if (own === undefined) map.set(one.customer, [one]);
    else own.push(one);
  }
  return map;
}
