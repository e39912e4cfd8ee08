import type { Document, Line } from '../../model/document.js';
import { Decimal, parseDecimalText, roundTo } from '../../model/money.js';
import { parseLocal } from '../../model/period.js';
import { problem, type Problem, type RejectedDocument } from '../../model/problem.js';
import type { RawRecord, Translated } from '../../model/source.js';
import { type RowField, rowFields, type TextRow } from '../rows/shape.js';
import { toDocument as rowsToDocument } from '../rows/to-document.js';
import type { ReadOptions } from './shape.js';

/** One row as text under its aliases; what is NULL is absent. */
export type SqlRow = Readonly<Record<string, string>>;

/** A document as the database gave it: its row, the rows of its lines, and the columns whose text needs converting. */
export type SqlRecord = {
  readonly v: 1;
  readonly document: SqlRow;
  readonly lines: readonly SqlRow[];
  /** Aliases of binary floating-point columns. */
  readonly float: readonly string[];
  /** Aliases of timestamps without a zone. */
  readonly local: readonly string[];
};

/** Columns that hold money: rounding one of these may lose a cent, not only noise. */
const moneyFields: ReadonlySet<string> = new Set([
  'amount',
  'discount',
  'tax',
  'document_net',
  'document_tax',
  'document_gross',
]);

/** How far a float may lie from the declared digits and still be noise of its representation. */
const noise = new Decimal('1e-9');
const relativeNoise = new Decimal('1e-6');

/** The raw bytes of a record. Keys keep the order of the query, so that the same rows give the same bytes. */
export function encodeRecord(record: SqlRecord): Uint8Array {
  return Buffer.from(JSON.stringify(record), 'utf8');
}

/** Pure. As `translateRecord`, from stored bytes. */
export function translateRaw(raw: RawRecord, options: ReadOptions, system: string): Translated {
  return translateRecord(JSON.parse(Buffer.from(raw.bytes).toString('utf8')) as SqlRecord, options, system);
}

/**
 * One document from its rows. Pure. Amounts become decimal text in major units, periods half-open in UTC; a float is
 * rounded half-even to its declared digits and its line marked `rounded`. Refused, with every problem at once: what the
 * row files refuse too, lines that do not number `line_count`, and a document without lines whose total is not known.
 */
export function translateRecord(record: SqlRecord, options: ReadOptions, system: string): Translated {
  const id = record.document['document_id'] ?? '';
  const place = { file: `invoice ${id}` };
  const problems: Problem[] = [];
  const convert = (row: SqlRow, line: number): SqlRow => converted(row, line, record, options, place.file, problems);
  const header = convert(record.document, 1);
  const lines = record.lines.map((row, index) => convert(row, index + 1));
  problems.push(...completenessProblems(record, place), ...currencyProblems(record, options, place.file));
  const headerCells = cellsOf(header);
  const rows = lines.map(
    (row, index): TextRow => ({ line: index + 1, cells: new Map([...cellsOf(row), ...headerCells]) }),
  );
  const [first, ...rest] = rows;
  const translated =
    first === undefined
      ? rowsToDocument([{ line: 1, cells: headerCells }], options.rows, { system, file: place.file, hasNoLines: true })
      : rowsToDocument([first, ...rest], options.rows, { system, file: place.file });
  return withRounding(withProblems(translated, problems, place), record, lines);
}

function cellsOf(row: SqlRow): ReadonlyMap<RowField, string> {
  const cells = new Map<RowField, string>();
  for (const field of rowFields) {
    const value = row[field];
    if (value !== undefined) cells.set(field, value);
  }
  return cells;
}

/** Lines by their number, then by their id as text: the database promises no order of its own, and the same rows must give the same bytes. */
export function inOrder(lines: readonly SqlRow[]): readonly SqlRow[] {
  const keyed = lines.map((row) => {
    const number = row['line_no'] ?? '';
    return { row, number: /^\d+$/.test(number) ? BigInt(number) : -1n, id: row['line_id'] ?? '' };
  });
  return keyed
    .sort((a, b) => (a.number === b.number ? compare(a.id, b.id) : compare(a.number, b.number)))
    .map(({ row }) => row);
}

const compare = <Key extends string | bigint>(a: Key, b: Key): number => (a < b ? -1 : a > b ? 1 : 0);

function converted(
  row: SqlRow,
  line: number,
  record: SqlRecord,
  options: ReadOptions,
  file: string,
  problems: Problem[],
): SqlRow {
  if (record.float.length === 0 && record.local.length === 0) return row;
  const out: Record<string, string> = { ...row };
  for (const name of record.local) {
    const value = row[name];
    // Text that is no timestamp stays as it is and is refused by name further on.
    if (value !== undefined) out[name] = parseLocal(value, options.timestampZone) ?? value;
  }
  for (const name of record.float) {
    const value = row[name];
    const digits = options.floatScale[name as RowField];
    if (value === undefined || digits === undefined) continue;
    const rounded = roundFloat(value, digits, moneyFields.has(name));
    out[name] = rounded ?? new Decimal(value).toFixed();
    if (rounded === undefined)
      problems.push(
        problem('amount_out_of_scale', { file, line }, name, value, `at most ${digits} digits, as float_scale says`),
      );
  }
  return out;
}

/** Text of a float rounded half-even to `digits`; undefined when money would be rounded away and not only noise. Infinity and NaN stay as they are. */
function roundFloat(text: string, digits: number, isMoney: boolean): string | undefined {
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?$/i.test(text)) return text;
  const value = new Decimal(text);
  const rounded = roundTo(value, digits, 'half_even');
  const unit = new Decimal(10).pow(-digits);
  // Relative noise never hides half of the last digit kept.
  const allowed = Decimal.min(Decimal.max(noise, value.abs().times(relativeNoise)), unit.div(4));
  return isMoney && value.minus(rounded).abs().greaterThan(allowed) ? undefined : rounded.toFixed();
}

function completenessProblems(record: SqlRecord, place: { readonly file: string }): readonly Problem[] {
  const { line_count: counted, document_gross: gross } = record.document;
  const found = record.lines.length;
  if (counted !== undefined)
    return parseDecimalText(counted) === String(found)
      ? []
      : [problem('lines_missing', place, 'line_count', counted, `${found}, the number of lines read`)];
  if (found > 0 || gross !== undefined) return [];
  return [
    problem(
      'lines_missing',
      place,
      null,
      null,
      'lines; or a line_count or document_gross of 0 that shows there are none',
    ),
  ];
}

/** A line may name its currency only to say that it is the document's. */
function currencyProblems(record: SqlRecord, options: ReadOptions, file: string): readonly Problem[] {
  const expected = record.document['currency'] ?? options.rows.default_currency ?? '';
  return record.lines.flatMap((row, index) => {
    const actual = row['currency'];
    if (actual === undefined || actual.toUpperCase() === expected.toUpperCase()) return [];
    return [
      problem('currency_mixed', { file, line: index + 1 }, 'currency', actual, `${expected}, as the document says`),
    ];
  });
}

function withProblems(
  translated: Translated,
  problems: readonly Problem[],
  place: { readonly file: string },
): Translated {
  const [first, ...rest] = problems;
  if (first === undefined) return translated;
  const rejected: RejectedDocument =
    translated.type === 'rejected'
      ? { ...translated.rejected, problems: [first, ...rest, ...translated.rejected.problems] }
      : {
          id: translated.document.source.id,
          customerRef: translated.document.customerRef,
          currency: translated.document.currency,
          problems: [first, ...rest],
          place: { ...place, line: 1 },
        };
  return { type: 'rejected', rejected };
}

function withRounding(translated: Translated, record: SqlRecord, rows: readonly SqlRow[]): Translated {
  if (translated.type === 'rejected' || record.float.length === 0) return translated;
  const isRounded = rows.map((row) => record.float.some((name) => row[name] !== undefined));
  const lines = translated.document.lines.map(
    (line): Line => (isRounded[line.ordinal - 1] === true ? { ...line, exactness: 'rounded' } : line),
  );
  const document: Document = { ...translated.document, lines };
  return { type: 'document', document };
}
