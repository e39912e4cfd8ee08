import type { ValueItem } from './e-process.js';

/** One customer's money over the cycles that count, in minor units of the reporting currency. */
export type CustomerValue = { readonly customer: string; readonly baseMinor: bigint; readonly overMinor: bigint };

/** The value test's items, its cap, and the customers above the cap, who are looked at one by one. */
export type ValueFrame = {
  readonly items: readonly ValueItem[];
  /** J: 1 when there is no value at all, so that the cap stays positive and the evidence stays at 1. */
  readonly capMinor: bigint;
  readonly topStratum: readonly string[];
  readonly topStratumBad: readonly string[];
};

/** How many customers people can review one by one (statistics 2.5): 25, or a tenth of them when that is fewer. */
export function reviewBudget(customers: number): number {
  return Math.min(25, Math.floor(customers / 10));
}

/**
 * J is the smallest cap such that no more customers than the review budget are larger. Those form the top stratum: never
 * extrapolated, and any bad one fails the value evidence.
 */
export function frameValue(values: readonly CustomerValue[], budget = reviewBudget(values.length)): ValueFrame {
  const sizes = values.map(({ baseMinor }) => baseMinor).sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));
  const cap = sizes[Math.min(budget, sizes.length - 1)] ?? 0n;
  const capMinor = cap > 0n ? cap : 1n;
  const top = values.filter(({ baseMinor }) => baseMinor > capMinor);
  return {
    items: values
      .filter(({ baseMinor }) => baseMinor <= capMinor)
      .map(({ baseMinor, overMinor }) => [1, baseMinor, overMinor] as const),
    capMinor,
    topStratum: top.map(({ customer }) => customer).sort(),
    topStratumBad: top
      .filter(({ overMinor }) => overMinor > 0n)
      .map(({ customer }) => customer)
      .sort(),
  };
}
