import { type CurrencyCode, parseCurrency } from '../../model/currency.js';
import {
  type Document,
  type DocumentKind,
  documentKinds,
  type DocumentState,
  documentStates,
  type IdentityCheck,
  type Line,
  lineKinds,
  noPriceFacts,
  type PriceFacts,
  unsummedKinds,
} from '../../model/document.js';
import { type LineId, parseDocumentId } from '../../model/ids.js';
import { type DecimalText, sumText, toDecimal, toDecimalText, zero } from '../../model/money.js';
import { problem, type Problem } from '../../model/problem.js';
import type { Translated } from '../../model/source.js';
import { RowReader } from './read-values.js';
import { headerFields, type RowOptions, type TextRow } from './shape.js';

const tierModes = ['graduated', 'volume', 'stair_step', 'cumulative_stair_step'] as const;

/** `hasNoLines`: the only row is the document's own and states no line, as a database can give it and a file cannot. */
export type RowSource = { readonly system: string; readonly file: string; readonly hasNoLines?: boolean };

/**
 * One document from its rows. Pure. Amounts become decimal text in major units, periods half-open in UTC. Header values
 * that differ between rows, stated totals that differ from the sum of the lines, and every malformed cell are listed
 * together, and the document is then rejected: a wrong total is a fault of the source and no mismatch.
 */
export function toDocument(rows: readonly [TextRow, ...TextRow[]], options: RowOptions, source: RowSource): Translated {
  const problems: Problem[] = [];
  const [first] = rows;
  const place = { file: source.file, line: first.line };
  const header = new RowReader(first, options, place, problems);
  const rawId = header.id('document_id');
  if (rawId === null && header.text('document_id') === null)
    header.note('field_missing', 'document_id', null, 'the id of the document');
  const customerRef = header.id('customer');
  if (customerRef === null && header.text('customer') === null)
    header.note('field_missing', 'customer', null, 'the id of the customer');
  const code = header.text('currency') ?? options.default_currency ?? null;
  const currency = code === null ? null : (parseCurrency(code.toUpperCase()) ?? null);
  if (currency === null) header.note('currency_unknown', 'currency', code, 'an ISO 4217 code such as EUR');
  checkHeaderAgrees(rows, options, source, problems);
  const kind = kindOf(header, options);
  const state = stateOf(header, options);
  const sign = kind === 'credit_note' && options.credits === 'positive' ? -1 : 1;
  const lines = (source.hasNoLines === true ? [] : rows)
    .map((row, index) =>
      toLine(new RowReader(row, options, { file: source.file, line: row.line }, problems), options, {
        ordinal: index + 1,
        documentId: rawId ?? '',
        currency,
        sign,
      }),
    )
    .filter((line) => line !== null);
  checkLineIds(lines, rows, source, problems);
  const stated = {
    net: signed(header.money('document_net', currency), sign),
    tax: signed(header.money('document_tax', currency), sign),
    gross: signed(header.money('document_gross', currency), sign),
  };
  const issuedAt = header.instant('issued_at');
  const totals = problems.length === 0 ? totalsOf(lines, stated) : null;
  if (totals !== null)
    for (const check of totals.checks)
      if (!check.holds)
        problems.push(
          problem('totals_differ', place, check.name, check.actual, `${check.expected}, as the lines add up`),
        );
  const [fault, ...rest] = problems;
  const id = parseDocumentId(rawId ?? '');
  if (fault !== undefined || id === undefined || customerRef === null || currency === null || totals === null) {
    const all: [Problem, ...Problem[]] =
      fault === undefined ? [problem('row_malformed', place, 'document_id', rawId, 'a readable id')] : [fault, ...rest];
    return {
      type: 'rejected',
      rejected: { id: rawId ?? `${source.file}:${first.line}`, customerRef, currency, problems: all, place },
    };
  }
  const document: Document = {
    source: { system: source.system, account: '', objectType: 'invoice', id },
    kind,
    state,
    rawStatus: header.text('document_state') ?? '',
    number: header.text('document_number'),
    customerRef,
    currency,
    issuedAt,
    updatedAt: null,
    timezone: options.timezone,
    period: null,
    taxMode: options.tax_mode,
    totals: {
      net: totals.net,
      discount: sumText(lines.map((line) => line.discount)),
      tax: totals.tax,
      gross: totals.gross,
      asReported: asReported(stated),
    },
    lines,
    relatesTo: [],
    checks: totals.checks,
    notReady: state === 'draft' ? ['legacy_draft'] : [],
    place,
    apiVersion: null,
  };
  return { type: 'document', document };
}

const signed = (text: DecimalText | null, sign: number): DecimalText | null =>
  text === null || sign === 1 ? text : toDecimalText(toDecimal(text).negated());

function asReported(stated: Readonly<Record<string, DecimalText | null>>): Record<string, DecimalText> {
  return Object.fromEntries(
    Object.entries(stated).filter((entry): entry is [string, DecimalText] => entry[1] !== null),
  );
}

function kindOf(header: RowReader, options: RowOptions): DocumentKind {
  const raw = header.text('document_kind');
  if (raw === null) return 'invoice';
  const kind = documentKinds.find((known) => known === (options.kinds[raw] ?? raw));
  if (kind === undefined)
    header.note('kind_unknown', 'document_kind', raw, `one of ${documentKinds.join(', ')}, or an entry in kinds`);
  return kind ?? 'invoice';
}

function stateOf(header: RowReader, options: RowOptions): DocumentState {
  const raw = header.text('document_state');
  if (raw === null) return 'final';
  const state = documentStates.find((known) => known === (options.states[raw] ?? raw));
  if (state === undefined)
    header.note('kind_unknown', 'document_state', raw, `one of ${documentStates.join(', ')}, or an entry in states`);
  return state ?? 'unknown';
}

function checkHeaderAgrees(
  rows: readonly [TextRow, ...TextRow[]],
  options: RowOptions,
  source: RowSource,
  problems: Problem[],
): void {
  const [first] = rows;
  for (const row of rows) {
    for (const field of headerFields) {
      const [expected, actual] = [first.cells.get(field)?.trim() ?? '', row.cells.get(field)?.trim() ?? ''];
      if (expected !== actual)
        new RowReader(row, options, { file: source.file, line: row.line }, problems).note(
          field === 'currency' ? 'currency_mixed' : 'field_malformed',
          field,
          actual,
          `"${expected}", as on line ${first.line} of the same document`,
        );
    }
  }
}

function checkLineIds(lines: readonly Line[], rows: readonly TextRow[], source: RowSource, problems: Problem[]): void {
  const seen = new Set<string>();
  for (const line of lines) {
    if (seen.has(line.id))
      problems.push(
        problem(
          'id_duplicate',
          { file: source.file, line: rows[line.ordinal - 1]?.line ?? 0 },
          'line_id',
          line.id,
          'a line id that stands once in its document',
        ),
      );
    seen.add(line.id);
  }
}

type LinePlace = {
  readonly ordinal: number;
  readonly documentId: string;
  readonly currency: CurrencyCode | null;
  readonly sign: number;
};

function toLine(row: RowReader, options: RowOptions, at: LinePlace): Line | null {
  const rawKind = row.text('line_kind');
  const kind =
    lineKinds.find((known) => known === (options.kinds[rawKind ?? ''] ?? rawKind)) ??
    (rawKind === null ? 'unknown' : undefined);
  if (kind === undefined)
    row.note('kind_unknown', 'line_kind', rawKind, `one of ${lineKinds.join(', ')}, or an entry in kinds`);
  if (row.text('amount') === null)
    row.note('field_missing', 'amount', null, 'the amount of the line; missing is not zero');
  const stated = signed(row.money('amount', at.currency), at.sign);
  const discount = lowering(signed(row.money('discount', at.currency), at.sign), at.sign);
  const tax = options.tax_mode === 'none' ? zero : signed(row.money('tax', at.currency), at.sign);
  const rate = row.decimal('tax_rate');
  const start = row.instant('period_start');
  const end = row.end('period_end');
  const facts = factsOf(row, at.currency);
  const lineId = row.id('line_id');
  const quantity = row.decimal('quantity');
  const unitPrice = row.money('unit_price', at.currency);
  if (stated === null || kind === undefined) return null;
  const amount =
    options.amount_includes_discount === 'true' ? toDecimalText(toDecimal(stated).minus(discount)) : stated;
  const inclusive = options.tax_mode === 'inclusive' ? (tax ?? zero) : zero;
  const isTaxLine = kind === 'tax';
  const net = isTaxLine ? zero : toDecimalText(toDecimal(amount).plus(discount).minus(inclusive));
  return {
    id: (lineId ?? `${at.documentId}#${at.ordinal}`) as LineId,
    idIsSynthetic: lineId === null,
    ordinal: at.ordinal,
    parentLineId: null,
    kind,
    rawKind: rawKind ?? '',
    description: row.text('description'),
    productRef: row.text('product'),
    priceRef: row.text('price'),
    subscriptionRef: row.text('subscription'),
    meterRef: row.text('meter'),
    appliesTo: row.text('applies_to'),
    dimensions: {},
    period: start === null || end === null ? null : { start, end },
    periodQuality:
      start === null || end === null
        ? 'missing'
        : end < start
          ? 'inverted'
          : options.period_end === 'exclusive'
            ? 'exact'
            : options.period_end === 'inclusive_day'
              ? 'date_in_zone'
              : 'closed_end_fixed',
    quantity,
    unitPrice,
    unitPriceIsBlended: facts.tierMode !== null,
    tiers: [],
    amount,
    discount,
    net,
    tax: isTaxLine ? amount : tax,
    taxes:
      tax === null || rate === null
        ? []
        : [
            {
              code: row.text('tax_code'),
              rate,
              taxable: net,
              amount: tax,
              behaviour: options.tax_mode === 'inclusive' ? 'inclusive' : 'exclusive',
            },
          ],
    exactness: 'exact',
    facts,
  };
}

/** A discount column may state the reduction positive or negative: it always lowers the bill (and raises a credit). */
function lowering(text: DecimalText | null, sign: number): DecimalText {
  if (text === null) return zero;
  const size = toDecimal(text).abs();
  return toDecimalText(sign === 1 ? size.negated() : size);
}

function factsOf(row: RowReader, currency: CurrencyCode | null): PriceFacts {
  const tierMode = row.text('tier_mode');
  const known = tierModes.find((mode) => mode === tierMode) ?? null;
  if (tierMode !== null && known === null)
    row.note('kind_unknown', 'tier_mode', tierMode, `one of ${tierModes.join(', ')}`);
  const pricingCurrency = parseCurrency(row.text('pricing_currency') ?? '');
  const pricingAmount = row.decimal('pricing_amount');
  return {
    ...noPriceFacts,
    tierMode: known,
    includedVolume: row.decimal('included_volume'),
    minimumAmount: row.money('minimum_amount', currency),
    blockSize: row.decimal('block_size'),
    prorationFactor: row.decimal('proration_factor'),
    fullPrice: row.money('full_price', currency),
    pricing:
      pricingCurrency === undefined || pricingAmount === null
        ? null
        : { amount: pricingAmount, currency: pricingCurrency, rate: row.decimal('fx_rate') },
    discountRate: row.decimal('discount_rate'),
  };
}

type Stated = {
  readonly net: DecimalText | null;
  readonly tax: DecimalText | null;
  readonly gross: DecimalText | null;
};

/** Totals from the lines, with the stated ones checked against them. A document tax without line taxes is taken as stated. */
function totalsOf(
  lines: readonly Line[],
  stated: Stated,
): {
  readonly net: DecimalText;
  readonly tax: DecimalText;
  readonly gross: DecimalText;
  readonly checks: readonly IdentityCheck[];
} {
  const summed = lines.filter((line) => !unsummedKinds.has(line.kind));
  const net = sumText(summed.map((line) => line.net));
  const taxes = summed.map((line) => line.tax);
  const hasLineTax = taxes.some((tax) => tax !== null);
  const tax = hasLineTax || stated.tax === null ? sumText(taxes.filter((one) => one !== null)) : stated.tax;
  const gross = toDecimalText(toDecimal(net).plus(tax));
  const checks = [
    ['document_net', stated.net, net],
    ['document_tax', hasLineTax ? stated.tax : null, tax],
    ['document_gross', stated.gross, gross],
  ] as const;
  return {
    net,
    tax,
    gross,
    checks: checks.flatMap(([name, actual, expected]) =>
      actual === null ? [] : [{ name, holds: actual === expected, expected, actual }],
    ),
  };
}
