import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareRuns } from '../src/run/compare-runs.js';
import { changes } from '../src/store/run-diff.js';
import type { StoredRun } from '../src/store/runs.js';
import { storeRun, type TestMismatch, type TestPair } from './support/cohort-data.js';
import { createTestDatabase, type TestDatabase } from './support/test-database.js';

const now = new Date('2026-11-24T03:00:00Z');
const differing = (customer: string, delta: string, over: Partial<TestMismatch> = {}): TestPair => ({
  customer,
  state: 'mismatch',
  legacy: '100.00',
  solvimon: '101.00',
  mismatches: [{ cause: 'price.unit_price', confidence: 'proven', delta, ...over }],
});

describe('one run against another', () => {
  let database: TestDatabase;
  let first: StoredRun;
  let second: StoredRun;
  let before: StoredRun;
  beforeAll(async () => {
    database = await createTestDatabase();
    const store = (cycle: string, pairs: readonly TestPair[]) => storeRun(database.db, { cycle, pairs, now });
    before = await store('2026-09', [differing('a', '1.00')]);
    first = await store('2026-10', [
      differing('gone', '-3.00'),
      differing('grows', '1.10'),
      differing('shrinks', '-9.00'),
      differing('turns', '5.00'),
      differing('other cause', '2.00'),
      differing('stays', '4.00'),
      differing('small', '0.01', { isWithinTolerance: true }),
    ]);
    second = await store('2026-10', [
      differing('fresh', '7.00'),
      differing('grows', '1.20'),
      differing('shrinks', '-8.00'),
      differing('turns', '-5.00'),
      differing('other cause', '2.00', { cause: 'price.tier_mode' }),
      differing('stays', '4.00'),
      differing('small', '0.02', { isWithinTolerance: true }),
    ]);
  });
  afterAll(() => database.drop());

  const compare = (run: string, against?: string, change: readonly (typeof changes)[number][] = changes) =>
    compareRuns(database.db, { run, against, change, limit: 100 });

  test('every key is in exactly one class, tolerated differences in none, and the largest change stands first', async () => {
    const { earlier, later, rows, totals } = await compare(second.id);
    expect([earlier.id, later.id]).toEqual([first.id, second.id]);
    expect(rows.map((one) => `${one.customer} ${one.change}`)).toEqual([
      'fresh new',
      'gone resolved',
      'shrinks better',
      'grows worse',
      ...rows.slice(4).map((one) => `${one.customer} ${one.change}`),
    ]);
    expect(
      rows
        .slice(4)
        .map((one) => `${one.customer} ${one.change}`)
        .toSorted(),
    ).toEqual(['other cause changed', 'stays same', 'turns changed']);
    expect(totals.map((one) => [one.change, one.currency, one.count, one.earlierGross, one.laterGross])).toEqual([
      ['new', 'EUR', 1, '0', '7'],
      ['worse', 'EUR', 1, '1.1', '1.2'],
      ['changed', 'EUR', 2, '7', '7'],
      ['better', 'EUR', 1, '9', '8'],
      ['resolved', 'EUR', 1, '3', '0'],
      ['same', 'EUR', 1, '4', '4'],
    ]);
    expect(rows.find((one) => one.customer === 'turns')).toMatchObject({
      earlier: { net: '5' },
      later: { net: '-5', causes: ['price.unit_price'] },
    });
  });

  test('the other way round what was new is resolved, and what got worse is better', async () => {
    const back = await compare(first.id, second.id);
    const change = new Map(back.rows.map((one) => [one.customer, one.change]));
    expect([change.get('fresh'), change.get('gone'), change.get('grows'), change.get('shrinks')]).toEqual([
      'resolved',
      'new',
      'better',
      'worse',
    ]);
  });

  test('the first run of a cycle is compared with the cycle before, and classes can be left out', async () => {
    const found = await compare(first.id, undefined, ['resolved']);
    expect(found.earlier.id).toBe(before.id);
    expect(found.rows.map((one) => one.customer)).toEqual(['a']);
  });

  test('a run that is not there, has not finished, is the same one or has none before it is refused by name', async () => {
    const open = await storeRun(database.db, { cycle: '2026-11', pairs: [], now, isFinished: false });
    await expect(compare('nobody')).rejects.toMatchObject({ code: 'run_not_found' });
    await expect(compare(open.id)).rejects.toThrow(/only finished runs/);
    await expect(compare(first.id, first.id)).rejects.toThrow(/with itself/);
    await expect(compare(before.id)).rejects.toThrow(/nothing to compare with/);
  });
});
