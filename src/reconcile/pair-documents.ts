import { toMinorUnits, toDecimal } from '../model/money.js';
import type { CustomerCase, PreparedDocument } from '../model/prepared.js';
import { shareApart } from './assign-lines.js';
import { assignAlike, maxAssignment } from './assignment.js';
import { exactSubsets, maxSubsetCandidates } from './exact-subset.js';
import { compareText } from './text-order.js';

/** Another pairing that is about as good, and how much worse it is (see `ambiguousGap`). */
export type PairingRival = {
  readonly legacy: readonly PreparedDocument[];
  readonly solvimon: readonly PreparedDocument[];
  readonly costGap: number;
};

/** Documents of one customer that are judged together. */
export type DocumentPair = {
  readonly legacy: readonly PreparedDocument[];
  readonly solvimon: readonly PreparedDocument[];
  readonly rules: readonly string[];
  /** Other pairings that are too close to call; empty when this one is clearly best. */
  readonly rivals: readonly PairingRival[];
};

/** Costs above any real one keep the parts in order: shared charges count first, then money, then ids break ties. */
const chargeWeight = 1_000_000;
/** All of the money differs: this many units of cost. */
const moneyScale = 100_000;
/** A rival pairing that is worse by no more than one hundredth of the money is too close to call. */
export const ambiguousGap = moneyScale / 100;

type Pool = { legacy: PreparedDocument[]; solvimon: PreparedDocument[]; pairs: DocumentPair[] };

/**
 * Pairs the documents of a customer, in stages: equal digests; documents whose charges were spread over several of the
 * other side (1:n, n:1, n:m); one against several whose sum it is; the cheapest assignment; credit notes into the pair they
 * net with; what is left across currencies. Each document comes out exactly once (I1), whatever the order of the input
 * (I5). Where another pairing is about as good, it is named as a rival.
 */
export function pairDocuments(input: Pick<CustomerCase, 'legacy' | 'solvimon'>): readonly DocumentPair[] {
  const [one] = input.legacy;
  const [other] = input.solvimon;
  if (input.legacy.length === 1 && input.solvimon.length === 1 && one !== undefined && other !== undefined) {
    const rule = onlyPair(one, other);
    if (rule !== null) return [{ legacy: [one], solvimon: [other], rules: [rule], rivals: [] }];
  }
  return pairInStages(input);
}

/** As `pairDocuments`, without the short way for one document a side; for the test that both say the same. */
export function pairInStages(input: Pick<CustomerCase, 'legacy' | 'solvimon'>): readonly DocumentPair[] {
  const pool: Pool = { legacy: sorted(input.legacy), solvimon: sorted(input.solvimon), pairs: [] };
  takeEqual(pool);
  for (const key of [...new Set([...pool.legacy, ...pool.solvimon].map(blockKey))].sort(compareText)) {
    takeRegrouped(pool, key);
    takeSums(pool, key);
    takeBest(pool, key);
  }
  foldCredits(pool);
  takeOtherCurrency(pool);
  for (const document of pool.legacy)
    pool.pairs.push({ legacy: [document], solvimon: [], rules: ['no_counterpart'], rivals: [] });
  for (const document of pool.solvimon)
    pool.pairs.push({ legacy: [], solvimon: [document], rules: ['no_counterpart'], rivals: [] });
  return pool.pairs;
}

/** The rule by which the stages pair the only document of each side, as nearly every customer has it; null: they decide. */
export function onlyPair(one: PreparedDocument, other: PreparedDocument): string | null {
  if (isLive(one) !== isLive(other)) return null;
  if (one.digest === other.digest) return 'equal_digest';
  return isLive(one) && blockKey(one) === blockKey(other) ? 'only_candidates' : null;
}

function sorted(documents: readonly PreparedDocument[]): PreparedDocument[] {
  return [...documents].sort(
    (a, b) => compareText(a.document.source.id, b.document.source.id) || compareText(a.digest, b.digest),
  );
}

function blockKey(one: PreparedDocument): string {
  return `${one.document.currency} ${one.form.isCredit ? 'credit' : 'charge'}`;
}

function inBlock(documents: readonly PreparedDocument[], key: string): readonly PreparedDocument[] {
  return documents.filter((one) => blockKey(one) === key && isLive(one));
}

function take(pool: Pool, pair: DocumentPair): void {
  const used = new Set([...pair.legacy, ...pair.solvimon]);
  pool.legacy = pool.legacy.filter((one) => !used.has(one));
  pool.solvimon = pool.solvimon.filter((one) => !used.has(one));
  pool.pairs.push(pair);
}

function takeEqual(pool: Pool): void {
  const waiting = new Map<string, PreparedDocument[]>();
  const keyOf = (one: PreparedDocument) => `${one.digest} ${isLive(one)}`;
  for (const one of pool.solvimon) {
    const same = waiting.get(keyOf(one));
    if (same === undefined) waiting.set(keyOf(one), [one]);
    else same.push(one);
  }
  for (const one of pool.legacy.slice()) {
    const twin = waiting.get(keyOf(one))?.shift();
    if (twin !== undefined) take(pool, { legacy: [one], solvimon: [twin], rules: ['equal_digest'], rivals: [] });
  }
}

/** A void or deleted document asks for no money. */
export function isLive(one: PreparedDocument): boolean {
  return one.document.state !== 'void' && one.document.state !== 'deleted';
}

const minor = (one: PreparedDocument) => toMinorUnits(one.document.totals.gross, one.document.currency);
const sumMinor = (documents: readonly PreparedDocument[]) => documents.reduce((sum, one) => sum + minor(one), 0n);

/**
 * Documents whose charges lie in several documents of the other side: a consolidated invoice, one deferred in parts, or
 * several cut differently. Only a charge with its period that stands in one document of each side is evidence, and a
 * component must be larger than one against one to be taken here.
 */
function takeRegrouped(pool: Pool, key: string): void {
  const [left, right] = [inBlock(pool.legacy, key), inBlock(pool.solvimon, key)];
  if (left.length + right.length < 3 || left.length === 0 || right.length === 0) return;
  const owners = { legacy: singleOwners(left), solvimon: singleOwners(right) };
  const root = new Map<PreparedDocument, PreparedDocument>();
  const find = (one: PreparedDocument): PreparedDocument => {
    let at = one;
    for (let up = root.get(at); up !== undefined; up = root.get(at)) at = up;
    return at;
  };
  for (const [charge, one] of owners.legacy) {
    const other = owners.solvimon.get(charge);
    if (one === null || other === null || other === undefined) continue;
    const [a, b] = [find(one), find(other)];
    if (a !== b) root.set(b, a);
  }
  const components = new Map<PreparedDocument, { legacy: PreparedDocument[]; solvimon: PreparedDocument[] }>();
  const place = (one: PreparedDocument, side: 'legacy' | 'solvimon') => {
    const component = components.get(find(one)) ?? { legacy: [], solvimon: [] };
    component[side].push(one);
    components.set(find(one), component);
  };
  for (const one of left) place(one, 'legacy');
  for (const one of right) place(one, 'solvimon');
  for (const { legacy, solvimon } of components.values()) {
    const isLarger = legacy.length + solvimon.length > 2 && legacy.length > 0 && solvimon.length > 0;
    if (!isLarger || legacy.length + solvimon.length > maxSubsetCandidates) continue;
    const rule =
      legacy.length === 1 ? 'split_invoice' : solvimon.length === 1 ? 'merged_invoice' : 'regrouped_invoices';
    take(pool, { legacy, solvimon, rules: ['same_charges_spread', rule], rivals: [] });
  }
}

/** For every charge with its period the document that has it; null when several have it. */
function singleOwners(documents: readonly PreparedDocument[]): ReadonlyMap<string, PreparedDocument | null> {
  const owners = new Map<string, PreparedDocument | null>();
  for (const one of documents)
    for (const charge of new Set(one.form.rows.map((row) => `${row.chargeKey}\u001f${row.periodStart ?? ''}`)))
      owners.set(charge, owners.has(charge) ? null : one);
  return owners;
}

/** One document against two or more of the other side whose sum it is, when the counts alone say that something was split or merged. */
function takeSums(pool: Pool, key: string): void {
  const [left, right] = [inBlock(pool.legacy, key), inBlock(pool.solvimon, key)];
  if (left.length === right.length) return;
  const isSplit = left.length < right.length;
  for (const one of isSplit ? left : right) {
    const free = inBlock(isSplit ? pool.solvimon : pool.legacy, key);
    const amounts = free.map(minor);
    if (amounts.includes(minor(one))) continue;
    const answer = exactSubsets(amounts, minor(one));
    if (answer.kind !== 'found') continue;
    const subsets = answer.subsets.map((indices) => indices.map((index) => free[index] as PreparedDocument));
    const [parts, ...others] = subsets.filter((subset) => subset.some((part) => sharesCharge(one, part)));
    if (parts === undefined) continue;
    const side = (documents: readonly PreparedDocument[]) =>
      isSplit ? { legacy: [one], solvimon: documents } : { legacy: documents, solvimon: [one] };
    take(pool, {
      ...side(parts),
      rules: ['exact_sum', isSplit ? 'split_invoice' : 'merged_invoice'],
      rivals: others
        .filter((rival) => digests(rival) !== digests(parts))
        .map((rival) => ({ ...side(rival), costGap: 0 })),
    });
  }
}

const digests = (documents: readonly PreparedDocument[]) =>
  documents
    .map((one) => one.digest)
    .sort(compareText)
    .join();

function takeBest(pool: Pool, key: string): void {
  const [left, right] = [inBlock(pool.legacy, key), inBlock(pool.solvimon, key)];
  if (left.length === 0 || right.length === 0) return;
  if (left.length > maxAssignment || right.length > maxAssignment) return takeInOrder(pool, left, right);
  const costs = left.map((one) => right.map((other) => pairingCost(one, other)));
  const chosen = assignAlike(costs, idsOf(left), idsOf(right));
  const isOnly = left.length === 1 && right.length === 1;
  chosen.forEach((column, row) => {
    const [one, other] = [left[row], right[column]];
    if (one === undefined || other === undefined) return;
    take(pool, {
      legacy: [one],
      solvimon: [other],
      rules: [isOnly ? 'only_candidates' : 'cheapest_assignment'],
      rivals: rivalsOf(row, chosen, costs, left, right),
    });
  });
}

const idsOf = (documents: readonly PreparedDocument[]) =>
  documents.map((one) => `${one.document.source.id} ${one.digest}`).join('\u001f');

/**
 * Every other pairing of one document that costs at most `ambiguousGap` more: with a document nobody has, or in exchange
 * with another pair. An equal twin of the partner is no rival: it would change nothing.
 */
function rivalsOf(
  row: number,
  chosen: readonly number[],
  costs: readonly (readonly number[])[],
  left: readonly PreparedDocument[],
  right: readonly PreparedDocument[],
): readonly PairingRival[] {
  const column = chosen[row] ?? -1;
  const [one, other] = [left[row], right[column]];
  const cost = (at: number, to: number) => costs[at]?.[to] ?? 0;
  const rivals: PairingRival[] = [];
  right.forEach((candidate, to) => {
    if (to === column || one === undefined || candidate.digest === other?.digest) return;
    const holder = chosen.indexOf(to);
    if (holder >= 0 && left[holder]?.digest === one.digest) return;
    const gap = cost(row, to) - cost(row, column) + (holder < 0 ? 0 : cost(holder, column) - cost(holder, to));
    if (gap <= ambiguousGap) rivals.push({ legacy: [one], solvimon: [candidate], costGap: gap });
  });
  left.forEach((candidate, at) => {
    if (chosen[at] !== -1 || other === undefined || candidate.digest === one?.digest) return;
    const gap = cost(at, column) - cost(row, column);
    if (gap <= ambiguousGap) rivals.push({ legacy: [candidate], solvimon: [other], costGap: gap });
  });
  return rivals;
}

/** More documents than an assignment takes: in the order of their money, which the rule says. */
function takeInOrder(pool: Pool, left: readonly PreparedDocument[], right: readonly PreparedDocument[]): void {
  const byMoney = (documents: readonly PreparedDocument[]) =>
    [...documents].sort((a, b) => (minor(a) < minor(b) ? -1 : minor(a) > minor(b) ? 1 : 0));
  const solvimon = byMoney(right);
  byMoney(left).forEach((one, index) => {
    const other = solvimon[index];
    if (other !== undefined)
      take(pool, { legacy: [one], solvimon: [other], rules: ['too_many_to_assign', 'in_order_of_money'], rivals: [] });
  });
}

/** How unlike two documents are: charges that only one of them has, then the share of money that differs. Whole numbers. */
function pairingCost(legacy: PreparedDocument, solvimon: PreparedDocument): number {
  const keys = (one: PreparedDocument) =>
    new Set(one.form.rows.map((row) => `${row.chargeKey} ${row.periodStart ?? ''}`));
  const [left, right] = [keys(legacy), keys(solvimon)];
  const shared = [...left].filter((key) => right.has(key)).length;
  const unlike = left.size + right.size - 2 * shared;
  return unlike * chargeWeight + shareApart(minor(legacy), minor(solvimon));
}

/**
 * A credit note that only one side has joins the pair of its side that nets with it: one system credits, the other bills
 * less. When several pairs would net, the one whose invoice it names; when it names none, it stands alone.
 */
function foldCredits(pool: Pool): void {
  for (const side of ['legacy', 'solvimon'] as const) {
    for (const credit of pool[side].filter((one) => one.form.isCredit && isLive(one))) {
      const netting = pool.pairs.filter((pair) => netsWith(pair, credit, side));
      const named = netting.filter((pair) => pair[side].some((one) => isNamedBy(one, credit)));
      const [found, another] = named.length > 0 ? named : netting;
      if (found === undefined || another !== undefined) continue;
      pool[side] = pool[side].filter((one) => one !== credit);
      pool.pairs[pool.pairs.indexOf(found)] = {
        ...found,
        [side]: [...found[side], credit],
        rules: [...found.rules, 'credit_note_of_the_cycle'],
      };
    }
  }
}

function netsWith(pair: DocumentPair, credit: PreparedDocument, side: 'legacy' | 'solvimon'): boolean {
  if (pair.legacy.length === 0 || pair.solvimon.length === 0 || pair.rivals.length > 0) return false;
  if ([...pair.legacy, ...pair.solvimon].some((one) => one.document.currency !== credit.document.currency))
    return false;
  const delta = sumMinor(pair.solvimon) - sumMinor(pair.legacy);
  return delta !== 0n && (side === 'legacy' ? delta === minor(credit) : -delta === minor(credit));
}

function isNamedBy(one: PreparedDocument, credit: PreparedDocument): boolean {
  const names = credit.document.relatesTo;
  return (
    names.includes(one.document.source.id) || (one.document.number !== null && names.includes(one.document.number))
  );
}

function takeOtherCurrency(pool: Pool): void {
  for (const one of pool.legacy.filter(isLive)) {
    const other = pool.solvimon.find(
      (candidate) =>
        isLive(candidate) &&
        candidate.form.isCredit === one.form.isCredit &&
        candidate.document.currency !== one.document.currency &&
        sharesCharge(one, candidate),
    );
    if (other !== undefined) take(pool, { legacy: [one], solvimon: [other], rules: ['other_currency'], rivals: [] });
  }
}

function sharesCharge(one: PreparedDocument, other: PreparedDocument): boolean {
  return (
    one.form.rows.some((row) => other.form.rows.some((candidate) => candidate.chargeKey === row.chargeKey)) ||
    toDecimal(one.form.net).equals(other.form.net)
  );
}
