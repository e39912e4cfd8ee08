import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exactRules } from '../src/model/compare-rules.js';
import type { Instant } from '../src/model/period.js';
import { problem } from '../src/model/problem.js';
import type { Checkpoint, PullContext, PullEvent, RawRecord, Source } from '../src/model/source.js';
import type { Side } from '../src/model/side.js';
import { collectSide } from '../src/run/collect.js';
import type { RunContext } from '../src/run/context.js';
import { identityMapping } from '../src/reconcile/mapping.js';
import { startRun, type StoredRun } from '../src/store/runs.js';
import { aDocument, aLine } from './support/documents.js';
import { createTestDatabase, keepOnFailure, type TestDatabase } from './support/test-database.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const pages = 10;
const perPage = 3;
const asOf = '2026-11-01T00:00:00.000Z' as Instant;

type Plan = {
  readonly isResumable: boolean;
  /** Throws after this page, once it was given and its checkpoint with it. */
  readonly failAfterPage?: number;
  readonly snapshot: 'none' | 'file';
  /** Gives the first document of page 0 again at the end, dearer. */
  readonly repeatsFirst?: boolean;
};

function rawOf(id: string): RawRecord {
  const bytes = Buffer.from(`{"id":"${id}"}`);
  return { objectType: 'invoice', id, bytes, apiVersion: '1', requestId: `req-${id}`, fetchedAt: asOf };
}

/** Ten pages of three documents, the last of each page unreadable; a checkpoint after each page. */
function pagedSource(plan: Plan, seen: { startedAt: number[] }): Source {
  async function* pull(_scope: unknown, context: PullContext): AsyncIterable<PullEvent> {
    const start = context.resume === null ? 0 : Number(context.resume.cursor);
    seen.startedAt.push(start);
    let emitted = 0;
    let rejected = 0;
    for (let page = start; page < pages; page += 1) {
      for (let index = 0; index < perPage; index += 1) {
        const id = `inv-${page}-${index}`;
        const raw = rawOf(id);
        if (index === perPage - 1) {
          rejected += 1;
          const faults = [problem('amount_malformed', { file: id }, 'amount', '1,2,3', 'an amount')] as const;
          yield {
            type: 'rejected',
            rejected: { id, customerRef: 'c', currency: null, problems: faults, place: {} },
            raw,
          };
        } else {
          emitted += 1;
          yield { type: 'document', document: aDocument(id, `c-${page}`, [aLine('1', '10.00')]), raw };
        }
      }
      const checkpoint: Checkpoint = { v: 1, phase: 'invoices', cursor: String(page + 1), seen: emitted };
      yield { type: 'checkpoint', checkpoint };
      if (page === plan.failAfterPage) throw new Error('the connection broke');
    }
    if (plan.repeatsFirst === true) {
      emitted += 1;
      yield { type: 'document', document: aDocument('inv-0-0', 'c-0', [aLine('1', '11.00')]), raw: rawOf('inv-0-0') };
    }
    yield {
      type: 'done',
      counts: { listed: emitted + rejected, emitted, rejected, skipped: 0 },
      complete: true,
      incompleteBecause: [],
      controlTotals: [],
      asOf,
      inputHash: null,
    };
  }
  return {
    side: 'legacy',
    system: 'test',
    capabilities: {
      snapshot: plan.snapshot,
      linesInline: 'all',
      creditNotes: 'none',
      taxLevel: 'line',
      tiers: 'none',
      money: { unit: 'major', wire: 'string' },
      periodEnd: 'exclusive',
      resumable: plan.isResumable,
      fetchOne: false,
    },
    check: async () => [],
    pull,
    fetchOne: async () => undefined,
    translate: () => {
      throw new Error('not asked for');
    },
    close: async () => undefined,
  };
}

function contextFor(source: Source): RunContext {
  // Every look at the clock is ten seconds later, so that each checkpoint is due.
  let now = Date.parse('2026-11-02T00:00:00.000Z');
  return {
    db: database.db,
    pool: database.pool,
    now: () => new Date((now += 10_000)),
    settingsOf: async () => ({
      rules: exactRules,
      mapping: identityMapping,
      slackDays: 7,
      chunkSize: 100,
      openSource: async (_side: Side) => source,
      rateOf: () => null,
    }),
    signal: new AbortController().signal,
    log: () => undefined,
    progress: () => undefined,
  };
}

let runs = 0;
async function aRun(): Promise<StoredRun> {
  runs += 1;
  const id = `run${String(runs).padStart(23, '0')}`;
  const now = new Date('2026-11-02T00:00:00.000Z');
  const { run } = await startRun(database.db, {
    id,
    cycle: '2026-10',
    timezone: 'UTC',
    configHash: id,
    config: {},
    now,
  });
  return run;
}

async function stored(run: StoredRun) {
  const query = async (text: string) => (await database.pool.query<Record<string, string>>(text, [run.id])).rows;
  return {
    loads: await query('select state, listed, emitted, rejected, skipped, is_complete from load where run_id = $1'),
    documents: await query(
      'select d.document_id, d.gross::text from document d join load l on l.id = d.load_id where l.run_id = $1 order by 1',
    ),
    lines: await query('select count(*) from line d join load l on l.id = d.load_id where l.run_id = $1'),
    rejected: await query(
      'select d.document_id from rejected_document d join load l on l.id = d.load_id where l.run_id = $1 order by d.seq',
    ),
    raw: await query(
      `select d.object_id, d.is_rejected, convert_from(d.bytes, 'UTF8') as body, encode(d.sha256, 'hex') = encode(sha256(d.bytes), 'hex') as fits, d.request_id
       from raw_record d join load l on l.id = d.load_id where l.run_id = $1 order by 1`,
    ),
  };
}

describe('collecting a side', () => {
  test('an attempt that broke at any checkpoint goes on there and stores the same as an undisturbed one', async () => {
    keepOnFailure(database);
    const undisturbed = await aRun();
    await collectSide(
      contextFor(pagedSource({ isResumable: true, snapshot: 'none' }, { startedAt: [] })),
      undisturbed,
      'legacy',
    );
    const expected = await stored(undisturbed);
    expect(expected.documents).toHaveLength(pages * (perPage - 1));
    expect(expected.rejected).toHaveLength(pages);
    expect(expected.raw).toHaveLength(pages * perPage);
    expect(expected.raw.every((row) => row['fits'])).toBe(true);
    for (let page = 0; page < pages; page += 1) {
      const seen = { startedAt: [] as number[] };
      const run = await aRun();
      const broken = pagedSource({ isResumable: true, snapshot: 'none', failAfterPage: page }, seen);
      await expect(collectSide(contextFor(broken), run, 'legacy')).rejects.toThrow('the connection broke');
      await collectSide(contextFor(pagedSource({ isResumable: true, snapshot: 'none' }, seen)), run, 'legacy');
      expect(seen.startedAt).toEqual([0, page + 1]);
      expect(await stored(run)).toEqual(expected);
    }
  });

  test('a source that cannot go on begins again, and what the broken attempt left is gone', async () => {
    const seen = { startedAt: [] as number[] };
    const run = await aRun();
    const broken = pagedSource({ isResumable: false, snapshot: 'none', failAfterPage: 6 }, seen);
    await expect(collectSide(contextFor(broken), run, 'legacy')).rejects.toThrow('the connection broke');
    await collectSide(contextFor(pagedSource({ isResumable: false, snapshot: 'none' }, seen)), run, 'legacy');
    expect(seen.startedAt).toEqual([0, 0]);
    const { loads, documents } = await stored(run);
    expect(loads).toEqual([
      { state: 'loaded', listed: '30', emitted: '20', rejected: '10', skipped: '0', is_complete: true },
    ]);
    expect(documents).toHaveLength(20);
  });

  test('a document read twice from a moving source counts as last read; twice in a file, neither counts', async () => {
    const moving = await aRun();
    await collectSide(
      contextFor(pagedSource({ isResumable: true, snapshot: 'none', repeatsFirst: true }, { startedAt: [] })),
      moving,
      'legacy',
    );
    const afterMoving = await stored(moving);
    expect(afterMoving.documents[0]).toEqual({ document_id: 'inv-0-0', gross: '11' });
    expect(afterMoving.loads[0]).toMatchObject({ listed: '31', emitted: '20', rejected: '10', skipped: '1' });
    const file = await aRun();
    await collectSide(
      contextFor(pagedSource({ isResumable: false, snapshot: 'file', repeatsFirst: true }, { startedAt: [] })),
      file,
      'legacy',
    );
    const afterFile = await stored(file);
    expect(afterFile.documents.map((row) => row['document_id'])).not.toContain('inv-0-0');
    const copies = afterFile.rejected.map((row) => row['document_id']).filter((id) => id?.startsWith('inv-0-0'));
    // Each copy has a name of its own, so that each stands in one pair.
    expect(copies).toEqual(['inv-0-0', 'inv-0-0 (copy 2)']);
    expect(afterFile.loads[0]).toMatchObject({ listed: '31', emitted: '19', rejected: '12' });
  });

  test('twins of the same job store one load', async () => {
    const run = await aRun();
    const context = contextFor(pagedSource({ isResumable: true, snapshot: 'none' }, { startedAt: [] }));
    await Promise.all([collectSide(context, run, 'legacy'), collectSide(context, run, 'legacy')]);
    const { loads, documents } = await stored(run);
    expect(loads).toHaveLength(1);
    expect(documents).toHaveLength(20);
  });
});
