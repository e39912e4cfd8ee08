import { parseCurrency, type CurrencyCode } from '../../model/currency.js';
import type {
  Document,
  DocumentState,
  IdentityCheck,
  Line,
  NotReadyReason,
  Place,
  TaxMode,
} from '../../model/document.js';
import { parseDocumentId } from '../../model/ids.js';
import type { Problem } from '../../model/problem.js';
import type { RawRecord, Translated } from '../../model/source.js';
import { isObject, type JsonObject, objectsOf, textOf } from '../http/json.js';
import { Reader } from '../http/reader.js';
import { extraLines } from './extra-lines.js';
import { chargebeeDigits } from './scale.js';
import { joinPages, type Parts, readEnvelope, siblings } from './shape.js';
import { discountMeaning, toLine } from './to-line.js';
import { statedTax, totalsOf } from './totals.js';

export type ToDocumentOptions = {
  readonly site: string;
  readonly billingMode: 'millisecond' | 'day';
  readonly currencyDigits: Readonly<Record<string, number>>;
};

const stateByStatus: Readonly<Record<string, DocumentState>> = {
  // Metered usage still moves its quantities.
  pending: 'draft',
  posted: 'final',
  payment_due: 'final',
  not_paid: 'final',
  paid: 'final',
  voided: 'void',
  adjusted: 'final',
  refunded: 'final',
  refund_due: 'final',
};

/**
 * One Chargebee invoice or credit note as a Document. Pure. Whole-number amounts are read on Chargebee's own scale and
 * `*_in_decimal` in major units; a credit note, which Chargebee sends positive, is turned. Lines that cannot be proved
 * complete, and every missing or malformed field that the comparison needs, reject it with all problems at once. A
 * document whose own numbers do not add up is marked `source_inconsistent` and never judged.
 */
export function toDocument(raw: RawRecord, options: ToDocumentOptions): Translated {
  const envelope = readEnvelope(raw.bytes, `the stored ${raw.objectType} ${raw.id}`);
  const { object } = envelope;
  const place: Place = raw.requestId === null ? {} : { requestId: raw.requestId };
  const currency = parseCurrency(textOf(object['currency_code']) ?? '') ?? null;
  const digits = currency === null ? undefined : chargebeeDigits(currency, options.currencyDigits);
  const isCredit = raw.objectType === 'credit_note';
  const reader = new Reader(place, currency, digits ?? null, isCredit ? -1 : 1);
  if (digits === undefined) noteCurrency(object, currency, reader);
  const id = parseDocumentId(raw.id);
  if (id === undefined) reader.note('field_missing', 'id', object['id'], 'the id of the document');
  const customerRef = textOf(object['customer_id']);
  if (customerRef === null) reader.note('field_missing', 'customer_id', object['customer_id'], 'the customer');
  const taxMode = taxModeOf(object, reader);
  const parts = joinPages(envelope);
  noteIncomplete(envelope, parts, reader);
  const lines = digits === undefined ? [] : toLines(object, parts, reader, raw, options, taxMode);
  const total = reader.required(object, 'total', '');
  const draft = { lines, total, statedTax: statedTax(object, reader) };
  const times = { issuedAt: reader.seconds(object, 'date', ''), updatedAt: reader.seconds(object, 'updated_at', '') };
  const { totals, checks } = totalsOf(draft, object, reader);
  const [first, ...rest] = reader.problems;
  if (first !== undefined || id === undefined || customerRef === null || currency === null) {
    const problems = [first, ...rest] as [Problem, ...Problem[]];
    return { type: 'rejected', rejected: { id: raw.id, customerRef, currency, problems, place } };
  }
  const rawStatus = textOf(object['status']) ?? '';
  const state = object['deleted'] === true ? 'deleted' : (stateByStatus[rawStatus] ?? 'unknown');
  const document: Document = {
    source: { system: 'chargebee', account: options.site, objectType: raw.objectType, id },
    kind: isCredit ? 'credit_note' : 'invoice',
    state,
    rawStatus,
    // The id is the number that the customer sees.
    number: raw.id,
    customerRef,
    currency,
    ...times,
    timezone: timezoneOf(object),
    // There is no header period; the lines have their own.
    period: null,
    taxMode: lines.some((line) => line.taxes.length > 0) ? taxMode : 'none',
    totals,
    lines,
    relatesTo: textOf(object['reference_invoice_id']) === null ? [] : [textOf(object['reference_invoice_id']) ?? ''],
    checks,
    notReady: notReadyReasons(state, checks),
    place,
    apiVersion: raw.apiVersion,
  };
  return { type: 'document', document };
}

function noteCurrency(object: JsonObject, currency: CurrencyCode | null, reader: Reader): void {
  const expected =
    currency === null
      ? 'an ISO 4217 code such as EUR'
      : `a currency whose scale is documented; say sources.legacy.currency_digits: { ${currency}: 0 } or 2, as an amount that you know shows`;
  reader.note('currency_unknown', 'currency_code', object['currency_code'], expected);
}

/** Holds for every amount of the document. */
function taxModeOf(object: JsonObject, reader: Reader): TaxMode {
  switch (textOf(object['price_type']) ?? '') {
    case 'tax_inclusive':
      return 'inclusive';
    case 'tax_exclusive':
      return 'exclusive';
    default:
      reader.note('kind_unknown', 'price_type', object['price_type'], 'tax_exclusive or tax_inclusive');
      return 'unknown';
  }
}

/** Notes what shows that lines are missing: a further page that was not read, no list at all, a row about no line. */
function noteIncomplete(
  envelope: { readonly object: JsonObject; readonly pages: readonly JsonObject[] },
  parts: Parts,
  reader: Reader,
): void {
  const last = envelope.pages.at(-1) ?? envelope.object;
  const next = last['line_items_next_offset'];
  if (next !== undefined && next !== null && next !== '')
    reader.note(
      'lines_missing',
      'line_items_next_offset',
      next,
      `the lines after the first ${parts.lines.length}: the object carries only some of them, and the rest was not read`,
    );
  // A document without any line has no list, or an empty one.
  else if (parts.lines.length === 0 && !Array.isArray(envelope.object['line_items']))
    reader.note('lines_missing', 'line_items', envelope.object['line_items'], 'a list of lines');
  const ids = new Set(parts.lines.map((line) => textOf(line['id'])));
  for (const name of siblings)
    for (const row of parts[name]) {
      const line = textOf(row['line_item_id']);
      if (line !== null && !ids.has(line))
        reader.note('lines_missing', `${name}.line_item_id`, line, 'the id of a line of this document');
    }
}

function toLines(
  object: JsonObject,
  parts: Parts,
  reader: Reader,
  raw: RawRecord,
  options: ToDocumentOptions,
  taxMode: TaxMode,
): readonly Line[] {
  const isInclusive = taxMode === 'inclusive';
  // Older invoices have discounts in the header list only.
  const discounts = parts.line_item_discounts.length > 0 ? parts.line_item_discounts : objectsOf(object['discounts']);
  const ids = parts.lines.map((line) => textOf(line['id']));
  const isAttached = (row: JsonObject) =>
    ids.includes(textOf(row['line_item_id']) ?? '') && discountMeaning(row) === 'discount';
  const shared = {
    documentId: raw.id,
    isCredit: raw.objectType === 'credit_note',
    creditReason: `${textOf(object['reason_code']) ?? ''} ${textOf(object['create_reason_code']) ?? ''}`,
    isInclusive,
    billingMode: options.billingMode,
    repeatedIds: new Set(ids.filter((id, index): id is string => id !== null && ids.indexOf(id) !== index)),
  };
  const about = (rows: readonly JsonObject[], id: string | null) =>
    id === null ? [] : rows.filter((row) => row['line_item_id'] === id);
  const lines = parts.lines.map((line, index) =>
    toLine(line, reader, {
      ...shared,
      ordinal: index + 1,
      path: `line_items[${index}].`,
      tiers: about(parts.line_item_tiers, ids[index] ?? null),
      discounts: about(discounts.filter(isAttached), ids[index] ?? null),
      taxes: about(parts.line_item_taxes, ids[index] ?? null),
    }),
  );
  const rest = {
    discounts: discounts.filter((row) => !isAttached(row)),
    taxes: parts.line_item_taxes.filter((row) => textOf(row['line_item_id']) === null),
    isInclusive,
  };
  return [...lines, ...extraLines(object, rest, reader, { documentId: raw.id, lineCount: lines.length })];
}

function timezoneOf(object: JsonObject): string | null {
  const site = object['site_details_at_creation'];
  return isObject(site) ? textOf(site['timezone']) : null;
}

function notReadyReasons(state: DocumentState, checks: readonly IdentityCheck[]): readonly NotReadyReason[] {
  const reasons: NotReadyReason[] = [];
  if (state === 'draft') reasons.push('legacy_draft');
  if (state === 'unknown') reasons.push('unknown_status');
  if (checks.some((one) => !one.holds)) reasons.push('source_inconsistent');
  return reasons;
}
