import { afterAll, beforeAll, expect, test } from 'vitest';
import { pauseSource, takeTokens } from '../src/store/source-rate.js';
import { createTestDatabase, type TestDatabase } from './support/test-database.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('a burst is free, and what comes after it waits its turn, whichever worker asks', async () => {
  const rate = { source: 'burst', perSecond: 0.001, burst: 3 };
  const waits = await Promise.all([1, 2, 3, 4, 5, 6].map(() => takeTokens(database.db, rate, 1)));
  const sorted = [...waits].sort((a, b) => a - b);
  expect(sorted.slice(0, 3)).toEqual([0, 0, 0]);
  // At one request in 1,000 s the bucket does not fill while the test runs: the three waits are 1, 2 and 3 turns.
  expect(sorted.slice(3).map((waitMs) => Math.ceil(waitMs / 1_000_000))).toEqual([1, 2, 3]);
});

test('a bucket that was left alone is full again, and never fuller than its burst', async () => {
  const rate = { source: 'refill', perSecond: 10, burst: 2 };
  await takeTokens(database.db, rate, 2);
  await database.pool.query(`update source_rate set filled_at = filled_at - interval '1 hour' where source = 'refill'`);
  expect(await takeTokens(database.db, rate, 2)).toBe(0);
  expect(await takeTokens(database.db, rate, 1)).toBeGreaterThan(0);
});

test('a pause holds everybody, and a shorter one does not end a longer one', async () => {
  const rate = { source: 'pause', perSecond: 1000, burst: 1000 };
  await pauseSource(database.db, 'pause', 60_000);
  await pauseSource(database.db, 'pause', 1);
  const waitMs = await takeTokens(database.db, rate, 1);
  expect(waitMs).toBeGreaterThan(50_000);
  expect(waitMs).toBeLessThanOrEqual(60_000);
});
