import { type CurrencyCode, parseCurrency } from '../../model/currency.js';
import {
  type Document,
  type DocumentKind,
  documentKinds,
  type DocumentState,
  documentStates,
  type Line,
} from '../../model/document.js';
import { parseDocumentId } from '../../model/ids.js';
import { type DecimalText, sumText, zero } from '../../model/money.js';
import { problem, type Problem } from '../../model/problem.js';
import type { Translated } from '../../model/source.js';
import { RowReader } from './read-values.js';
import { headerFields, type RowOptions, shownField, type TextRow } from './shape.js';
import { signed, toLine } from './to-line.js';
import { linesWithoutTax, type LineTotals, type Stated, totalsOf } from './totals.js';

export type RowSource = {
  readonly system: string;
  readonly file: string;
  /** The fault of a row beside this document that may be one of its lines; absent when every row near it was read. */
  readonly mayLack?: Problem | null;
  /** True when the source itself says that there are no lines, as a database can and a file cannot. */
  readonly hasNoLines?: boolean;
};

/**
 * One document from its rows. Pure. Amounts become decimal text in major units, periods half-open in UTC. Header values
 * that differ between rows, stated totals that differ from the sum of the lines, and every malformed cell are listed
 * together, and the document is then rejected: a wrong total is a fault of the source and no mismatch.
 */
export function toDocument(rows: readonly [TextRow, ...TextRow[]], options: RowOptions, source: RowSource): Translated {
  const [first] = rows;
  const problems: Problem[] = rows.flatMap((row) => row.faults ?? []);
  const header = new RowReader(first, options, { file: source.file, line: first.line }, problems);
  const { id, customerRef, currency } = identityOf(header, options);
  checkHeaderAgrees(rows, options, source, problems);
  const kind = kindOf(header, options);
  const state = stateOf(header, options);
  const sign = kind === 'credit_note' && options.credits === 'positive' ? -1 : 1;
  const stated: Stated = {
    net: signed(header.money('document_net', currency), sign),
    tax: signed(header.money('document_tax', currency), sign),
    gross: signed(header.money('document_gross', currency), sign),
  };
  const lines =
    source.hasNoLines === true || isWithoutLines(rows)
      ? noLines(header, stated, source.hasNoLines === true)
      : linesOf(rows, options, source, problems, { documentId: id ?? '', currency, sign });
  const issuedAt = header.instant('issued_at');
  const totals = checkedTotals({ header, rows, lines, stated, options, source });
  const [fault, ...rest] = withoutEchoes(problems);
  const documentId = parseDocumentId(id ?? '');
  if (fault !== undefined || documentId === undefined || customerRef === null || currency === null) {
    const place = { file: source.file, line: first.line };
    const unreadable = problem('field_malformed', place, 'document_id', id, 'an id of at most 500 plain characters');
    const rejected = { id: documentId ?? `${source.file}:${first.line}`, customerRef, currency, place };
    return { type: 'rejected', rejected: { ...rejected, problems: [fault ?? unreadable, ...rest] } };
  }
  const document: Document = {
    source: { system: source.system, account: '', objectType: 'invoice', id: documentId },
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
    place: { file: source.file, line: first.line },
    apiVersion: null,
  };
  return { type: 'document', document };
}

/** What is missing only because its cell, or its whole row, could not be read is not told a second time. */
function withoutEchoes(problems: readonly Problem[]): readonly Problem[] {
  const isEcho = (one: Problem) =>
    (one.code === 'field_missing' || one.code === 'lines_missing') &&
    problems.some(
      (other) =>
        other.code !== one.code &&
        other.place.line === one.place.line &&
        (other.field === null || other.field === one.field),
    );
  return problems.filter((one) => !isEcho(one));
}

function identityOf(
  header: RowReader,
  options: RowOptions,
): { readonly id: string | null; readonly customerRef: string | null; readonly currency: CurrencyCode | null } {
  const id = header.id('document_id');
  if (header.text('document_id') === null) header.note('field_missing', 'document_id', null, 'the id of the document');
  const customerRef = header.id('customer');
  if (header.text('customer') === null) header.note('field_missing', 'customer', null, 'the id of the customer');
  const code = header.text('currency') ?? options.default_currency ?? null;
  const currency = code === null ? null : (parseCurrency(code.toUpperCase()) ?? null);
  if (currency === null)
    header.note(code === null ? 'field_missing' : 'currency_unknown', 'currency', code, 'an ISO 4217 code such as EUR');
  return { id, customerRef, currency };
}

function asReported(stated: Stated): Record<string, DecimalText> {
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

/** A single row that fills header fields only: a document without lines, which is legal when it asks for nothing. */
function isWithoutLines(rows: readonly TextRow[]): boolean {
  const [row, ...others] = rows;
  return (
    row !== undefined &&
    others.length === 0 &&
    [...row.cells].every(([field, value]) => headerFields.has(field) || value.trim() === '')
  );
}

function noLines(header: RowReader, stated: Stated, isCertain: boolean): readonly Line[] {
  const total = stated.gross ?? stated.net;
  if (total !== zero && !(total === null && isCertain))
    header.note(
      'lines_missing',
      'amount',
      total,
      total === null
        ? 'lines, or a stated document_gross of 0; missing is not zero'
        : 'the lines of a document that is not zero',
    );
  return [];
}

function linesOf(
  rows: readonly TextRow[],
  options: RowOptions,
  source: RowSource,
  problems: Problem[],
  at: { readonly documentId: string; readonly currency: CurrencyCode | null; readonly sign: 1 | -1 },
): readonly Line[] {
  const seen = new Map<string, number>();
  return rows.flatMap((row, index) => {
    const reader = new RowReader(row, options, { file: source.file, line: row.line }, problems);
    const line = toLine(reader, options, { ...at, ordinal: index + 1 });
    if (line === null) return [];
    const before = seen.get(line.id);
    if (before !== undefined)
      reader.note('id_duplicate', 'line_id', line.id, `a line id that stands once in its document; see line ${before}`);
    seen.set(line.id, before ?? row.line);
    return [line];
  });
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
      if (expected === actual) continue;
      problems.push(
        problem(
          field === 'currency' ? 'currency_mixed' : 'field_malformed',
          { file: source.file, line: row.line },
          shownField(field, options.columns),
          actual,
          `"${expected}", as on line ${first.line} of the same document`,
        ),
      );
    }
  }
}

/** Totals of lines that could all be read; whatever contradicts or cannot prove them is noted. */
function checkedTotals(input: {
  readonly header: RowReader;
  readonly rows: readonly TextRow[];
  readonly lines: readonly Line[];
  readonly stated: Stated;
  readonly options: RowOptions;
  readonly source: RowSource;
}): LineTotals {
  const { header, lines, stated } = input;
  const totals = totalsOf(lines, stated);
  // Sums over lines of which some are missing would only repeat what is already said.
  if (header.problems.length > 0) return totals;
  for (const line of linesWithoutTax(lines, stated))
    header.problems.push(
      problem(
        'field_missing',
        { file: input.source.file, line: input.rows[line.ordinal - 1]?.line ?? 0 },
        shownField('tax', input.options.columns),
        null,
        'the tax of the line, as other lines state theirs, or document_tax; missing is not zero',
      ),
    );
  for (const check of totals.checks)
    if (!check.holds)
      header.note('totals_differ', fieldOfCheck(check.name), check.actual, `${check.expected}, as the lines add up`);
  const lack = input.source.mayLack ?? null;
  if (lack !== null && !totals.areLinesProven)
    header.note(
      'lines_missing',
      'amount',
      null,
      `every line of the document: line ${lack.place.line ?? '?'} could not be read and may be one. A stated document_gross would prove the lines complete`,
    );
  return totals;
}

function fieldOfCheck(name: string): 'document_net' | 'document_tax' | 'document_gross' {
  return name === 'document_net' || name === 'document_tax' ? name : 'document_gross';
}
