import { widened } from '../../model/cycle-rule.js';
import { instantOfMs, instantOfSeconds, msOfInstant } from '../../model/period.js';
import type { PullContext, PullEvent, RawRecord, Scope, Translated } from '../../model/source.js';
import { idOf } from '../http/json.js';
import { type Counts, noCounts, type Taker, takerOf } from '../http/taker.js';
import type { StripeClient } from './client.js';
import { complete, type Completed, type ObjectType, type Reading } from './complete.js';
import { createdOf, type Found, type Listed, type Range, readWindow, type Window } from './listing.js';
import { listPreviews, previewPrefix, readPreview } from './previews.js';

export type PullInput = {
  readonly client: StripeClient;
  readonly reading: Reading;
  readonly translate: (raw: RawRecord) => Translated;
  readonly scope: Scope;
  readonly context: PullContext;
  readonly windowDocuments: number;
  readonly settleHours: number;
  readonly previews: boolean;
};

/** Customers that are cheaper to list one by one than to pick out of everything. */
const fewCustomers = 20;
/** Documents whose lines are read at the same time. */
const concurrency = 4;
const previewsPerCheckpoint = 100;

/** Where a pull stands; the cursor of its checkpoints, as JSON. */
type Progress = {
  /** Which list is being read, counted from 0; the previews come after the last. */
  stream: number;
  /** Records made from this second on have been read; null at the beginning of a list. */
  before: number | null;
  /** The last preview that was read. */
  preview: string | null;
  /** When the pull began, epoch seconds: later records are another pull's. */
  readonly horizon: number;
  readonly counts: Counts;
  readonly incompleteBecause: string[];
};

/**
 * Reads a cycle: every invoice and credit note made in the cycle or some days around it, window by window from the newest
 * on, with a checkpoint after each window. There is no filter by service period, so the lines decide what is of the
 * cycle, of a neighbour or of neither.
 */
export async function* pullStripe(input: PullInput): AsyncIterable<PullEvent> {
  const progress = progressOf(input.context);
  const streams = streamsOf(input.scope);
  const taker = takerOf({ scope: input.scope, translate: input.translate, counts: progress.counts });
  while (progress.stream < streams.length) {
    const listed = streams[progress.stream];
    if (listed === undefined) break;
    yield* readStream(input, listed, progress, taker);
    Object.assign(progress, { stream: progress.stream + 1, before: null });
    yield checkpointOf(listed.kind, progress);
  }
  if (input.previews) yield* readPreviews(input, progress, taker);
  yield done(input, progress);
}

function progressOf(context: PullContext): Progress {
  if (context.resume !== null) return JSON.parse(context.resume.cursor) as Progress;
  return {
    stream: 0,
    before: null,
    preview: null,
    horizon: Math.floor(context.now() / 1000),
    counts: noCounts(),
    incompleteBecause: [],
  };
}

function checkpointOf(phase: string, progress: Progress): PullEvent {
  const cursor = JSON.stringify(progress);
  return { type: 'checkpoint', checkpoint: { v: 1, phase, cursor, seen: progress.counts.listed } };
}

function streamsOf(scope: Scope): readonly Listed[] {
  const { customers } = scope;
  const isFew = customers !== 'all' && customers.size <= fewCustomers;
  const each = isFew ? [...customers].sort() : [null];
  return (['invoices', 'credit_notes'] as const).flatMap((kind) => each.map((customer) => ({ kind, customer })));
}

async function* readStream(
  input: PullInput,
  listed: Listed,
  progress: Progress,
  taker: Taker,
): AsyncIterable<PullEvent> {
  const { start, end } = widened(input.scope.period, input.scope.slackDays);
  const from = Math.floor(msOfInstant(start) / 1000);
  const last = Math.min(Math.ceil(msOfInstant(end) / 1000), progress.horizon);
  for (let to = progress.before ?? last; to > from; ) {
    const window = await readWindow(input.client, listed, { from, to } satisfies Range, input.windowDocuments);
    yield* readDocuments(input, listed.kind === 'invoices' ? 'invoice' : 'credit_note', window, taker);
    noteUnstable(window, progress);
    to = window.range.from;
    progress.before = to;
    if (to > from) yield checkpointOf(listed.kind, progress);
  }
}

function noteUnstable(window: Window, progress: Progress): void {
  const [first] = window.unstable;
  if (first === undefined) return;
  const rest = window.unstable.size - 1;
  progress.incompleteBecause.push(
    `${first}${rest === 0 ? '' : ` and ${rest} more`} kept changing while the cycle was read; run again`,
  );
}

async function* readDocuments(
  input: PullInput,
  type: ObjectType,
  window: Window,
  taker: Taker,
): AsyncIterable<PullEvent> {
  for (let at = 0; at < window.records.length; at += concurrency) {
    input.context.signal.throwIfAborted();
    const chunk = window.records.slice(at, at + concurrency);
    const completed = await Promise.all(
      chunk.map(async (found) => (isAsked(input.scope, found) ? complete(input.reading, type, found) : null)),
    );
    for (const [index, found] of chunk.entries())
      yield eventOf(taker, found, completed[index] ?? null, window.unstable.has(found.id));
  }
}

function isAsked(scope: Scope, found: Found): boolean {
  const customer = idOf(found.object['customer']) ?? idOf(found.object['customer_account']);
  // Without a customer it cannot be left out: the translation rejects it and says so.
  return scope.customers === 'all' || customer === null || scope.customers.has(customer);
}

/** The event of a record that was asked for and read, or left out. */
function eventOf(taker: Taker, found: Found, completed: Completed | null, isUnstable: boolean): PullEvent {
  if (completed === null) return taker.skip(found.id, 'of a customer who was not asked for');
  if (completed.type === 'gone') return taker.skip(found.id, 'deleted while it was read');
  const { raw } = completed;
  const bornAt = raw.objectType === 'preview' ? null : instantOfSeconds(createdOf(found));
  return taker.take(raw, { bornAt, isStable: completed.isStable && !isUnstable });
}

/** What active subscriptions would be billed next, in the order of their ids: a list that can be resumed without a cursor. */
async function* readPreviews(input: PullInput, progress: Progress, taker: Taker): AsyncIterable<PullEvent> {
  const subscriptions = await listPreviews(input.client, input.scope);
  const rest = subscriptions.filter((id) => progress.preview === null || id > progress.preview);
  for (const [index, id] of rest.entries()) {
    input.context.signal.throwIfAborted();
    const preview = await readPreview(input.client, id);
    if (preview.type === 'found')
      yield eventOf(taker, preview.found, await complete(input.reading, 'preview', preview.found), false);
    else yield taker.skip(`${previewPrefix}${id}`, preview.reason);
    progress.preview = id;
    if ((index + 1) % previewsPerCheckpoint === 0) yield checkpointOf('previews', progress);
  }
}

function done(input: PullInput, progress: Progress): PullEvent {
  const settledMs = msOfInstant(input.scope.period.end) + input.settleHours * 3_600_000;
  const isSettled = progress.horizon * 1000 >= settledMs;
  const incompleteBecause = [
    ...progress.incompleteBecause,
    ...(isSettled
      ? []
      : [`Stripe bills cycle ${input.scope.cycle} until ${instantOfMs(settledMs)}; its drafts are not final before`]),
  ];
  return {
    type: 'done',
    counts: { ...progress.counts },
    complete: incompleteBecause.length === 0,
    incompleteBecause,
    controlTotals: [],
    asOf: instantOfSeconds(progress.horizon),
    inputHash: null,
  };
}
