import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { isLosslessNumber, parse } from 'lossless-json';
import { problem } from '../../model/problem.js';
import type { RowEvent } from '../rows/group-rows.js';
import { headerFields, type RowField, rowFields } from '../rows/shape.js';
import type { NdjsonConfig } from './shape.js';

/** Longer lines are refused: one document is never this large. */
const maxLineLength = 64 * 1024 * 1024;

/** Rows of an NDJSON file. Numbers keep every digit they were written with; dotted column names reach into objects. */
export async function* readNdjson(file: string, shownFile: string, config: NdjsonConfig): AsyncIterable<RowEvent> {
  let lineNumber = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    lineNumber += 1;
    const place = { file: shownFile, line: lineNumber };
    if (line.trim() === '') continue;
    if (line.length > maxLineLength) {
      yield {
        type: 'problem',
        problem: problem('too_large', place, null, null, `a line of at most ${maxLineLength} characters`),
      };
      continue;
    }
    if (line.includes('\uFFFD')) {
      yield { type: 'problem', problem: problem('encoding_broken', place, null, line, 'UTF-8 text') };
      continue;
    }
    let value: unknown;
    try {
      value = parse(line);
    } catch (error) {
      yield {
        type: 'problem',
        problem: problem(
          'json_malformed',
          place,
          null,
          line,
          `one JSON object: ${error instanceof Error ? error.message : 'unreadable'}`,
        ),
      };
      continue;
    }
    const lines = config.layout === 'rows' ? [undefined] : at(value, config.lines);
    if (!Array.isArray(lines)) {
      yield { type: 'problem', problem: problem('lines_missing', place, config.lines, null, 'a list of lines') };
      continue;
    }
    const items = lines.length === 0 ? [undefined] : lines;
    for (const item of items) yield { type: 'row', row: { line: lineNumber, cells: cellsOf(value, item, config) } };
  }
}

/** Cells of one row. A header field is read from the document, every other one from its line: an amount of the document is never taken for one of a line. */
function cellsOf(document: unknown, line: unknown, config: NdjsonConfig): ReadonlyMap<RowField, string> {
  const cells = new Map<RowField, string>();
  for (const field of rowFields) {
    const named = config.columns[field];
    for (const name of named === undefined ? [field] : Array.isArray(named) ? named : [named]) {
      const value = textOf(at(headerFields.has(field) || config.layout === 'rows' ? document : line, name));
      if (value === undefined) continue;
      cells.set(field, value);
      break;
    }
  }
  return cells;
}

function at(value: unknown, dotted: string): unknown {
  let current = value;
  for (const part of dotted.split('.')) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Readonly<Record<string, unknown>>)[part];
  }
  return current;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (isLosslessNumber(value)) return value.toString();
  return typeof value === 'boolean' ? String(value) : undefined;
}
