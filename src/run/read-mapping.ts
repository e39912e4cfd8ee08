import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { parse } from 'csv-parse';
import { describeProblem, problem, type Problem } from '../model/problem.js';
import { buildMapping, type Mapping, type MappingRow } from '../reconcile/mapping.js';
import { AppError } from '../errors.js';

export type MappingFiles = {
  readonly customers: string | null;
  readonly products: string | null;
  readonly strict: boolean;
};

/**
 * Reads both mapping files (CSV with a header `legacy,solvimon`; other columns are ignored) and builds the mapping.
 * Throws AppError `mapping_invalid` that names every problem at once: a wrong join makes wrong verdicts, so nothing runs.
 */
export async function readMapping(files: MappingFiles): Promise<Mapping> {
  const problems: Problem[] = [];
  const customers = files.customers === null ? null : await readRows(files.customers, problems);
  const products = files.products === null ? null : await readRows(files.products, problems);
  const built = buildMapping({ customers, products, strict: files.strict });
  problems.push(...built.problems);
  if (problems.length > 0)
    throw new AppError('config_invalid', { detail: problems.map(describeProblem).join('; '), context: { problems } });
  return built.mapping;
}

async function readRows(file: string, problems: Problem[]): Promise<readonly MappingRow[]> {
  const exists = await stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!exists) {
    problems.push(problem('file_missing', { file }, null, null, 'a CSV file with the columns legacy,solvimon'));
    return [];
  }
  const rows: MappingRow[] = [];
  const parser = createReadStream(file).pipe(
    parse({ bom: true, info: true, relax_column_count: true, skip_empty_lines: true, trim: true }),
  );
  let columns: { legacy: number; solvimon: number } | undefined;
  for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
    const place = { file, line: info.lines };
    if (columns === undefined) {
      columns = { legacy: record.indexOf('legacy'), solvimon: record.indexOf('solvimon') };
      if (columns.legacy >= 0 && columns.solvimon >= 0) continue;
      problems.push(
        problem('column_missing', place, 'legacy, solvimon', record.join(','), 'a header that names both columns'),
      );
      return rows;
    }
    rows.push({ legacy: record[columns.legacy] ?? '', solvimon: record[columns.solvimon] ?? '', place });
  }
  return rows;
}
