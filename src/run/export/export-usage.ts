import type { Kysely } from 'kysely';
import type { Database } from '../../store/tables.js';
import type { StoredUsageCheck } from '../../store/usage/checks.js';
import { streamUsageFindings, type UsageFilter } from '../../store/usage/views.js';
import { usageColumns } from './columns.js';
import type { Exported } from './export-cycle.js';
import { csvStream, jsonlStream } from './text-files.js';

/** Every finding of a filter as a file that streams with flat memory: a month may have more of them than a workbook has rows. */
export function exportUsage(
  db: Kysely<Database>,
  check: StoredUsageCheck,
  filter: UsageFilter,
  format: 'csv' | 'jsonl',
): Exported {
  const rows = streamUsageFindings(db, check, filter, null);
  const content = format === 'csv' ? csvStream(usageColumns, rows) : jsonlStream(usageColumns, rows);
  const contentType = format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8';
  return { contentType, filename: `usage-${check.cycle}.${format}`, content };
}
