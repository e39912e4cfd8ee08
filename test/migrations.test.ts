import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrateUp, migrationStatus } from '../src/store/migrate.js';
import { createTestDatabase, keepOnFailure, type TestDatabase } from './support/test-database.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('every migration is applied once, and a second start applies none', async () => {
  keepOnFailure(database);
  const status = await migrationStatus(database.db);
  expect(status.length).toBeGreaterThan(0);
  expect(status.every((one) => one.isApplied)).toBe(true);
  expect(await migrateUp(database.db)).toEqual([]);
});
