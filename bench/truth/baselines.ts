import type { Document, Line } from '../../src/model/document.js';
import type { Cause } from '../../src/model/verdict.js';
import type { Generated } from './run-case.js';

/*
 * What is in use elsewhere, written as its rules state, faults included: floats, first matches, greedy choices. Nothing of
 * this is part of the product.
 */

export type IdPair = readonly [string, string];

/** Lines by product and period in the order of rows, as a table diff on a composite key does. */
export function byCompositeKey(legacy: Document, solvimon: Document): readonly IdPair[] {
  const key = (line: Line) => `${line.productRef ?? ''} ${line.period?.start ?? ''}`;
  const waiting = new Map<string, Line[]>();
  for (const line of solvimon.lines) waiting.set(key(line), [...(waiting.get(key(line)) ?? []), line]);
  return legacy.lines.flatMap((line) => {
    const other = waiting.get(key(line))?.shift();
    return other === undefined ? [] : [[line.id, other.id] as const];
  });
}

/** The first unused line of the product whose amount is within a cent, else the first unused line of the product. */
export function firstMatch(legacy: Document, solvimon: Document): readonly IdPair[] {
  const free = new Set(solvimon.lines);
  return legacy.lines.flatMap((line) => {
    const candidates = [...free].filter((other) => other.productRef === line.productRef);
    const found =
      candidates.find((other) => Math.abs(parseFloat(other.net) - parseFloat(line.net)) < 0.01) ?? candidates[0];
    if (found === undefined) return [];
    free.delete(found);
    return [[line.id, found.id] as const];
  });
}

/** All pairs of a product by falling closeness of their float amounts, taken greedily. */
export function greedy(legacy: Document, solvimon: Document): readonly IdPair[] {
  const pairs = legacy.lines.flatMap((line) =>
    solvimon.lines
      .filter((other) => other.productRef === line.productRef)
      .map((other) => ({ line, other, gap: Math.abs(parseFloat(line.net) - parseFloat(other.net)) })),
  );
  pairs.sort((a, b) => a.gap - b.gap);
  const used = new Set<Line>();
  const taken: IdPair[] = [];
  for (const { line, other } of pairs) {
    if (used.has(line) || used.has(other)) continue;
    used.add(line).add(other);
    taken.push([line.id, other.id]);
  }
  return taken;
}

/** Whether two totals count as equal by a tolerance in binary floats. */
export function floatEqual(legacy: string, solvimon: string, tolerance: number): boolean {
  return Math.abs(parseFloat(legacy) - parseFloat(solvimon)) <= tolerance;
}

/** Candidates in order, largest first, each taken while it still fits: the usual greedy fill of one total. */
export function greedyFill(amounts: readonly bigint[], target: bigint): readonly number[] | null {
  const order = amounts.map((amount, index) => ({ amount, index })).sort((a, b) => (a.amount > b.amount ? -1 : 1));
  let rest = target;
  const taken: number[] = [];
  for (const { amount, index } of order) {
    if (amount > rest || amount <= 0n) continue;
    taken.push(index);
    rest -= amount;
  }
  return rest === 0n && taken.length > 1 ? taken.sort((a, b) => a - b) : null;
}

/**
 * The size-and-field heuristic of hand-made comparisons: a cent is rounding; a field that differs names the class, in the
 * order existence, tax, discount, quantity, price; and otherwise the amount does.
 */
export function sizeAndField(one: Generated): Cause | null {
  const [legacy, solvimon] = [one.legacy[0], one.solvimon[0]];
  if (legacy === undefined) return 'invoice.missing_in_legacy';
  if (solvimon === undefined) return 'invoice.missing_in_solvimon';
  if (one.solvimon.length > one.legacy.length) return 'invoice.duplicate_in_solvimon';
  if (one.solvimon.length < one.legacy.length) return 'invoice.duplicate_in_legacy';
  if (legacy.currency !== solvimon.currency) return 'currency.differs';
  const byProduct = (document: Document) =>
    [...document.lines].sort((a, b) => (`${a.productRef}` < `${b.productRef}` ? -1 : 1));
  const [left, right] = [byProduct(legacy), byProduct(solvimon)];
  if (right.length < left.length) return 'line.missing_in_solvimon';
  if (right.length > left.length) return 'line.missing_in_legacy';
  for (const [index, line] of left.entries()) {
    const other = right[index];
    if (other === undefined) continue;
    const gap =
      Math.abs(parseFloat(line.net) - parseFloat(other.net)) +
      Math.abs(parseFloat(line.tax ?? '0') - parseFloat(other.tax ?? '0'));
    if (gap === 0) continue;
    if (gap <= 0.011) return 'rounding.mode';
    if (line.net === other.net) return 'tax.rate';
    if (line.discount !== other.discount) return 'discount.rate';
    if (line.quantity !== other.quantity) return 'usage.quantity';
    if (line.unitPrice !== other.unitPrice) return 'price.unit_price';
    return 'unexplained';
  }
  return Math.abs(parseFloat(legacy.totals.gross) - parseFloat(solvimon.totals.gross)) <= 0.05
    ? 'rounding.level'
    : null;
}
