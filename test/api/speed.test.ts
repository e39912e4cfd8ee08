import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildServer } from '../../src/api/server.js';
import { apiContext } from '../../src/app-api.js';
import type { LoadedConfig } from '../../src/config.js';
import { csvStream } from '../../src/run/export/text-files.js';
import { mismatchColumns } from '../../src/run/export/columns.js';
import { indexVerdicts } from '../../src/store/mismatch-indexes.js';
import { mismatchPage, pageQuery, type Sort, streamMismatches } from '../../src/store/mismatch-pages.js';
import type { MismatchSelection } from '../../src/store/mismatch-filter.js';
import { selectionTotals } from '../../src/store/mismatch-totals.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const run = { id: 'r'.repeat(26), seq: '1', cycle: '2026-10' };
const count = 100_000;

/** A hundred thousand mismatches of one run, spread over customers, causes, states and amounts, written without indexes as a run writes them. */
async function fill({ db }: TestDatabase): Promise<void> {
  await sql`insert into run (id, cycle, timezone, config_hash, config, state, created_at)
    values (${run.id}, ${run.cycle}, 'UTC', 'x', '{}', 'finished', now())`.execute(db);
  run.seq = (await sql<{ seq: string }>`select seq from run`.execute(db)).rows[0]?.seq ?? '';
  for (const table of ['pair', 'mismatch'])
    await sql`create table ${sql.id(`${table}_r${run.seq}`)} partition of ${sql.id(table)} for values in (${sql.lit(run.seq)})`.execute(
      db,
    );
  await sql`alter table ${sql.id(`pair_r${run.seq}`)} add primary key (id)`.execute(db);
  await sql`alter table ${sql.id(`mismatch_r${run.seq}`)} add primary key (id)`.execute(db);
  await sql`
    insert into pair (run_seq, id, chunk, customer, currency, state, legacy, solvimon, legacy_gross, solvimon_gross, mismatches)
    select ${sql.lit(run.seq)}, md5('p' || i)::uuid, 1, 'K-' || (i % 9000), 'EUR', case when i % 50 = 0 then 'only_legacy' else 'mismatch' end,
      array['L-' || i], array['S-' || i], 10, 11, 2 from generate_series(1, ${sql.lit(count / 2)}) i`.execute(db);
  await sql`
    insert into mismatch (run_seq, id, chunk, pair_id, customer, currency, level, cause, confidence, charge_key, legacy_lines, solvimon_lines, legacy, solvimon,
      delta, direction, components, is_within_tolerance, status, assignee, fingerprint, detail)
    select ${sql.lit(run.seq)}, 'M-' || left(md5('m' || i), 16), 1, md5('p' || (1 + (i - 1) / 2))::uuid, 'K-' || (i % 9000), (array['EUR', 'USD', 'JPY'])[1 + i % 3], 'line',
      (array['price.unit_price', 'tax.missing', 'rounding.level', 'unexplained', 'usage.quantity'])[1 + i % 5], 'proven', 'P' || (i % 40), '{}', '{}', 10, 11,
      round(((i * 7919) % 1000003 - 500000)::numeric / 100, 2), case when (i * 7919) % 1000003 > 500000 then 'over' else 'under' end, '{}', false,
      case when i % 200 = 0 then 'accepted' else 'open' end, case when i % 500 = 0 then 'ana' end, 'fp' || (i % 300), '{}'
    from generate_series(1, ${sql.lit(count)}) i`.execute(db);
}

describe('a hundred thousand mismatches', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
    await fill(database);
    await indexVerdicts(database.db, run.seq);
  }, 120_000);
  afterAll(() => database.drop());

  const asked: readonly (readonly [string, MismatchSelection, Sort])[] = [
    ['the first page', {}, { by: 'abs', isDescending: true }],
    ['smallest first', {}, { by: 'abs', isDescending: false }],
    ['by delta', {}, { by: 'delta', isDescending: true }],
    ['by customer', {}, { by: 'customer', isDescending: false }],
    ['by cause', {}, { by: 'cause', isDescending: true }],
    ['by age', {}, { by: 'age', isDescending: false }],
    ['open ones', { status: ['open'] }, { by: 'abs', isDescending: true }],
    ['accepted ones', { status: ['accepted'] }, { by: 'abs', isDescending: true }],
    ['one cause', { cause: ['tax.missing'] }, { by: 'abs', isDescending: true }],
    ['a group of causes by customer', { cause: ['price'] }, { by: 'customer', isDescending: true }],
    ['one customer', { customer: 'K-77' }, { by: 'abs', isDescending: true }],
    ['one person', { assignee: 'ana' }, { by: 'delta', isDescending: false }],
    ['only in legacy', { state: ['only_legacy'] }, { by: 'abs', isDescending: true }],
    [
      'large dollars under',
      { currency: ['USD'], direction: ['under'], minAbs: '4000' },
      { by: 'delta', isDescending: false },
    ],
    ['between two amounts', { minAbs: '10', maxAbs: '10.5' }, { by: 'abs', isDescending: true }],
    ['one fingerprint', { fingerprint: 'fp7' }, { by: 'cause', isDescending: false }],
  ];

  test.each(asked)('%s: no page reads the whole table', async (name, selection, sort) => {
    const query = pageQuery(run, selection, { sort, place: undefined, limit: 101 });
    const plan = await sql<{ 'QUERY PLAN': string }>`explain ${query}`.execute(database.db);
    const text = plan.rows.map((row) => row['QUERY PLAN']).join('\n');
    expect([name, text]).not.toEqual([name, expect.stringMatching(/Seq Scan on (mismatch|pair)_r/)]);
    const begin = performance.now();
    const page = await mismatchPage(database.db, run, selection, { sort, size: 100 });
    const first = performance.now() - begin;
    expect(page.rows.length).toBeGreaterThan(0);
    // The far end of the list costs what its beginning does: a place is looked up, never counted to.
    const middle =
      page.next === null
        ? null
        : await mismatchPage(database.db, run, selection, { sort, size: 100, after: page.next });
    expect(middle === null || middle.previous !== null).toBe(true);
    process.stderr.write(`  ${name}: page of ${page.rows.length} in ${first.toFixed(1)} ms\n`);
  });

  test('over HTTP the first page with its totals comes sorted and filtered, and says how long it took', async () => {
    const loaded = { config: { timezone: 'UTC' }, hash: 'x', baseDir: '.' } as unknown as LoadedConfig;
    const app = await buildServer({
      api: apiContext(database as never, loaded, () => new Date()),
      auth: { kind: 'local', user: 'anna' },
      session: { key: Buffer.alloc(32, 7), seconds: 3600 },
      isHttps: false,
      log: undefined,
      requestsPerMinute: 1_000_000,
    });
    const headers = { host: '127.0.0.1' };
    for (const query of [
      '',
      '?sort=-delta',
      '?sort=customer',
      '?status=open&cause=tax.missing',
      '?currency=USD&direction=under&min=4000&sort=delta',
      '?search=K-77&facets=true',
    ]) {
      const times: number[] = [];
      for (let round = 0; round < 5; round += 1) {
        const begin = performance.now();
        const reply = await app.inject({ url: `/api/v1/cycles/2026-10/mismatches${query}`, headers });
        times.push(performance.now() - begin);
        expect([query, reply.statusCode, reply.json().rows.length > 0]).toEqual([query, 200, true]);
      }
      process.stderr.write(`  HTTP ${query || 'first page'}: ${times.map((one) => one.toFixed(0)).join(' ')} ms\n`);
    }
    await app.close();
  }, 240_000);

  test('a check of the check: without the indexes the same page would read the whole table', async () => {
    const plan = await sql<{
      'QUERY PLAN': string;
    }>`explain select * from mismatch where run_seq = ${sql.lit(run.seq)} order by direction, detail::text limit 100`.execute(
      database.db,
    );
    expect(plan.rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/Seq Scan on mismatch_r/);
  });

  test('totals of everything are read once, and the last page is reached from behind', async () => {
    const begin = performance.now();
    const totals = await selectionTotals(database.db, run, {});
    process.stderr.write(`  totals of ${count} in ${(performance.now() - begin).toFixed(1)} ms\n`);
    const all = [...totals.counted, ...totals.accepted].reduce((sum, one) => sum + one.count, 0);
    expect(all).toBe(count);
    const last = await mismatchPage(
      database.db,
      run,
      {},
      { sort: { by: 'abs', isDescending: true }, size: 100, before: { value: '-1', id: '' } },
    );
    expect(last.rows).toHaveLength(100);
    expect(last.next).not.toBe(null);
  });

  test('a CSV of all of them streams: memory stays flat while a hundred thousand rows go by', async () => {
    const stream = csvStream(
      mismatchColumns,
      streamMismatches(database.db, run, {}, { by: 'abs', isDescending: true }),
    );
    let lines = 0;
    let bytes = 0;
    let peak = 0;
    global.gc?.();
    const base = process.memoryUsage().heapUsed;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      for (const byte of chunk) if (byte === 10) lines += 1;
      peak = Math.max(peak, process.memoryUsage().heapUsed - base);
    }
    expect(lines).toBe(count + 1);
    expect(bytes).toBeGreaterThan(10_000_000);
    // The whole file in memory as rows would be several hundred megabytes; what is here is garbage between collections.
    expect(peak).toBeLessThan(150_000_000);
    process.stderr.write(
      `  ${lines} lines, ${(bytes / 1e6).toFixed(1)} MB, heap grew by at most ${(peak / 1e6).toFixed(0)} MB\n`,
    );
  }, 120_000);
});
