import type { CurrencyCode } from '../model/currency.js';
import { invariant } from '../model/invariant.js';

/** What one roster row stands for: one customer billed by one entity in one currency for one cycle. */
export type RosterKey = {
  readonly customer: string;
  readonly cycle: string;
  readonly billingEntity: string;
  readonly currency: CurrencyCode;
};

/** What one side has for a roster key: the total of its final documents, or a reason why there is no such total. */
export type SideFinding =
  | { readonly kind: 'final'; readonly totalMinor: bigint }
  | { readonly kind: 'absent' }
  | { readonly kind: 'not_final' }
  | { readonly kind: 'several_candidates' };

/** `not_ready` rows are not frozen: one side is not final yet. They never count as matched. */
export type RosterState = 'both' | 'only_legacy' | 'only_solvimon' | 'both_missing' | 'ambiguous' | 'not_ready';

export type RosterRow = {
  readonly key: RosterKey;
  readonly state: RosterState;
  /** False for a document that the contract data did not foresee; it counts all the same. */
  readonly isExpected: boolean;
  /** Whole minor units of the key's currency; `null` when the side has no document. */
  readonly legacyMinor: bigint | null;
  readonly solvimonMinor: bigint | null;
};

/** What both sides have for one key. */
export type KeyFinding = { readonly key: RosterKey; readonly legacy: SideFinding; readonly solvimon: SideFinding };

/**
 * The roster of a cycle. `expected` comes from CONTRACT data, not from either billing system, so that a customer whom
 * both forgot to bill is a visible `both_missing` row. Findings outside the roster are kept as unexpected rows. Rows come
 * back in byte order of their key. Throws an invariant failure on a key given twice.
 * @public
 */
export function buildRoster(expected: readonly RosterKey[], findings: readonly KeyFinding[]): readonly RosterRow[] {
  const expectedByText = byKeyText(expected, (key) => key);
  const findingByText = byKeyText(findings, (finding) => finding.key);
  const rows = new Map<string, RosterRow>();
  for (const [text, key] of expectedByText) {
    const finding = findingByText.get(text);
    rows.set(text, rowOf(key, finding?.legacy ?? { kind: 'absent' }, finding?.solvimon ?? { kind: 'absent' }, true));
  }
  for (const [text, { key, legacy, solvimon }] of findingByText) {
    // A finding of nothing outside the roster is not a row: neither contract nor system knows of it.
    if (rows.has(text) || (legacy.kind === 'absent' && solvimon.kind === 'absent')) continue;
    rows.set(text, rowOf(key, legacy, solvimon, false));
  }
  return [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** The roster state of what the two sides have. */
export function rosterStateOf(legacy: SideFinding, solvimon: SideFinding): RosterState {
  if (legacy.kind === 'several_candidates' || solvimon.kind === 'several_candidates') return 'ambiguous';
  if (legacy.kind === 'not_final' || solvimon.kind === 'not_final') return 'not_ready';
  if (legacy.kind === 'final') return solvimon.kind === 'final' ? 'both' : 'only_legacy';
  return solvimon.kind === 'final' ? 'only_solvimon' : 'both_missing';
}

function rowOf(key: RosterKey, legacy: SideFinding, solvimon: SideFinding, isExpected: boolean): RosterRow {
  return {
    key,
    state: rosterStateOf(legacy, solvimon),
    isExpected,
    legacyMinor: legacy.kind === 'final' ? legacy.totalMinor : null,
    solvimonMinor: solvimon.kind === 'final' ? solvimon.totalMinor : null,
  };
}

function byKeyText<Item>(items: readonly Item[], keyOf: (item: Item) => RosterKey): ReadonlyMap<string, Item> {
  const map = new Map<string, Item>();
  for (const item of items) {
    const key = keyOf(item);
    const text = JSON.stringify([key.customer, key.cycle, key.billingEntity, key.currency]);
    invariant(!map.has(text), 'a roster key stands once', { text });
    map.set(text, item);
  }
  return map;
}
