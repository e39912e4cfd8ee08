import { CsvError } from 'csv-parse';
import { csvRecords, innerBreaks, unreadableRest } from '../csv/read.js';
import { withoutHeader } from '../rows/columns.js';
import { problem } from '../../model/problem.js';
import type { LegacyUsageAdapter } from './adapter.js';
import { openUsageFile, type UsageRowEvent } from './file-source.js';
import { resolveUsageColumns } from './read-row.js';
import { type CsvUsageConfig, csvUsageConfig, type UsageField } from './shape.js';

/** CSV files, one event or one count on each row. */
export const csvUsageAdapter: LegacyUsageAdapter = {
  kind: 'csv',
  configSchema: csvUsageConfig,
  open: async (raw, { baseDir }) => {
    const config = csvUsageConfig.parse(raw);
    return openUsageFile({ system: 'csv', config, baseDir, rows: (file, shown) => readRows(file, shown, config) });
  },
};

async function* readRows(file: string, shown: string, config: CsvUsageConfig): AsyncIterable<readonly UsageRowEvent[]> {
  let header: { readonly at: ReadonlyMap<UsageField, number>; readonly width: number } | undefined;
  let linesBefore = 0;
  for await (const batch of csvRecords(file, config)) {
    if (batch instanceof CsvError) {
      yield [{ type: 'problem', problem: unreadableRest(batch, shown, linesBefore + 1, config) }];
      return;
    }
    const rows: UsageRowEvent[] = [];
    for (const { cells, lastLine } of batch) {
      const place = { file: shown, line: lastLine - innerBreaks(cells) };
      linesBefore = lastLine;
      if (header === undefined) {
        const resolved = resolveUsageColumns(cells, config, place);
        if (resolved.problem !== null) {
          yield [{ type: 'problem', problem: resolved.problem }];
          return;
        }
        header = { at: resolved.at, width: cells.length };
      } else if (cells.some((cell) => cell.trim() !== '')) rows.push(toRow(cells, place, header, config));
    }
    yield rows;
  }
  if (header === undefined) yield [{ type: 'problem', problem: withoutHeader(shown) }];
}

function toRow(
  record: readonly string[],
  place: { readonly file: string; readonly line: number },
  header: { readonly at: ReadonlyMap<UsageField, number>; readonly width: number },
  config: CsvUsageConfig,
): UsageRowEvent {
  const cells = new Map<UsageField, string>();
  for (const [field, index] of header.at) cells.set(field, record[index] ?? '');
  if (record.length === header.width) return { type: 'row', row: { place, cells } };
  const expected = `${header.width} cells, as in the header; this row has ${record.length}`;
  const fault = problem('row_malformed', place, null, record.join(config.delimiter), expected);
  return { type: 'row', row: { place, cells, fault } };
}
