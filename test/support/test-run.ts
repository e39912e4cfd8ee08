import { randomBytes } from 'node:crypto';
import { type CompareRules, exactRules } from '../../src/model/compare-rules.js';
import type { Side } from '../../src/model/side.js';
import { identityMapping, type Mapping } from '../../src/reconcile/mapping.js';
import type { RunContext } from '../../src/run/context.js';
import { startRun, type StoredRun } from '../../src/store/runs.js';
import { listMismatches, listPairs, type MismatchView, type PairView } from '../../src/store/views.js';
import { memorySource, type MemoryInput } from './memory-source.js';
import type { TestDatabase } from './test-database.js';

export type TestRunInput = Readonly<Record<Side, MemoryInput>> & {
  readonly rules?: CompareRules;
  readonly mapping?: Mapping;
  readonly chunkSize?: number;
};

/** The context of use cases over two sources in memory. The clock stands still, so that nothing depends on it. */
export function testContext(database: Pick<TestDatabase, 'db' | 'pool'>, input: TestRunInput): RunContext {
  return {
    db: database.db,
    pool: database.pool,
    now: () => new Date('2026-11-24T12:00:00.000Z'),
    signal: new AbortController().signal,
    settingsOf: async () => ({
      rules: input.rules ?? exactRules,
      mapping: input.mapping ?? identityMapping,
      slackDays: 7,
      chunkSize: input.chunkSize ?? 3,
      openSource: async (side) => memorySource(side, input[side]),
      rateOf: () => null,
    }),
    log: () => undefined,
    progress: () => undefined,
  };
}

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';

/** A new run of October 2026 in UTC. */
export async function newTestRun(database: Pick<TestDatabase, 'db'>): Promise<StoredRun> {
  const id = [...randomBytes(26)].map((byte) => alphabet[byte % alphabet.length]).join('');
  const { run } = await startRun(database.db, {
    id,
    cycle: '2026-10',
    timezone: 'UTC',
    configHash: id,
    config: {},
    now: new Date('2026-11-24T12:00:00.000Z'),
  });
  return run;
}

/** Every pair and every mismatch that a run stored, in the order in which people see them. */
export async function verdictsOf(
  database: Pick<TestDatabase, 'db'>,
  run: StoredRun,
): Promise<{ readonly pairs: readonly PairView[]; readonly mismatches: readonly MismatchView[] }> {
  return {
    pairs: await all(listPairs(database.db, run, {})),
    mismatches: await all(listMismatches(database.db, run, {})),
  };
}

async function all<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}
