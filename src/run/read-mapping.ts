import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { CsvError, parse } from 'csv-parse';
import { describeProblem, problem, type Problem } from '../model/problem.js';
import { buildMapping, type Mapping, type MappingRow } from '../reconcile/mapping.js';
import { AppError } from '../errors.js';

/** A file to read, and how the configuration calls it. */
export type MappingFile = { readonly path: string; readonly shown: string };

export type MappingFiles = {
  readonly customers: MappingFile | null;
  readonly products: MappingFile | null;
  readonly strict: boolean;
};

/**
 * Reads both mapping files (CSV in UTF-8 with a header `legacy,solvimon`; other columns are ignored) and builds the
 * mapping. Throws AppError `config_invalid` that names every problem at once, each on a line of its own with its file and
 * line: a wrong join makes wrong verdicts, so nothing runs.
 */
export async function readMapping(files: MappingFiles): Promise<Mapping> {
  const problems: Problem[] = [];
  const customers = files.customers === null ? null : await readRows(files.customers, problems);
  const products = files.products === null ? null : await readRows(files.products, problems);
  const built = buildMapping({ customers, products, strict: files.strict });
  problems.push(...built.problems);
  if (problems.length === 0) return built.mapping;
  const count = `${problems.length} ${problems.length === 1 ? 'error' : 'errors'}`;
  throw new AppError('config_invalid', {
    detail: `\n${problems.map(describeProblem).join('\n')}\n${count}`,
    context: { problems },
  });
}

type Parsed = { readonly record: readonly string[]; readonly info: { readonly lines: number } };

async function readRows(file: MappingFile, problems: Problem[]): Promise<readonly MappingRow[]> {
  const isThere = await stat(file.path).then(
    (found) => found.isFile(),
    () => false,
  );
  const place = { file: file.shown };
  if (!isThere) {
    problems.push(problem('file_missing', place, null, null, 'a CSV file with the columns legacy,solvimon'));
    return [];
  }
  const rows: MappingRow[] = [];
  const parser = parse({ bom: true, info: true, relax_column_count: true, skip_empty_lines: true, trim: true });
  const input = createReadStream(file.path).on('error', (error) => parser.destroy(error));
  let header: { readonly legacy: number; readonly solvimon: number } | undefined;
  let line = 0;
  try {
    for await (const { record, info } of input.pipe(parser) as AsyncIterable<Parsed>) {
      line = info.lines;
      if (header === undefined) {
        header = { legacy: record.indexOf('legacy'), solvimon: record.indexOf('solvimon') };
        if (header.legacy < 0 || header.solvimon < 0) break;
      } else rows.push(toRow(record, header, { ...place, line }, problems));
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const expected = 'a " that closes the one on this line or just below it; nothing after it could be read';
    const told = error.code === 'CSV_QUOTE_NOT_CLOSED' ? expected : `CSV: ${error.message}`;
    problems.push(problem('row_malformed', { ...place, line: line + 1 }, null, null, told));
  }
  if (header === undefined || header.legacy < 0 || header.solvimon < 0)
    problems.push(
      problem('column_missing', { ...place, line: 1 }, 'legacy, solvimon', null, 'a header that names both columns'),
    );
  return rows;
}

function toRow(
  record: readonly string[],
  header: { readonly legacy: number; readonly solvimon: number },
  place: { readonly file: string; readonly line: number },
  problems: Problem[],
): MappingRow {
  const row = { legacy: record[header.legacy] ?? '', solvimon: record[header.solvimon] ?? '', place };
  if (`${row.legacy}${row.solvimon}`.includes('\uFFFD'))
    problems.push(
      problem('encoding_broken', place, 'legacy, solvimon', `${row.legacy},${row.solvimon}`, 'text in UTF-8'),
    );
  return row;
}
