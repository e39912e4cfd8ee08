import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type LegacyKind, legacyAdapters } from '../../src/legacy-adapters/registry.js';
import type { Document } from '../../src/model/document.js';
import type { CycleId } from '../../src/model/ids.js';
import { cyclePeriod } from '../../src/model/period.js';
import { describeProblem, type Problem, type RejectedDocument } from '../../src/model/problem.js';
import type { PullContext, PullEvent, Source } from '../../src/model/source.js';

/** Everything that one pull said, sorted by what it is. */
export type Pulled = {
  readonly documents: readonly Document[];
  readonly rejected: readonly RejectedDocument[];
  readonly problems: readonly Problem[];
  readonly skipped: readonly { readonly id: string; readonly reason: string }[];
  readonly done: Extract<PullEvent, { type: 'done' }>;
};

export const testContext: PullContext = {
  signal: new AbortController().signal,
  resume: null,
  acquire: async () => undefined,
  rateLimited: () => undefined,
  now: () => Date.parse('2026-11-24T00:00:00Z'),
  log: () => undefined,
};

/** Pulls October 2026 from an open source to its end. */
export async function pullAll(source: Source, customers: ReadonlySet<string> | 'all' = 'all'): Promise<Pulled> {
  const cycle = '2026-10' as CycleId;
  const scope = { cycle, period: cyclePeriod(cycle, 'UTC'), timezone: 'UTC', customers, slackDays: 0 };
  const events: PullEvent[] = [];
  for await (const event of source.pull(scope, testContext)) events.push(event);
  const done = events.at(-1);
  if (done?.type !== 'done') throw new Error('a pull ends with done');
  return {
    documents: events.flatMap((event) => (event.type === 'document' ? [event.document] : [])),
    rejected: events.flatMap((event) => (event.type === 'rejected' ? [event.rejected] : [])),
    problems: events.flatMap((event) => (event.type === 'problem' ? [event.problem] : [])),
    skipped: events.flatMap((event) => (event.type === 'skipped' ? [event] : [])),
    done,
  };
}

/** Writes a file, opens it with the adapter of its kind and pulls it. `columns` may be left out; UTC is the zone unless told. */
export async function pullFile(input: {
  readonly kind: LegacyKind;
  readonly content: string | Uint8Array;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly manifest?: unknown;
  readonly customers?: ReadonlySet<string>;
}): Promise<Pulled> {
  const baseDir = await mkdtemp(path.join(os.tmpdir(), 'shadowbill-file-'));
  try {
    const name = `2026-10.${input.kind}`;
    await writeFile(path.join(baseDir, name), input.content);
    if (input.manifest !== undefined)
      await writeFile(
        path.join(baseDir, 'manifest.json'),
        typeof input.manifest === 'string' ? input.manifest : JSON.stringify(input.manifest),
      );
    const adapter = legacyAdapters[input.kind];
    const source = await adapter.open(
      {
        path: `{cycle}.${input.kind}`,
        columns: {},
        timezone: 'UTC',
        ...(input.manifest !== undefined && { manifest: 'manifest.json' }),
        ...input.options,
      },
      { baseDir },
    );
    return await pullAll(source, input.customers);
  } finally {
    await rm(baseDir, { recursive: true });
  }
}

/** What is wrong with each rejected document, one line a problem, as a person reads it. */
export function faults(pulled: Pulled): readonly string[] {
  return [...pulled.problems, ...pulled.rejected.flatMap((one) => one.problems)].map(describeProblem);
}
