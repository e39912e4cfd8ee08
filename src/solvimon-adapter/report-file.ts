import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type CsvError, parse } from 'csv-parse';
import { type Problem, problem } from '../model/problem.js';
import { type ReportKind, resolveReport } from './report-columns.js';

/** One row by our field names, with its line in the file, counted from 1 with the header. */
export type ReportRow = {
  readonly line: number;
  /** The cell of a field without the blanks around it; undefined when the file has no column for it. */
  readonly get: (field: string) => string | undefined;
};

const sniffBytes = 65_536;
const delimiters = [',', ';', '\t', '|'] as const;
const maxRecordBytes = 4 * 1024 * 1024;
/** A compressed file may not unfold to more than this. */
const maxFileBytes = 16 * 1024 * 1024 * 1024;

/**
 * The rows of one report file. Compression, byte order mark, encoding and delimiter are undocumented (contract 7.1, row
 * 14), so they are found out: gzip by its magic number, UTF-8 and UTF-16 by their marks, the delimiter by what parts the
 * header into most columns. Ends with the problems as its value; none of the rows is given when the header lacks a column.
 */
export async function* readReportFile(
  kind: ReportKind,
  file: { readonly path: string; readonly shown: string },
  overrides: Readonly<Record<string, string>>,
): AsyncGenerator<ReportRow, readonly Problem[]> {
  const source = await openText(file.path);
  const parser = source.text.pipe(
    parse({
      delimiter: source.delimiter,
      bom: true,
      info: true,
      columns: false,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: maxRecordBytes,
    }),
  );
  source.text.on('error', (error) => parser.destroy(error));
  const problems: Problem[] = [];
  let at: ReadonlyMap<string, number> | null = null;
  let width = 0;
  try {
    for await (const entry of parser as AsyncIterable<{
      readonly record: readonly string[];
      readonly info: { readonly lines: number };
    }>) {
      const { record, info } = entry;
      if (at === null) {
        const resolved = resolveReport(kind, record, overrides, file.shown);
        if (resolved.problems.length > 0) return resolved.problems;
        [at, width] = [resolved.at, record.length];
        continue;
      }
      if (record.length !== width) {
        problems.push(
          problem(
            'row_malformed',
            { file: file.shown, line: info.lines },
            null,
            `${record.length} cells`,
            `${width} cells, as the header has`,
          ),
        );
        continue;
      }
      const places = at;
      yield {
        line: info.lines,
        get: (field) => (places.has(field) ? (record[places.get(field) ?? -1]?.trim() ?? '') : undefined),
      };
    }
  } catch (error) {
    problems.push(brokenFile(error, file.shown));
  } finally {
    source.text.destroy();
  }
  if (at === null && problems.length === 0)
    problems.push(problem('file_missing', { file: file.shown }, null, null, 'a header line'));
  return problems;
}

function brokenFile(error: unknown, shown: string): Problem {
  const lines = (error as Partial<CsvError>).lines;
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof TypeError ? 'encoding_broken' : 'row_malformed';
  return problem(
    code,
    { file: shown, ...(typeof lines === 'number' && { line: lines }) },
    null,
    null,
    `a whole CSV file: ${message}`,
  );
}

/** The text of a file, whatever it is stored as, and its delimiter. */
async function openText(path: string): Promise<{ readonly text: Readable; readonly delimiter: string }> {
  const isGzip = await startsLikeGzip(path);
  const stored = createReadStream(path);
  const bytes: Readable = isGzip ? stored.pipe(createGunzip()) : stored;
  if (isGzip) stored.on('error', (error) => bytes.destroy(error));
  const chunks = bytes[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const start = await firstBytes(chunks);
  const encoding = encodingOf(start);
  return {
    text: Readable.from(decoded(start, chunks, encoding)),
    delimiter: delimiterOf(new TextDecoder(encoding).decode(start)),
  };
}

async function startsLikeGzip(path: string): Promise<boolean> {
  const handle = await open(path);
  try {
    const magic = Buffer.alloc(2);
    await handle.read(magic, 0, 2, 0);
    return magic[0] === 0x1f && magic[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

async function firstBytes(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  const read: Buffer[] = [];
  for (let size = 0; size < sniffBytes; ) {
    const next = await chunks.next();
    if (next.done === true) break;
    read.push(next.value);
    size += next.value.length;
  }
  return Buffer.concat(read);
}

/** Throws a TypeError on bytes that are no text of the encoding. */
async function* decoded(start: Buffer, rest: AsyncIterator<Buffer>, encoding: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let size = start.length;
  yield decoder.decode(start, { stream: true });
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
    size += next.value.length;
    if (size > maxFileBytes) throw new RangeError(`more than ${maxFileBytes} bytes`);
    yield decoder.decode(next.value, { stream: true });
  }
  yield decoder.decode();
}

function encodingOf(start: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}

/** What parts the first line into most cells outside quotes; a comma when nothing does. */
export function delimiterOf(start: string): string {
  const counts = new Map<string, number>(delimiters.map((one) => [one, 0]));
  let isQuoted = false;
  for (const char of start) {
    if (char === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (char === '\n' || char === '\r')) break;
    else if (!isQuoted && counts.has(char)) counts.set(char, (counts.get(char) ?? 0) + 1);
  }
  return delimiters.reduce((best, one) => ((counts.get(one) ?? 0) > (counts.get(best) ?? 0) ? one : best));
}
