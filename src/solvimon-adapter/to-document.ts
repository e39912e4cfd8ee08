import { type CurrencyCode, currencyDigits, parseCurrency } from '../model/currency.js';
import {
  type Document,
  type DocumentState,
  type IdentityCheck,
  type Line,
  type NotReadyReason,
  type Place,
  unsummedKinds,
} from '../model/document.js';
import { parseDocumentId } from '../model/ids.js';
import {
  addText,
  Decimal,
  type DecimalText,
  negateText,
  roundTo,
  subtractText,
  sumText,
  toDecimal,
  zero,
} from '../model/money.js';
import type { Translated } from '../model/source.js';
import { type LevelSum, readLines, zoneOf } from './read-lines.js';
import { type Json, type JsonObject, Reader } from './shape.js';

export type ToDocumentOptions = {
  readonly place: Place;
  readonly account: string;
  /** Where the customer's legacy id is: its reference, or a custom field copied to the invoice (contract 5). */
  readonly customerKey: { readonly kind: 'reference' } | { readonly kind: 'custom_field'; readonly reference: string };
  /** Customer id → reference, for replies that carry only the id. */
  readonly customerReferences: ReadonlyMap<string, string>;
  /** A draft that is not on hold can still turn FINAL by itself and is then no shadow: not judged (contract 3.7). */
  readonly requireHold: boolean;
};

const stateByStatus: Readonly<Record<string, DocumentState>> = {
  OPEN: 'preview',
  DRAFT: 'draft',
  FINAL: 'final',
};
const creditTypes: ReadonlySet<string> = new Set(['CREDIT', 'ONE_OFF_CREDIT']);

/**
 * One Solvimon invoice as a Document. Pure. Amounts are decimal text in major units; a line's period is its group's, else
 * its period's (contract 3.3, 3.4); net is the tax summary's base (3.2). Every missing or malformed field that the
 * comparison needs is listed, and the invoice is then rejected. An invoice whose own sums do not hold is marked
 * `source_inconsistent` and never judged (contract 7.3).
 */
export function toDocument(raw: JsonObject, options: ToDocumentOptions): Translated {
  const reader = new Reader(options.place);
  const id = parseDocumentId(reader.text(raw, 'id') ?? '');
  if (id === undefined) reader.note('field_missing', 'id', raw['id'], 'the invoice id');
  const code = reader.text(raw, 'billing_currency') ?? grossCurrency(raw, reader);
  const currency = code === null ? undefined : parseCurrency(code);
  if (currency === undefined)
    reader.note('currency_unknown', 'billing_currency', raw['billing_currency'], 'an ISO 4217 code such as EUR');
  reader.currency = currency ?? null;
  const customerRef = customerOf(raw, reader, options);
  if (customerRef === null)
    reader.note(
      'field_missing',
      options.customerKey.kind === 'reference'
        ? 'customer_reference'
        : `other_custom_fields.${options.customerKey.reference}`,
      undefined,
      'the id that joins this customer to the legacy system',
    );
  const gross = reader.amount(raw, 'invoice_amount_including_tax', '');
  if (raw['invoice_amount_including_tax'] === undefined || raw['invoice_amount_including_tax'] === null)
    reader.note('field_missing', 'invoice_amount_including_tax', undefined, 'the gross total');
  const summary = reader.object(raw, 'tax_summary');
  const statedNet = summary === null ? null : reader.amount(summary, 'base_amount', 'tax_summary.');
  const statedTax = summary === null ? null : reader.amount(summary, 'tax_amount', 'tax_summary.');
  const isCredit = creditTypes.has(reader.text(raw, 'type') ?? '');
  // The sign of credit documents is not documented: positive ones are turned, negative ones are as we want them.
  const sign = isCredit && gross !== null && !gross.quantity.startsWith('-') ? -1 : 1;
  const sums: LevelSum[] = [];
  const lines = readLines(raw, reader, id ?? '', sign, sums);
  if (gross !== null && gross.quantity !== zero && lines.length === 0 && reader.problems.length === 0) {
    reader.note(
      'lines_missing',
      'periods[].groups[].lines[]',
      undefined,
      'the lines of an invoice that is not zero; fetch it with include_periods=true and include_lines=true',
    );
  }
  const lineIds = new Set<string>();
  for (const line of lines) {
    if (lineIds.has(line.id)) reader.note('id_duplicate', 'lines[].id', line.id, 'a line id that stands once');
    lineIds.add(line.id);
  }
  // Whatever is read is read before the problems are looked at, so that none of them is lost.
  const issuedAt = reader.instant(raw, 'invoice_date', '');
  const updatedAt = reader.instant(raw, 'updated_at', '');
  const number = reader.text(raw, 'invoice_number');
  const timezone = zoneOf(raw, reader);
  const related = relatesTo(raw, reader);
  const [first, ...rest] = reader.problems;
  if (first !== undefined || id === undefined || currency === undefined || customerRef === null || gross === null) {
    const problems = first === undefined ? [] : [first, ...rest];
    return {
      type: 'rejected',
      rejected: {
        id: id ?? placeText(options.place),
        customerRef,
        currency: currency ?? null,
        problems: problems as [(typeof problems)[number], ...typeof problems],
        place: options.place,
      },
    };
  }
  const signed = (text: DecimalText) => (sign === 1 ? text : negateText(text));
  const summed = lines.filter((line) => !unsummedKinds.has(line.kind));
  const net = statedNet === null ? sumText(summed.map((line) => line.net)) : signed(statedNet.quantity);
  const tax = statedTax === null ? subtractText(signed(gross.quantity), net) : signed(statedTax.quantity);
  const checks = identityChecks(summed, { net, tax, gross: signed(gross.quantity) }, sums, currency);
  const document: Document = {
    source: { system: 'solvimon', account: options.account, objectType: 'invoice', id },
    kind: isCredit ? 'credit_note' : 'invoice',
    state: stateByStatus[reader.text(raw, 'status') ?? ''] ?? 'unknown',
    rawStatus: [reader.text(raw, 'status') ?? '', reader.text(raw, 'type') ?? ''].join(' ').trim(),
    number,
    customerRef,
    currency,
    issuedAt,
    updatedAt,
    timezone,
    period: null,
    taxMode: reader.text(raw, 'pricing_amount_type') === 'INCLUDING_TAX' ? 'inclusive' : 'exclusive',
    totals: {
      net,
      discount: sumText(lines.filter((line) => line.kind === 'discount').map((line) => line.net)),
      tax,
      gross: signed(gross.quantity),
      asReported: { invoice_amount_including_tax: gross.quantity },
    },
    lines,
    relatesTo: related,
    checks,
    notReady: notReadyReasons(raw, reader, options, checks),
    place: options.place,
    apiVersion: 'v1',
  };
  return { type: 'document', document };
}

/** How an invoice whose own id cannot be read is called. */
function placeText(place: Place): string {
  return `${place.file ?? place.requestId ?? 'invoice'}:${place.line ?? '?'}`;
}

function grossCurrency(raw: JsonObject, reader: Reader): string | null {
  const gross = reader.object(raw, 'invoice_amount_including_tax');
  return gross === null ? null : reader.text(gross, 'currency');
}

function customerOf(raw: JsonObject, reader: Reader, options: ToDocumentOptions): string | null {
  if (options.customerKey.kind === 'custom_field') {
    const wanted = options.customerKey.reference;
    const fields = [...reader.objects(raw, 'other_custom_fields', ''), ...reader.objects(raw, 'custom_fields', '')];
    const found = fields.find((field) => field['reference'] === wanted);
    return found === undefined ? null : reader.text(found, 'value');
  }
  const customer = reader.object(raw, 'customer');
  const id = reader.text(raw, 'customer_id');
  return (
    reader.text(raw, 'customer_reference') ??
    (customer === null ? null : reader.text(customer, 'reference')) ??
    (id === null ? null : (options.customerReferences.get(id) ?? null))
  );
}

/** Documents this one corrects: the credited invoice, and those a one-off credit names (contract 3.2). */
function relatesTo(raw: JsonObject, reader: Reader): readonly string[] {
  const credit = reader.object(raw, 'credit');
  const original = credit === null ? null : reader.text(credit, 'original_invoice_id');
  const linked = raw['linked_invoices_ids'];
  const ids = Array.isArray(linked) ? linked.flatMap((id: Json) => reader.text({ id }, 'id') ?? []) : [];
  return [...new Set([...(original === null ? [] : [original]), ...ids])];
}

/** Lines → groups → periods → tax summary → gross (contract 7.3, step 4), each within half a minor unit of rounding per line. */
function identityChecks(
  lines: readonly Line[],
  totals: { readonly net: DecimalText; readonly tax: DecimalText; readonly gross: DecimalText },
  sums: readonly LevelSum[],
  currency: CurrencyCode,
): readonly IdentityCheck[] {
  const check = (name: string, expected: DecimalText, actual: DecimalText, isRounded: boolean): IdentityCheck => ({
    name,
    // Equal numbers have equal text, and nearly all are: only the rest is worth arithmetic.
    holds: expected === actual || isWithin(subtractText(expected, actual), isRounded ? lines.length + 1 : 0, currency),
    expected,
    actual,
  });
  return [
    check('lines net = invoice net', totals.net, sumText(lines.map((line) => line.net)), false),
    // Tax may be rounded for the document and not for each line, so its sum may be off by the rounding.
    check('lines tax = invoice tax', totals.tax, sumText(lines.map((line) => line.tax ?? zero)), true),
    check('net + tax = gross', totals.gross, addText(totals.net, totals.tax), false),
    ...sums.map((sum) => check(`lines = ${sum.name}`, sum.stated, sum.actual, false)),
  ];
}

/** Whether a difference is no larger than `count` times half a minor unit; what lies beyond the twelfth decimal is noise of unrounded amounts. */
function isWithin(difference: DecimalText, count: number, currency: CurrencyCode): boolean {
  const halfUnit = new Decimal(5).times(new Decimal(10).pow(-currencyDigits(currency) - 1));
  return roundTo(toDecimal(difference).abs(), 12, 'half_even').lessThanOrEqualTo(halfUnit.times(count));
}

function notReadyReasons(
  raw: JsonObject,
  reader: Reader,
  options: ToDocumentOptions,
  checks: readonly IdentityCheck[],
): readonly NotReadyReason[] {
  const reasons: NotReadyReason[] = [];
  const status = reader.text(raw, 'status');
  const failing = reader
    .objects(raw, 'validation_result', '')
    .some((result) => /fail|error|invalid/i.test(reader.text(result, 'status') ?? ''));
  if (status === 'OPEN') reasons.push('open');
  else if (status === 'DRAFT' && options.requireHold && !reader.isTrue(raw, 'on_hold'))
    reasons.push('draft_not_on_hold');
  else if (status !== 'DRAFT' && status !== 'FINAL') reasons.push('unknown_status');
  if (failing) reasons.push('held_by_validation');
  if (reader.isTrue(raw, 'to_be_reprocessed')) reasons.push('to_be_reprocessed');
  if (checks.some((check) => !check.holds)) reasons.push('source_inconsistent');
  return reasons;
}
