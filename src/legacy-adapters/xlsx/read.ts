import { readFile, stat } from 'node:fs/promises';
import { readSheet } from 'read-excel-file/node';
import { problem } from '../../model/problem.js';
import { resolveColumns, withoutHeader } from '../rows/columns.js';
import type { RowEvent } from '../rows/group-rows.js';
import type { CellType, RowField, TextRow } from '../rows/shape.js';
import { inspectWorkbook, workbookLimits } from './inspect.js';
import type { XlsxConfig } from './shape.js';
import { type Cell, NumberText, type SheetValue, toCell } from './to-cell.js';

/** Larger workbooks belong into several files, or into CSV, which is read as a stream. */
const maxFileBytes = 64 * 1024 * 1024;

/**
 * Rows of one sheet under canonical names, with the row numbers that Excel shows. The library reads a sheet as a whole, so
 * its size is bounded before: packed, unpacked, and in cells. Throws what the file system throws.
 */
export async function* readXlsx(file: string, shownFile: string, config: XlsxConfig): AsyncIterable<RowEvent> {
  const place = { file: shownFile };
  const { size } = await stat(file);
  if (size > maxFileBytes) {
    yield fault('too_large', `${size} bytes`, `a workbook of at most ${maxFileBytes} bytes`);
    return;
  }
  const bytes = await readFile(file);
  const inspected = inspectWorkbook(bytes, workbookLimits);
  if (inspected.type === 'refused') {
    yield fault(
      inspected.expected.includes('at most') ? 'too_large' : 'row_malformed',
      inspected.value,
      inspected.expected,
    );
    return;
  }
  const names = [...inspected.sheets.keys()];
  const sheet = config.sheet ?? names[0];
  if (sheet === undefined || !names.includes(sheet)) {
    yield fault('field_missing', sheet ?? null, `a workbook with this sheet; it has ${names.join(', ') || 'none'}`);
    return;
  }
  const rows = await valuesOf(bytes, sheet);
  if (typeof rows === 'string') {
    yield fault('row_malformed', rows, 'an .xlsx workbook that can be read');
    return;
  }
  yield* rowEvents(
    rows,
    faultsByRow(inspected.unreadable.get(inspected.sheets.get(sheet) ?? '') ?? []),
    shownFile,
    config,
  );

  function fault(
    code: 'too_large' | 'row_malformed' | 'field_missing',
    value: string | null,
    expected: string,
  ): RowEvent {
    return {
      type: 'problem',
      problem: problem(code, place, code === 'field_missing' ? 'sheet' : null, value, expected),
    };
  }
}

/** The values of a sheet, or why the library could not read it. */
async function valuesOf(bytes: Buffer, sheet: string): Promise<readonly (readonly SheetValue[])[] | string> {
  try {
    const rows = await readSheet<NumberText>(bytes, sheet, {
      trim: false,
      parseNumber: (text) => new NumberText(text),
    });
    // The library's own types call a date cell the constructor of dates.
    return rows as unknown as readonly (readonly SheetValue[])[];
  } catch (error) {
    return error instanceof Error ? error.message : 'unreadable';
  }
}

/** Excel's row number → references of its cells that hold no value although something was meant. */
function faultsByRow(references: readonly string[]): ReadonlyMap<number, readonly string[]> {
  const byRow = new Map<number, string[]>();
  for (const reference of references) {
    const row = Number(reference.replace(/^[A-Z]+/, ''));
    byRow.set(row, [...(byRow.get(row) ?? []), reference]);
  }
  return byRow;
}

function* rowEvents(
  rows: readonly (readonly SheetValue[])[],
  broken: ReadonlyMap<number, readonly string[]>,
  shownFile: string,
  config: XlsxConfig,
): Iterable<RowEvent> {
  let columns: ReadonlyMap<RowField, number> | undefined;
  for (const [index, values] of rows.entries()) {
    const line = index + 1;
    const cells = values.map(toCell);
    const errors = broken.get(line) ?? [];
    if (errors.length === 0 && cells.every((cell) => cell.text.trim() === '')) continue;
    if (columns !== undefined) {
      yield { type: 'row', row: toRow(cells, columns, { file: shownFile, line }, errors) };
      continue;
    }
    const titles = cells.map((cell) => cell.text);
    const resolved = resolveColumns(titles, config, shownFile, line);
    if (resolved.problem !== null) {
      yield { type: 'problem', problem: resolved.problem };
      return;
    }
    columns = resolved.at;
  }
  if (columns === undefined) yield { type: 'problem', problem: withoutHeader(shownFile) };
}

function toRow(
  row: readonly Cell[],
  columns: ReadonlyMap<RowField, number>,
  place: { readonly file: string; readonly line: number },
  errors: readonly string[],
): TextRow {
  const cells = new Map<RowField, string>();
  const typed = new Map<RowField, CellType>();
  for (const [field, index] of columns) {
    const { text, type } = row[index] ?? { text: '', type: null };
    cells.set(field, text);
    if (type !== null) typed.set(field, type);
  }
  const expected = 'a value; the formula gave an error or was never calculated. Save the workbook with values only';
  const faults = errors.map((reference) => problem('row_malformed', place, `cell ${reference}`, null, expected));
  return { line: place.line, cells, typed, ...(faults.length > 0 && { faults }) };
}
