import { addDays } from 'date-fns/addDays';
import { format } from 'date-fns/format';
import { parseISO } from 'date-fns/parseISO';
import { AppError } from '../../errors.js';
import { widened } from '../../model/cycle-rule.js';
import { dateInZone, type Instant, instantOfMs, msOfInstant } from '../../model/period.js';
import type { PullContext, PullEvent, RawRecord, Scope, Translated } from '../../model/source.js';
import { isObject, type JsonObject, textOf } from '../http/json.js';
import { type Counts, noCounts, type Taker, takerOf } from '../http/taker.js';
import { type Kind, type LagoClient, names, paths } from './client.js';
import { customerOf } from './customer.js';
import { type Days, type Listed, readWindow, type Window } from './listing.js';
import { writeEnvelope } from './shape.js';
import { issuedAtOf } from './to-period.js';

export type Reading = { readonly client: LagoClient; readonly fetchedAt: Instant };

export type PullInput = {
  readonly reading: Reading;
  readonly translate: (raw: RawRecord) => Translated;
  readonly scope: Scope;
  readonly context: PullContext;
  readonly windowDays: number;
  readonly settleHours: number;
};

/** Customers that are cheaper to list one by one than to pick out of everything. */
const fewCustomers = 20;
/** Documents that are read at the same time: a list has no fees, so each costs a request. */
const concurrency = 4;
const documentsPerCheckpoint = 100;

/** Where a pull stands; the cursor of its checkpoints, as JSON. */
type Progress = {
  /** Which list is being read, counted from 0. */
  stream: number;
  /** The first day of issue that has not been read; null at the beginning of a list. */
  next: string | null;
  /** Half-way through a window: the last id that was read, what the window looked like, and the counts before it. */
  window: { readonly after: string; readonly digest: string; readonly base: Counts } | null;
  /** When the pull began, epoch milliseconds. */
  readonly horizonMs: number;
  readonly counts: Counts;
  readonly incompleteBecause: string[];
};

/**
 * Reads a cycle: every invoice and credit note issued in the cycle or some days around it, some days at a time. Nothing can
 * be filtered by service period, so the lines decide what is of the cycle, of a neighbour or of neither.
 */
export async function* pullLago(input: PullInput): AsyncIterable<PullEvent> {
  const progress = progressOf(input.context);
  const lists = listsOf(input.scope);
  const taker = takerOf({ scope: input.scope, translate: input.translate, counts: progress.counts });
  for (; progress.stream < lists.length; Object.assign(progress, { stream: progress.stream + 1, next: null })) {
    const listed = lists[progress.stream];
    if (listed !== undefined) yield* readList(input, listed, progress, taker);
  }
  yield done(input, progress);
}

function progressOf(context: PullContext): Progress {
  if (context.resume !== null) return JSON.parse(context.resume.cursor) as Progress;
  return {
    stream: 0,
    next: null,
    window: null,
    horizonMs: context.now(),
    counts: noCounts(),
    incompleteBecause: [],
  };
}

function checkpointOf(phase: string, progress: Progress): PullEvent {
  const cursor = JSON.stringify(progress);
  return { type: 'checkpoint', checkpoint: { v: 1, phase, cursor, seen: progress.counts.listed } };
}

function listsOf({ customers }: Scope): readonly Listed[] {
  const each = customers !== 'all' && customers.size <= fewCustomers ? [...customers].sort() : [null];
  return (['invoice', 'credit_note'] as const).flatMap((kind) => each.map((customer) => ({ kind, customer })));
}

/** A date is of the customer's zone, which may be a day off from that of the cycle: one more on both ends. */
function daysOf(scope: Scope): Days {
  const { start, end } = widened(scope.period, scope.slackDays + 1);
  return { from: dateInZone(start, scope.timezone), to: dateInZone(end, scope.timezone) };
}

const plusDays = (date: string, days: number): string => format(addDays(parseISO(date), days), 'yyyy-MM-dd');

async function* readList(input: PullInput, listed: Listed, progress: Progress, taker: Taker): AsyncIterable<PullEvent> {
  const { from, to } = daysOf(input.scope);
  for (let day = progress.next ?? from; day <= to; day = progress.next ?? to) {
    const last = plusDays(day, input.windowDays - 1);
    const window = await readWindow(input.reading.client, listed, { from: day, to: last < to ? last : to });
    yield* readDocuments(input, listed.kind, window, progress, taker);
    noteUnstable(window.unstable, progress);
    Object.assign(progress, { next: plusDays(last, 1), window: null });
    yield checkpointOf(names[listed.kind], progress);
  }
}

function noteUnstable(unstable: ReadonlySet<string>, progress: Progress): void {
  const [first] = unstable;
  if (first === undefined) return;
  const rest = unstable.size - 1;
  progress.incompleteBecause.push(
    `${first}${rest === 0 ? '' : ` and ${rest} more`} kept changing while the cycle was read; run again`,
  );
}

async function* readDocuments(
  input: PullInput,
  kind: Kind,
  window: Window,
  progress: Progress,
  taker: Taker,
): AsyncIterable<PullEvent> {
  const { ids, base } = restOf(window, progress);
  for (let at = 0; at < ids.length; at += concurrency) {
    input.context.signal.throwIfAborted();
    const chunk = ids.slice(at, at + concurrency);
    const raws = await Promise.all(chunk.map((id) => readDocument(input.reading, kind, id)));
    for (const [index, id] of chunk.entries()) yield eventOf(input, id, raws[index], window, taker);
    const after = chunk.at(-1) ?? '';
    const isLast = at + concurrency >= ids.length;
    progress.window = { after, digest: window.digest, base };
    if (!isLast && (at + concurrency) % documentsPerCheckpoint === 0) yield checkpointOf(names[kind], progress);
  }
}

/**
 * What of a window is still to be read. A window that looks other than when it was begun is read from its beginning: what
 * was read of it comes once more, and the later reading of an id is the one that counts.
 */
function restOf(window: Window, progress: Progress): { readonly ids: readonly string[]; readonly base: Counts } {
  const begun = progress.window;
  if (begun?.digest === window.digest) return { ids: window.ids.filter((id) => id > begun.after), base: begun.base };
  if (begun !== null) Object.assign(progress.counts, begun.base);
  return { ids: window.ids, base: { ...progress.counts } };
}

function eventOf(
  input: PullInput,
  id: string,
  read: DocumentRead | undefined,
  window: Window,
  taker: Taker,
): PullEvent {
  if (read === undefined) return taker.skip(id, 'deleted while it was read');
  const { raw, object, invoice } = read;
  if (object['invoice_type'] === 'progressive_billing')
    return taker.skip(id, 'billed progressively: the invoice of the period has all of its usage again');
  if (!isAsked(input.scope, customerOf(object, invoice))) return taker.skip(id, 'of a customer who was not asked for');
  return taker.take(raw, { bornAt: issuedAtOf(object, invoice), isStable: !window.unstable.has(id) });
}

function isAsked(scope: Scope, customer: string | null): boolean {
  // Without a customer it cannot be left out: the translation rejects it and says so.
  return scope.customers === 'all' || customer === null || scope.customers.has(customer);
}

type DocumentRead = { readonly raw: RawRecord; readonly object: JsonObject; readonly invoice: JsonObject | null };

/** One document by its id, with its fees; `undefined` when there is none. */
export async function readDocument(reading: Reading, kind: Kind, id: string): Promise<DocumentRead | undefined> {
  const found = await readOne(reading, kind, id);
  if (found === undefined) return undefined;
  const { object, requestId } = found;
  const credited =
    kind === 'credit_note' && customerOf(object, null) === null ? textOf(object['lago_invoice_id']) : null;
  const invoice = credited === null ? null : ((await readOne(reading, 'invoice', credited))?.object ?? null);
  const bytes = writeEnvelope({ object, invoice });
  const { fetchedAt } = reading;
  return { object, invoice, raw: { objectType: kind, id, bytes, apiVersion: 'v1', requestId, fetchedAt } };
}

async function readOne(reading: Reading, kind: Kind, id: string) {
  const path = `${paths[kind]}/${encodeURIComponent(id)}`;
  const { status, body, requestId } = await reading.client.get(path);
  if (status === 404) return undefined;
  const object = body[kind];
  if (!isObject(object))
    throw new AppError('source_reply_invalid', { detail: `the reply to Lago ${path} has no ${kind}` });
  return { object, requestId };
}

function done(input: PullInput, progress: Progress): PullEvent {
  const settledMs = msOfInstant(input.scope.period.end) + input.settleHours * 3_600_000;
  const incompleteBecause = [
    ...progress.incompleteBecause,
    ...(progress.horizonMs >= settledMs
      ? []
      : [
          `Lago bills cycle ${input.scope.cycle} until ${instantOfMs(settledMs)}; not all of its invoices are made before`,
        ]),
  ];
  return {
    type: 'done',
    counts: { ...progress.counts },
    complete: incompleteBecause.length === 0,
    incompleteBecause,
    controlTotals: [],
    asOf: instantOfMs(progress.horizonMs),
    inputHash: null,
  };
}
