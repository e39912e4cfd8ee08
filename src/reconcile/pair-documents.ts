import { toDecimal, toMinorUnits } from '../model/money.js';
import type { CustomerCase, PreparedDocument } from '../model/prepared.js';
import { assign, maxAssignment } from './assignment.js';
import { compareText } from './text-order.js';

/** Documents of one customer that are judged together. */
export type DocumentPair = {
  readonly legacy: readonly PreparedDocument[];
  readonly solvimon: readonly PreparedDocument[];
  readonly rules: readonly string[];
  /** Another pairing that costs the same and gives another result; empty when there is none. */
  readonly rivals: readonly { readonly legacy: PreparedDocument; readonly solvimon: PreparedDocument }[];
};

/** Costs above any real one keep the parts in order: shared charges count first, then money, then ids break ties. */
const chargeWeight = 1_000_000n;
const moneyScale = 100_000n;
/** A split or merged invoice has at most this many parts. */
const maxParts = 12;

/**
 * Pairs the documents of a customer: equal digests first, then within currency and kind by the cheapest assignment, then
 * one invoice against several whose sum it is, then what is left across currencies. Each document comes out exactly
 * once (I1), whatever the order of the input (I5).
 */
export function pairDocuments(input: Pick<CustomerCase, 'legacy' | 'solvimon'>): readonly DocumentPair[] {
  const legacy = sorted(input.legacy);
  const solvimon = sorted(input.solvimon);
  const pairs: DocumentPair[] = [];
  takeEqual(legacy, solvimon, pairs);
  for (const key of [...new Set([...legacy, ...solvimon].map(blockKey))].sort(compareText)) {
    takeSums(legacy, solvimon, key, pairs);
    takeBest(legacy, solvimon, key, pairs);
  }
  foldCredits(legacy, solvimon, pairs);
  takeOtherCurrency(legacy, solvimon, pairs);
  for (const document of legacy)
    pairs.push({ legacy: [document], solvimon: [], rules: ['no_counterpart'], rivals: [] });
  for (const document of solvimon)
    pairs.push({ legacy: [], solvimon: [document], rules: ['no_counterpart'], rivals: [] });
  return pairs;
}

function sorted(documents: readonly PreparedDocument[]): PreparedDocument[] {
  return [...documents].sort(
    (a, b) => compareText(a.document.source.id, b.document.source.id) || compareText(a.digest, b.digest),
  );
}

function blockKey(one: PreparedDocument): string {
  return `${one.document.currency} ${one.form.isCredit ? 'credit' : 'charge'}`;
}

function remove<Item>(from: Item[], item: Item): void {
  from.splice(from.indexOf(item), 1);
}

function takeEqual(legacy: PreparedDocument[], solvimon: PreparedDocument[], pairs: DocumentPair[]): void {
  for (const left of legacy.slice()) {
    const right = solvimon.find((other) => other.digest === left.digest && isLive(other) === isLive(left));
    if (right === undefined) continue;
    remove(legacy, left);
    remove(solvimon, right);
    pairs.push({ legacy: [left], solvimon: [right], rules: ['equal_digest'], rivals: [] });
  }
}

/** A void or deleted document asks for no money. */
export function isLive(one: PreparedDocument): boolean {
  return one.document.state !== 'void' && one.document.state !== 'deleted';
}

const minor = (one: PreparedDocument) => toMinorUnits(one.document.totals.gross, one.document.currency);
const sumMinor = (documents: readonly PreparedDocument[]) => documents.reduce((sum, one) => sum + minor(one), 0n);

/** One document against two or more of the other side whose sum it is, when the counts alone say that something was split or merged. */
function takeSums(legacy: PreparedDocument[], solvimon: PreparedDocument[], key: string, pairs: DocumentPair[]): void {
  const left = legacy.filter((one) => blockKey(one) === key && isLive(one));
  const right = solvimon.filter((one) => blockKey(one) === key && isLive(one));
  if (left.length === right.length) return;
  const [ones, many] = left.length < right.length ? [left, right] : [right, left];
  for (const one of ones) {
    const free = many.filter((other) => (left.length < right.length ? solvimon : legacy).includes(other));
    const parts = subsetWithSum(free, minor(one));
    if (parts === null) continue;
    const isSplit = left.length < right.length;
    for (const part of parts) remove(isSplit ? solvimon : legacy, part);
    remove(isSplit ? legacy : solvimon, one);
    pairs.push({
      legacy: isSplit ? [one] : parts,
      solvimon: isSplit ? parts : [one],
      rules: [isSplit ? 'split_invoice' : 'merged_invoice'],
      rivals: [],
    });
  }
}

/** The first subset of two or more, in order of size and ids, whose gross totals add up; null when there is none. */
function subsetWithSum(documents: readonly PreparedDocument[], target: bigint): readonly PreparedDocument[] | null {
  if (documents.length < 2 || documents.length > maxParts) return null;
  const amounts = documents.map(minor);
  if (amounts.some((amount) => amount === target)) return null;
  let best: number[] | null = null;
  for (let mask = 3; mask < 1 << documents.length; mask += 1) {
    const chosen = documents.map((_unused, index) => index).filter((index) => (mask & (1 << index)) !== 0);
    if (chosen.length < 2 || (best !== null && chosen.length >= best.length)) continue;
    if (chosen.reduce((sum, index) => sum + (amounts[index] ?? 0n), 0n) === target) best = chosen;
  }
  return best === null ? null : best.map((index) => documents[index] as PreparedDocument);
}

function takeBest(legacy: PreparedDocument[], solvimon: PreparedDocument[], key: string, pairs: DocumentPair[]): void {
  const left = legacy.filter((one) => blockKey(one) === key && isLive(one)).slice(0, maxAssignment);
  const right = solvimon.filter((one) => blockKey(one) === key && isLive(one)).slice(0, maxAssignment);
  const costs = left.map((one) => right.map((other) => pairingCost(one, other)));
  const chosen = isTurned(left, right) ? turnedAssign(costs, right.length) : assign(costs, right.length);
  const made = chosen.flatMap((column, row) => {
    const [one, other] = [left[row], right[column]];
    return one === undefined || other === undefined ? [] : [{ one, other, row, column }];
  });
  for (const { one, other, row, column } of made) {
    const rivals = made
      .filter((rival) => rival.row !== row && rival.one.digest !== one.digest && rival.other.digest !== other.digest)
      .filter(
        (rival) =>
          (costs[row]?.[rival.column] ?? 0n) + (costs[rival.row]?.[column] ?? 0n) ===
          (costs[row]?.[column] ?? 0n) + (costs[rival.row]?.[rival.column] ?? 0n),
      )
      .map((rival) => ({ legacy: one, solvimon: rival.other }));
    remove(legacy, one);
    remove(solvimon, other);
    pairs.push({
      legacy: [one],
      solvimon: [other],
      rules: [made.length === 1 && left.length === 1 && right.length === 1 ? 'only_candidates' : 'cheapest_assignment'],
      rivals,
    });
  }
}

/**
 * Among assignments of equal cost the one found depends on which side the rows are. For the sides to be swapped without
 * another result (I3), the rows are always the side whose ids come first.
 */
function isTurned(left: readonly PreparedDocument[], right: readonly PreparedDocument[]): boolean {
  const ids = (documents: readonly PreparedDocument[]) =>
    documents.map((one) => `${one.document.source.id} ${one.digest}`).join('\u001f');
  return compareText(ids(right), ids(left)) < 0;
}

function turnedAssign(costs: readonly (readonly bigint[])[], columnCount: number): readonly number[] {
  const turned = Array.from({ length: columnCount }, (_unused, column) => costs.map((row) => row[column] ?? 0n));
  const rowOfColumn = assign(turned, costs.length);
  return costs.map((_unused, row) => rowOfColumn.indexOf(row));
}

/** How unlike two documents are: charges that only one of them has, then the share of money that differs. Whole numbers. */
function pairingCost(legacy: PreparedDocument, solvimon: PreparedDocument): bigint {
  const keys = (one: PreparedDocument) =>
    new Set(one.form.rows.map((row) => `${row.chargeKey} ${row.periodStart ?? ''}`));
  const [left, right] = [keys(legacy), keys(solvimon)];
  const shared = [...left].filter((key) => right.has(key)).length;
  const unlike = BigInt(left.size + right.size - 2 * shared);
  const [a, b] = [minor(legacy), minor(solvimon)];
  const larger = magnitude(a) > magnitude(b) ? magnitude(a) : magnitude(b);
  return unlike * chargeWeight + (larger === 0n ? 0n : (magnitude(a - b) * moneyScale) / larger);
}

const magnitude = (value: bigint) => (value < 0n ? -value : value);

/** A credit note that only one side has joins the pair of its side that nets with it: one system credits, the other bills less. */
function foldCredits(legacy: PreparedDocument[], solvimon: PreparedDocument[], pairs: DocumentPair[]): void {
  for (const [side, left] of [
    ['legacy', legacy],
    ['solvimon', solvimon],
  ] as const) {
    for (const credit of left.filter((one) => one.form.isCredit && isLive(one))) {
      const index = pairs.findIndex((pair) => {
        if (pair.legacy.length === 0 || pair.solvimon.length === 0 || pair.rivals.length > 0) return false;
        if ([...pair.legacy, ...pair.solvimon].some((one) => one.document.currency !== credit.document.currency))
          return false;
        const delta = sumMinor(pair.solvimon) - sumMinor(pair.legacy);
        return delta !== 0n && (side === 'legacy' ? delta === minor(credit) : -delta === minor(credit));
      });
      const found = pairs[index];
      if (found === undefined) continue;
      remove(left, credit);
      pairs[index] = {
        ...found,
        [side]: [...found[side], credit],
        rules: [...found.rules, 'credit_note_of_the_cycle'],
      };
    }
  }
}

function takeOtherCurrency(legacy: PreparedDocument[], solvimon: PreparedDocument[], pairs: DocumentPair[]): void {
  for (const one of [...legacy].filter(isLive)) {
    const candidates = solvimon.filter(
      (other) =>
        isLive(other) &&
        other.form.isCredit === one.form.isCredit &&
        other.document.currency !== one.document.currency &&
        sharesCharge(one, other),
    );
    const [other] = candidates;
    if (other === undefined) continue;
    remove(legacy, one);
    remove(solvimon, other);
    pairs.push({ legacy: [one], solvimon: [other], rules: ['other_currency'], rivals: [] });
  }
}

function sharesCharge(one: PreparedDocument, other: PreparedDocument): boolean {
  return (
    one.form.rows.some((row) => other.form.rows.some((candidate) => candidate.chargeKey === row.chargeKey)) ||
    toDecimal(one.form.net).equals(other.form.net)
  );
}
