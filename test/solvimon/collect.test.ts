import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../src/errors.js';
import { exactRules } from '../../src/model/compare-rules.js';
import { identityMapping } from '../../src/reconcile/mapping.js';
import { collectSide } from '../../src/run/collect.js';
import type { RunContext } from '../../src/run/context.js';
import { openHttp } from '../../src/solvimon-adapter/http-source.js';
import { startRun, type StoredRun } from '../../src/store/runs.js';
import { makeInvoice, october } from '../fakes/solvimon/invoice.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { type Bench, openBench } from './harness.js';

/*
 * The whole way into Postgres: a run's Solvimon side collected over HTTP, undisturbed and killed in the middle.
 */

const invoices = 57;
let bench: Bench;
let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
  bench = await openBench();
  for (let index = 1; index <= invoices; index += 1)
    bench.server.addInvoice(
      makeInvoice({
        id: `invo_${index}`,
        customer: `c${index}`,
        periods: [{ ...october, groups: [{ lines: [{ product: 'fee', net: `${index}.00`, tax: '0' }] }] }],
        extra: { created_at: `2026-10-01T00:${String(index).padStart(2, '0')}:00Z` },
      }),
    );
});
afterEach(async () => {
  await bench.close();
  await database.drop();
});

let runs = 0;
async function aRun(): Promise<StoredRun> {
  runs += 1;
  const id = `run${String(runs).padStart(23, '0')}`;
  const { run } = await startRun(database.db, {
    id,
    cycle: '2026-10',
    timezone: 'Europe/Amsterdam',
    configHash: id,
    config: {},
    now: new Date(bench.server.now),
  });
  return run;
}

/** Every look at the clock is ten seconds later, so that each checkpoint is due. */
function contextFor(signal: AbortSignal, onDocuments: (documents: number) => void): RunContext {
  let now = bench.server.now;
  return {
    db: database.db,
    pool: database.pool,
    now: () => new Date((now += 10_000)),
    settingsOf: async () => ({
      rules: exactRules,
      mapping: identityMapping,
      slackDays: 7,
      chunkSize: 100,
      openSource: async () => openHttp(bench.config, bench.environment),
      rateOf: () => ({ source: 'solvimon test', perSecond: 1000, burst: 1000 }),
    }),
    signal,
    log: (event) => {
      if (event === 'solvimon request') onDocuments(bench.server.requests.length);
    },
    progress: () => undefined,
  };
}

async function stored(run: StoredRun) {
  const query = async (text: string) => (await database.pool.query<Record<string, unknown>>(text, [run.id])).rows;
  return {
    loads: await query(
      'select state, listed, emitted, rejected, skipped, is_complete, input_hash from load where run_id = $1',
    ),
    documents: await query(
      'select d.document_id, d.net::text, d.gross::text, d.not_ready from document d join load l on l.id = d.load_id where l.run_id = $1 order by 1',
    ),
    lines: await query(
      'select count(*)::int as lines, sum(l2.net)::text as net from line l2 join load l on l.id = l2.load_id where l.run_id = $1',
    ),
    raw: await query(
      "select count(*)::int as kept, bool_and(encode(d.sha256, 'hex') = encode(sha256(d.bytes), 'hex')) as whole, bool_and(d.request_id like 'reqr_%') as named from raw_record d join load l on l.id = d.load_id where l.run_id = $1",
    ),
  };
}

describe('collecting Solvimon over HTTP', () => {
  test('stores every invoice, its lines and its bytes with the request that brought them', async () => {
    const run = await aRun();
    await collectSide(
      contextFor(new AbortController().signal, () => undefined),
      run,
      'solvimon',
    );
    const all = await stored(run);
    expect(all.loads).toMatchObject([
      { state: 'loaded', listed: '57', emitted: '57', rejected: '0', skipped: '0', is_complete: true },
    ]);
    // 1 + 2 + … + 57 = 57 × 58 / 2.
    expect(all.lines).toEqual([{ lines: 57, net: '1653' }]);
    expect(all.raw).toEqual([{ kept: 57, whole: true, named: true }]);
    expect(all.documents.every((row) => (row['not_ready'] as string[]).length === 0)).toBe(true);
  });

  test('a run killed in the middle of its second reading goes on and stores the same', async () => {
    const whole = await aRun();
    await collectSide(
      contextFor(new AbortController().signal, () => undefined),
      whole,
      'solvimon',
    );
    const killed = await aRun();
    const already = bench.server.requests.length;
    const stop = new AbortController();
    // Two lists of six pages are read first; the eighteenth request is in the second reading.
    const context = contextFor(stop.signal, (requests) => {
      if (requests - already >= 12) stop.abort(new AppError('interrupted'));
    });
    await expect(collectSide(context, killed, 'solvimon')).rejects.toMatchObject({ code: 'interrupted' });
    const { rows } = await database.pool.query('select checkpoint is not null as went from load where run_id = $1', [
      killed.id,
    ]);
    expect(rows).toEqual([{ went: true }]);
    await collectSide(
      contextFor(new AbortController().signal, () => undefined),
      killed,
      'solvimon',
    );
    const [first, second] = [await stored(whole), await stored(killed)];
    expect(second.documents).toEqual(first.documents);
    expect([second.lines, second.raw, second.loads]).toEqual([first.lines, first.raw, first.loads]);
  });
});
