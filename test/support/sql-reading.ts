import { mysqlAdapter } from '../../src/legacy-adapters/mysql/adapter.js';
import { postgresAdapter } from '../../src/legacy-adapters/postgres/adapter.js';
import type { Document } from '../../src/model/document.js';
import type { CycleId } from '../../src/model/ids.js';
import { cyclePeriod } from '../../src/model/period.js';
import type { RejectedDocument } from '../../src/model/problem.js';
import type { CheckFinding, PullContext, PullEvent, Scope, Source } from '../../src/model/source.js';
import { type BillingDatabase, inEnvironment } from './billing-server.js';

/** What a source logged, beside its context. */
export type NotedContext = PullContext & {
  readonly logged: { event: string; data: Readonly<Record<string, unknown>> }[];
};

export function sqlContext(over: Partial<PullContext> = {}): NotedContext {
  const logged: NotedContext['logged'] = [];
  return {
    signal: new AbortController().signal,
    resume: null,
    acquire: async () => undefined,
    rateLimited: () => undefined,
    now: () => Date.now(),
    log: (event, data) => void logged.push({ event, data }),
    ...over,
    logged,
  };
}

/** Opens the adapter of a database, as its reader unless `url` says otherwise. */
export function openBilling(
  database: Pick<BillingDatabase, 'dialect' | 'readerUrl'>,
  config: Readonly<Record<string, unknown>>,
  url = database.readerUrl,
): Promise<Source> {
  const adapter = database.dialect === 'postgres' ? postgresAdapter : mysqlAdapter;
  return adapter.open({ timezone: 'Europe/Amsterdam', url_env: inEnvironment(url), ...config }, { baseDir: '.' });
}

export function scopeOfCycle(cycle: string, over: Partial<Scope> = {}): Scope {
  const timezone = over.timezone ?? 'Europe/Amsterdam';
  return {
    cycle: cycle as CycleId,
    period: cyclePeriod(cycle as CycleId, timezone),
    timezone,
    customers: 'all',
    slackDays: 7,
    ...over,
  };
}

export type Done = Extract<PullEvent, { type: 'done' }>;

export type ReadCycle = {
  readonly events: readonly PullEvent[];
  readonly documents: readonly Document[];
  readonly neighbours: readonly Document[];
  readonly rejected: readonly RejectedDocument[];
  readonly done: Done;
};

/** Everything that a pull gives. Throws what the pull throws. */
export async function readCycle(
  source: Source,
  scope: Scope = scopeOfCycle('2026-10'),
  context: PullContext = sqlContext(),
): Promise<ReadCycle> {
  const events: PullEvent[] = [];
  for await (const event of source.pull(scope, context)) events.push(event);
  const done = events.at(-1);
  if (done?.type !== 'done') throw new Error('a pull ends with done');
  const ofType = (isNeighbour: boolean) =>
    events.flatMap((event) =>
      event.type === 'document' && (event.isNeighbour === true) === isNeighbour ? [event.document] : [],
    );
  return {
    events,
    documents: ofType(false),
    neighbours: ofType(true),
    rejected: events.flatMap((event) => (event.type === 'rejected' ? [event.rejected] : [])),
    done,
  };
}

/** The findings of a topic as "level: sentence". */
export function findingsAbout(findings: readonly CheckFinding[], topic: string): readonly string[] {
  return findings.filter((one) => one.topic === topic).map(({ level, sentence }) => `${level}: ${sentence}`);
}
