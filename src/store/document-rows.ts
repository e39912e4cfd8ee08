import { parseCurrency } from '../model/currency.js';
import {
  type Document,
  type DocumentKind,
  type DocumentState,
  documentKinds,
  documentStates,
  isClearable,
  type Line,
  type LineKind,
  lineKinds,
  noPriceFacts,
  type NotReadyReason,
  type PriceFacts,
  type TaxMode,
  type TaxSlice,
  type TierSlice,
} from '../model/document.js';
import type { ChargeKey, CustomerKey, DocumentId, LineId } from '../model/ids.js';
import { invariant } from '../model/invariant.js';
import { type DecimalText, decimalText, zero } from '../model/money.js';
import type { Instant, Period } from '../model/period.js';
import type { MappedLine, PreparedDocument } from '../model/prepared.js';
import { copyText, copyValue } from './copy-text.js';

/** Columns of `document` in the order in which `encodeDocument` writes them. */
export const documentColumns =
  'load_id, doc_no, document_id, customer, customer_ref, is_customer_mapped, in_cycle, currency, kind, state, raw_status, number, issued_at, updated_at, timezone, period, tax_mode, net, tax, discount, gross, not_ready, is_clearable, digest, file, file_line, request_id, detail';

/** Columns of `line` in the order in which `encodeLine` writes them. */
export const lineColumns =
  'load_id, doc_no, ordinal, line_id, kind, charge_key, is_mapped, product_ref, period, quantity, unit_price, amount, discount, net, tax, description, detail';

/** What a document row does not hold in a column of its own; only what differs from the default is written. */
type DocumentDetail = {
  readonly source?: readonly [system: string, account: string, objectType: string];
  readonly relatesTo?: readonly string[];
  readonly asReported?: Readonly<Record<string, DecimalText>>;
  readonly checks?: Document['checks'];
  readonly period?: readonly [Instant, Instant];
  readonly apiVersion?: string;
};

type LineDetail = {
  readonly rawKind?: string;
  readonly synthetic?: true;
  readonly parent?: string;
  readonly price?: string;
  readonly subscription?: string;
  readonly meter?: string;
  readonly appliesTo?: string;
  readonly dimensions?: Readonly<Record<string, string>>;
  readonly quality?: Line['periodQuality'];
  /** Bounds of a period that is no range: inverted or of zero length. */
  readonly period?: readonly [Instant, Instant];
  readonly blended?: true;
  readonly tiers?: readonly TierSlice[];
  readonly taxes?: readonly TaxSlice[];
  readonly exactness?: Line['exactness'];
  readonly facts?: Partial<PriceFacts>;
};

/** One `document` row in COPY text. */
export function encodeDocument(loadId: string, docNo: number, inCycle: boolean, prepared: PreparedDocument): string {
  const { document } = prepared;
  return [
    loadId,
    String(docNo),
    copyValue(document.source.id),
    copyValue(prepared.customer),
    copyValue(document.customerRef),
    copyValue(prepared.isCustomerMapped),
    copyValue(inCycle),
    document.currency,
    document.kind,
    document.state,
    copyValue(document.rawStatus),
    copyValue(document.number),
    document.issuedAt ?? '\\N',
    document.updatedAt ?? '\\N',
    copyValue(document.timezone),
    range(document.period),
    document.taxMode,
    document.totals.net,
    document.totals.tax,
    document.totals.discount ?? '\\N',
    document.totals.gross,
    copyValue(document.notReady),
    copyValue(isClearable(document)),
    prepared.digest,
    copyValue(document.place.file ?? null),
    copyValue(document.place.line ?? null),
    copyValue(document.place.requestId ?? null),
    documentDetail(document),
  ].join('\t');
}

/** One `line` row in COPY text. */
export function encodeLine(loadId: string, docNo: number, line: MappedLine): string {
  return `${loadId}\t${docNo}\t${line.ordinal}\t${copyText(line.id)}\t${line.kind}\t${copyText(line.chargeKey)}\t${line.isMapped ? 't' : 'f'}\t${copyText(line.productRef)}\t${range(line.period)}\t${line.quantity ?? absent}\t${line.unitPrice ?? absent}\t${line.amount}\t${line.discount}\t${line.net}\t${line.tax ?? absent}\t${copyText(line.description)}\t${lineDetail(line)}`;
}

const absent = '\\N';

function isRange(period: Period): boolean {
  return period.start < period.end;
}

function range(period: Period | null): string {
  return period === null || !isRange(period) ? '\\N' : `[${period.start},${period.end})`;
}

/** The `detail` column: only what differs from the default is written, so that most lines need none. Class, because it gathers. */
class Detail {
  #json = '';

  add(key: keyof DocumentDetail | keyof LineDetail, value: unknown): void {
    this.#json += `${this.#json === '' ? '{' : ','}"${key}":${JSON.stringify(value)}`;
  }

  encoded(): string {
    return this.#json === '' ? '\\N' : copyValue(`${this.#json}}`);
  }
}

function documentDetail(document: Document): string {
  const { source, period, totals } = document;
  const detail = new Detail();
  detail.add('source', [source.system, source.account, source.objectType]);
  if (document.relatesTo.length > 0) detail.add('relatesTo', document.relatesTo);
  if (Object.keys(totals.asReported).length > 0) detail.add('asReported', totals.asReported);
  if (document.checks.length > 0) detail.add('checks', document.checks);
  if (period !== null && !isRange(period)) detail.add('period', [period.start, period.end]);
  if (document.apiVersion !== null) detail.add('apiVersion', document.apiVersion);
  return detail.encoded();
}

function lineDetail(line: Line): string {
  const { period } = line;
  const detail = new Detail();
  if (line.rawKind !== line.kind) detail.add('rawKind', line.rawKind);
  if (line.idIsSynthetic) detail.add('synthetic', true);
  if (line.parentLineId !== null) detail.add('parent', line.parentLineId);
  if (line.priceRef !== null) detail.add('price', line.priceRef);
  if (line.subscriptionRef !== null) detail.add('subscription', line.subscriptionRef);
  if (line.meterRef !== null) detail.add('meter', line.meterRef);
  if (line.appliesTo !== null) detail.add('appliesTo', line.appliesTo);
  for (const _ in line.dimensions) {
    detail.add('dimensions', line.dimensions);
    break;
  }
  if (line.periodQuality !== 'exact') detail.add('quality', line.periodQuality);
  if (period !== null && !isRange(period)) detail.add('period', [period.start, period.end]);
  if (line.unitPriceIsBlended) detail.add('blended', true);
  if (line.tiers.length > 0) detail.add('tiers', line.tiers);
  if (line.taxes.length > 0) detail.add('taxes', line.taxes);
  if (line.exactness !== 'exact') detail.add('exactness', line.exactness);
  const facts = statedFacts(line.facts);
  if (facts !== null) detail.add('facts', facts);
  return detail.encoded();
}

/** The facts that are stated; null when there are none, which is the rule. */
function statedFacts(facts: PriceFacts): Partial<PriceFacts> | null {
  if (facts === noPriceFacts) return null;
  const stated = Object.entries(facts).filter(([, value]) => value !== null);
  return stated.length === 0 ? null : Object.fromEntries(stated);
}

/** A `document` row as `residue` reads it: timestamps as fixed-width ISO text, numbers as text. */
export type DocumentRow = {
  readonly side: 'legacy' | 'solvimon';
  readonly load_id: string;
  readonly doc_no: number;
  readonly document_id: string;
  readonly customer: string;
  readonly customer_ref: string;
  readonly is_customer_mapped: boolean;
  readonly in_cycle: boolean;
  readonly currency: string;
  readonly kind: string;
  readonly state: string;
  readonly raw_status: string;
  readonly number: string | null;
  readonly issued_at: string | null;
  readonly updated_at: string | null;
  readonly timezone: string | null;
  readonly period_start: string | null;
  readonly period_end: string | null;
  readonly tax_mode: string;
  readonly net: string;
  readonly tax: string;
  readonly discount: string | null;
  readonly gross: string;
  readonly not_ready: readonly string[];
  readonly file: string | null;
  readonly file_line: number | null;
  readonly request_id: string | null;
  readonly detail: unknown;
};

export type LineRow = {
  readonly side: 'legacy' | 'solvimon';
  readonly doc_no: number;
  readonly ordinal: number;
  readonly line_id: string;
  readonly kind: string;
  readonly charge_key: string;
  readonly is_mapped: boolean;
  readonly product_ref: string | null;
  readonly period_start: string | null;
  readonly period_end: string | null;
  readonly quantity: string | null;
  readonly unit_price: string | null;
  readonly amount: string;
  readonly discount: string;
  readonly net: string;
  readonly tax: string | null;
  readonly description: string | null;
  readonly detail: unknown;
};

const text = (value: string | null): DecimalText | null =>
  value === null ? null : value === '0' ? zero : decimalText(value);
/** What we wrote ourselves comes back as we wrote it; a value that does not is a broken promise, not bad input. */
function oneOf<Value extends string>(values: readonly Value[], value: string): Value {
  const found = values.find((candidate) => candidate === value);
  invariant(found !== undefined, 'a stored value is one that we wrote', { value });
  return found;
}

function periodOf(
  start: string | null,
  end: string | null,
  irregular: readonly [Instant, Instant] | undefined,
): Period | null {
  if (start !== null && end !== null) return { start: start as Instant, end: end as Instant };
  return irregular === undefined ? null : { start: irregular[0], end: irregular[1] };
}

/** The document and its mapped lines, exactly as they were prepared. */
export function fromRows(
  row: DocumentRow,
  lineRows: readonly LineRow[],
): { readonly document: Document; readonly lines: readonly MappedLine[]; readonly customer: CustomerKey } {
  const detail = (row.detail ?? {}) as DocumentDetail;
  const lines = lineRows.map(fromLineRow);
  const currency = parseCurrency(row.currency);
  invariant(currency !== undefined, 'a stored currency is one that we know', { currency: row.currency });
  const [system, account, objectType] = detail.source ?? ['', '', ''];
  const document: Document = {
    source: { system, account, objectType, id: row.document_id as DocumentId },
    kind: oneOf<DocumentKind>(documentKinds, row.kind),
    state: oneOf<DocumentState>(documentStates, row.state),
    rawStatus: row.raw_status,
    number: row.number,
    customerRef: row.customer_ref,
    currency,
    issuedAt: row.issued_at as Instant | null,
    updatedAt: row.updated_at as Instant | null,
    timezone: row.timezone,
    period: periodOf(row.period_start, row.period_end, detail.period),
    taxMode: row.tax_mode as TaxMode,
    totals: {
      net: decimalText(row.net),
      discount: text(row.discount),
      tax: decimalText(row.tax),
      gross: decimalText(row.gross),
      asReported: detail.asReported ?? {},
    },
    lines,
    relatesTo: detail.relatesTo ?? [],
    checks: detail.checks ?? [],
    notReady: row.not_ready as readonly NotReadyReason[],
    place: {
      ...(row.file !== null && { file: row.file }),
      ...(row.file_line !== null && { line: row.file_line }),
      ...(row.request_id !== null && { requestId: row.request_id }),
    },
    apiVersion: detail.apiVersion ?? null,
  };
  return { document, lines, customer: row.customer as CustomerKey };
}

function fromLineRow(row: LineRow): MappedLine {
  const detail = (row.detail ?? {}) as LineDetail;
  const kind = oneOf<LineKind>(lineKinds, row.kind);
  return {
    id: row.line_id as LineId,
    idIsSynthetic: detail.synthetic ?? false,
    ordinal: row.ordinal,
    parentLineId: (detail.parent ?? null) as LineId | null,
    kind,
    rawKind: detail.rawKind ?? kind,
    description: row.description,
    productRef: row.product_ref,
    priceRef: detail.price ?? null,
    subscriptionRef: detail.subscription ?? null,
    meterRef: detail.meter ?? null,
    appliesTo: detail.appliesTo ?? null,
    dimensions: detail.dimensions ?? {},
    period: periodOf(row.period_start, row.period_end, detail.period),
    periodQuality: detail.quality ?? 'exact',
    quantity: text(row.quantity),
    unitPrice: text(row.unit_price),
    unitPriceIsBlended: detail.blended ?? false,
    tiers: detail.tiers ?? [],
    amount: decimalText(row.amount),
    discount: decimalText(row.discount),
    net: decimalText(row.net),
    tax: text(row.tax),
    taxes: detail.taxes ?? [],
    exactness: detail.exactness ?? 'exact',
    facts: { ...noPriceFacts, ...detail.facts },
    chargeKey: row.charge_key as ChargeKey,
    isMapped: row.is_mapped,
  };
}
