import { assignAlike, maxAssignment } from './assignment.js';
import type { FormGroup } from '../model/prepared.js';
import { dimensionsKey, inUnitOrder, unitOrder } from './line-units.js';
import { type GroupLink, type MatchOptions, rowMinor } from './group-link.js';
import { msOfInstant } from '../model/period.js';

/** Links that a stage made, and what it left. */
export type Matched = {
  readonly links: readonly GroupLink[];
  readonly legacy: readonly FormGroup[];
  readonly solvimon: readonly FormGroup[];
};

/** Pairs lines that say exactly the same; equal copies are interchangeable and paired in order. */
export function matchContent(
  legacy: readonly FormGroup[],
  solvimon: readonly FormGroup[],
  keyOf: (unit: FormGroup) => string,
  rules: readonly string[],
): Matched {
  const waiting = new Map<string, FormGroup[]>();
  for (const unit of solvimon) {
    const key = keyOf(unit);
    const same = waiting.get(key);
    if (same === undefined) waiting.set(key, [unit]);
    else same.push(unit);
  }
  const links: GroupLink[] = [];
  const left: FormGroup[] = [];
  const taken = new Set<FormGroup>();
  for (const unit of legacy) {
    const partner = waiting.get(keyOf(unit))?.shift();
    if (partner === undefined) {
      left.push(unit);
      continue;
    }
    taken.add(partner);
    links.push({ kind: 'matched', legacy: unit, solvimon: partner, rules });
  }
  return { links, legacy: left, solvimon: solvimon.filter((unit) => !taken.has(unit)) };
}

/** Two services that begin more than this apart and do not overlap are not the same charge of the same cycle. */
const nearMs = 72 * 3_600_000;

/*
 * What tells two lines apart, in hundred-thousandths of the larger amount: 100,000 is "all of the money differs". A stated
 * fact that differs weighs as much as a fifth to all of the money.
 */
const weights = { quantity: 20_000, unitPrice: 30_000, dimensions: 100_000, period: 30_000, description: 3_000 };
const moneyScale = 100_000n;
/** Another quantity, another price and a fifth of the money apart: another line, where there are several to choose from. */
const tooUnlike = 20_000;
/** Above any sum of real costs: two lines that cannot belong together. */
const impossible = 10_000_000;

/**
 * The cheapest assignment of lines of one charge key, each with at most one partner. More than `maxAssignment` lines of
 * one charge are first cut down by equal price and quantity and then taken in order of money, which the rules say.
 */
export function assignLines(
  legacy: readonly FormGroup[],
  solvimon: readonly FormGroup[],
  options: MatchOptions,
  rules: readonly string[],
): Matched {
  if (legacy.length === 0 || solvimon.length === 0) return { links: [], legacy, solvimon };
  const [left, right] = [inUnitOrder(legacy), inUnitOrder(solvimon)];
  if (left.length > maxAssignment || right.length > maxAssignment) return assignMany(left, right, options, rules);
  const candidates = { legacy: left.map(factsFor(options)), solvimon: right.map(factsFor(options)) };
  const costs = candidates.legacy.map((one) => candidates.solvimon.map((other) => lineCost(one, other, options)));
  const links: GroupLink[] = [];
  const taken = new Set<FormGroup>();
  assignAlike(costs, keysOf(left), keysOf(right)).forEach((column, row) => {
    const [one, other, cost] = [left[row], right[column], costs[row]?.[column]];
    if (one === undefined || other === undefined || cost === undefined || cost >= impossible) return;
    links.push({ kind: 'matched', legacy: one, solvimon: other, rules });
    taken.add(one).add(other);
  });
  return { links, legacy: left.filter((unit) => !taken.has(unit)), solvimon: right.filter((unit) => !taken.has(unit)) };
}

const keysOf = (units: readonly FormGroup[]) => units.map(unitOrder).join('\u001e');

function assignMany(
  legacy: readonly FormGroup[],
  solvimon: readonly FormGroup[],
  options: MatchOptions,
  rules: readonly string[],
): Matched {
  const facts = (unit: FormGroup) =>
    `${unit.row.quantity ?? ''}\u001f${unit.row.unitPrice ?? ''}\u001f${unit.row.periodStart ?? ''}\u001f${dimensionsKey(unit.lines)}`;
  const byFacts = matchContent(legacy, solvimon, facts, [...rules, 'same_facts']);
  const byMoney = (units: readonly FormGroup[]) =>
    [...units].sort((a, b) => compareBig(rowMinor(a.row, options), rowMinor(b.row, options)));
  const [left, right] = [byMoney(byFacts.legacy), byMoney(byFacts.solvimon)];
  const count = Math.min(left.length, right.length);
  const links: GroupLink[] = [];
  for (let at = 0; at < count; at += 1) {
    const [one, other] = [left[at], right[at]];
    if (one !== undefined && other !== undefined)
      links.push({ kind: 'matched', legacy: one, solvimon: other, rules: [...rules, 'in_order_of_money'] });
  }
  return { links: [...byFacts.links, ...links], legacy: left.slice(count), solvimon: right.slice(count) };
}

function compareBig(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What the costs of a line are made of, worked out once for all its candidates. */
type Candidate = { readonly unit: FormGroup; readonly minor: bigint; readonly dimensions: string };

const factsFor = (options: MatchOptions) => (unit: FormGroup) => ({
  unit,
  minor: rowMinor(unit.row, options),
  dimensions: dimensionsKey(unit.lines),
});

/** How unlike two lines are: a cost and no money, a whole number of hundred-thousandths. */
function lineCost(left: Candidate, right: Candidate, options: MatchOptions): number {
  const [one, other] = [left.unit, right.unit];
  if (options.rules.period !== 'off' && !canMeet(one, other)) return impossible;
  let cost = shareApart(left.minor, right.minor);
  const differs = (a: string | null, b: string | null) => a !== null && b !== null && a !== b;
  const isOtherQuantity = differs(one.row.quantity, other.row.quantity);
  const isOtherPrice = differs(one.row.unitPrice, other.row.unitPrice);
  if (isOtherQuantity && isOtherPrice && cost > tooUnlike) return impossible;
  if (isOtherQuantity) cost += weights.quantity;
  if (isOtherPrice) cost += weights.unitPrice;
  if (one.row.periodStart !== other.row.periodStart) cost += weights.period;
  if (one.row.periodEnd !== other.row.periodEnd) cost += weights.period;
  if (left.dimensions !== right.dimensions) cost += weights.dimensions;
  if (one.lines[0]?.description !== other.lines[0]?.description) cost += weights.description;
  return cost;
}

/** The part of the larger amount that two amounts are apart, in hundred-thousandths, cut to a whole number. */
export function shareApart(a: bigint, b: bigint): number {
  if (a === b) return 0;
  const larger = magnitude(a) > magnitude(b) ? magnitude(a) : magnitude(b);
  return Number((magnitude(a - b) * moneyScale) / larger);
}

function canMeet(one: FormGroup, other: FormGroup): boolean {
  const [start, end, otherStart, otherEnd] = [
    one.row.periodStart,
    one.row.periodEnd,
    other.row.periodStart,
    other.row.periodEnd,
  ];
  if (start !== null && start === otherStart && end === otherEnd) return true;
  if (start === null || end === null || otherStart === null || otherEnd === null) return true;
  if (start < otherEnd && otherStart < end) return true;
  return Math.abs(msOfInstant(start) - msOfInstant(otherStart)) <= nearMs;
}

const magnitude = (value: bigint) => (value < 0n ? -value : value);
