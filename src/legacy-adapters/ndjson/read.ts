import { isLosslessNumber, parse } from 'lossless-json';
import type { Place } from '../../model/document.js';
import { problem, type Problem } from '../../model/problem.js';
import type { RowEvent } from '../rows/group-rows.js';
import { readLines } from '../rows/read-lines.js';
import { type CellType, columnNames, headerFields, type RowField, rowFields, type TextRow } from '../rows/shape.js';
import type { NdjsonConfig } from './shape.js';

/** Longer lines are refused: one document is never this large. Characters. */
const maxLineLength = 64 * 1024 * 1024;

/**
 * Rows of an NDJSON file: each line of the file is a document with its lines, or one row. Numbers keep every digit they
 * were written with; dotted column names reach into objects. A line of the file that is no JSON object is a row without
 * cells that carries the fault.
 */
export async function* readNdjson(file: string, shownFile: string, config: NdjsonConfig): AsyncIterable<RowEvent> {
  for await (const { number, text } of readLines(file, { encoding: config.encoding, maxLength: maxLineLength })) {
    const place = { file: shownFile, line: number };
    if (text === null) {
      const expected = `a line of at most ${maxLineLength} characters`;
      yield unreadable(place, problem('too_large', place, null, null, expected));
    } else if (text.trim() !== '') yield* rowsOf(text, place, config);
  }
}

function* rowsOf(text: string, place: Place & { readonly line: number }, config: NdjsonConfig): Iterable<RowEvent> {
  const value = readObject(text, place);
  if (value.fault !== null) {
    yield unreadable(place, value.fault);
    return;
  }
  const lines = config.layout === 'rows' ? [undefined] : at(value.object, config.lines);
  if (!Array.isArray(lines)) {
    const fault = problem('lines_missing', place, config.lines, null, 'a list of lines');
    yield { type: 'row', row: { ...toRow(value.object, undefined, place.line, config), faults: [fault] } };
    return;
  }
  // A document without lines is still a document: one row with nothing but its header.
  for (const item of lines.length === 0 ? [undefined] : lines)
    yield { type: 'row', row: toRow(value.object, item, place.line, config) };
}

function unreadable(place: Place & { readonly line: number }, fault: Problem): RowEvent {
  return { type: 'row', row: { line: place.line, cells: new Map(), faults: [fault] } };
}

type ReadObject =
  | { readonly object: unknown; readonly fault: null }
  | { readonly object: null; readonly fault: Problem };

function readObject(text: string, place: Place): ReadObject {
  try {
    const object = parse(text);
    if (typeof object === 'object' && object !== null && !Array.isArray(object) && !isLosslessNumber(object))
      return { object, fault: null };
    return { object: null, fault: problem('json_malformed', place, null, text, 'one JSON object') };
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unreadable';
    return { object: null, fault: problem('json_malformed', place, null, text, `one JSON object: ${why}`) };
  }
}

/** One row. A header field is read from the document, every other one from its line: an amount of the document is never taken for one of a line. */
function toRow(document: unknown, line: unknown, lineNumber: number, config: NdjsonConfig): TextRow {
  const cells = new Map<RowField, string>();
  const typed = new Map<RowField, CellType>();
  for (const field of rowFields) {
    const from = headerFields.has(field) || config.layout === 'rows' ? document : line;
    const values = columnNames(field, config.columns).map((name) => at(from, name));
    const value = values.find((one) => textOf(one) !== undefined);
    const text = textOf(value);
    if (text === undefined) continue;
    cells.set(field, text);
    if (isLosslessNumber(value)) typed.set(field, 'number');
  }
  return { line: lineNumber, cells, typed };
}

/** A value by its name, or by a dotted path into objects. */
function at(value: unknown, name: string): unknown {
  if (isOwn(value, name)) return value[name];
  let current = value;
  for (const part of name.split('.')) {
    if (!isOwn(current, part)) return undefined;
    current = current[part];
  }
  return current;
}

function isOwn(value: unknown, name: string): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name);
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (isLosslessNumber(value)) return value.toString();
  return typeof value === 'boolean' ? String(value) : undefined;
}
