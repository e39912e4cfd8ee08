import { type CurrencyCode, parseCurrency } from '../../model/currency.js';
import type { Document, DocumentState, IdentityCheck, Line, NotReadyReason, Place } from '../../model/document.js';
import { parseDocumentId } from '../../model/ids.js';
import type { DecimalText } from '../../model/money.js';
import type { Period } from '../../model/period.js';
import type { Problem } from '../../model/problem.js';
import type { RawRecord, Translated } from '../../model/source.js';
import { decimalOf, idOf, isObject, type JsonObject, jsonText, objectsOf, textOf } from '../http/json.js';
import { Reader } from '../http/reader.js';
import { extraLines } from './extra-lines.js';
import { stripeDigits } from './scale.js';
import { type Envelope, readEnvelope } from './shape.js';
import { toLine } from './to-line.js';
import { asReported, statedTax, taxModeOf, totalsOf } from './totals.js';

export type ToDocumentOptions = {
  /** The connected account, or ''. */
  readonly account: string;
  readonly currencyDigits: Readonly<Record<string, number>>;
};

const stateByStatus: Readonly<Record<string, DocumentState>> = {
  draft: 'draft',
  open: 'final',
  paid: 'final',
  uncollectible: 'final',
  void: 'void',
  issued: 'final',
};

/**
 * One Stripe invoice, credit note or preview as a Document. Pure. Amounts are read on Stripe's own scale; a credit note,
 * which Stripe sends positive, is turned. Lines that cannot be proved complete, and every missing or malformed field that
 * the comparison needs, reject it with all problems at once. A document whose own numbers break Stripe's identity
 * `lines - discounts + exclusive tax = total` is marked `source_inconsistent` and never judged.
 */
export function toDocument(raw: RawRecord, options: ToDocumentOptions): Translated {
  const envelope = readEnvelope(raw.bytes, `the stored ${raw.objectType} ${raw.id}`);
  const { object } = envelope;
  const place: Place = raw.requestId === null ? {} : { requestId: raw.requestId };
  const currency = parseCurrency((textOf(object['currency']) ?? '').toUpperCase()) ?? null;
  const digits = currency === null ? undefined : stripeDigits(currency, options.currencyDigits);
  const isCredit = raw.objectType === 'credit_note';
  const reader = new Reader(place, currency, digits ?? null, isCredit ? -1 : 1);
  if (digits === undefined) noteCurrency(object, currency, reader);
  const id = parseDocumentId(raw.id);
  if (id === undefined) reader.note('field_missing', 'id', object['id'], 'the id of the document');
  const customerRef = idOf(object['customer']) ?? idOf(object['customer_account']);
  if (customerRef === null) reader.note('field_missing', 'customer', object['customer'], 'the id of the customer');
  const rawLines = completeLines(envelope, reader);
  const period = headerPeriod(object, reader);
  const lines = currency === null ? [] : toLines(rawLines, envelope, reader, raw.id, period);
  const total = reader.required(object, 'total', '');
  const draft = { lines, total, statedTax: statedTax(object, reader) };
  const header = {
    issuedAt: issuedAt(object, reader),
    period,
    asReported: asReported(object, reader),
  };
  const [first, ...rest] = reader.problems;
  if (first !== undefined || id === undefined || customerRef === null || currency === null) {
    const problems = [first, ...rest] as [Problem, ...Problem[]];
    return { type: 'rejected', rejected: { id: raw.id, customerRef, currency, problems, place } };
  }
  const totals = totalsOf(draft, header.asReported, object, reader);
  const state = raw.objectType === 'preview' ? 'preview' : (stateByStatus[textOf(object['status']) ?? ''] ?? 'unknown');
  const document: Document = {
    source: { system: 'stripe', account: options.account, objectType: raw.objectType, id },
    kind: isCredit ? 'credit_note' : 'invoice',
    state,
    rawStatus: textOf(object['status']) ?? '',
    number: textOf(object['number']),
    customerRef,
    currency,
    issuedAt: header.issuedAt,
    // Stripe states no time of change.
    updatedAt: null,
    // Times are epoch seconds; the zone that a cycle is cut in is the reader's.
    timezone: null,
    period: header.period,
    taxMode: taxModeOf(lines, draft.statedTax),
    totals: totals.totals,
    lines,
    relatesTo: relatesTo(object, rawLines),
    checks: totals.checks,
    notReady: notReadyReasons(state, totals.checks),
    place,
    apiVersion: raw.apiVersion,
  };
  return { type: 'document', document };
}

function noteCurrency(object: JsonObject, currency: CurrencyCode | null, reader: Reader): void {
  if (currency === null)
    reader.note('currency_unknown', 'currency', object['currency'], 'an ISO 4217 code such as eur');
  else
    reader.note(
      'currency_unknown',
      'currency',
      object['currency'],
      `a currency whose scale is settled; say sources.legacy.currency_digits: { ${currency}: 0 } or 2, as an amount that you know shows`,
    );
}

/** The lines as sent, all of them or none: what cannot be proved complete is noted and the document rejected. */
function completeLines(envelope: Envelope, reader: Reader): readonly JsonObject[] {
  const inline = isObject(envelope.object['lines']) ? envelope.object['lines'] : null;
  if (inline === null) {
    reader.note('lines_missing', 'lines', envelope.object['lines'], 'a list of lines');
    return [];
  }
  const pages = envelope.linePages.length === 0 ? [inline] : envelope.linePages;
  const lines = withoutRepeats(pages.map((page) => objectsOf(page['data'])));
  const hasMore = pages.at(-1)?.['has_more'];
  const stated = decimalOf(inline['total_count']);
  if (hasMore !== false)
    reader.note(
      'lines_missing',
      'lines.has_more',
      hasMore,
      `the lines after the first ${lines.length}: the object carries only some of them, and the rest was not read`,
    );
  else if (stated !== undefined && stated !== String(lines.length))
    reader.note(
      'lines_missing',
      'lines.total_count',
      inline['total_count'],
      `${lines.length}, the lines that were read`,
    );
  return lines;
}

/** A line that slid to the next page while a draft changed is there twice, word for word; identical lines without an id are kept. */
function withoutRepeats(pages: readonly (readonly JsonObject[])[]): readonly JsonObject[] {
  if (pages.length <= 1) return pages[0] ?? [];
  const seen = new Set<string>();
  return pages.flatMap((page) => {
    const fresh = page.filter((line) => textOf(line['id']) === null || !seen.has(jsonText(line)));
    for (const line of page) seen.add(jsonText(line));
    return fresh;
  });
}

function toLines(
  rawLines: readonly JsonObject[],
  envelope: Envelope,
  reader: Reader,
  documentId: string,
  period: Period | null,
): readonly Line[] {
  const ids = rawLines.map((line) => textOf(line['id']));
  const repeatedIds = new Set(ids.filter((id, index): id is string => id !== null && ids.indexOf(id) !== index));
  const shared = {
    documentId,
    envelope,
    headerPeriod: period,
    discountRates: discountRates(envelope),
    repeatedIds,
  };
  const lines = rawLines.map((line, index) =>
    toLine(line, reader, { ...shared, ordinal: index + 1, path: `lines[${index}].` }),
  );
  return [...lines, ...extraLines(envelope, reader, documentId, lines.length)];
}

/** Percentages of the discounts that the document names, from the coupon inside (until Clover) or behind (`source.coupon`) them. */
function discountRates(envelope: Envelope): ReadonlyMap<string, DecimalText> {
  const { object } = envelope;
  const discounts = [...objectsOf(object['total_discount_amounts']), ...objectsOf(object['discount_amounts'])]
    .map((one) => one['discount'])
    .filter(isObject);
  return new Map(
    discounts.flatMap((discount) => {
      const source = isObject(discount['source']) ? discount['source'] : {};
      const inline = [source['coupon'], discount['coupon']].find(isObject);
      const coupon = inline ?? envelope.coupons.get(idOf(source['coupon']) ?? idOf(discount['coupon']) ?? '');
      const rate = decimalOf(coupon?.['percent_off']);
      return rate === undefined ? [] : [[textOf(discount['id']) ?? '', rate] as const];
    }),
  );
}

function issuedAt(object: JsonObject, reader: Reader): Document['issuedAt'] {
  const transitions = isObject(object['status_transitions']) ? object['status_transitions'] : {};
  const isCredit = object['object'] === 'credit_note';
  return (
    reader.seconds(object, 'effective_at', '') ??
    reader.seconds(transitions, 'finalized_at', 'status_transitions.') ??
    (isCredit ? reader.seconds(object, 'created', '') : null)
  );
}

/** The window in which items could attach: a period behind on renewals, empty on first invoices. Never compared. */
function headerPeriod(object: JsonObject, reader: Reader): Period | null {
  const start = reader.seconds(object, 'period_start', '');
  const end = reader.seconds(object, 'period_end', '');
  return start === null || end === null ? null : { start, end };
}

/** The invoice of a credit note, the invoice that this one replaces, and those whose lines a proration takes back. */
function relatesTo(object: JsonObject, lines: readonly JsonObject[]): readonly string[] {
  const from = isObject(object['from_invoice']) ? idOf(object['from_invoice']['invoice']) : null;
  const credited = lines.map((line) => {
    const parent = isObject(line['parent']) ? line['parent'] : {};
    const details = [parent['subscription_item_details'], parent['invoice_item_details']].find(isObject);
    const proration = isObject(details?.['proration_details']) ? details['proration_details'] : {};
    return isObject(proration['credited_items']) ? idOf(proration['credited_items']['invoice']) : null;
  });
  const all = [object['object'] === 'credit_note' ? idOf(object['invoice']) : null, from, ...credited];
  return [...new Set(all.filter((id) => id !== null))];
}

function notReadyReasons(state: DocumentState, checks: readonly IdentityCheck[]): readonly NotReadyReason[] {
  const reasons: NotReadyReason[] = [];
  if (state === 'draft') reasons.push('legacy_draft');
  if (state === 'preview') reasons.push('open');
  if (state === 'unknown') reasons.push('unknown_status');
  if (checks.some((one) => !one.holds)) reasons.push('source_inconsistent');
  return reasons;
}
