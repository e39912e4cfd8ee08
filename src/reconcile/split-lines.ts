import { Decimal, toDecimal } from '../model/money.js';
import type { FormGroup } from '../model/prepared.js';
import { exactManyToMany, exactSubsets, maxManyToMany, maxSubsetCandidates } from './exact-subset.js';
import { contentKey, inUnitOrder } from './line-units.js';
import { type GroupLink, type MatchOptions, rowMinor } from './group-link.js';
import { compareText } from './text-order.js';

/** Lines found to be split or merged, what is left, and what the search can say about the rest. */
export type Splits = {
  readonly links: readonly GroupLink[];
  readonly legacy: readonly FormGroup[];
  readonly solvimon: readonly FormGroup[];
  /** `no_exact_subset` is a proof that nothing adds up; `subset_bound_reached` says that nobody looked at everything. */
  readonly rules: readonly string[];
};

type State = { legacy: FormGroup[]; solvimon: FormGroup[]; links: GroupLink[]; rules: Set<string> };

/**
 * Finds lines that were split or merged among the lines of one charge: one against several, several against one, several
 * against several. Equal money alone is no proof among many candidates (twelve amounts make 4,083 sums), so a subset
 * needs a second witness: its quantities add up too, or its periods tile that of the whole, or it is all there is. Two
 * different subsets that are equally good are reported as ambiguous and never picked.
 */
export function findSplits(
  legacyUnits: readonly FormGroup[],
  solvimonUnits: readonly FormGroup[],
  options: MatchOptions,
): Splits {
  const state: State = {
    legacy: inUnitOrder(legacyUnits),
    solvimon: inUnitOrder(solvimonUnits),
    links: [],
    rules: new Set(),
  };
  if (state.legacy.length + state.solvimon.length > 2) {
    oneAgainstMany(state, 'legacy', options);
    oneAgainstMany(state, 'solvimon', options);
    manyAgainstMany(state, options);
  }
  return { links: state.links, legacy: state.legacy, solvimon: state.solvimon, rules: [...state.rules] };
}

function oneAgainstMany(state: State, wholeSide: 'legacy' | 'solvimon', options: MatchOptions): void {
  const partSide = wholeSide === 'legacy' ? 'solvimon' : 'legacy';
  for (const whole of Array.from(state[wholeSide])) {
    const candidates = state[partSide];
    if (candidates.length < 2) return;
    if (candidates.length > maxSubsetCandidates) {
      state.rules.add('subset_bound_reached');
      return;
    }
    const target = rowMinor(whole.row, options);
    const amounts = candidates.map((part) => rowMinor(part.row, options));
    if (target === 0n || amounts.includes(target)) continue;
    const answer = exactSubsets(amounts, target);
    if (answer.kind !== 'found') {
      state.rules.add(answer.kind === 'none' ? 'no_exact_subset' : 'subset_bound_reached');
      continue;
    }
    const subsets = distinct(answer.subsets.map((indices) => indices.map((index) => candidates[index] as FormGroup)));
    const witnessed = subsets.filter((parts) => quantitiesAddUp([whole], parts) || periodsTile(whole, parts));
    const exhausting = subsets.filter((parts) => parts.length === candidates.length);
    const isOnlyWhole = state[wholeSide].length === 1;
    const good = witnessed.length > 0 ? witnessed : isOnlyWhole ? exhausting : [];
    const [parts] = good;
    if (parts === undefined) {
      state.rules.add('sum_without_a_second_witness');
      continue;
    }
    if (good.length > 1) {
      const involved = candidates.filter((part) => good.some((subset) => subset.includes(part)));
      push(state, 'ambiguous', wholeSide, [whole], involved, [`exact_sum_in_${good.length}_ways`]);
    } else {
      const witness = quantitiesAddUp([whole], parts)
        ? 'quantities_add_up'
        : periodsTile(whole, parts)
          ? 'periods_tile'
          : 'all_there_is';
      push(state, 'regrouped', wholeSide, [whole], parts, ['exact_sum', witness]);
    }
  }
}

function manyAgainstMany(state: State, options: MatchOptions): void {
  for (;;) {
    const { legacy, solvimon } = state;
    if (legacy.length < 2 || solvimon.length < 2) return;
    if (legacy.length > maxManyToMany || solvimon.length > maxManyToMany) {
      state.rules.add('subset_bound_reached');
      return;
    }
    const amounts = (units: readonly FormGroup[]) => units.map((unit) => rowMinor(unit.row, options));
    const answer = exactManyToMany(amounts(legacy), amounts(solvimon));
    if (answer.kind !== 'found') {
      state.rules.add(answer.kind === 'none' ? 'no_exact_subset' : 'subset_bound_reached');
      return;
    }
    const found = answer.pairs
      .map((pair) => ({
        legacy: pair.legacy.map((index) => legacy[index] as FormGroup),
        solvimon: pair.solvimon.map((index) => solvimon[index] as FormGroup),
      }))
      .filter((pair) => quantitiesAddUp(pair.legacy, pair.solvimon));
    const [first, second] = found;
    if (first === undefined) {
      state.rules.add('sum_without_a_second_witness');
      return;
    }
    const size = first.legacy.length + first.solvimon.length;
    const isRival =
      second !== undefined && second.legacy.length + second.solvimon.length === size && overlap(first, second);
    if (
      isRival &&
      signature([...first.legacy, ...first.solvimon]) !== signature([...second.legacy, ...second.solvimon])
    ) {
      state.rules.add('exact_sum_in_several_ways');
      return;
    }
    push(state, 'regrouped', 'legacy', first.legacy, first.solvimon, ['exact_sum', 'quantities_add_up']);
  }
}

function overlap(
  a: { readonly legacy: readonly FormGroup[]; readonly solvimon: readonly FormGroup[] },
  b: { readonly legacy: readonly FormGroup[]; readonly solvimon: readonly FormGroup[] },
): boolean {
  return a.legacy.some((unit) => b.legacy.includes(unit)) || a.solvimon.some((unit) => b.solvimon.includes(unit));
}

function push(
  state: State,
  kind: 'regrouped' | 'ambiguous',
  wholeSide: 'legacy' | 'solvimon',
  wholes: readonly FormGroup[],
  parts: readonly FormGroup[],
  rules: readonly string[],
): void {
  const [legacy, solvimon] = wholeSide === 'legacy' ? [wholes, parts] : [parts, wholes];
  state.links.push({ kind, legacy, solvimon, rules: ['same_charge', ...rules] });
  state.legacy = state.legacy.filter((unit) => !legacy.includes(unit));
  state.solvimon = state.solvimon.filter((unit) => !solvimon.includes(unit));
}

/** Subsets that differ only in which of several equal copies they take are one subset. */
function distinct(subsets: readonly (readonly FormGroup[])[]): readonly (readonly FormGroup[])[] {
  const seen = new Map<string, readonly FormGroup[]>();
  for (const subset of subsets) {
    const key = signature(subset);
    if (!seen.has(key)) seen.set(key, subset);
  }
  return [...seen.values()];
}

function signature(units: readonly FormGroup[]): string {
  return units.map(contentKey).sort(compareText).join('\u001e');
}

function quantitiesAddUp(wholes: readonly FormGroup[], parts: readonly FormGroup[]): boolean {
  const total = (units: readonly FormGroup[]): Decimal | null => {
    let sum = new Decimal(0);
    for (const { row } of units) {
      if (row.quantity === null) return null;
      sum = sum.plus(toDecimal(row.quantity));
    }
    return sum;
  };
  const [a, b] = [total(wholes), total(parts)];
  return a !== null && b !== null && !a.isZero() && a.equals(b);
}

/** The parts' periods follow each other without a gap from the start of the whole to its end. */
function periodsTile(whole: FormGroup, parts: readonly FormGroup[]): boolean {
  const { periodStart, periodEnd } = whole.row;
  if (periodStart === null || periodEnd === null) return false;
  const periods = parts
    .map(({ row }) => ({ start: row.periodStart, end: row.periodEnd }))
    .sort((a, b) => compareText(a.start ?? '', b.start ?? ''));
  let at: string = periodStart;
  for (const period of periods) {
    if (period.start !== at || period.end === null || period.end <= at) return false;
    at = period.end;
  }
  return at === periodEnd && parts.length > 1;
}
