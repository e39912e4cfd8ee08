import { Readable } from 'node:stream';
import type { Kysely } from 'kysely';
import { streamLines } from '../../store/line-stream.js';
import type { MismatchSelection } from '../../store/mismatch-filter.js';
import { type MismatchRecord, type Sort, streamMismatches } from '../../store/mismatch-pages.js';
import { selectionTotals, type SelectionTotals } from '../../store/mismatch-totals.js';
import { type PairSelection, streamPairs } from '../../store/pair-pages.js';
import type { StoredRun } from '../../store/runs.js';
import type { Database } from '../../store/tables.js';
import { type Column, lineColumns, mismatchColumns, pairColumns } from './columns.js';
import { csvStream, jsonlStream } from './text-files.js';
import { type Sheet, toSheet, writeWorkbook } from './workbook.js';

export const exportFormats = ['csv', 'xlsx', 'jsonl'] as const;
export type ExportFormat = (typeof exportFormats)[number];
export const exportSubjects = ['mismatches', 'pairs', 'lines'] as const;
export type ExportSubject = (typeof exportSubjects)[number];

export type Exported = { readonly contentType: string; readonly filename: string; readonly content: Readable };

const contentTypes = {
  csv: 'text/csv; charset=utf-8',
  jsonl: 'application/x-ndjson; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
} as const satisfies Record<ExportFormat, string>;

export type ExportInput = {
  readonly run: StoredRun;
  readonly format: ExportFormat;
  readonly selection: MismatchSelection;
  readonly sort: Sort;
};

/** The mismatches of a filter, all of them and not a page. CSV and JSONL stream with flat memory. Throws AppError `too_large` for XLSX. */
export async function exportMismatches(db: Kysely<Database>, input: ExportInput): Promise<Exported> {
  const { run, format, selection, sort } = input;
  const rows = streamMismatches(db, run, selection, sort);
  if (format !== 'xlsx') return textFile('mismatches', run, format, mismatchColumns, rows);
  const totals = await selectionTotals(db, run, selection);
  return workbookFile('mismatches', run, [
    totalsSheet(run, totals),
    await toSheet('Mismatches', mismatchColumns, rows),
  ]);
}

export async function exportPairs(
  db: Kysely<Database>,
  input: { readonly run: StoredRun; readonly format: ExportFormat; readonly selection: PairSelection },
): Promise<Exported> {
  const { run, format, selection } = input;
  const rows = streamPairs(db, run, selection);
  if (format !== 'xlsx') return textFile('pairs', run, format, pairColumns, rows);
  return workbookFile('pairs', run, [await toSheet('Pairs', pairColumns, rows)]);
}

/** Every line of both sides as its own system has it. */
export async function exportLines(
  db: Kysely<Database>,
  input: { readonly run: StoredRun; readonly format: ExportFormat },
): Promise<Exported> {
  const rows = streamLines(db, input.run);
  if (input.format !== 'xlsx') return textFile('lines', input.run, input.format, lineColumns, rows);
  return workbookFile('lines', input.run, [await toSheet('Lines', lineColumns, rows)]);
}

function textFile<Row>(
  subject: ExportSubject,
  run: StoredRun,
  format: 'csv' | 'jsonl',
  columns: readonly Column<Row>[],
  rows: AsyncIterable<Row>,
): Exported {
  const content = format === 'csv' ? csvStream(columns, rows) : jsonlStream(columns, rows);
  return { contentType: contentTypes[format], filename: `${subject}-${run.cycle}.${format}`, content };
}

async function workbookFile(subject: ExportSubject, run: StoredRun, sheets: readonly Sheet[]): Promise<Exported> {
  const content = Readable.from([await writeWorkbook(sheets)]);
  return { contentType: contentTypes.xlsx, filename: `${subject}-${run.cycle}.xlsx`, content };
}

/** What a workbook begins with: which run it is of, what over and under mean, and the totals per currency. */
export function totalsSheet(run: StoredRun, totals: SelectionTotals): Sheet {
  const column = (name: string, kind: 'text' | 'amount' | 'count', width: number) => ({ name, kind, width });
  const rows = [
    ...totals.counted.map((one) => ['counted', one] as const),
    ...totals.accepted.map((one) => ['accepted, not counted', one] as const),
  ];
  const facts = [
    ['cycle', run.cycle],
    ['run', run.id],
    ['result', run.resultHash ?? ''],
    ['delta', 'solvimon minus legacy: over means that Solvimon bills more, under that it bills less'],
  ];
  return {
    name: 'Summary',
    columns: [
      column('what', 'text', 24),
      column('currency', 'text', 10),
      column('rows', 'count', 8),
      column('over', 'amount', 16),
      column('under', 'amount', 16),
      column('gross', 'amount', 16),
      column('net', 'amount', 16),
    ],
    rows: [
      ...rows.map(([what, one]) => [what, one.currency, one.count, one.over, one.under, one.gross, one.net]),
      ...facts.map(([name = '', value = '']) => [name, value, null, null, null, null, null]),
    ],
  };
}

/** The accepted ones of a run, for a sheet of their own. */
export function acceptedOf(db: Kysely<Database>, run: StoredRun): AsyncIterable<MismatchRecord> {
  return streamMismatches(db, run, { status: ['accepted'] }, { by: 'abs', isDescending: true });
}
