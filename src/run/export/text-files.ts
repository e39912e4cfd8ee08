import { pipeline, Readable } from 'node:stream';
import { stringify } from 'csv-stringify';
import type { Cell, Column } from './columns.js';

/**
 * Rows as CSV for spreadsheets: UTF-8 with BOM, CRLF, amounts as exact text. A text that a spreadsheet would run as a formula
 * gets a leading apostrophe; an amount never does, because half of all deltas begin with a minus.
 */
export function csvStream<Row>(columns: readonly Column<Row>[], rows: AsyncIterable<Row>): Readable {
  const writer = stringify({
    bom: true,
    record_delimiter: 'windows',
    header: true,
    columns: columns.map((column) => column.name),
  });
  // An error of the rows ends the file as broken: a cut-off file must not look like a whole one.
  pipeline(Readable.from(cells(columns, rows)), writer, () => undefined);
  return writer;
}

async function* cells<Row>(
  columns: readonly Column<Row>[],
  rows: AsyncIterable<Row>,
): AsyncIterable<readonly string[]> {
  for await (const row of rows) yield columns.map((column) => csvCell(column.value(row), column.kind));
}

/** One cell of a CSV file as text, guarded against being run as a formula. */
export function csvCell(value: Cell, kind: Column<unknown>['kind']): string {
  if (value === null) return '';
  const text = String(value);
  if (kind !== 'text' && /^-?\d+(\.\d+)?$/.test(text)) return text;
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

/** Rows as one JSON object a line, amounts as text, under the names of the columns. */
export function jsonlStream<Row>(columns: readonly Column<Row>[], rows: AsyncIterable<Row>): Readable {
  return Readable.from(jsonLines(columns, rows));
}

async function* jsonLines<Row>(columns: readonly Column<Row>[], rows: AsyncIterable<Row>): AsyncIterable<string> {
  for await (const row of rows)
    yield `${JSON.stringify(Object.fromEntries(columns.map((column) => [column.name, column.value(row)])))}\n`;
}
