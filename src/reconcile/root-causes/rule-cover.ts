import { compareRational, multiplyRational, type Rational, rational } from '../../model/rational.js';
import { compareText } from '../text-order.js';

/** Attributes that a rule may name: what a pair has, whether it is clean or not. */
export type Attributes = Readonly<Record<string, string>>;

/** Mismatched pairs of one component and sign that share all attributes. Money in whole units of one reporting scale. */
export type BadCell = {
  readonly component: string;
  readonly sign: '+' | '-';
  readonly attributes: Attributes;
  readonly pairs: number;
  readonly gross: bigint;
};

/** How many pairs there are, clean ones included, for a conjunction of attributes. */
export type Population = { readonly attributes: Attributes; readonly pairs: number };

/** "Discount, over, where charge = seats": where a kind of difference happens nearly always. */
export type CoverRule = {
  readonly component: string;
  readonly sign: '+' | '-';
  /** At most two; empty: everywhere. */
  readonly where: Attributes;
  /** All pairs in the rule, clean ones included. */
  readonly pairs: number;
  /** Mismatched pairs in the rule. */
  readonly bad: number;
  /** Mismatched pairs that no rule before this one covers. */
  readonly covers: number;
  readonly gross: bigint;
};

export type Cover = {
  readonly rules: readonly CoverRule[];
  /** Mismatched pairs that no rule covers: they are for people. */
  readonly left: number;
};

const minimumSupport = 5;
const minimumPrecision: Rational = rational(8n, 10n);
const enough: Rational = rational(99n, 100n);
/** Every loop over someone else's data has an upper bound. */
const mostRules = 100;

/**
 * Explains mismatches by rules over mismatched and clean pairs (statistics 5.2): for every component and sign the
 * conjunctions of at most two attributes with at least 0.8 of their pairs bad and at least five of them; the one that
 * covers most (`by`: most pairs, or most money) is taken and what it covers removed, until 99 % are covered. Ties go to
 * fewer attributes, then to the text, so that the order of the cells does not matter.
 */
export function coverByRules(
  cells: readonly BadCell[],
  populations: readonly Population[],
  by: 'pairs' | 'gross',
): Cover {
  const sizes = new Map(populations.map((one) => [keyOf(one.attributes), one.pairs]));
  const total = cells.reduce((sum, cell) => sum + cell.pairs, 0);
  let open = [...cells];
  const rules: CoverRule[] = [];
  while (rules.length < mostRules) {
    const left = open.reduce((sum, cell) => sum + cell.pairs, 0);
    const isEnough =
      compareRational(rational(BigInt(total - left)), multiplyRational(enough, rational(BigInt(total)))) >= 0;
    if (total === 0 || isEnough) break;
    const best = candidates(cells, open, sizes).sort((a, b) => rank(b, a, by))[0];
    if (best === undefined) break;
    rules.push(best);
    open = open.filter((cell) => !isIn(cell, best));
  }
  return { rules, left: open.reduce((sum, cell) => sum + cell.pairs, 0) };
}

function candidates(
  all: readonly BadCell[],
  open: readonly BadCell[],
  sizes: ReadonlyMap<string, number>,
): CoverRule[] {
  const found = new Map<string, CoverRule>();
  for (const cell of open) {
    for (const where of conjunctions(cell.attributes)) {
      const key = `${cell.component}${cell.sign} ${keyOf(where)}`;
      const pairs = sizes.get(keyOf(where));
      if (found.has(key) || pairs === undefined) continue;
      const shape = { component: cell.component, sign: cell.sign, where };
      const bad = sum(all.filter((one) => isIn(one, shape)));
      if (bad.pairs < minimumSupport) continue;
      if (compareRational(rational(BigInt(bad.pairs), BigInt(pairs)), minimumPrecision) < 0) continue;
      const fresh = sum(open.filter((one) => isIn(one, shape)));
      found.set(key, { ...shape, pairs, bad: bad.pairs, covers: fresh.pairs, gross: fresh.gross });
    }
  }
  return [...found.values()];
}

function sum(cells: readonly BadCell[]): { readonly pairs: number; readonly gross: bigint } {
  return cells.reduce((total, cell) => ({ pairs: total.pairs + cell.pairs, gross: total.gross + cell.gross }), {
    pairs: 0,
    gross: 0n,
  });
}

/** Everywhere, each attribute, and each two of them. */
function conjunctions(attributes: Attributes): readonly Attributes[] {
  const entries = Object.entries(attributes).sort(([a], [b]) => compareText(a, b));
  const singles = entries.map((entry) => Object.fromEntries([entry]));
  const doubles = entries.flatMap((first, index) =>
    entries.slice(index + 1).map((second) => Object.fromEntries([first, second])),
  );
  return [{}, ...singles, ...doubles];
}

function isIn(
  cell: BadCell,
  rule: { readonly component: string; readonly sign: '+' | '-'; readonly where: Attributes },
): boolean {
  return (
    cell.component === rule.component &&
    cell.sign === rule.sign &&
    Object.entries(rule.where).every(([name, value]) => cell.attributes[name] === value)
  );
}

export function keyOf(attributes: Attributes): string {
  return Object.entries(attributes)
    .map(([name, value]) => `${name}=${value}`)
    .sort(compareText)
    .join(' ');
}

/** Negative when `a` is the lesser rule. */
function rank(a: CoverRule, b: CoverRule, by: 'pairs' | 'gross'): number {
  const size = by === 'pairs' ? a.covers - b.covers : a.gross < b.gross ? -1 : a.gross > b.gross ? 1 : 0;
  const simpler = Object.keys(b.where).length - Object.keys(a.where).length;
  return size || simpler || compareText(keyOf(b.where), keyOf(a.where)) || compareText(b.component, a.component);
}
