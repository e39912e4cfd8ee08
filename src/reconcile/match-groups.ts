import type { CompareRules } from '../model/compare-rules.js';
import { dateInZone } from '../model/period.js';
import type { FormRow } from '../model/prepared.js';
import { assignLines, type Matched, matchContent } from './assign-lines.js';
import type { FormGroup } from '../model/prepared.js';
import { type GroupLink, groupsOf, type MatchOptions, rowMinor, saysTheSame } from './group-link.js';
import { contentKey, unitsOf } from './line-units.js';
import { findSplits } from './split-lines.js';
import { compareText } from './text-order.js';

/** Links found so far, and what is still free on each side. */
type Work = { readonly legacy: Set<FormGroup>; readonly solvimon: Set<FormGroup>; readonly links: GroupLink[] };

/**
 * Matches the groups of two documents (or sets of documents), in stages of falling certainty: the same charge key, class
 * and period; inside a group that disagrees, line by line; among the same charge key, lines that add up to the same and
 * then the cheapest assignment; equal money whatever the charge key. What is left stands alone. Every line comes out
 * once; the result does not depend on the order of the input (I5).
 */
export function matchGroups(
  legacyGroups: readonly FormGroup[],
  solvimonGroups: readonly FormGroup[],
  options: MatchOptions,
): readonly GroupLink[] {
  const work: Work = { legacy: new Set(legacyGroups), solvimon: new Set(solvimonGroups), links: [] };
  matchByKey(
    work,
    (group) => exactKey(group.row, options.rules),
    (left, right) => {
      const inside = matchInside(left, right, options);
      work.links.push(...inside.links);
      for (const unit of inside.legacy) work.legacy.add(unit);
      for (const unit of inside.solvimon) work.solvimon.add(unit);
    },
  );
  for (const [left, right] of blocks(work)) matchBlock(work, left, right, options);
  matchByKey(
    work,
    (group) => moneyKey(group.row, options),
    (left, right) => work.links.push({ kind: 'matched', legacy: left, solvimon: right, rules: ['equal_money'] }),
  );
  for (const group of work.legacy) work.links.push({ kind: 'only_legacy', legacy: group, rules: ['no_counterpart'] });
  for (const group of work.solvimon)
    work.links.push({ kind: 'only_solvimon', solvimon: group, rules: ['no_counterpart'] });
  return work.links;
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

/** Money and period; null for rounding lines, whose equal cents mean nothing. */
function moneyKey(row: FormRow, options: MatchOptions): string | null {
  if (row.lineClass === 'rounding') return null;
  return `${row.lineClass} ${rowMinor(row, options)} ${row.periodStart ?? ''}`;
}

/** Pairs groups with the same key, equal copies in order; a null key pairs with nothing. */
function matchByKey(
  work: Work,
  keyOf: (group: FormGroup) => string | null,
  take: (left: FormGroup, right: FormGroup) => void,
): void {
  if (work.legacy.size === 0 || work.solvimon.size === 0) return;
  const waiting = new Map<string, FormGroup[]>();
  for (const group of work.solvimon) {
    const key = keyOf(group);
    if (key === null) continue;
    const same = waiting.get(key);
    if (same === undefined) waiting.set(key, [group]);
    else same.push(group);
  }
  for (const group of Array.from(work.legacy)) {
    const key = keyOf(group);
    const partner = key === null ? undefined : waiting.get(key)?.shift();
    if (partner === undefined) continue;
    work.legacy.delete(group);
    work.solvimon.delete(partner);
    take(group, partner);
  }
}

/** What is free on both sides of each charge key and class, in the order of the keys. */
function blocks(work: Work): readonly (readonly [readonly FormGroup[], readonly FormGroup[]])[] {
  if (work.legacy.size === 0 || work.solvimon.size === 0) return [];
  const byKey = new Map<string, [FormGroup[], FormGroup[]]>();
  const add = (group: FormGroup, side: 0 | 1) => {
    const key = `${group.row.chargeKey}\u001f${group.row.lineClass}`;
    const block = byKey.get(key) ?? [[], []];
    block[side].push(group);
    byKey.set(key, block);
  };
  for (const group of work.legacy) add(group, 0);
  for (const group of work.solvimon) add(group, 1);
  return [...byKey]
    .filter(([, [left, right]]) => left.length > 0 && right.length > 0)
    .sort(([a], [b]) => compareText(a, b))
    .map(([, block]) => block);
}

function matchBlock(work: Work, left: readonly FormGroup[], right: readonly FormGroup[], options: MatchOptions): void {
  const found = findSplits(left, right, options);
  const assigned = assignLines(found.legacy, found.solvimon, options, ['same_charge', ...found.rules]);
  for (const link of [...found.links, ...assigned.links]) {
    work.links.push(link);
    for (const group of groupsOf(link, 'legacy')) work.legacy.delete(group);
    for (const group of groupsOf(link, 'solvimon')) work.solvimon.delete(group);
  }
}

const byGroup = ['charge_class_period'];

/**
 * Two groups of the same charge key, class and period. When they agree as a whole, their lines are paired for show;
 * when not, the lines that say the same are set aside so that only what differs is explained, and lines that nothing
 * here pairs go on to the rest of their charge. Several lines that differ from one and add up to nothing stay a
 * difference of the whole group: tiers as lines of their own against one line, for instance.
 */
function matchInside(legacy: FormGroup, solvimon: FormGroup, options: MatchOptions): Matched {
  const whole: Matched = {
    links: [{ kind: 'matched', legacy, solvimon, rules: byGroup }],
    legacy: [],
    solvimon: [],
  };
  if (legacy.lines.length === 1 && solvimon.lines.length === 1) return whole;
  const [left, right] = [unitsOf(legacy), unitsOf(solvimon)];
  if (left.length === 1 && right.length === 1) return whole;
  const content = matchContent(left, right, contentKey, [...byGroup, 'same_content']);
  // Which of several equal lines is the copy nobody can say, so they stand together against the one.
  const isRepeated = left.length !== right.length && new Set([...left, ...right].map(contentKey)).size === 1;
  if (isRepeated && (left.length === 1 || right.length === 1)) return whole;
  if (saysTheSame(legacy.row, solvimon.row, options))
    return { links: [...content.links, ...restAsOne(content)], legacy: [], solvimon: [] };
  const splits = findSplits(content.legacy, content.solvimon, options);
  const isUnlike =
    content.links.length === 0 &&
    splits.links.length === 0 &&
    left.length !== right.length &&
    !hasCounterpart(left, right);
  if (isUnlike) return whole;
  const assigned = assignLines(splits.legacy, splits.solvimon, options, [...byGroup, ...splits.rules, 'line_by_line']);
  const found: Matched = { ...assigned, links: [...content.links, ...splits.links, ...assigned.links] };
  return sumsUp(found, legacy, solvimon, options) ? found : whole;
}

/** Whether some line can be told to be another line of the other side: by its quantity, or by a price not all share. */
function hasCounterpart(left: readonly FormGroup[], right: readonly FormGroup[]): boolean {
  const shared = (pick: (unit: FormGroup) => string | null) => {
    const others = new Set(right.map(pick));
    return left.some((unit) => pick(unit) !== null && others.has(pick(unit)));
  };
  const prices = new Set([...left, ...right].map((unit) => unit.row.unitPrice));
  return shared((unit) => unit.row.quantity) || (prices.size > 1 && shared((unit) => unit.row.unitPrice));
}

function restAsOne(rest: {
  readonly legacy: readonly FormGroup[];
  readonly solvimon: readonly FormGroup[];
}): readonly GroupLink[] {
  const { legacy, solvimon } = rest;
  if (legacy.length === 0 && solvimon.length === 0) return [];
  const [one] = legacy;
  const [other] = solvimon;
  if (legacy.length === 1 && solvimon.length === 1 && one !== undefined && other !== undefined)
    return [{ kind: 'matched', legacy: one, solvimon: other, rules: byGroup, isSettled: true }];
  return [{ kind: 'regrouped', legacy, solvimon, rules: [...byGroup, 'same_total'], isSettled: true }];
}

/** Amounts below the minor unit may round apart line by line: then the group is judged as a whole. */
function sumsUp(found: Matched, legacy: FormGroup, solvimon: FormGroup, options: MatchOptions): boolean {
  const total = (side: 'legacy' | 'solvimon') =>
    [...found.links.flatMap((link) => groupsOf(link, side)), ...found[side]].reduce(
      (sum, group) => sum + rowMinor(group.row, options),
      0n,
    );
  return total('legacy') === rowMinor(legacy.row, options) && total('solvimon') === rowMinor(solvimon.row, options);
}
