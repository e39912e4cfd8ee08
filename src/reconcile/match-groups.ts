import type { CompareRules } from '../model/compare-rules.js';
import type { CurrencyCode } from '../model/currency.js';
import { toMinorUnits, zero, toDecimal, Decimal } from '../model/money.js';
import { dateInZone } from '../model/period.js';
import type { FormRow } from '../model/prepared.js';
import { assign, maxAssignment } from './assignment.js';
import type { FormGroup } from './comparison-form.js';
import { compareText } from './text-order.js';

export type TaxScope = 'line' | 'document' | 'off';

/** How groups of lines of the two sides belong together. */
export type GroupLink =
  | { readonly kind: 'matched'; readonly legacy: FormGroup; readonly solvimon: FormGroup; readonly rule: string }
  | {
      readonly kind: 'split';
      readonly legacy: readonly FormGroup[];
      readonly solvimon: readonly FormGroup[];
      readonly rule: string;
    }
  | {
      readonly kind: 'merged';
      readonly legacy: readonly FormGroup[];
      readonly solvimon: readonly FormGroup[];
      readonly rule: string;
    }
  | { readonly kind: 'only_legacy'; readonly legacy: FormGroup; readonly rule: string }
  | { readonly kind: 'only_solvimon'; readonly solvimon: FormGroup; readonly rule: string };

export type MatchOptions = {
  readonly currency: CurrencyCode;
  readonly taxScope: TaxScope;
  readonly rules: CompareRules;
};

/** What a row is judged by: net, or net with tax, rounded half-up to whole minor units. */
export function rowMinor(row: FormRow, options: Pick<MatchOptions, 'currency' | 'taxScope'>): bigint {
  if (options.taxScope !== 'line' || row.tax === null || row.tax === zero)
    return toMinorUnits(row.net, options.currency);
  return toMinorUnits(toDecimal(row.net).plus(row.tax), options.currency);
}

/** A search for split lines looks at no more than this many lines: every subset is tried, so a "no" is a proof. */
const maxParts = 12;

/**
 * Matches groups by charge key, class and period; then by the cheapest assignment among the same charge key; then one
 * line against several of the same charge key whose sum it is; then by equal money whatever the charge key. What is
 * left stands alone. Every group comes out once; the result does not depend on the order of the input (I5).
 */
export function matchGroups(
  legacyGroups: readonly FormGroup[],
  solvimonGroups: readonly FormGroup[],
  options: MatchOptions,
): readonly GroupLink[] {
  const links: GroupLink[] = [];
  const legacy = new Set(legacyGroups);
  const solvimon = new Set(solvimonGroups);
  const take = (left: FormGroup, right: FormGroup, rule: string) => {
    legacy.delete(left);
    solvimon.delete(right);
    links.push({ kind: 'matched', legacy: left, solvimon: right, rule });
  };
  matchExact(legacy, solvimon, (group) => exactKey(group.row, options.rules), take, 'charge_class_period');
  splitAndMerge(legacy, solvimon, options, links);
  for (const key of blockKeys(legacy, solvimon, chargeKeyOf)) {
    matchCheapest(inBlock(legacy, key, chargeKeyOf), inBlock(solvimon, key, chargeKeyOf), options, take, 'same_charge');
  }
  matchExact(
    legacy,
    solvimon,
    (group) =>
      group.row.lineClass === 'rounding'
        ? null
        : `${group.row.lineClass} ${rowMinor(group.row, options)} ${group.row.periodStart ?? ''}`,
    take,
    'equal_money',
  );
  for (const group of legacy) links.push({ kind: 'only_legacy', legacy: group, rule: 'no_counterpart' });
  for (const group of solvimon) links.push({ kind: 'only_solvimon', solvimon: group, rule: 'no_counterpart' });
  return links;
}

function exactKey(row: FormRow, rules: CompareRules): string {
  const at = (instant: FormRow['periodStart']) =>
    instant === null || rules.period === 'off'
      ? ''
      : rules.period === 'date'
        ? dateInZone(instant, rules.timezone)
        : instant;
  return [row.chargeKey, row.lineClass, at(row.periodStart), at(row.periodEnd)].join('\u001f');
}

const chargeKeyOf = (group: FormGroup) => `${group.row.chargeKey}\u001f${group.row.lineClass}`;

function blockKeys(
  legacy: ReadonlySet<FormGroup>,
  solvimon: ReadonlySet<FormGroup>,
  keyOf: (group: FormGroup) => string,
): readonly string[] {
  const right = new Set([...solvimon].map(keyOf));
  return [...new Set([...legacy].map(keyOf))].filter((key) => right.has(key)).sort(compareText);
}

function inBlock(
  groups: ReadonlySet<FormGroup>,
  key: string,
  keyOf: (group: FormGroup) => string,
): readonly FormGroup[] {
  return [...groups].filter((group) => keyOf(group) === key);
}

/** Pairs groups with the same key, equal copies in order. */
function matchExact(
  legacy: ReadonlySet<FormGroup>,
  solvimon: ReadonlySet<FormGroup>,
  keyOf: (group: FormGroup) => string | null,
  take: (left: FormGroup, right: FormGroup, rule: string) => void,
  rule: string,
): void {
  const waiting = new Map<string, FormGroup[]>();
  for (const group of solvimon) {
    const key = keyOf(group);
    if (key !== null) waiting.set(key, [...(waiting.get(key) ?? []), group]);
  }
  for (const group of Array.from(legacy)) {
    const key = keyOf(group);
    const partner = key === null ? undefined : waiting.get(key)?.shift();
    if (partner !== undefined) take(group, partner, rule);
  }
}

function matchCheapest(
  legacy: readonly FormGroup[],
  solvimon: readonly FormGroup[],
  options: MatchOptions,
  take: (left: FormGroup, right: FormGroup, rule: string) => void,
  rule: string,
): void {
  if (legacy.length > maxAssignment || solvimon.length > maxAssignment) {
    // Too many for an exact assignment: in order of money, which is said in the rule.
    const byMoney = (groups: readonly FormGroup[]) =>
      [...groups].sort((a, b) => compareBig(rowMinor(a.row, options), rowMinor(b.row, options)));
    const right = byMoney(solvimon);
    byMoney(legacy).forEach((group, index) => {
      const partner = right[index];
      if (partner !== undefined) take(group, partner, `${rule}_in_order_of_money`);
    });
    return;
  }
  const costs = legacy.map((one) => solvimon.map((other) => groupCost(one.row, other.row, options)));
  assign(costs, solvimon.length).forEach((column, row) => {
    const [one, other] = [legacy[row], solvimon[column]];
    if (one !== undefined && other !== undefined) take(one, other, rule);
  });
}

function compareBig(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Difference in money first, then whether the periods begin and end alike. */
function groupCost(one: FormRow, other: FormRow, options: MatchOptions): bigint {
  const difference = rowMinor(one, options) - rowMinor(other, options);
  const periods = (one.periodStart === other.periodStart ? 0n : 1n) + (one.periodEnd === other.periodEnd ? 0n : 1n);
  return (difference < 0n ? -difference : difference) * 4n + periods;
}

/** One line against two or more of the same charge key whose money it is exactly. */
function splitAndMerge(
  legacy: Set<FormGroup>,
  solvimon: Set<FormGroup>,
  options: MatchOptions,
  links: GroupLink[],
): void {
  for (const key of blockKeys(legacy, solvimon, chargeKeyOf)) {
    const left = inBlock(legacy, key, chargeKeyOf);
    const right = inBlock(solvimon, key, chargeKeyOf);
    if (left.length === 1 && right.length > 1) {
      const parts = left[0] === undefined ? null : partsOf(left[0], right, options);
      if (parts === null || left[0] === undefined) continue;
      links.push({ kind: 'split', legacy: left, solvimon: parts, rule: 'exact_sum' });
      legacy.delete(left[0]);
      for (const part of parts) solvimon.delete(part);
    } else if (right.length === 1 && left.length > 1) {
      const parts = right[0] === undefined ? null : partsOf(right[0], left, options);
      if (parts === null || right[0] === undefined) continue;
      links.push({ kind: 'merged', legacy: parts, solvimon: right, rule: 'exact_sum' });
      solvimon.delete(right[0]);
      for (const part of parts) legacy.delete(part);
    }
  }
}

function partsOf(
  whole: FormGroup,
  candidates: readonly FormGroup[],
  options: MatchOptions,
): readonly FormGroup[] | null {
  if (candidates.length > maxParts) return null;
  const target = rowMinor(whole.row, options);
  const amounts = candidates.map((group) => rowMinor(group.row, options));
  if (amounts.includes(target)) return null;
  for (let mask = (1 << candidates.length) - 1; mask > 0; mask -= 1) {
    const chosen = candidates.filter((_unused, index) => (mask & (1 << index)) !== 0);
    if (chosen.length < 2) continue;
    const sum = amounts.reduce((total, amount, index) => ((mask & (1 << index)) === 0 ? total : total + amount), 0n);
    if (sum === target) return chosen;
  }
  return null;
}

/** Sum of a decimal field over groups, exact. */
export function sumNet(groups: readonly FormGroup[]): Decimal {
  return groups.reduce((sum, group) => sum.plus(group.row.net), new Decimal(0));
}
