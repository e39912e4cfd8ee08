import { type CurrencyCode, currencyDigits } from '../model/currency.js';
import { invariant } from '../model/invariant.js';
import type { DecimalText } from '../model/money.js';
import {
  addRational,
  compareRational,
  multiplyRational,
  type Rational,
  rational,
  rationalFromText,
  rationalToNumber,
  subtractRational,
} from '../model/rational.js';
import type { RosterRow } from './roster.js';

/** Lines of a pair after line alignment, by outcome. */
export type LineCounts = {
  readonly matched: number;
  readonly mismatched: number;
  readonly onlyLegacy: number;
  readonly onlySolvimon: number;
};

/** One roster row with what the line comparison said of it. */
export type MeasuredRow = RosterRow & {
  /** Delta of every line of the pair (solvimon minus legacy, minor units), zero ones may be left out. Empty when one-sided. */
  readonly lineDeltasMinor: readonly bigint[];
  readonly lines: LineCounts;
  /** Whether every violated tolerance key is inside its limits; meaningless for a pair without any delta. */
  readonly isWithinTolerance: boolean;
  /** Signed parts of the delta that no signed-off or fix-pending cause explains, minor units. */
  readonly unexplainedMinor: readonly bigint[];
};

/** `compensating`: totals equal, lines differ beyond tolerance. Not a match: two errors that cancel are two errors. */
export type MatchClass = 'exact' | 'tolerated' | 'compensating' | 'mismatch';

/** Sums in minor units of one currency; exact. over + under = gross and over - under = net hold by assertion. */
export type AmountSums = {
  readonly base: Rational;
  readonly matchedBase: Rational;
  readonly bothBase: Rational;
  readonly gross: Rational;
  readonly net: Rational;
  readonly over: Rational;
  readonly under: Rational;
  readonly toleratedGross: Rational;
  readonly unexplainedGross: Rational;
  /** Gross of the lines less gross of the invoices: errors that cancel inside one invoice. Never negative. */
  readonly offsetInsideInvoice: Rational;
};

/** Whole numbers of rows, lines and signs. */
export type RowCounts = {
  readonly roster: number;
  readonly frozen: number;
  readonly both: number;
  readonly onlyLegacy: number;
  readonly onlySolvimon: number;
  readonly bothMissing: number;
  readonly ambiguous: number;
  readonly notReady: number;
  readonly unexpected: number;
  readonly exact: number;
  readonly tolerated: number;
  readonly compensating: number;
  readonly mismatch: number;
  readonly linesMatched: number;
  readonly linesAll: number;
  readonly deltasOver: number;
  readonly deltasUnder: number;
};

/** Spread of both amounts around zero: max(0, L, N) - min(0, L, N). |N - L| never exceeds it, also when signs flip. */
export function baseMinor(legacyMinor: bigint | null, solvimonMinor: bigint | null): bigint {
  const [legacy, solvimon] = [legacyMinor ?? 0n, solvimonMinor ?? 0n];
  return largest(0n, legacy, solvimon) + largest(0n, -legacy, -solvimon);
}

/** Match class of a row that both sides have. */
export function matchClassOf(row: MeasuredRow): MatchClass {
  const delta = deltaMinor(row);
  if (delta === 0n && row.lineDeltasMinor.every((line) => line === 0n)) return 'exact';
  if (row.isWithinTolerance) return 'tolerated';
  return delta === 0n ? 'compensating' : 'mismatch';
}

/** solvimon minus legacy in minor units; a side without a document bills nothing, so its row is all over or all under. */
export function deltaMinor(row: RosterRow): bigint {
  return (row.solvimonMinor ?? 0n) - (row.legacyMinor ?? 0n);
}

/** Counts over any rows. Every row falls into exactly one roster state, and every `both` row into one match class. */
export function countRows(rows: readonly MeasuredRow[]): RowCounts {
  const inState = (state: RosterRow['state']) => rows.filter((row) => row.state === state).length;
  const classes = rows.filter((row) => row.state === 'both').map(matchClassOf);
  const inClass = (kind: MatchClass) => classes.filter((each) => each === kind).length;
  const moneyRows = rows.filter(isPaired);
  const notReady = inState('not_ready');
  const counts = {
    roster: rows.length,
    frozen: rows.length - notReady,
    both: inState('both'),
    onlyLegacy: inState('only_legacy'),
    onlySolvimon: inState('only_solvimon'),
    bothMissing: inState('both_missing'),
    ambiguous: inState('ambiguous'),
    notReady,
    unexpected: rows.filter((row) => !row.isExpected).length,
    exact: inClass('exact'),
    tolerated: inClass('tolerated'),
    compensating: inClass('compensating'),
    mismatch: inClass('mismatch'),
    linesMatched: moneyRows.reduce((sum, row) => sum + row.lines.matched, 0),
    linesAll: moneyRows.reduce(
      (sum, { lines }) => sum + lines.matched + lines.mismatched + lines.onlyLegacy + lines.onlySolvimon,
      0,
    ),
    deltasOver: moneyRows.filter((row) => deltaMinor(row) > 0n).length,
    deltasUnder: moneyRows.filter((row) => deltaMinor(row) < 0n).length,
  };
  checkCounts(counts);
  return counts;
}

/** Every row falls into exactly one roster state, every pair into one match class; lines and signs fit. */
export function checkCounts(counts: RowCounts): void {
  const { both, onlyLegacy, onlySolvimon, bothMissing, ambiguous, notReady } = counts;
  invariant(
    both + onlyLegacy + onlySolvimon + bothMissing + ambiguous + notReady === counts.roster,
    'every row has one roster state',
    counts,
  );
  invariant(counts.frozen + notReady === counts.roster, 'a row is frozen or not ready', counts);
  invariant(
    counts.exact + counts.tolerated + counts.compensating + counts.mismatch === both,
    'every pair has one class',
    counts,
  );
  invariant(counts.linesMatched <= counts.linesAll, 'matched lines are lines', counts);
  invariant(
    counts.deltasOver + counts.deltasUnder <= both + onlyLegacy + onlySolvimon,
    'a delta belongs to a pair',
    counts,
  );
}

/** Both identities of over, under, gross and net, and every bound by the base. Exact. */
export function checkAmounts(sums: AmountSums): void {
  const atMost = (part: Rational, whole: Rational, promise: string) =>
    invariant(part.numerator >= 0n && compareRational(part, whole) <= 0, promise);
  invariant(compareRational(addRational(sums.over, sums.under), sums.gross) === 0, 'over + under = gross');
  invariant(compareRational(subtractRational(sums.over, sums.under), sums.net) === 0, 'over - under = net');
  atMost(sums.gross, sums.base, 'a delta never exceeds its base');
  atMost(sums.matchedBase, sums.bothBase, 'the matched base is part of the paired base');
  atMost(sums.bothBase, sums.base, 'the paired base is part of the base');
  atMost(sums.toleratedGross, sums.gross, 'the tolerated gross is part of the gross');
  invariant(sums.offsetInsideInvoice.numerator >= 0n, 'the gross of lines is at least the gross of their sum');
  invariant(sums.unexplainedGross.numerator >= 0n, 'a gross amount is never negative');
}

/** Counts of several currencies together. */
export function addCounts(all: readonly RowCounts[]): RowCounts {
  const zero = countRows([]);
  return all.reduce(
    (sum, next) =>
      Object.fromEntries(
        (Object.keys(zero) as (keyof RowCounts)[]).map((name) => [name, sum[name] + next[name]]),
      ) as RowCounts,
    zero,
  );
}

/** Sums over rows of ONE currency. Asserts both identities, |delta| <= base and the triangle inequality. Keeps I7. */
export function sumAmounts(rows: readonly MeasuredRow[]): AmountSums {
  const sums = { base: 0n, matchedBase: 0n, bothBase: 0n, gross: 0n, net: 0n, over: 0n, under: 0n };
  let [toleratedGross, unexplainedGross, offset] = [0n, 0n, 0n];
  for (const row of rows) {
    invariant(row.key.currency === rows[0]?.key.currency, 'amounts of different currencies never add (I7)');
    if (!isPaired(row)) continue;
    const base = baseMinor(row.legacyMinor, row.solvimonMinor);
    const delta = deltaMinor(row);
    const size = absolute(delta);
    invariant(size <= base, 'a delta never exceeds its base', { base, delta });
    const matchClass = row.state === 'both' ? matchClassOf(row) : 'mismatch';
    sums.base += base;
    sums.gross += size;
    sums.net += delta;
    sums.over += largest(0n, delta);
    sums.under += largest(0n, -delta);
    if (row.state === 'both') sums.bothBase += base;
    if (matchClass === 'exact' || matchClass === 'tolerated') sums.matchedBase += base;
    if (matchClass === 'tolerated') toleratedGross += size;
    // Parts of one pair may cancel each other, so the unexplained size is taken of their sum, per pair (section 1).
    unexplainedGross += absolute(row.unexplainedMinor.reduce((sum, part) => sum + part, 0n));
    offset += offsetOf(row, delta);
  }
  invariant(sums.over + sums.under === sums.gross, 'over + under = gross', sums);
  invariant(sums.over - sums.under === sums.net, 'over - under = net', sums);
  return {
    base: rational(sums.base),
    matchedBase: rational(sums.matchedBase),
    bothBase: rational(sums.bothBase),
    gross: rational(sums.gross),
    net: rational(sums.net),
    over: rational(sums.over),
    under: rational(sums.under),
    toleratedGross: rational(toleratedGross),
    unexplainedGross: rational(unexplainedGross),
    offsetInsideInvoice: rational(offset),
  };
}

function offsetOf(row: MeasuredRow, delta: bigint): bigint {
  if (row.lineDeltasMinor.length === 0) return 0n;
  const lineNet = row.lineDeltasMinor.reduce((sum, line) => sum + line, 0n);
  const lineGross = row.lineDeltasMinor.reduce((sum, line) => sum + absolute(line), 0n);
  // Header items may move the total without any line; only line deltas that sum to the delta can be compared with it.
  const offset = lineGross - absolute(lineNet);
  invariant(offset >= 0n, 'the gross of the lines is at least the gross of their sum', { delta, lineGross, lineNet });
  return offset;
}

/**
 * Sums converted to the reporting currency at the cycle's fixed rate (reporting units per unit, major to major), the
 * same rate for both sides, so that conversion never makes a variance. Exact; rounded only for display.
 */
export function convertSums(sums: AmountSums, from: CurrencyCode, to: CurrencyCode, rate: DecimalText): AmountSums {
  const scale = currencyDigits(to) - currencyDigits(from);
  const power = rational(10n ** BigInt(Math.abs(scale)));
  const perMinor = multiplyRational(rationalFromText(rate), scale >= 0 ? power : rational(1n, power.numerator));
  return mapSums(sums, (value) => multiplyRational(value, perMinor));
}

/** Sum of sums that already stand in one currency. */
export function addSums(all: readonly AmountSums[]): AmountSums {
  const total = all.reduce<AmountSums>(
    (sum, next) => mapSums(sum, (value, name) => addRational(value, next[name])),
    sumAmounts([]),
  );
  checkAmounts(total);
  return total;
}

function mapSums(sums: AmountSums, change: (value: Rational, name: keyof AmountSums) => Rational): AmountSums {
  return {
    base: change(sums.base, 'base'),
    matchedBase: change(sums.matchedBase, 'matchedBase'),
    bothBase: change(sums.bothBase, 'bothBase'),
    gross: change(sums.gross, 'gross'),
    net: change(sums.net, 'net'),
    over: change(sums.over, 'over'),
    under: change(sums.under, 'under'),
    toleratedGross: change(sums.toleratedGross, 'toleratedGross'),
    unexplainedGross: change(sums.unexplainedGross, 'unexplainedGross'),
    offsetInsideInvoice: change(sums.offsetInsideInvoice, 'offsetInsideInvoice'),
  };
}

/** Whether the row has money that enters the sums: both sides, or one side only. */
function isPaired(row: RosterRow): boolean {
  return row.state === 'both' || row.state === 'only_legacy' || row.state === 'only_solvimon';
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function largest(...values: readonly bigint[]): bigint {
  return values.reduce((most, value) => (value > most ? value : most));
}

/** The exact share as the nearest double; `null` when there is nothing to take a share of (missing is not zero). */
export function shareOf(part: Rational, whole: Rational): number | null {
  if (whole.numerator === 0n) return null;
  return rationalToNumber(multiplyRational(part, rational(whole.denominator, whole.numerator)));
}
