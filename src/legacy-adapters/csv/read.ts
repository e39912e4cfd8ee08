import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { finished } from 'node:stream/promises';
import { CsvError, type Parser, parse } from 'csv-parse';
import { problem, type Problem } from '../../model/problem.js';
import { resolveColumns, withoutHeader } from '../rows/columns.js';
import { TextDecoding } from '../rows/decode-text.js';
import type { RowEvent } from '../rows/group-rows.js';
import type { RowField } from '../rows/shape.js';
import type { CsvConfig } from './shape.js';

/** A record longer than this is a file whose quotes do not close. */
const maxRecordBytes = 1024 * 1024;

type Columns = ReadonlyMap<RowField, number>;
/** How the text of a CSV file is written, whatever its rows are. */
type CsvForm = Pick<CsvConfig, 'encoding' | 'delimiter' | 'quote'>;
/** One record and the line on which it ends. */
type CsvRecord = { readonly cells: readonly string[]; readonly lastLine: number };

/**
 * Rows of a CSV file under canonical names, one at a time, each with the line on which it begins. A ragged row keeps its
 * cells and carries the fault; after a quote that does not close nothing can be read, and the rest is one problem.
 */
export async function* readCsv(file: string, shownFile: string, config: CsvConfig): AsyncIterable<RowEvent> {
  let header: { readonly at: Columns; readonly width: number } | undefined;
  let linesBefore = 0;
  for await (const batch of csvRecords(file, config)) {
    if (batch instanceof CsvError) {
      yield { type: 'problem', problem: unreadableRest(batch, shownFile, linesBefore + 1, config) };
      return;
    }
    for (const { cells, lastLine } of batch) {
      const line = lastLine - innerBreaks(cells);
      linesBefore = lastLine;
      if (header === undefined) {
        const resolved = resolveColumns(cells, config, shownFile, line);
        if (resolved.problem !== null) {
          yield { type: 'problem', problem: resolved.problem };
          return;
        }
        header = { at: resolved.at, width: cells.length };
      } else if (cells.some((cell) => cell.trim() !== ''))
        yield { type: 'row', row: toRow(cells, line, header, { file: shownFile, delimiter: config.delimiter }) };
    }
  }
  if (header === undefined) yield { type: 'problem', problem: withoutHeader(shownFile) };
}

/**
 * Records as they are parsed, as many at a time as a chunk of the file holds, and the parser's error last. The records are taken from the parser's callback and not from its
 * stream: a stream that fails throws away what it had already read.
 */
export async function* csvRecords(file: string, config: CsvForm): AsyncIterable<readonly CsvRecord[] | CsvError> {
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
  for await (const chunk of utf8Bytes(file, config.encoding)) {
    if (!parser.write(chunk)) await drained(parser);
    yield queue.splice(0);
    if (failure !== undefined) break;
  }
  if (failure === undefined) await finished(parser.end(), { readable: false }).catch(() => undefined);
  yield queue.splice(0);
  if (failure instanceof CsvError) yield failure;
  else if (failure !== undefined) throw failure;
}

/** The bytes of a file in UTF-8. Those that are so already pass: the parser makes broken ones visible just the same. */
function utf8Bytes(file: string, encoding: CsvConfig['encoding']): AsyncIterable<Buffer> {
  const input = createReadStream(file);
  if (encoding === 'utf-8') return input;
  const decoding = new TextDecoding(encoding);
  pipeline(input, decoding, () => undefined);
  return decoding;
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
  const cells = new Map<RowField, string>();
  for (const [field, index] of header.at) cells.set(field, record[index] ?? '');
  if (record.length === header.width) return { line, cells };
  const expected = `${header.width} cells, as in the header; this row has ${record.length}`;
  const place = { file: shown.file, line };
  return { line, cells, faults: [problem('row_malformed', place, null, record.join(shown.delimiter), expected)] };
}

/** Line breaks inside quotes: the parser counts lines where a record ends. */
export function innerBreaks(record: readonly string[]): number {
  let breaks = 0;
  for (const cell of record)
    if (cell.includes('\n') || cell.includes('\r')) breaks += cell.match(/\r\n|\r|\n/g)?.length ?? 0;
  return breaks;
}

/** The problem of everything below a row that cannot be parsed. */
export function unreadableRest(error: CsvError, file: string, line: number, config: CsvForm): Problem {
  const expected =
    error.code === 'CSV_QUOTE_NOT_CLOSED' || error.code === 'CSV_MAX_RECORD_SIZE'
      ? `a ${config.quote} that closes the one on this line or just below it; nothing after it could be read`
      : `CSV with "${config.delimiter}" between cells: ${error.message}. Nothing after it could be read`;
  return problem('row_malformed', { file, line }, null, null, expected);
}
