import { cyclePeriod } from '../../src/model/period.js';
import type { CycleId } from '../../src/model/ids.js';
import type { Checkpoint, PullContext, PullEvent, Scope, Source } from '../../src/model/source.js';
import type { Document } from '../../src/model/document.js';

/** The scope of a whole cycle in a zone. */
export function scopeOf(cycle: string, timezone: string, extra: Partial<Scope> = {}): Scope {
  return {
    cycle: cycle as CycleId,
    period: cyclePeriod(cycle as CycleId, timezone),
    timezone,
    customers: 'all',
    slackDays: 7,
    ...extra,
  };
}

export type Logged = { readonly event: string; readonly data: Readonly<Record<string, unknown>> };
export type TestContext = PullContext & {
  readonly logged: Logged[];
  readonly pauses: { readonly ms: number; readonly why: string }[];
  readonly taken: () => number;
};

/** A context that remembers what it was told. */
export function testContext(
  input: { readonly now?: () => number; readonly resume?: Checkpoint | null; readonly signal?: AbortSignal } = {},
): TestContext {
  const logged: Logged[] = [];
  const pauses: { readonly ms: number; readonly why: string }[] = [];
  let taken = 0;
  return {
    logged,
    pauses,
    taken: () => taken,
    signal: input.signal ?? new AbortController().signal,
    resume: input.resume ?? null,
    acquire: async (tokens = 1) => {
      taken += tokens;
    },
    rateLimited: (ms, why) => void pauses.push({ ms, why }),
    now: input.now ?? Date.now,
    log: (event, data) => void logged.push({ event, data }),
  };
}

export type Pulled = {
  readonly events: readonly PullEvent[];
  readonly documents: readonly Document[];
  readonly neighbours: readonly Document[];
  readonly rejected: readonly (PullEvent & { readonly type: 'rejected' })[];
  readonly skipped: readonly (PullEvent & { readonly type: 'skipped' })[];
  readonly checkpoints: readonly Checkpoint[];
  readonly done: PullEvent & { readonly type: 'done' };
};

/** Pulls to the end and sorts the events out. */
export async function pullAll(source: Source, scope: Scope, context: PullContext): Promise<Pulled> {
  const events: PullEvent[] = [];
  for await (const event of source.pull(scope, context)) events.push(event);
  return sortOut(events);
}

export function sortOut(events: readonly PullEvent[]): Pulled {
  const documents = events.filter((event) => event.type === 'document');
  const done = events.findLast((event) => event.type === 'done');
  if (done === undefined) throw new Error('the pull ended without done');
  return {
    events,
    documents: documents.filter((event) => event.isNeighbour !== true).map((event) => event.document),
    neighbours: documents.filter((event) => event.isNeighbour === true).map((event) => event.document),
    rejected: events.filter((event) => event.type === 'rejected'),
    skipped: events.filter((event) => event.type === 'skipped'),
    checkpoints: events.flatMap((event) => (event.type === 'checkpoint' ? [event.checkpoint] : [])),
    done,
  };
}
