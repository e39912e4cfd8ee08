import { createReadStream } from 'node:fs';
import { Transform, type TransformCallback } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { problem } from '../../model/problem.js';
import { resolveColumns, type RowEvent } from '../rows/group-rows.js';
import type { CsvConfig } from './shape.js';

/** A record longer than this is a file whose quotes do not close. */
const maxRecordBytes = 1024 * 1024;

/** Rows of a CSV file under canonical names, one at a time. Broken bytes, ragged rows and bad quotes are named with their line. */
export async function* readCsv(file: string, shownFile: string, config: CsvConfig): AsyncIterable<RowEvent> {
  const parser = parse({
    bom: true,
    info: true,
    delimiter: config.delimiter,
    quote: config.quote,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: maxRecordBytes,
  });
  const input = createReadStream(file);
  // latin1 and windows-1252 cannot be broken; UTF-8 can, and then shows the replacement character.
  const decoded = config.encoding === 'utf-8' ? input : input.pipe(decodeSingleByte(config.encoding));
  input.on('error', (error) => parser.destroy(error));
  decoded.pipe(parser);
  let columns: ReturnType<typeof resolveColumns>['at'] | undefined;
  let width = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      const place = { file: shownFile, line: info.lines };
      if (columns === undefined) {
        const resolved = resolveColumns(record, config, shownFile, info.lines);
        if (resolved.problem !== null) {
          yield { type: 'problem', problem: resolved.problem };
          return;
        }
        columns = resolved.at;
        width = record.length;
        continue;
      }
      if (record.length !== width)
        yield {
          type: 'problem',
          problem: problem(
            'row_malformed',
            place,
            null,
            record.join(config.delimiter),
            `${width} cells, as in the header; this row has ${record.length}`,
          ),
        };
      else if (record.some((cell) => cell.includes('\uFFFD')))
        yield {
          type: 'problem',
          problem: problem(
            'encoding_broken',
            place,
            null,
            record.join(config.delimiter),
            `${config.encoding} text; say encoding: windows-1252 if that is what it is`,
          ),
        };
      else
        yield {
          type: 'row',
          row: {
            line: info.lines,
            cells: new Map([...columns].map(([field, index]) => [field, record[index] ?? ''] as const)),
          },
        };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? error['lines'] : undefined;
    yield {
      type: 'problem',
      problem: problem(
        'row_malformed',
        { file: shownFile, ...(line !== undefined && { line }) },
        null,
        null,
        `CSV with "${config.delimiter}" between cells: ${error.message}`,
      ),
    };
  }
}

function decodeSingleByte(encoding: 'windows-1252' | 'latin1') {
  return new TransformDecoder(encoding === 'latin1' ? 'latin1' : 'windows-1252');
}

/** Bytes in, UTF-8 out. Class, because streams are. */
class TransformDecoder extends Transform {
  readonly #decoder: InstanceType<typeof TextDecoder>;

  constructor(encoding: string) {
    super();
    this.#decoder = new TextDecoder(encoding);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    callback(null, this.#decoder.decode(chunk, { stream: true }));
  }
}
