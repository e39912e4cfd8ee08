import { createHash } from 'node:crypto';
import { AppError } from '../../errors.js';
import { type CyclePlace, cycleAnchor, cyclePlacer } from '../../model/cycle-rule.js';
import type { Document } from '../../model/document.js';
import { instantOfMs, type Period } from '../../model/period.js';
import type { ControlTotal, PullContext, PullEvent, RawRecord, Scope, Translated } from '../../model/source.js';
import { documentsCount, type Filter, noFilter } from './pages.js';
import { beginReading, type Reading, type ReadRecord, readRecords, statementsOf } from './records.js';
import type { AsOf, Session } from './session.js';
import type { SqlPlan } from './shape.js';
import { translateRecord } from './to-document.js';

/** Most customers sent to the database as a filter; for more, everything is read and the rest skipped. */
const mostCustomers = 5_000;

type Counts = { listed: number; emitted: number; rejected: number; skipped: number };

/**
 * Reads the cycle out of one snapshot, in key order. Nothing is read with a role that could write, unless the
 * configuration says so. Throws AppError; whatever was yielded before is then worthless, as a new snapshot is another one.
 */
export async function* pullSnapshot(
  session: Session,
  plan: SqlPlan,
  scope: Scope,
  context: PullContext,
): AsyncIterable<PullEvent> {
  const asOf = await session.asOf();
  const reading = await beginReading(session, plan, scope.period, scope.slackDays, context);
  await refuseWritable(reading, context);
  const filter = filterOf(scope);
  const expected = await countDocuments(reading, filter);
  const counts: Counts = { listed: 0, emitted: 0, rejected: 0, skipped: 0 };
  const hash = createHash('sha256');
  const placeOf = placer(scope);
  for await (const record of readRecords(reading, filter, expected)) {
    context.signal.throwIfAborted();
    if ('raw' in record && record.raw !== null) hash.update(record.raw.bytes);
    counts.listed += 1;
    const event = eventOf(record, plan, scope, placeOf);
    counts[event.type === 'document' ? 'emitted' : event.type] += 1;
    yield event;
  }
  const total = controlTotal(expected, counts.listed);
  const incompleteBecause = [
    ...(total.agrees
      ? []
      : [`${counts.listed} of ${expected} documents were read: ids that the database takes for equal, or that repeat`]),
    ...staleBecause(asOf, scope.period, context.now()),
    ...(await session.outsideSnapshot([plan.documents, plan.lines])).map(
      (table) => `${table} has no transactions, so it is in no snapshot`,
    ),
  ];
  context.log('legacy snapshot read', {
    asOf: asOf.at,
    serverTime: asOf.serverTime,
    isReplica: asOf.isReplica,
    server: session.server,
  });
  yield {
    type: 'done',
    counts,
    complete: incompleteBecause.length === 0,
    incompleteBecause,
    controlTotals: [total],
    asOf: asOf.at,
    inputHash: hash.digest('hex'),
  };
}

/** Reads one document by its id, whatever its period; undefined when there is none. Throws AppError. */
export async function readOne(
  session: Session,
  plan: SqlPlan,
  id: string,
  context: PullContext,
): Promise<ReadRecord | undefined> {
  const reading = await beginReading(session, plan, null, 0, context);
  await refuseWritable(reading, context);
  for await (const record of readRecords(reading, { ...noFilter, id }, 1)) return record;
  return undefined;
}

async function refuseWritable(reading: Reading, context: PullContext): Promise<void> {
  const found = await reading.session.writable(statementsOf(reading));
  if (found.tables.length === 0) return;
  const detail = `it may change ${found.tables.join(', ')} (${found.why})`;
  if (!reading.plan.allowWritableRole)
    throw new AppError('source_writable', {
      detail: `${detail}. This makes a role that cannot:\n${found.statements.join('\n')}`,
    });
  context.log('legacy role can write', { tables: found.tables, why: found.why });
}

function filterOf(scope: Scope): Filter {
  if (scope.customers === 'all' || scope.customers.size > mostCustomers) return noFilter;
  return { customers: [...scope.customers], id: null };
}

async function countDocuments(reading: Reading, filter: Filter): Promise<number> {
  const { rows } = await reading.session.query(
    documentsCount(reading.documents, reading.order, filter),
    'the count of the documents query',
  );
  return Number(rows[0]?.[0] ?? 0);
}

function controlTotal(expected: number, actual: number): ControlTotal {
  return { name: 'documents', expected: String(expected), actual: String(actual), agrees: expected === actual };
}

/** A replica that had not replayed the end of the cycle cannot show all of it. */
function staleBecause(asOf: AsOf, period: Period, nowMs: number): readonly string[] {
  if (asOf.unknownBecause !== null) return [`how far the replica lags is not known: ${asOf.unknownBecause}`];
  const isOver = period.end <= instantOfMs(nowMs);
  return asOf.isReplica && isOver && asOf.at < period.end
    ? [`the replica shows the data as of ${asOf.at}, before the cycle ended`]
    : [];
}

/** The translation of a record with its bytes. */
export function translated(read: ReadRecord, plan: SqlPlan): Translated & { readonly raw: RawRecord | null } {
  if (read.raw === null) return { type: 'rejected', rejected: read.rejected, raw: null };
  return { ...translateRecord(read.record, plan.read, plan.system), raw: read.raw };
}

type DocumentEvent = Extract<PullEvent, { readonly type: 'document' | 'rejected' | 'skipped' }>;

function eventOf(
  read: ReadRecord,
  plan: SqlPlan,
  scope: Scope,
  placeOf: (document: Document) => CyclePlace,
): DocumentEvent {
  const event = translated(read, plan);
  const customer = event.type === 'document' ? event.document.customerRef : event.rejected.customerRef;
  const id = event.type === 'document' ? event.document.source.id : event.rejected.id;
  if (scope.customers !== 'all' && customer !== null && !scope.customers.has(customer))
    return { type: 'skipped', id, kind: null, reason: 'another customer than asked for' };
  if (event.type === 'rejected') return event;
  const place = plan.read.cycleBy === 'line_period' ? placeOf(event.document) : placeOfRow(read);
  switch (place) {
    case 'own':
      return event;
    case 'neighbour':
      return { ...event, isNeighbour: true };
    case 'elsewhere':
      return { type: 'skipped', id, kind: event.document.kind, reason: 'neither of this cycle nor of one beside it' };
  }
}

/** By the periods of the lines and the date of issue; a document that has neither is where the query found it. */
function placer(scope: Scope): (document: Document) => CyclePlace {
  const placeOf = cyclePlacer(scope);
  return (document) =>
    cycleAnchor(document) === null && document.issuedAt === null ? 'own' : placeOf(document, document.issuedAt);
}

/** The `in_cycle` column, where the query has one. */
function placeOfRow(read: ReadRecord): CyclePlace {
  const value = read.raw === null ? undefined : read.record.document['in_cycle'];
  return value !== undefined && ['f', 'false', '0', 'n', 'no'].includes(value.toLowerCase()) ? 'neighbour' : 'own';
}
