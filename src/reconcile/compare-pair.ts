import type { CompareRules } from '../model/compare-rules.js';
import type { CurrencyCode } from '../model/currency.js';
import type { LineId } from '../model/ids.js';
import { Decimal, type DecimalText, fromMinorUnits, toDecimal, toMinorUnits } from '../model/money.js';
import type { MappedLine, PreparedDocument } from '../model/prepared.js';
import type { Direction } from '../model/side.js';
import type { LineLink, MismatchFinding, Note } from '../model/verdict.js';
import { type FormGroup, groupLines } from './comparison-form.js';
import type { Difference, DifferenceContext, DifferenceSide, Explanation } from './difference.js';
import { wholly } from './explain/components.js';
import { fingerprint } from './fingerprint.js';
import { type GroupLink, matchGroups, rowMinor, type TaxScope } from './match-groups.js';
import { compareText } from './text-order.js';

export type Explain = (difference: Difference) => Explanation;

/** What comparing one pair of documents line by line finds, before tolerance. */
export type PairFindings = {
  readonly mismatches: readonly Omit<MismatchFinding, 'tolerance'>[];
  readonly notes: readonly Note[];
  readonly links: readonly LineLink[];
};

type PairContext = {
  readonly currency: CurrencyCode;
  readonly taxScope: TaxScope;
  readonly rules: CompareRules;
  readonly context: DifferenceContext;
  readonly explain: Explain;
  readonly legacy: readonly PreparedDocument[];
  readonly solvimon: readonly PreparedDocument[];
};

/**
 * Compares two sets of documents of one currency, neither of them empty: lines grouped and matched, each difference
 * explained once with its consequential tax inside, and what no line explains as one finding of the header or the tax.
 * The deltas of the findings sum to the delta of the documents (I2).
 */
export function comparePair(
  legacy: readonly PreparedDocument[],
  solvimon: readonly PreparedDocument[],
  currency: CurrencyCode,
  rules: CompareRules,
  context: DifferenceContext,
  explain: Explain,
): PairFindings {
  const groups = { legacy: groupsOf(legacy), solvimon: groupsOf(solvimon) };
  const taxScope = taxScopeOf(groups.legacy, groups.solvimon, rules);
  const pair: PairContext = { currency, taxScope, rules, context, explain, legacy, solvimon };
  const mismatches: Omit<MismatchFinding, 'tolerance'>[] = [];
  const notes: Note[] = [];
  const links: LineLink[] = [];
  for (const link of matchGroups(groups.legacy, groups.solvimon, { currency, taxScope, rules }))
    judge(link, pair, mismatches, notes, links);
  links.push(...notSummed(legacy, groups.legacy, 'legacy'), ...notSummed(solvimon, groups.solvimon, 'solvimon'));
  const rest = restOfPair(pair, mismatches);
  mismatches.push(...rest);
  if (legacy.length !== solvimon.length) notes.push(structureNote(legacy, solvimon));
  return { mismatches, notes, links };
}

function groupsOf(documents: readonly PreparedDocument[]): readonly FormGroup[] {
  const [only] = documents;
  if (documents.length === 1 && only !== undefined) return groupLines(only.lines);
  return groupLines(documents.flatMap((one) => one.lines));
}

/** Tax is compared by line only where both sides state it by line. */
function taxScopeOf(legacy: readonly FormGroup[], solvimon: readonly FormGroup[], rules: CompareRules): TaxScope {
  if (rules.tax !== 'line') return rules.tax;
  return [...legacy, ...solvimon].some((group) => group.row.tax === null) ? 'document' : 'line';
}

function judge(
  link: GroupLink,
  pair: PairContext,
  mismatches: Omit<MismatchFinding, 'tolerance'>[],
  notes: Note[],
  links: LineLink[],
): void {
  if (link.kind === 'split' || link.kind === 'merged') {
    const ids = { legacyLines: link.legacy.flatMap(idsOf), solvimonLines: link.solvimon.flatMap(idsOf) };
    const amount = fromMinorUnits(
      link.legacy.reduce((sum, group) => sum + rowMinor(group.row, pair), 0n),
      pair.currency,
    );
    links.push({ relation: link.kind, ...ids, legacy: amount, solvimon: amount, delta: '0' as DecimalText });
    notes.push({
      cause: link.kind === 'split' ? 'structure.split_line' : 'structure.merged_line',
      ...ids,
      text: `${ids.legacyLines.length} legacy ${plural(ids.legacyLines.length)} and ${ids.solvimonLines.length} solvimon ${plural(ids.solvimonLines.length)} add up to the same`,
    });
    return;
  }
  const legacy = link.kind === 'only_solvimon' ? null : link.legacy;
  const solvimon = link.kind === 'only_legacy' ? null : link.solvimon;
  const amounts = {
    legacy: legacy === null ? null : rowMinor(legacy.row, pair),
    solvimon: solvimon === null ? null : rowMinor(solvimon.row, pair),
  };
  const delta = (amounts.solvimon ?? 0n) - (amounts.legacy ?? 0n);
  const ids = {
    legacyLines: legacy === null ? [] : idsOf(legacy),
    solvimonLines: solvimon === null ? [] : idsOf(solvimon),
  };
  const shown = {
    legacy: textOf(amounts.legacy, pair.currency),
    solvimon: textOf(amounts.solvimon, pair.currency),
    delta: fromMinorUnits(delta, pair.currency),
  };
  const differs =
    delta !== 0n || legacy === null || solvimon === null || factsDiffer(legacy, solvimon, link.rule, pair);
  links.push({
    relation: legacy === null ? 'only_solvimon' : solvimon === null ? 'only_legacy' : differs ? 'differs' : 'equal',
    ...ids,
    ...shown,
  });
  if (!differs) return;
  const explanation = pair.explain({
    level: 'line',
    currency: pair.currency,
    legacy: sideOf(legacy, pair.legacy),
    solvimon: sideOf(solvimon, pair.solvimon),
    delta: shown.delta,
    context: pair.context,
  });
  const row = (legacy ?? solvimon)?.row;
  const finding = {
    level: 'line' as const,
    ...ids,
    chargeKey: row?.chargeKey ?? null,
    period:
      row === undefined || row.periodStart === null || row.periodEnd === null
        ? null
        : { start: row.periodStart, end: row.periodEnd },
    ...explanation,
    ...shown,
    direction: directionOf(delta),
    rules: [link.rule, ...explanation.rules],
  };
  mismatches.push({ ...finding, fingerprint: fingerprint(finding, pair.currency) });
}

/** Facts besides money that both sides state and that disagree. A net price against a gross price with its discount says the same. */
function factsDiffer(legacy: FormGroup, solvimon: FormGroup, rule: string, pair: PairContext): boolean {
  const [left, right] = [legacy.row, solvimon.row];
  if (rule === 'equal_money' || rule === 'same_charge') return true;
  if (pair.rules.quantity && left.quantity !== null && right.quantity !== null && left.quantity !== right.quantity)
    return true;
  if (
    !pair.rules.unitPrice ||
    left.unitPrice === null ||
    right.unitPrice === null ||
    left.unitPrice === right.unitPrice
  )
    return false;
  return left.discount === right.discount;
}

function sideOf(group: FormGroup | null, documents: readonly PreparedDocument[]): DifferenceSide | null {
  if (group === null) return null;
  const document = documents.find((one) => one.lines.some((line) => group.lines.includes(line))) ?? documents[0];
  return document === undefined ? null : { row: group.row, lines: group.lines, document };
}

/** Sorted, so that a finding keeps its identity when its source lists the lines in another order (I5). */
function idsOf(group: FormGroup): readonly LineId[] {
  return group.lines.map((line) => line.id).sort(compareText);
}

function textOf(minor: bigint | null, currency: CurrencyCode): DecimalText | null {
  return minor === null ? null : fromMinorUnits(minor, currency);
}

export function directionOf(delta: bigint): Direction {
  return delta > 0n ? 'over' : delta < 0n ? 'under' : 'none';
}

/** Lines that stand in no group: balances, tax lines, and groups without money. Shown, so that no line is lost (I1). */
function notSummed(
  documents: readonly PreparedDocument[],
  groups: readonly FormGroup[],
  side: 'legacy' | 'solvimon',
): readonly LineLink[] {
  const grouped = new Set(groups.flatMap((group) => group.lines));
  const lines: readonly MappedLine[] = documents
    .flatMap((one) => one.lines.filter((line) => !grouped.has(line)))
    .sort((a, b) => compareText(a.id, b.id) || compareText(a.net, b.net));
  return lines.map((line) => ({
    relation: 'not_summed',
    legacyLines: side === 'legacy' ? [line.id] : [],
    solvimonLines: side === 'solvimon' ? [line.id] : [],
    legacy: side === 'legacy' ? line.net : null,
    solvimon: side === 'solvimon' ? line.net : null,
    delta: '0' as DecimalText,
  }));
}

/** Total of one side as it is judged: gross, or net where tax is not compared, in whole minor units. */
export function sideMinor(documents: readonly PreparedDocument[], currency: CurrencyCode, rules: CompareRules): bigint {
  const total = documents
    .filter((one) => one.document.state !== 'void' && one.document.state !== 'deleted')
    .reduce((sum, one) => sum.plus(rules.tax === 'off' ? one.form.net : one.form.gross), new Decimal(0));
  return toMinorUnits(total, currency);
}

/** What the lines leave of the documents' delta: a difference in tax stated for the document, or in the header. */
function restOfPair(
  pair: PairContext,
  found: readonly Omit<MismatchFinding, 'tolerance'>[],
): readonly Omit<MismatchFinding, 'tolerance'>[] {
  const { currency, rules } = pair;
  const totals = {
    legacy: sideMinor(pair.legacy, currency, rules),
    solvimon: sideMinor(pair.solvimon, currency, rules),
  };
  const explained = found.reduce((sum, one) => sum + toMinorUnits(one.delta, currency), 0n);
  const rest = totals.solvimon - totals.legacy - explained;
  if (rest === 0n) return [];
  const tax = (documents: readonly PreparedDocument[]) =>
    documents.reduce((sum, one) => sum.plus(one.form.tax), new Decimal(0));
  const [legacyTax, solvimonTax] = [tax(pair.legacy), tax(pair.solvimon)];
  const isTax =
    pair.taxScope === 'document' && toMinorUnits(solvimonTax, currency) - toMinorUnits(legacyTax, currency) === rest;
  // Each line of either side may be off by its own rounding; counted on both, so that swapping them changes nothing (I3).
  const linesOf = (documents: readonly PreparedDocument[]) => documents.reduce((sum, one) => sum + one.lines.length, 0);
  const lineCount = BigInt(Math.max(1, linesOf(pair.legacy), linesOf(pair.solvimon)));
  const isRounding = (rest < 0n ? -rest : rest) <= lineCount;
  const cause =
    isTax && legacyTax.isZero() !== solvimonTax.isZero()
      ? 'tax.missing'
      : isRounding
        ? 'rounding.level'
        : isTax
          ? 'tax.base'
          : 'unexplained';
  const finding = {
    level: isTax ? ('tax' as const) : ('header' as const),
    legacyLines: [],
    solvimonLines: [],
    chargeKey: null,
    period: null,
    cause: cause as MismatchFinding['cause'],
    confidence: cause === 'unexplained' ? ('unknown' as const) : ('likely' as const),
    rivals: [],
    legacy: fromMinorUnits(isTax ? toMinorUnits(legacyTax, currency) : totals.legacy, currency),
    solvimon: fromMinorUnits(isTax ? toMinorUnits(solvimonTax, currency) : totals.solvimon, currency),
    delta: fromMinorUnits(rest, currency),
    direction: directionOf(rest),
    components: wholly(
      isTax ? (isRounding ? 'rounding' : 'tax_base') : isRounding ? 'rounding' : 'header',
      rest,
      currency,
    ),
    working: [
      { label: 'lines', text: `differ by ${fromMinorUnits(explained, currency)}` },
      { label: 'documents', text: `differ by ${fromMinorUnits(totals.solvimon - totals.legacy, currency)}` },
    ],
    rules: ['left_by_the_lines'],
  };
  return [{ ...finding, fingerprint: fingerprint(finding, currency) }];
}

const plural = (count: number) => (count === 1 ? 'line' : 'lines');

function structureNote(legacy: readonly PreparedDocument[], solvimon: readonly PreparedDocument[]): Note {
  const isSplit = solvimon.length > legacy.length;
  return {
    cause: isSplit ? 'structure.split_invoice' : 'structure.merged_invoice',
    legacyLines: [],
    solvimonLines: [],
    text: `${legacy.length} legacy and ${solvimon.length} solvimon documents belong together`,
  };
}

/** Exact gross of a document in minor units; for one-sided findings. */
export function grossMinor(one: PreparedDocument, rules: CompareRules): bigint {
  return toMinorUnits(toDecimal(rules.tax === 'off' ? one.form.net : one.form.gross), one.document.currency);
}
