import { type CurrencyCode, parseCurrency } from '../../model/currency.js';
import type { Document, DocumentState, IdentityCheck, Line, NotReadyReason, Place } from '../../model/document.js';
import { parseDocumentId } from '../../model/ids.js';
import { Decimal, sumText, zero } from '../../model/money.js';
import type { Period } from '../../model/period.js';
import type { Problem } from '../../model/problem.js';
import type { RawRecord, Translated } from '../../model/source.js';
import { type JsonObject, objectsOf, textOf } from '../http/json.js';
import { Reader } from '../http/reader.js';
import { extraLines, type Header, placed } from './extra-lines.js';
import { customerOf } from './customer.js';
import { lagoDigits } from './scale.js';
import { type Envelope, readEnvelope } from './shape.js';
import { toCreditLine, toLine } from './to-line.js';
import { instantOf, issuedAtOf, toPeriod, zoneOf } from './to-period.js';
import { totalsOf } from './totals.js';

export type ToDocumentOptions = {
  /** Which server: its address. */
  readonly account: string;
  readonly currencyDigits: Readonly<Record<string, number>>;
};

const stateByStatus: Readonly<Record<string, DocumentState>> = {
  // In its grace period.
  draft: 'draft',
  pending: 'draft',
  open: 'draft',
  generating: 'draft',
  finalized: 'final',
  voided: 'void',
  failed: 'failed',
  deleted: 'deleted',
};

/**
 * One Lago invoice or credit note as a Document. Pure. `*_cents` are read on the Money gem's scale, as numbers or as text; a
 * credit note, which Lago sends positive, is turned. Fees that do not add up to the header's sum are not all there, and
 * every missing or malformed field that the comparison needs rejects the document with all problems at once. One whose own
 * numbers do not add up is marked `source_inconsistent` and never judged.
 */
export function toDocument(raw: RawRecord, options: ToDocumentOptions): Translated {
  const envelope = readEnvelope(raw.bytes, `the stored ${raw.objectType} ${raw.id}`);
  const { object, invoice } = envelope;
  const place: Place = raw.requestId === null ? {} : { requestId: raw.requestId };
  const currency = parseCurrency(textOf(object['currency']) ?? '') ?? null;
  const digits = currency === null ? undefined : lagoDigits(currency, options.currencyDigits);
  const isCredit = raw.objectType === 'credit_note';
  const reader = new Reader(place, currency, digits ?? null, isCredit ? -1 : 1);
  if (digits === undefined) noteCurrency(object, currency, reader);
  const id = parseDocumentId(raw.id);
  if (id === undefined) reader.note('field_missing', 'lago_id', object['lago_id'], 'the id of the document');
  const customerRef = customerOf(object, invoice);
  if (customerRef === null)
    reader.note('field_missing', 'customer.external_id', undefined, 'the customer, as the account names it');
  const unit = new Decimal(10).pow(-(digits ?? 0));
  const lines = digits === undefined ? [] : toLines(envelope, raw, reader, unit);
  const total = reader.required(object, 'total_amount_cents', '');
  const { totals, checks } = totalsOf({ lines, total, unit }, object, reader);
  const [first, ...rest] = reader.problems;
  if (first !== undefined || id === undefined || customerRef === null || currency === null) {
    const problems = [first, ...rest] as [Problem, ...Problem[]];
    return { type: 'rejected', rejected: { id: raw.id, customerRef, currency, problems, place } };
  }
  const status = statusOf(object, isCredit);
  const state = stateByStatus[status] ?? 'unknown';
  const zone = zoneOf(object, invoice);
  const credited = textOf(object['lago_invoice_id']);
  const document: Document = {
    source: { system: 'lago', account: options.account, objectType: raw.objectType, id },
    kind: isCredit ? 'credit_note' : 'invoice',
    state,
    rawStatus: status,
    number: textOf(object['number']),
    customerRef,
    currency,
    issuedAt: issuedAtOf(object, invoice),
    updatedAt: instantOf(object['updated_at']),
    timezone: zone,
    period: headerPeriod(object, zone),
    taxMode: totals.tax === zero && lines.every((line) => line.taxes.length === 0) ? 'none' : 'exclusive',
    totals,
    lines,
    relatesTo: isCredit && credited !== null ? [credited] : [],
    checks,
    notReady: notReadyReasons(state, checks),
    place,
    apiVersion: raw.apiVersion,
  };
  return { type: 'document', document };
}

/** A credit note has no status of its own: it is void when what it credits is. */
function statusOf(object: JsonObject, isCredit: boolean): string {
  if (!isCredit) return textOf(object['status']) ?? '';
  return textOf(object['credit_status']) === 'voided' ? 'voided' : 'finalized';
}

function noteCurrency(object: JsonObject, currency: CurrencyCode | null, reader: Reader): void {
  const expected =
    currency === null
      ? 'an ISO 4217 code such as EUR'
      : `a currency whose scale is settled; say sources.legacy.currency_digits: { ${currency}: 2 }, as an amount that you know shows`;
  reader.note('currency_unknown', 'currency', object['currency'], expected);
}

function toLines(envelope: Envelope, raw: RawRecord, reader: Reader, unit: Decimal): readonly Line[] {
  const { object, invoice } = envelope;
  const isCredit = raw.objectType === 'credit_note';
  const rows = isCredit ? object['items'] : object['fees'];
  if (!Array.isArray(rows)) {
    reader.note(
      'lines_missing',
      isCredit ? 'items' : 'fees',
      rows,
      'a list, as the document itself has and lists of them have not',
    );
    return [];
  }
  const items = objectsOf(rows);
  const ids = items.map((row) => textOf(row['lago_id']));
  const shared = {
    documentId: raw.id,
    zone: zoneOf(object, invoice),
    unit,
    repeatedIds: new Set(ids.filter((id, index): id is string => id !== null && ids.indexOf(id) !== index)),
  };
  const header = headerOf(object, items, isCredit, reader);
  const lines = items.map((row, index) => {
    const context = { ...shared, ordinal: index + 1 };
    if (!isCredit)
      return toLine(row, reader, { ...context, path: `fees[${index}].`, hasSpreadCoupons: header.hasSpreadCoupons });
    const onlyTax = items.length === 1 ? header.tax : null;
    return toCreditLine(row, reader, { ...context, path: `items[${index}].`, onlyTax });
  });
  if (!isCredit) noteMissingFees(object, lines, reader);
  return [...lines, ...placed(extraLines(lines, object, header, reader), raw.id, lines.length)];
}

function headerOf(object: JsonObject, items: readonly JsonObject[], isCredit: boolean, reader: Reader): Header {
  const coupons = isCredit ? 'coupons_adjustment_amount_cents' : 'coupons_amount_cents';
  const version = reader.decimal(object, 'version_number', '');
  const isSpread = items.some((fee) => (reader.decimal(fee, 'precise_coupons_amount_cents', 'fees.') ?? zero) !== zero);
  return {
    coupons: reader.amount(object, coupons, '') ?? zero,
    tax: reader.required(object, 'taxes_amount_cents', ''),
    // Before version 3 coupons were taken off after tax, and are no discount of a fee.
    hasSpreadCoupons: !isCredit && isSpread && (version === null || new Decimal(version).gte(3)),
  };
}

/** The header states the sum of the fees: what is missing of it is missing among them. */
function noteMissingFees(object: JsonObject, lines: readonly Line[], reader: Reader): void {
  const stated = reader.amount(object, 'fees_amount_cents', '');
  const read = sumText(lines.map((line) => line.amount));
  if (stated !== null && stated !== read && reader.problems.length === 0)
    reader.note('lines_missing', 'fees_amount_cents', object['fees_amount_cents'], `${read}, the sum of the fees read`);
}

/** The first period that the header states, of subscriptions that are billed together. Never compared. */
function headerPeriod(object: JsonObject, zone: string): Period | null {
  const [first] = objectsOf(object['billing_periods']);
  const read = (name: string) => textOf(first?.[name]) ?? '';
  const stated = toPeriod(read('subscription_from_datetime'), read('subscription_to_datetime'), zone);
  return stated?.period ?? null;
}

function notReadyReasons(state: DocumentState, checks: readonly IdentityCheck[]): readonly NotReadyReason[] {
  const reasons: NotReadyReason[] = [];
  // A failed one, for example of a tax provider, is made again.
  if (state === 'draft' || state === 'failed') reasons.push('legacy_draft');
  if (state === 'unknown') reasons.push('unknown_status');
  if (checks.some((one) => !one.holds)) reasons.push('source_inconsistent');
  return reasons;
}
