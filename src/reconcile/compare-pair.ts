import type { CompareRules } from '../model/compare-rules.js';
import type { CurrencyCode } from '../model/currency.js';
import { invariant } from '../model/invariant.js';
import { type DecimalText, sumText, toMinorUnits } from '../model/money.js';
import type { FormGroup, MappedLine, PreparedDocument } from '../model/prepared.js';
import type { LineLink, Note } from '../model/verdict.js';
import { groupLines } from './comparison-form.js';
import type { DifferenceContext } from './difference.js';
import { foldDocumentDiscount } from './document-discount.js';
import { restOfPair } from './explain/rest-of-pair.js';
import { type GroupLink, type TaxScope } from './group-link.js';
import { type Explain, type Finding, judgeLink, type PairContext, type PairFindings } from './judge-link.js';
import { matchGroups } from './match-groups.js';
import { compareText } from './text-order.js';

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
  const groups = { legacy: groupsOfDocuments(legacy), solvimon: groupsOfDocuments(solvimon) };
  const taxScope = taxScopeOf(groups.legacy, groups.solvimon, rules);
  const folded = foldDocumentDiscount(groups.legacy, groups.solvimon, { currency, taxScope, rules });
  const matched = matchGroups(folded.legacy, folded.solvimon, { currency, taxScope, rules });
  const pair: PairContext = {
    currency,
    taxScope,
    rules,
    context,
    explain,
    documentOf: documentFinder(legacy, solvimon),
    leftovers: leftoversOf(matched),
  };
  const mismatches: Finding[] = [];
  const notes: Note[] = [...folded.notes];
  const links: LineLink[] = [...folded.links];
  for (const link of matched) {
    const judged = judgeLink(link, pair);
    links.push(judged.shown);
    if (judged.finding !== undefined) mismatches.push(judged.finding);
    if (judged.note !== undefined) notes.push(judged.note);
  }
  links.push(...notSummed(legacy, groups.legacy, 'legacy'), ...notSummed(solvimon, groups.solvimon, 'solvimon'));
  const totals = { legacy: sideMinor(legacy, currency, rules), solvimon: sideMinor(solvimon, currency, rules) };
  mismatches.push(...restOfPair({ legacy, solvimon, currency, taxScope, totals }, mismatches));
  if (legacy.length !== solvimon.length) notes.push(structureNote(legacy, solvimon));
  return { mismatches, notes, links };
}

function groupsOfDocuments(documents: readonly PreparedDocument[]): readonly FormGroup[] {
  const [only] = documents;
  if (documents.length === 1 && only !== undefined) return only.groups;
  return groupLines(documents.flatMap((one) => one.lines));
}

/** Tax is compared by line only where both sides state it by line. */
function taxScopeOf(legacy: readonly FormGroup[], solvimon: readonly FormGroup[], rules: CompareRules): TaxScope {
  if (rules.tax !== 'line') return rules.tax;
  const hasNone = (groups: readonly FormGroup[]) => groups.some((group) => group.row.tax === null);
  return hasNone(legacy) || hasNone(solvimon) ? 'document' : 'line';
}

/** The document that a line stands in; looked up only where a side has several. */
function documentFinder(
  legacy: readonly PreparedDocument[],
  solvimon: readonly PreparedDocument[],
): PairContext['documentOf'] {
  const bySide = { legacy, solvimon };
  let byLine: ReadonlyMap<MappedLine, PreparedDocument> | undefined;
  return (line, side) => {
    const [only, ...others] = bySide[side];
    if (only !== undefined && others.length === 0) return only;
    byLine ??= new Map([...legacy, ...solvimon].flatMap((one) => one.lines.map((each) => [each, one] as const)));
    const found = byLine.get(line);
    invariant(found !== undefined, 'a line stands in a document of its side', { line: line.id });
    return found;
  };
}

function leftoversOf(links: readonly GroupLink[]): PairContext['leftovers'] {
  const [legacy, solvimon] = [new Set<string>(), new Set<string>()];
  for (const link of links) {
    if (link.kind === 'only_legacy') legacy.add(link.legacy.row.periodStart ?? '');
    else if (link.kind === 'only_solvimon') solvimon.add(link.solvimon.row.periodStart ?? '');
  }
  return { legacy, solvimon };
}

/** Lines that stand in no group: balances, tax lines, and groups without money. Shown, so that no line is lost (I1). */
function notSummed(
  documents: readonly PreparedDocument[],
  groups: readonly FormGroup[],
  side: 'legacy' | 'solvimon',
): readonly LineLink[] {
  const count = (sets: readonly { readonly lines: readonly MappedLine[] }[]) =>
    sets.reduce((sum, one) => sum + one.lines.length, 0);
  if (count(groups) === count(documents)) return [];
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
  const totals = documents
    .filter((one) => one.document.state !== 'void' && one.document.state !== 'deleted')
    .map((one) => (rules.tax === 'off' ? one.form.net : one.form.gross));
  return toMinorUnits(sumText(totals), currency);
}

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
  return toMinorUnits(rules.tax === 'off' ? one.form.net : one.form.gross, one.document.currency);
}
