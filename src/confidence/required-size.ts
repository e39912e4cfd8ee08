import { invariant } from '../model/invariant.js';
import { type Count, logEvidenceCount, meetsRiskLimit } from './e-process.js';

/** What the evidence must show: tolerated rate m and risk limit alpha. */
export type Claim = { readonly m: number; readonly alpha: number };

/** Smallest n with E(n, k, m) >= 1/alpha: how many customers the claim needs when k of them are bad. */
export function requiredCustomers(k: number, { m, alpha }: Claim): number {
  invariant(m > 0 && m < 1 && alpha > 0 && alpha < 1, 'rates strictly between 0 and 1 are expected', { m, alpha });
  const isEnough = (n: number) => meetsRiskLimit(logEvidenceCount({ n, k }, m), alpha);
  let short = k - 1;
  let enough = k + 1;
  // E grows without bound in the clean customers, so the doubling ends; the invariant holds it to whole numbers we can count.
  while (!isEnough(enough)) {
    short = enough;
    enough = enough * 2;
    invariant(Number.isSafeInteger(enough), 'the required number of customers must be countable', { k, m, alpha });
  }
  while (enough - short > 1) {
    const n = Math.floor((short + enough) / 2);
    if (n >= k && isEnough(n)) enough = n;
    else short = n;
  }
  return enough;
}

/** Customers still missing if no further one is bad (the best case). */
export function moreCustomersIfClean({ n, k }: Count, claim: Claim): number {
  return Math.max(0, requiredCustomers(k, claim) - n);
}

/** Either a number of further customers, or the news that more data cannot help: the causes must go first. */
export type RateForecast =
  | { readonly kind: 'customers'; readonly more: number }
  | { readonly kind: 'remove_causes_first' };

/** Forecasts beyond this many further bad customers are no plan; the answer is then to remove causes. */
const maxFurtherBad = 2_000;

/**
 * Smallest x with E(n + x, k + ceil(p x), m) >= 1/alpha at the smoothed observed rate p = (k + 1/2) / (n + 1);
 * `remove_causes_first` when p >= m, or when the evidence would not arrive at that rate. The ceiling is exact: p is the
 * fraction (2k+1)/(2n+2).
 */
export function moreCustomersAtRate({ n, k }: Count, claim: Claim): RateForecast {
  if (meetsRiskLimit(logEvidenceCount({ n, k }, claim.m), claim.alpha)) return { kind: 'customers', more: 0 };
  const [top, bottom] = [2 * k + 1, 2 * n + 2];
  if (top / bottom >= claim.m) return { kind: 'remove_causes_first' };
  for (let furtherBad = 1; furtherBad <= maxFurtherBad; furtherBad += 1) {
    // ceil(p x) = furtherBad holds for x in (firstX - 1, lastX]; within it more customers only help.
    const firstX = Math.floor(((furtherBad - 1) * bottom) / top) + 1;
    const lastX = Math.floor((furtherBad * bottom) / top);
    const more = Math.max(firstX, requiredCustomers(k + furtherBad, claim) - n);
    if (more <= lastX) return { kind: 'customers', more };
  }
  return { kind: 'remove_causes_first' };
}

/**
 * Value still to be reconciled, in minor units, if it is all clean: nRequired(0, m, alpha) * J - sum of bases. Clean
 * customers give at least the evidence of sum(base)/J whole units.
 */
export function moreValueMinor(input: {
  readonly reconciledMinor: bigint;
  readonly capMinor: bigint;
  readonly claim: Claim;
}): bigint {
  const needed = BigInt(requiredCustomers(0, input.claim)) * input.capMinor - input.reconciledMinor;
  return needed > 0n ? needed : 0n;
}

/** Cycles still needed, or the news that waiting does not help because no further customer matures. */
export type CycleForecast =
  | { readonly kind: 'cycles'; readonly cycles: number }
  | { readonly kind: 'add_customers'; readonly more: number };

/** max(minObserved - observed, ceil(more / mature customers added per cycle)), never below 0. */
export function cyclesNeeded(input: {
  readonly moreCustomers: number;
  readonly maturePerCycle: number;
  readonly minObserved: number;
  readonly cyclesObserved: number;
}): CycleForecast {
  const forTime = Math.max(0, input.minObserved - input.cyclesObserved);
  if (input.moreCustomers === 0) return { kind: 'cycles', cycles: forTime };
  if (input.maturePerCycle <= 0) return { kind: 'add_customers', more: input.moreCustomers };
  return { kind: 'cycles', cycles: Math.max(forTime, Math.ceil(input.moreCustomers / input.maturePerCycle)) };
}
