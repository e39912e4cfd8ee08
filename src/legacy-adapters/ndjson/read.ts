import type { Place } from '../../model/document.js';
import { problem, type Problem } from '../../model/problem.js';
import type { RowEvent } from '../rows/group-rows.js';
import { readLines } from '../rows/read-lines.js';
import { type CellType, columnNames, headerFields, type RowField, rowFields, type TextRow } from '../rows/shape.js';
import { type JsonValue, NumberText, parseJson } from './parse-json.js';
import type { NdjsonConfig } from './shape.js';

/** Longer lines are refused: one document is never this large. Characters. */
const maxLineLength = 64 * 1024 * 1024;

/**
 * Rows of an NDJSON file: each line of the file is a document with its lines, or one row. Numbers keep every digit they
 * were written with; dotted column names reach into objects. A line of the file that is no JSON object is a row without
 * cells that carries the fault.
 */
export async function* readNdjson(file: string, shownFile: string, config: NdjsonConfig): AsyncIterable<RowEvent> {
  const places = whereFieldsAre(config);
  for await (const { number, text } of readLines(file, { encoding: config.encoding, maxLength: maxLineLength })) {
    const place = { file: shownFile, line: number };
    if (text === null) {
      const expected = `a line of at most ${maxLineLength} characters`;
      yield unreadable(place, problem('too_large', place, null, null, expected));
    } else if (text.trim() !== '') yield* rowsOf(text, place, config, places);
  }
}

function* rowsOf(
  text: string,
  place: Place & { readonly line: number },
  config: NdjsonConfig,
  places: FieldPlaces,
): Iterable<RowEvent> {
  const value = readObject(text, place);
  if (value.fault !== null) {
    yield unreadable(place, value.fault);
    return;
  }
  const header = cellsOf(places.header, value.object, new Map(), new Map());
  const lines = config.layout === 'rows' ? [value.object] : fieldAt(value.object, places.lines);
  if (!Array.isArray(lines)) {
    const fault = problem('lines_missing', place, config.lines, null, 'a list of lines');
    yield { type: 'row', row: { line: place.line, ...header, faults: [fault] } };
    return;
  }
  // A document without lines is still a document: one row with nothing but its header.
  if (lines.length === 0) yield { type: 'row', row: { line: place.line, ...header } };
  for (const item of lines as readonly JsonValue[]) {
    const own = cellsOf(places.line, item, new Map(header.cells), new Map(header.typed));
    yield { type: 'row', row: { line: place.line, ...own } };
  }
}

function unreadable(place: Place & { readonly line: number }, fault: Problem): RowEvent {
  return { type: 'row', row: { line: place.line, cells: new Map(), faults: [fault] } };
}

type JsonObject = Readonly<Record<string, JsonValue>>;
type ReadObject =
  | { readonly object: JsonObject; readonly fault: null }
  | { readonly object: null; readonly fault: Problem };

/** A line of the file as an object, or what is wrong with it. */
export function readObject(text: string, place: Place): ReadObject {
  try {
    const object = parseJson(text);
    if (isObject(object)) return { object, fault: null };
    return { object: null, fault: problem('json_malformed', place, null, text, 'one JSON object') };
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unreadable';
    return { object: null, fault: problem('json_malformed', place, null, text, `one JSON object: ${why}`) };
  }
}

/** A name as it stands, and as a dotted path into objects when it is one. */
type ColumnPlace = { readonly name: string; readonly path: readonly string[] | null };
export type FieldPlace<Field = RowField> = { readonly field: Field; readonly places: readonly ColumnPlace[] };
/** A header field is read from the document, every other one from its line: an amount of the document is never taken for one of a line. */
type FieldPlaces = {
  readonly header: readonly FieldPlace[];
  readonly line: readonly FieldPlace[];
  readonly lines: ColumnPlace;
};

/** Where a configured name points. */
export const placeOf = (name: string): ColumnPlace => ({ name, path: name.includes('.') ? name.split('.') : null });

function whereFieldsAre(config: NdjsonConfig): FieldPlaces {
  const all = rowFields.map((field) => ({ field, places: columnNames(field, config.columns).map(placeOf) }));
  return {
    header: all.filter(({ field }) => headerFields.has(field)),
    line: all.filter(({ field }) => !headerFields.has(field)),
    lines: placeOf(config.lines),
  };
}

type Cells = Required<Pick<TextRow, 'cells' | 'typed'>>;

/** Adds the cells that stand in `from` to those given; the first of a field's names that holds something counts. */
function cellsOf(
  fields: readonly FieldPlace[],
  from: JsonValue,
  cells: Map<RowField, string>,
  typed: Map<RowField, CellType>,
): Cells {
  if (!isObject(from)) return { cells, typed };
  for (const { field, places } of fields)
    for (const place of places) {
      const value = fieldAt(from, place);
      const text = textOf(value);
      if (text === undefined) continue;
      cells.set(field, text);
      if (value instanceof NumberText) typed.set(field, 'number');
      break;
    }
  return { cells, typed };
}

/** What stands at a place of an object; `undefined` when nothing does. */
export function fieldAt(object: JsonObject, place: ColumnPlace): JsonValue | undefined {
  if (Object.hasOwn(object, place.name)) return object[place.name];
  if (place.path === null) return undefined;
  let current: JsonValue = object;
  for (const part of place.path) {
    if (!isObject(current) || !Object.hasOwn(current, part)) return undefined;
    current = current[part] ?? null;
  }
  return current;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NumberText);
}

/** The text of a scalar, a number with every digit it was written with; `undefined` for anything else. */
export function textOf(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'string') return value;
  if (value instanceof NumberText) return value.text;
  return typeof value === 'boolean' ? String(value) : undefined;
}
