import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { CsvError, parse } from 'csv-parse';
import { describeProblem, problem, type Problem } from '../model/problem.js';
import { buildMapping, type Mapping } from '../reconcile/mapping.js';
import { buildMeterMapping, type MeterMapping, type MeterRow } from '../reconcile/usage-meters.js';
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
  throw invalid(problems);
}

/** Reads the meter file (CSV with `legacy,solvimon` and, where they are needed, `product` and `aggregation`); throws as `readMapping` does. */
export async function readMeters(file: MappingFile | null): Promise<MeterMapping> {
  const problems: Problem[] = [];
  const rows = file === null ? null : await readRows(file, problems);
  const built = buildMeterMapping(rows);
  problems.push(...built.problems);
  if (problems.length > 0) throw invalid(problems);
  return built.meters;
}

function invalid(problems: readonly Problem[]): AppError {
  const count = `${problems.length} ${problems.length === 1 ? 'error' : 'errors'}`;
  return new AppError('config_invalid', {
    detail: `\n${problems.map(describeProblem).join('\n')}\n${count}`,
    context: { problems },
  });
}

type Parsed = { readonly record: readonly string[]; readonly info: { readonly lines: number } };

async function readRows(file: MappingFile, problems: Problem[]): Promise<readonly MeterRow[]> {
  const isThere = await stat(file.path).then(
    (found) => found.isFile(),
    () => false,
  );
  const place = { file: file.shown };
  if (!isThere) {
    problems.push(problem('file_missing', place, null, null, 'a CSV file with the columns legacy,solvimon'));
    return [];
  }
  const rows: MeterRow[] = [];
  const parser = parse({ bom: true, info: true, relax_column_count: true, skip_empty_lines: true, trim: true });
  const input = createReadStream(file.path).on('error', (error) => parser.destroy(error));
  let header: Header | undefined;
  let line = 0;
  try {
    for await (const { record, info } of input.pipe(parser) as AsyncIterable<Parsed>) {
      line = info.lines;
      if (header === undefined) {
        header = headerOf(record);
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

/** Where each column stands; -1 for one that is not there. */
type Header = {
  readonly legacy: number;
  readonly solvimon: number;
  readonly product: number;
  readonly aggregation: number;
};

function headerOf(record: readonly string[]): Header {
  const at = (name: string) => record.indexOf(name);
  return { legacy: at('legacy'), solvimon: at('solvimon'), product: at('product'), aggregation: at('aggregation') };
}

function toRow(
  record: readonly string[],
  header: Header,
  place: { readonly file: string; readonly line: number },
  problems: Problem[],
): MeterRow {
  const row = {
    legacy: record[header.legacy] ?? '',
    solvimon: record[header.solvimon] ?? '',
    product: record[header.product] ?? '',
    aggregation: record[header.aggregation] ?? '',
    place,
  };
  if (`${row.legacy}${row.solvimon}`.includes('\uFFFD'))
    problems.push(
      problem('encoding_broken', place, 'legacy, solvimon', `${row.legacy},${row.solvimon}`, 'text in UTF-8'),
    );
  return row;
}
