import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
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
type Parsed = { readonly record: readonly string[]; readonly info: { readonly lines: number } };

/**
 * Rows of a CSV file under canonical names, one at a time, each with the line on which it begins. A ragged row keeps its
 * cells and carries the fault; after a quote that does not close nothing can be read, and the rest is one problem.
 */
export async function* readCsv(file: string, shownFile: string, config: CsvConfig): AsyncIterable<RowEvent> {
  const parser = openParser(file, config);
  let header: { readonly at: Columns; readonly width: number } | undefined;
  let linesBefore = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      const line = info.lines - innerBreaks(record);
      linesBefore = info.lines;
      if (header === undefined) {
        const resolved = resolveColumns(record, config, shownFile, line);
        if (resolved.problem !== null) {
          yield { type: 'problem', problem: resolved.problem };
          return;
        }
        header = { at: resolved.at, width: record.length };
      } else if (record.some((cell) => cell.trim() !== ''))
        yield { type: 'row', row: toRow(record, line, header, { file: shownFile, delimiter: config.delimiter }) };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    yield { type: 'problem', problem: unreadableRest(error, shownFile, linesBefore + 1, config) };
  } finally {
    parser.destroy();
  }
}

function openParser(file: string, config: CsvConfig): Parser {
  const parser = parse({
    bom: true,
    info: true,
    delimiter: config.delimiter,
    quote: config.quote,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: maxRecordBytes,
  });
  // An error of any stage reaches the reader through the parser, which `pipeline` destroys with it.
  pipeline(createReadStream(file), new TextDecoding(config.encoding), parser, () => undefined);
  return parser;
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
