import { AppError } from '../../errors.js';
import { type Instant, instantOfMs, type Period } from '../../model/period.js';
import { problem, type RejectedDocument } from '../../model/problem.js';
import type { PullContext, RawRecord } from '../../model/source.js';
import { bind, type Bindings, type Part, periodBindings } from './bind.js';
import { describeQueries, type QueryColumns } from './describe.js';
import { documentsPage, type Filter, linesOf } from './pages.js';
import type { Column, KeyOrder, Rows, Session } from './session.js';
import type { SqlPlan } from './shape.js';
import { encodeRecord, inOrder, type SqlRecord, type SqlRow } from './to-document.js';

/** Most lines held at once; a page of documents with more is read in parts. */
const mostLinesAtOnce = 20_000;
/** A document with more lines than this is no invoice but a join that went wrong. */
const mostLinesOfDocument = 200_000;

/** A snapshot that was looked at and found fit to be read from. */
export type Reading = {
  readonly session: Session;
  readonly plan: SqlPlan;
  readonly columns: QueryColumns;
  readonly order: KeyOrder;
  readonly documents: readonly Part[];
  readonly bindings: Bindings;
  /** Columns whose text is converted, for every record alike. */
  readonly float: readonly string[];
  readonly local: readonly string[];
  readonly fetchedAt: Instant;
};

/** Finds out what the queries give. Throws AppError `config_invalid` when that is not what it should be. */
export async function beginReading(
  session: Session,
  plan: SqlPlan,
  period: Period | null,
  slackDays: number,
  context: PullContext,
): Promise<Reading> {
  const bindings: Bindings = {
    ...plan.params,
    ...periodBindings(period, {
      slackDays,
      timezone: plan.read.rows.timezone,
      timestampZone: plan.read.timestampZone,
      instantText: session.instantText,
    }),
  };
  const documents = bind(plan.documents, bindings);
  const columns = await describeQueries(session, plan, bindings);
  const key = columns.documents.find(({ name }) => name === 'document_id');
  if (key === undefined) throw new AppError('config_invalid', { detail: 'documents: there is no column document_id' });
  const order = await session.keyOrder(documents, key);
  const named = (wanted: Column['class']) => [
    ...new Set([...columns.documents, ...columns.lines].filter((one) => one.class === wanted).map(({ name }) => name)),
  ];
  const fetchedAt = instantOfMs(context.now());
  return {
    session,
    plan,
    columns,
    order,
    documents,
    bindings,
    float: named('float'),
    local: named('local'),
    fetchedAt,
  };
}

/** Both statements as they are sent, for asking the database about them. */
export function statementsOf(reading: Reading) {
  const { plan, documents, bindings } = reading;
  return [
    { statement: plan.documents, bound: documents },
    { statement: plan.lines, bound: linesOf(plan.lines, bindings, [], 1) },
  ];
}

/** A record as read, or one that is too large to be held. */
export type ReadRecord =
  | { readonly record: SqlRecord; readonly raw: RawRecord }
  | { readonly rejected: RejectedDocument; readonly raw: null };

/** Every record of the filter in key order, a bounded number at a time. Throws when the pages do not come to an end. */
export async function* readRecords(reading: Reading, filter: Filter, expected: number): AsyncIterable<ReadRecord> {
  const { session, plan, documents, order } = reading;
  let after: string | null = null;
  let read = 0;
  for (;;) {
    const limit = filter.id === null ? plan.pageSize : 1;
    const page: Rows = await session.query(
      documentsPage(documents, order, filter, after, limit),
      'the documents query',
    );
    const headers = page.rows.map((row) => rowOf(page.columns, row));
    yield* withLines(reading, headers);
    read += headers.length;
    const last: string | undefined = headers.at(-1)?.['document_id'];
    if (headers.length < limit || filter.id !== null || last === undefined) return;
    // A snapshot cannot grow: more rows than it holds means that the keys do not move on.
    if (read > expected || last === after)
      throw new AppError('source_reply_invalid', { detail: `the documents query gives ${last} again and again` });
    after = last;
  }
}

/** The records of one page. When they have too many lines to hold, each half is read on its own. */
async function* withLines(reading: Reading, headers: readonly SqlRow[]): AsyncIterable<ReadRecord> {
  if (headers.length === 0) return;
  const ids = headers.map((header) => header['document_id'] ?? '');
  const isAlone = headers.length === 1;
  const limit = isAlone ? mostLinesOfDocument : mostLinesAtOnce;
  const page = await reading.session.query(
    linesOf(reading.plan.lines, reading.bindings, [...new Set(ids)], limit + 1),
    'the lines query',
  );
  if (page.rows.length <= limit) {
    const lines = groupLines(reading, page, ids);
    for (const [index, header] of headers.entries()) yield recordOf(reading, header, lines.get(ids[index] ?? '') ?? []);
    return;
  }
  if (isAlone) {
    for (const header of headers) yield { rejected: tooLarge(header), raw: null };
    return;
  }
  const half = Math.ceil(headers.length / 2);
  yield* withLines(reading, headers.slice(0, half));
  yield* withLines(reading, headers.slice(half));
}

function groupLines(reading: Reading, page: Rows, ids: readonly string[]): ReadonlyMap<string, SqlRow[]> {
  const lines = new Map<string, SqlRow[]>(ids.map((id) => [id, []]));
  for (const cells of page.rows) {
    const row = rowOf(page.columns, cells);
    const own = lines.get(row['document_id'] ?? '');
    if (own !== undefined) own.push(row);
    // A collation that ignores case finds the lines of in_AB for in_ab too; they come again with their own document.
    else if (!reading.session.comparesLoosely || !ids.some((id) => looksAlike(id, row['document_id'] ?? '')))
      throw new AppError('source_reply_invalid', {
        detail: `the lines query gives document_id ${JSON.stringify(row['document_id'] ?? null)}, which the documents query writes differently or never gave. Cast both to the same type`,
      });
  }
  return lines;
}

/** Whether a collation that ignores case, accents and trailing blanks takes two ids for one. */
function looksAlike(a: string, b: string): boolean {
  const plain = (id: string) => id.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase().trimEnd();
  return plain(a) === plain(b);
}

function rowOf(columns: readonly Column[], cells: readonly (string | null)[]): SqlRow {
  const row: Record<string, string> = {};
  for (const [index, column] of columns.entries()) {
    const cell = cells[index];
    if (cell !== null && cell !== undefined) row[column.name] = cell;
  }
  return row;
}

function recordOf(reading: Reading, document: SqlRow, lines: readonly SqlRow[]): ReadRecord {
  const { float, local, fetchedAt } = reading;
  const record: SqlRecord = { v: 1, document, lines: inOrder(lines), float, local };
  return {
    record,
    raw: {
      objectType: 'invoice',
      id: document['document_id'] ?? '',
      bytes: encodeRecord(record),
      apiVersion: null,
      requestId: null,
      fetchedAt,
    },
  };
}

function tooLarge(header: SqlRow): RejectedDocument {
  const id = header['document_id'] ?? '';
  const place = { file: `invoice ${id}` };
  const fault = problem(
    'too_large',
    place,
    null,
    null,
    `at most ${mostLinesOfDocument} lines; look at the joins of the lines query`,
  );
  return { id, customerRef: header['customer'] ?? null, currency: null, problems: [fault], place };
}
