import { AppError } from '../../src/errors.js';
import type { Document, Line } from '../../src/model/document.js';
import { sumText, toDecimal, toDecimalText, type DecimalText } from '../../src/model/money.js';
import type { RejectedDocument } from '../../src/model/problem.js';
import type { Checkpoint, PullContext, PullEvent, Scope } from '../../src/model/source.js';
import type { Harness, Opened, SampleDocument } from './harness.js';
import { type Ability, scopeOf } from './samples.js';

export type Done = PullEvent & { readonly type: 'done' };
export type DocumentEvent = PullEvent & { readonly type: 'document' };

export type Pulled = {
  readonly events: readonly PullEvent[];
  readonly done: Done | undefined;
  /** What the pull threw, instead of ending with `done`. */
  readonly thrown: unknown;
  readonly limits: readonly { readonly retryAfterMs: number; readonly why: string }[];
  /** Tokens asked for. */
  readonly acquired: number;
  /** Requests sent after the source was told to wait and before it asked for a token again. */
  readonly impatientRequests: number;
};

export type PullOptions = {
  readonly scope?: Scope;
  readonly resume?: Checkpoint | null;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: PullEvent) => void;
};

/** A context that notes what the source asks of it. Class, because it gathers. */
class NotingContext implements PullContext {
  readonly signal: AbortSignal;
  readonly resume: Checkpoint | null;
  readonly limits: { retryAfterMs: number; why: string }[] = [];
  acquired = 0;
  impatientRequests = 0;
  readonly #opened: Opened;
  #requestsAtLimit: number | null = null;

  constructor(opened: Opened, signal: AbortSignal, resume: Checkpoint | null) {
    this.#opened = opened;
    this.signal = signal;
    this.resume = resume;
  }

  async acquire(tokens = 1): Promise<void> {
    this.settle();
    this.acquired += tokens;
  }

  rateLimited(retryAfterMs: number, why: string): void {
    this.limits.push({ retryAfterMs, why });
    this.#requestsAtLimit ??= this.#opened.requests();
  }

  now(): number {
    return this.#opened.now();
  }

  log(): void {
    // The suite judges what a source does, not what it says about it.
  }

  /** Counts what was sent since the limit; the bucket that all workers share would have held these back. */
  settle(): void {
    if (this.#requestsAtLimit === null) return;
    this.impatientRequests += this.#opened.requests() - this.#requestsAtLimit;
    this.#requestsAtLimit = null;
  }
}

/** The context of a call that is no pull. */
export function plainContext(opened: Opened): PullContext {
  return new NotingContext(opened, new AbortController().signal, null);
}

/** Pulls once, to `done` or to what it throws. */
export async function pull(harness: Harness, opened: Opened, options: PullOptions = {}): Promise<Pulled> {
  const context = new NotingContext(opened, options.signal ?? new AbortController().signal, options.resume ?? null);
  const events: PullEvent[] = [];
  let thrown: unknown;
  try {
    for await (const event of opened.source.pull(options.scope ?? scopeOf(harness), context)) {
      events.push(event);
      options.onEvent?.(event);
    }
  } catch (error) {
    thrown = error;
  }
  context.settle();
  const { limits, acquired, impatientRequests } = context;
  return { events, done: events.find(isDone), thrown, limits, acquired, impatientRequests };
}

/** More attempts than this mean that the source does not get further. */
const maxAttempts = 30;

/**
 * Pulls as the worker does: what came before the last checkpoint is kept, what came after it is thrown away, and after
 * trouble that may pass the pull goes on from there, or from the beginning when the source gives no checkpoints.
 */
export async function pullLikeWorker(
  harness: Harness,
  opened: Opened,
): Promise<Pulled & { readonly attempts: number }> {
  const kept: PullEvent[] = [];
  const totals = { limits: [] as Pulled['limits'][number][], acquired: 0, impatientRequests: 0 };
  let resume: Checkpoint | null = null;
  for (let attempts = 1; ; attempts += 1) {
    const pulled: Pulled = await pull(harness, opened, { resume });
    totals.limits.push(...pulled.limits);
    totals.acquired += pulled.acquired;
    totals.impatientRequests += pulled.impatientRequests;
    const mayPass = pulled.thrown instanceof AppError && pulled.thrown.retry !== 'never';
    if (pulled.thrown === undefined || !mayPass || attempts === maxAttempts)
      return { ...pulled, ...totals, events: [...kept, ...pulled.events], attempts };
    const last = pulled.events.findLastIndex((event) => event.type === 'checkpoint');
    if (last < 0) continue;
    kept.push(...pulled.events.slice(0, last + 1));
    resume = checkpointOf(pulled.events[last]);
  }
}

function checkpointOf(event: PullEvent | undefined): Checkpoint | null {
  return event?.type === 'checkpoint' ? (JSON.parse(JSON.stringify(event.checkpoint)) as Checkpoint) : null;
}

export const isDone = (event: PullEvent): event is Done => event.type === 'done';

export function documentEvents(pulled: { readonly events: readonly PullEvent[] }): readonly DocumentEvent[] {
  return pulled.events.filter((event): event is DocumentEvent => event.type === 'document');
}

/** The documents that will be judged: neighbours are context and left out. */
export function ownDocuments(pulled: { readonly events: readonly PullEvent[] }): readonly Document[] {
  return documentEvents(pulled)
    .filter((event) => event.isNeighbour !== true)
    .map((event) => event.document);
}

export function rejectedDocuments(pulled: { readonly events: readonly PullEvent[] }): readonly RejectedDocument[] {
  return pulled.events.flatMap((event) => (event.type === 'rejected' ? [event.rejected] : []));
}

/** What the suite compares of a line, as one text. */
const lineText = (parts: {
  readonly amount: DecimalText;
  readonly discount: DecimalText;
  readonly net: DecimalText;
  readonly tax: DecimalText | null;
  readonly quantity: DecimalText | null;
  readonly start: string | undefined;
  readonly end: string | undefined;
}): string =>
  `amount ${parts.amount} discount ${parts.discount} net ${parts.net} tax ${parts.tax ?? 'not stated'} quantity ${parts.quantity ?? 'not stated'} from ${parts.start ?? 'nowhere'} to ${parts.end ?? 'nowhere'}`;

export type Shown = {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly customer: string;
  readonly currency: string;
  readonly net: string;
  readonly tax: string;
  readonly gross: string;
  /** A multiset: sorted, copies kept. */
  readonly lines: readonly string[];
};

/** A document as far as the suite compares it. */
export function shown(document: Document): Shown {
  return {
    id: document.source.id,
    kind: document.kind,
    state: document.state,
    customer: document.customerRef,
    currency: document.currency,
    net: document.totals.net,
    tax: document.totals.tax,
    gross: document.totals.gross,
    lines: document.lines.map(shownLine).sort(),
  };
}

export function shownLine(line: Line): string {
  const { amount, discount, net, tax, quantity, period } = line;
  return lineText({ amount, discount, net, tax, quantity, start: period?.start, end: period?.end });
}

/** What a sample must look like when it has come through a source of these capabilities. */
export function expected(sample: SampleDocument, can: Ability): Shown {
  const net = sumText(sample.lines.flatMap((line) => [line.amount, line.discount]));
  const tax = sumText(sample.lines.map((line) => line.tax));
  return {
    id: sample.id,
    kind: sample.kind,
    state: sample.state,
    customer: sample.customer,
    currency: sample.currency,
    net,
    tax,
    gross: sumText([net, tax]),
    lines: sample.lines
      .map((line) =>
        lineText({
          amount: line.amount,
          discount: line.discount,
          net: toDecimalText(toDecimal(line.amount).plus(line.discount)),
          tax: can.taxLevel === 'document' ? null : line.tax,
          quantity: line.quantity,
          start: line.period.start,
          end: line.period.end,
        }),
      )
      .sort(),
  };
}

export const byId = (a: { readonly id: string }, b: { readonly id: string }): number =>
  a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
