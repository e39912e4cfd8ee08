import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { finished } from 'node:stream/promises';
import { CsvError, type Parser, parse } from 'csv-parse';
import { problem, type Problem } from '../../model/problem.js';
import { resolveColumns } from '../rows/columns.js';
import { TextDecoding } from '../rows/decode-text.js';
import type { RowEvent } from '../rows/group-rows.js';
import type { RowField } from '../rows/shape.js';
import type { CsvConfig } from './shape.js';

/** A record longer than this is a file whose quotes do not close. */
const maxRecordBytes = 1024 * 1024;

type Columns = ReadonlyMap<RowField, number>;
/** One record and the line on which it ends. */
type CsvRecord = { readonly cells: readonly string[]; readonly lastLine: number };

/**
 * Rows of a CSV file under canonical names, one at a time, each with the line on which it begins. A ragged row keeps its
 * cells and carries the fault; after a quote that does not close nothing can be read, and the rest is one problem.
 */
export async function* readCsv(file: string, shownFile: string, config: CsvConfig): AsyncIterable<RowEvent> {
  let header: { readonly at: Columns; readonly width: number } | undefined;
  let linesBefore = 0;
  for await (const record of records(file, config)) {
    if (record instanceof CsvError) {
      yield { type: 'problem', problem: unreadableRest(record, shownFile, linesBefore + 1, config) };
      return;
    }
    const line = record.lastLine - innerBreaks(record.cells);
    linesBefore = record.lastLine;
    if (header === undefined) {
      const resolved = resolveColumns(record.cells, config, shownFile, line);
      if (resolved.problem !== null) {
        yield { type: 'problem', problem: resolved.problem };
        return;
      }
      header = { at: resolved.at, width: record.cells.length };
    } else if (record.cells.some((cell) => cell.trim() !== ''))
      yield { type: 'row', row: toRow(record.cells, line, header, { file: shownFile, delimiter: config.delimiter }) };
  }
}

/**
 * Records as they are parsed, the parser's error last. The records are taken from the parser's callback and not from its
 * stream: a stream that fails throws away what it had already read.
 */
async function* records(file: string, config: CsvConfig): AsyncIterable<CsvRecord | CsvError> {
  const queue: CsvRecord[] = [];
  let failure: Error | undefined;
  const parser = parse({
    bom: true,
    delimiter: config.delimiter,
    quote: config.quote,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: maxRecordBytes,
    on_record: (cells: readonly string[], { lines }) => {
      queue.push({ cells, lastLine: lines });
      return null;
    },
  });
  parser.on('error', (error) => {
    failure = error;
  });
  const decoding = new TextDecoding(config.encoding);
  pipeline(createReadStream(file), decoding, () => undefined);
  for await (const chunk of decoding as AsyncIterable<Buffer>) {
    if (!parser.write(chunk)) await drained(parser);
    yield* queue.splice(0);
    if (failure !== undefined) break;
  }
  if (failure === undefined) await finished(parser.end(), { readable: false }).catch(() => undefined);
  yield* queue.splice(0);
  if (failure instanceof CsvError) yield failure;
  else if (failure !== undefined) throw failure;
}

/** Waits until the parser takes more, or has failed. */
async function drained(parser: Parser): Promise<void> {
  await new Promise<void>((resolve) => {
    parser.once('drain', resolve).once('close', resolve);
  });
}

function toRow(
  record: readonly string[],
  line: number,
  header: { readonly at: Columns; readonly width: number },
  shown: { readonly file: string; readonly delimiter: string },
): Extract<RowEvent, { type: 'row' }>['row'] {
  const cells = new Map([...header.at].map(([field, index]) => [field, record[index] ?? ''] as const));
  if (record.length === header.width) return { line, cells };
  const expected = `${header.width} cells, as in the header; this row has ${record.length}`;
  const place = { file: shown.file, line };
  return { line, cells, faults: [problem('row_malformed', place, null, record.join(shown.delimiter), expected)] };
}

/** Line breaks inside quotes: the parser counts lines where a record ends. */
function innerBreaks(record: readonly string[]): number {
  return record.reduce((sum, cell) => sum + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), 0);
}

function unreadableRest(error: CsvError, file: string, line: number, config: CsvConfig): Problem {
  const expected =
    error.code === 'CSV_QUOTE_NOT_CLOSED' || error.code === 'CSV_MAX_RECORD_SIZE'
      ? `a ${config.quote} that closes the one on this line or just below it; nothing after it could be read`
      : `CSV with "${config.delimiter}" between cells: ${error.message}. Nothing after it could be read`;
  return problem('row_malformed', { file, line }, null, null, expected);
}
