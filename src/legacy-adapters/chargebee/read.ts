import { widened } from '../../model/cycle-rule.js';
import { instantOfMs, instantOfSeconds, msOfInstant } from '../../model/period.js';
import type { PullContext, PullEvent, RawRecord, Scope, Translated } from '../../model/source.js';
import { decimalOf, jsonText, textOf } from '../http/json.js';
import { type Counts, noCounts, type Taker, takerOf } from '../http/taker.js';
import { type Kind, names } from './client.js';
import { complete, type Completed, type Reading } from './complete.js';
import { type Found, type Listed, type Range, readUpdated, readWindow, secondsOf } from './listing.js';

export type PullInput = {
  readonly reading: Reading;
  readonly translate: (raw: RawRecord) => Translated;
  readonly scope: Scope;
  readonly context: PullContext;
  readonly windowDocuments: number;
  readonly settleHours: number;
};

/** Customers that are cheaper to ask for by name than to pick out of everything. */
const fewCustomers = 20;
/** Documents whose lines are read at the same time. */
const concurrency = 4;
/** Seconds before the pull in which a change may not have reached the list when it was first read. */
const lookbackSeconds = 300;
/** Versions remembered so that the second pass does not read again what it has; beyond it does, which costs time only. */
const mostRemembered = 5000;

/** Where a pull stands; the cursor of its checkpoints, as JSON. */
type Progress = {
  /** Which list is being read, counted from 0: the lists by date, then the same lists by their last change. */
  stream: number;
  /** Records dated before this second have been read; null at the beginning of a list. */
  next: number | null;
  /** When the pull began, epoch seconds: what changes later is read again. */
  readonly horizon: number;
  /** The version in which records were read that had changed shortly before, by kind and id. */
  readonly recent: Record<string, string>;
  readonly counts: Counts;
  readonly incompleteBecause: string[];
};

/**
 * Reads a cycle: every invoice and credit note dated in the cycle or some days around it, window by window from the oldest
 * on, with a checkpoint after each window. There is no filter by service period, so the lines decide what is of the cycle,
 * of a neighbour or of neither. Then, because a date can be set back, everything that has changed since the pull began
 * is asked for once more by the time of its last change.
 */
export async function* pullChargebee(input: PullInput): AsyncIterable<PullEvent> {
  const progress = progressOf(input.context);
  const lists = listsOf(input.scope);
  const taker = takerOf({ scope: input.scope, translate: input.translate, counts: progress.counts });
  for (; progress.stream < lists.length * 2; Object.assign(progress, { stream: progress.stream + 1, next: null })) {
    const listed = lists[progress.stream % lists.length];
    if (listed === undefined) break;
    if (progress.stream < lists.length) yield* readByDate(input, listed, progress, taker);
    else yield* readByChange(input, listed, progress, taker);
  }
  yield done(input, progress);
}

function progressOf(context: PullContext): Progress {
  if (context.resume !== null) return JSON.parse(context.resume.cursor) as Progress;
  return {
    stream: 0,
    next: null,
    horizon: Math.floor(context.now() / 1000),
    recent: {},
    counts: noCounts(),
    incompleteBecause: [],
  };
}

function checkpointOf(phase: string, progress: Progress): PullEvent {
  const cursor = JSON.stringify(progress);
  return { type: 'checkpoint', checkpoint: { v: 1, phase, cursor, seen: progress.counts.listed } };
}

function listsOf({ customers }: Scope): readonly Listed[] {
  const named = customers !== 'all' && customers.size <= fewCustomers ? [...customers].sort() : null;
  if (named?.length === 0) return [];
  return (['invoice', 'credit_note'] as const).map((kind) => ({ kind, customers: named }));
}

/** The seconds that a pull of this cycle reads. */
function rangeOf(scope: Scope): Range {
  const { start, end } = widened(scope.period, scope.slackDays);
  return { from: Math.floor(msOfInstant(start) / 1000), to: Math.ceil(msOfInstant(end) / 1000) };
}

async function* readByDate(
  input: PullInput,
  listed: Listed,
  progress: Progress,
  taker: Taker,
): AsyncIterable<PullEvent> {
  const { from, to } = rangeOf(input.scope);
  for (let next = progress.next ?? from; next < to; ) {
    const window = await readWindow(input.reading.client, listed, { from: next, to }, input.windowDocuments);
    yield* readDocuments(input, listed.kind, window.records, window.unstable, progress, taker);
    noteUnstable(window.unstable, progress);
    next = window.range.to;
    progress.next = next;
    yield checkpointOf(names[listed.kind], progress);
  }
}

async function* readByChange(
  input: PullInput,
  listed: Listed,
  progress: Progress,
  taker: Taker,
): AsyncIterable<PullEvent> {
  const since = progress.horizon - lookbackSeconds;
  const updated = await readUpdated(input.reading.client, listed, since, rangeOf(input.scope));
  const fresh = updated.filter((found) => progress.recent[keyOf(listed.kind, found)] !== versionOf(found));
  yield* readDocuments(input, listed.kind, fresh, new Set(), progress, taker);
  yield checkpointOf(`changed ${names[listed.kind]}`, { ...progress, stream: progress.stream + 1, next: null });
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
  records: readonly Found[],
  unstable: ReadonlySet<string>,
  progress: Progress,
  taker: Taker,
): AsyncIterable<PullEvent> {
  for (let at = 0; at < records.length; at += concurrency) {
    input.context.signal.throwIfAborted();
    const chunk = records.slice(at, at + concurrency);
    const completed = await Promise.all(
      chunk.map(async (found) => (isAsked(input.scope, found) ? complete(input.reading, kind, found) : null)),
    );
    for (const [index, found] of chunk.entries()) {
      remember(kind, found, progress);
      yield eventOf(taker, found, completed[index] ?? null, unstable.has(found.id));
    }
  }
}

function eventOf(taker: Taker, found: Found, completed: Completed | null, isUnstable: boolean): PullEvent {
  if (completed === null) return taker.skip(found.id, 'of a customer who was not asked for');
  if (completed.type === 'gone') return taker.skip(found.id, 'deleted while it was read');
  const date = secondsOf(found.object['date']);
  const bornAt = date === null ? null : instantOfSeconds(date);
  return taker.take(completed.raw, { bornAt, isStable: completed.isStable && !isUnstable });
}

function isAsked(scope: Scope, found: Found): boolean {
  const customer = textOf(found.object['customer_id']);
  // Without a customer it cannot be left out: the translation rejects it and says so.
  return scope.customers === 'all' || customer === null || scope.customers.has(customer);
}

const keyOf = (kind: Kind, found: Found): string => `${kind} ${found.id}`;

/** Changes with every change of the record. */
function versionOf({ object }: Found): string {
  return jsonText(object['resource_version'] ?? object['updated_at'] ?? null);
}

function remember(kind: Kind, found: Found, progress: Progress): void {
  const changedAt = decimalOf(found.object['updated_at']);
  const isRecent = changedAt !== undefined && Number(changedAt) > progress.horizon - lookbackSeconds;
  if (isRecent && Object.keys(progress.recent).length < mostRemembered)
    progress.recent[keyOf(kind, found)] = versionOf(found);
}

function done(input: PullInput, progress: Progress): PullEvent {
  const settledMs = msOfInstant(input.scope.period.end) + input.settleHours * 3_600_000;
  const incompleteBecause = [
    ...progress.incompleteBecause,
    ...(progress.horizon * 1000 >= settledMs
      ? []
      : [
          `Chargebee bills cycle ${input.scope.cycle} until ${instantOfMs(settledMs)}; not all of its invoices are made before`,
        ]),
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
