import { hash } from 'node:crypto';
import type { CompareRules } from '../model/compare-rules.js';
import type { Document, LineKind } from '../model/document.js';
import { type DecimalText, sumText, zero } from '../model/money.js';
import type { ComparisonForm, FormGroup, FormRow, LineClass, MappedLine } from '../model/prepared.js';
import { compareText } from './text-order.js';

/** Bumped whenever the digest of an unchanged document would change: digests of different versions never meet. */
export const digestVersion = 1;

const classByKind = {
  recurring: 'charge',
  usage: 'charge',
  one_time: 'charge',
  setup: 'charge',
  proration_charge: 'charge',
  proration_credit: 'charge',
  refund_credit: 'charge',
  unknown: 'charge',
  minimum: 'minimum',
  rounding: 'rounding',
  discount: 'discount',
  tax: 'tax',
  prepaid_drawdown: 'not_summed',
  balance: 'not_summed',
  summary: 'not_summed',
} as const satisfies Record<LineKind, LineClass>;

/** Which sums a line of this kind joins. */
export function lineClass(kind: LineKind): LineClass {
  return classByKind[kind];
}

/**
 * Groups the lines of a document by charge key, class and period, folds discounts into what they apply to, and drops
 * groups without money. Pure; the order of the lines does not matter. Rows are sorted by charge key, class and period.
 */
export function groupLines(lines: readonly MappedLine[]): readonly FormGroup[] {
  const groups = new Map<string, MappedLine[]>();
  const discounts: MappedLine[] = [];
  const hasTaxLines = lines.some((line) => line.kind === 'tax');
  for (const line of lines) {
    const cls = lineClass(line.kind);
    if (cls === 'discount') discounts.push(line);
    else if (cls !== 'not_summed' && cls !== 'tax') append(groups, groupKey(line), line);
  }
  for (const line of discounts) append(groups, discountTarget(line, lines, groups) ?? groupKey(line), line);
  const built: { readonly key: string; readonly group: FormGroup }[] = [];
  for (const members of groups.values()) {
    const row = rowOf(members, hasTaxLines);
    if (row.net !== zero || (row.tax !== null && row.tax !== zero))
      built.push({ key: rowKey(row), group: { row, lines: members } });
  }
  return built.sort((a, b) => compareText(a.key, b.key)).map((one) => one.group);
}

/** The comparison form of a document whose lines are in these groups. */
export function comparisonForm(document: Document, groups: readonly FormGroup[]): ComparisonForm {
  return {
    currency: document.currency,
    isCredit: document.kind === 'credit_note',
    rows: groups.map((group) => group.row),
    net: document.totals.net,
    tax: document.totals.tax,
    gross: document.totals.gross,
  };
}

/**
 * Digest of a form under the rules: what the rules do not compare is left out, so that it cannot make equal documents
 * look different. Equal digests mean that the engine finds nothing; different ones mean nothing yet. SHA-256 cut to 128
 * bits, as a UUID.
 */
export function formDigest(form: ComparisonForm, rules: CompareRules): string {
  const isTaxed = rules.tax !== 'off';
  let text = `${digestVersion}\u001f${form.currency}\u001f${form.isCredit ? 'c' : 'i'}\u001f${form.net}`;
  if (isTaxed) text += `\u001f${form.tax}\u001f${form.gross}`;
  for (const row of form.rows) {
    text += `\u001f${row.chargeKey}\u001f${row.lineClass}`;
    if (rules.period !== 'off') text += `\u001f${row.periodStart ?? ''}\u001f${row.periodEnd ?? ''}`;
    if (rules.quantity) text += `\u001f${row.quantity ?? ''}`;
    if (rules.unitPrice) text += `\u001f${row.unitPrice ?? ''}\u001f${row.discount}`;
    text += `\u001f${row.net}`;
    if (rules.tax === 'line') text += `\u001f${row.tax ?? ''}`;
  }
  const hex = hash('sha256', text, 'hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

function append(groups: Map<string, MappedLine[]>, key: string, line: MappedLine): void {
  const members = groups.get(key);
  if (members === undefined) groups.set(key, [line]);
  else members.push(line);
}

function groupKey(line: MappedLine): string {
  const cls = lineClass(line.kind);
  const shown = cls === 'discount' ? 'charge' : cls;
  return `${line.chargeKey}\u001f${shown}\u001f${line.period?.start ?? ''}\u001f${line.period?.end ?? ''}`;
}

/**
 * The group a detached discount is folded into: that of the line it names, else the only group of its charge key and
 * period, else the only charge group of its charge key; `undefined` leaves it as a row of its own.
 */
function discountTarget(
  discount: MappedLine,
  lines: readonly MappedLine[],
  groups: ReadonlyMap<string, unknown>,
): string | undefined {
  const named =
    discount.appliesTo === null ? undefined : lines.find((line) => line.id === discount.appliesTo && line !== discount);
  if (named !== undefined && lineClass(named.kind) === 'charge') return groupKey(named);
  if (groups.has(groupKey(discount))) return groupKey(discount);
  const sameCharge = [...groups.keys()].filter((key) => key.startsWith(`${discount.chargeKey}\u001fcharge\u001f`));
  return discount.period === null && sameCharge.length === 1 ? sameCharge[0] : undefined;
}

/** The row of lines that are taken together; `members` is not empty and of one charge key and class. */
export function rowOf(members: readonly MappedLine[], taxIsDocumentLevel: boolean): FormRow {
  const first = members[0] as MappedLine;
  if (members.length === 1 && first.kind !== 'discount') return rowOfOne(first, taxIsDocumentLevel);
  const charges = members.filter((line) => line.kind !== 'discount');
  const detached = members.filter((line) => line.kind === 'discount');
  const only = charges.length === 1 ? charges[0] : undefined;
  const cls = lineClass(first.kind);
  return {
    chargeKey: first.chargeKey,
    lineClass: cls === 'minimum' || cls === 'rounding' ? cls : 'charge',
    periodStart: first.period?.start ?? null,
    periodEnd: first.period?.end ?? null,
    quantity: sumOrNull(charges.map((line) => line.quantity)),
    unitPrice: only === undefined || only.unitPriceIsBlended || only.tiers.length > 1 ? null : only.unitPrice,
    discount: sumText([...members.map((line) => line.discount), ...detached.map((line) => line.net)]),
    net: sumText(members.map((line) => line.net)),
    tax: taxIsDocumentLevel ? null : sumOrNull(members.map((line) => line.tax)),
  };
}

/** As `rowOf`, for the one charge that most groups are. */
function rowOfOne(line: MappedLine, taxIsDocumentLevel: boolean): FormRow {
  const cls = lineClass(line.kind);
  return {
    chargeKey: line.chargeKey,
    lineClass: cls === 'minimum' || cls === 'rounding' ? cls : 'charge',
    periodStart: line.period?.start ?? null,
    periodEnd: line.period?.end ?? null,
    quantity: line.quantity,
    unitPrice: line.unitPriceIsBlended || line.tiers.length > 1 ? null : line.unitPrice,
    discount: line.discount,
    net: line.net,
    tax: taxIsDocumentLevel ? null : line.tax,
  };
}

function sumOrNull(texts: readonly (DecimalText | null)[]): DecimalText | null {
  const known: DecimalText[] = [];
  for (const text of texts) {
    if (text === null) return null;
    known.push(text);
  }
  return known.length === 0 ? null : sumText(known);
}

function rowKey(row: FormRow): string {
  return `${row.chargeKey}\u001f${row.lineClass}\u001f${row.periodStart ?? ''}\u001f${row.periodEnd ?? ''}\u001f${row.net}`;
}
