import { invariant } from '../model/invariant.js';
import { compareBytes } from './seeded-order.js';

/** What a customer is, by feature name: plan, currency, model, … A missing feature is named as such, never left out. */
export type Features = Readonly<Record<string, string>>;

/** All t-way combinations of a customer's features as canonical text, in byte order of the feature names. */
export function combosOf(features: Features, t: number): readonly string[] {
  const names = Object.keys(features).sort(compareBytes);
  return subsetsOf(names, t).map((subset) => JSON.stringify(subset.map((name) => [name, features[name]])));
}

/** Subsets of size t in the order of the list. */
export function subsetsOf<Item>(items: readonly Item[], t: number): readonly (readonly Item[])[] {
  invariant(Number.isSafeInteger(t) && t >= 1, 'a strength of at least one is expected', { t });
  let partial: (readonly [next: number, chosen: readonly Item[]])[] = [[0, []]];
  for (let size = 0; size < t; size += 1) {
    partial = partial.flatMap(([next, chosen]) =>
      items.slice(next).map((item, index) => [next + index + 1, [...chosen, item]] as const),
    );
  }
  return partial.map(([, chosen]) => chosen);
}

/** t-way coverage by NIST IR 7878: value combinations covered, and feature sets all of whose combinations are covered. */
export type TwayCoverage = {
  readonly covered: number;
  readonly total: number;
  readonly full: number;
  readonly sets: number;
};

/** Measures rows against a universe of values per feature. */
export function twayCoverage(
  rows: readonly Features[],
  universe: Readonly<Record<string, readonly string[]>>,
  t: number,
): TwayCoverage {
  const seen = new Set(rows.flatMap((row) => combosOf(row, t)));
  const sets = subsetsOf(Object.keys(universe).sort(compareBytes), t);
  let [covered, total, full] = [0, 0, 0];
  for (const set of sets) {
    const possible = set.reduce<Features[]>(
      (rows2, name) => rows2.flatMap((row) => (universe[name] ?? []).map((value) => ({ ...row, [name]: value }))),
      [{}],
    );
    const hit = possible.filter((row) => combosOf(row, t).every((combo) => seen.has(combo))).length;
    covered += hit;
    total += possible.length;
    if (hit === possible.length) full += 1;
  }
  return { covered, total, full, sets: sets.length };
}

/** Weight of every combination: how many customers of the frame carry it. */
export function comboWeights(frame: readonly Features[], t: number): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const combo of frame.flatMap((features) => combosOf(features, t)))
    weights.set(combo, (weights.get(combo) ?? 0) + 1);
  return weights;
}

/** Share of the frame's combination weight that is covered, the `featureCoverage` of the gate; `null` for an empty frame. */
export function weightedCoverage(weights: ReadonlyMap<string, number>, covered: ReadonlySet<string>): number | null {
  let [hit, total] = [0, 0];
  for (const [combo, weight] of weights) {
    total += weight;
    if (covered.has(combo)) hit += weight;
  }
  return total === 0 ? null : hit / total;
}
