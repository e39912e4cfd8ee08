import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openStore } from '../src/app.js';
import { readEnv } from '../src/config/env.js';
import { AppError, exitCodes } from '../src/errors.js';
import { createLogger } from '../src/log.js';
import { migrateUp, migrationsDir, migrationStatus } from '../src/store/migrate.js';
import { dumpSchema } from '../src/store/schema-dump.js';
import { reconcileCustomer } from '../src/reconcile/reconcile-customer.js';
import { collectSide } from '../src/run/collect.js';
import { compareChunk } from '../src/run/compare.js';
import { pairRun } from '../src/run/pair.js';
import { runCycle } from '../src/run/run-cycle.js';
import { findRun } from '../src/store/runs.js';
import { aDocument, aLine } from './support/documents.js';
import { moveRows } from './support/move-rows.js';
import {
  columnsOf,
  contentOf,
  createDatabaseAt,
  createFilledDatabaseAt,
  migrationNames,
  withMigrations,
} from './support/old-schema.js';
import { createTestDatabase, keepOnFailure, type TestDatabase } from './support/test-database.js';
import { newTestRun, testContext, verdictsOf } from './support/test-run.js';

/*
 * From every schema that there ever was, with data in every table, to the newest: nothing is lost or altered on the way,
 * and the schema ends as that of a new database.
 */

const opened: TestDatabase[] = [];
afterEach(async () => {
  for (const database of opened.splice(0)) await database.drop();
});
async function opening(creating: Promise<TestDatabase>): Promise<TestDatabase> {
  const database = await creating;
  opened.push(database);
  keepOnFailure(database);
  return database;
}

const newest = migrationNames.at(-1) ?? '';
const earlier = migrationNames.slice(0, -1);

test('there are earlier schemas to upgrade from', () => {
  expect(earlier).toContain('0001_core');
});

describe.each(earlier)('from %s', (name) => {
  test('an upgrade keeps every row of every table as it was, and leads to the schema of a new database', async () => {
    const database = await opening(createFilledDatabaseAt(name));
    const tables = await columnsOf(database.pool);
    const before = await contentOf(database.pool, tables);
    expect(Object.values(before).every((rows) => rows.length > 0)).toBe(true);

    const applied = await migrateUp(database.db);

    expect(applied).toEqual(migrationNames.slice(migrationNames.indexOf(name) + 1));
    expect(await contentOf(database.pool, tables)).toEqual(before);
    // A load that was half-way lies in bare tables, which no migration reaches: it must still fit.
    for (const table of ['document', 'line', 'raw_record'])
      await database.pool.query(`alter table ${table} attach partition ${table}_l3 for values in (3)`);
    const { rows } = await database.pool.query('select document_id from document where load_id = 3');
    expect(rows).toEqual([{ document_id: 'in-9' }]);
    expect(await dumpSchema(database.db)).toBe(readFileSync(path.join(migrationsDir, 'schema.sql'), 'utf8'));
    expect(await migrateUp(database.db)).toEqual([]);
  });
});

test('starters that upgrade at the same moment apply each migration once, and history stays unchangeable', async () => {
  const database = await opening(createFilledDatabaseAt(earlier[0] ?? ''));
  const applied = await Promise.all([migrateUp(database.db), migrateUp(database.db), migrateUp(database.db)]);
  expect(applied.flat().sort()).toEqual(migrationNames.slice(1));
  const { rows } = await database.pool.query<{ table: string }>(
    `select distinct tgrelid::regclass::text as table from pg_trigger join pg_proc p on p.oid = tgfoid where p.proname ~ '^refuse_'`,
  );
  expect(rows.length).toBeGreaterThanOrEqual(11);
  for (const { table } of rows)
    for (const statement of [`delete from ${table}`, `truncate ${table} cascade`])
      await expect(database.pool.query(statement), statement).rejects.toThrow('append-only');
});

test('a migration that fails half-way leaves schema and rows as they were, and says which it is', async () => {
  const database = await opening(createFilledDatabaseAt(newest));
  const tables = await columnsOf(database.pool);
  const [rows, schema] = [await contentOf(database.pool, tables), await dumpSchema(database.db)];
  await withMigrations(migrationNames, async (dir) => {
    const broken = `alter table run add column extra text;\nupdate run set extra = 'x', cycle = 'gone';\nselect 1 / 0;\n`;
    writeFileSync(path.join(dir, '9998_broken.sql'), broken);
    const failure = await migrateUp(database.db, dir).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AppError);
    expect((failure as AppError).code).toBe('migration_failed');
    expect((failure as AppError).message).toContain('9998_broken');
  });
  expect(await dumpSchema(database.db)).toBe(schema);
  expect(await contentOf(database.pool, tables)).toEqual(rows);
  expect((await migrationStatus(database.db)).every((one) => one.isApplied)).toBe(true);
});

test('a database that a newer version has migrated is refused by this one: schema_conflict, exit 7, nothing touched', async () => {
  const database = await opening(createTestDatabase());
  await withMigrations(migrationNames, async (dir) => {
    writeFileSync(path.join(dir, '9999_from_the_future.sql'), 'alter table run add column mood text;\n');
    expect(await migrateUp(database.db, dir)).toEqual(['9999_from_the_future']);
  });
  const schema = await dumpSchema(database.db);
  const env = readEnv({ DATABASE_URL: database.url });
  if (!env.ok) throw new Error(env.problems.join());
  const log = createLogger({ level: 'silent', component: 'test' });
  const failure = await openStore(env.env, '.', log, 'test').catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(AppError);
  expect([(failure as AppError).code, (failure as AppError).exitCode]).toEqual(['schema_conflict', exitCodes.conflict]);
  expect((failure as AppError).message).toContain('9999_from_the_future');
  expect(await dumpSchema(database.db)).toBe(schema);
});

const customers = Array.from({ length: 12 }, (_unused, index) => `c-${index}`);
/** Every third customer is billed one cent more by Solvimon, every fifth is missing there. */
const sides = {
  legacy: { documents: customers.map((customer) => aDocument(`in-${customer}`, customer, [aLine('1', '10.00')])) },
  solvimon: {
    documents: customers
      .filter((_customer, index) => index % 5 !== 4)
      .map((customer, index) =>
        aDocument(`so-${customer}`, customer, [aLine('1', index % 3 === 2 ? '10.01' : '10.00')]),
      ),
  },
};

test.each([
  ['while its chunks were being judged', earlier[0] ?? '', true],
  ['while one side was still to be collected', earlier.at(-1) ?? '', false],
])(
  'a run begun before an upgrade, %s at schema %s, finishes after it as if there had been none',
  async (_when, schema, isPaired) => {
    const begun = await opening(createTestDatabase());
    const run = await newTestRun(begun);
    const context = testContext(begun, sides);
    await collectSide(context, run, 'legacy');
    if (isPaired) {
      await collectSide(context, run, 'solvimon');
      const [first] = (await pairRun(context, run)).slice(1);
      await compareChunk(context, run, first ?? 0, reconcileCustomer);
    }
    const upgraded = await opening(createDatabaseAt(schema));
    await moveRows(begun.pool, upgraded.pool);

    await migrateUp(upgraded.db);
    const carried = await findRun(upgraded.db, run.id);
    if (carried === undefined) throw new Error('the run is gone');
    expect(['collecting', 'comparing']).toContain(carried.state);
    await runCycle(testContext(upgraded, sides), carried, reconcileCustomer);
    // The undisturbed run: the one that was left, finished where it began.
    await runCycle(context, run, reconcileCustomer);

    const [finished, undisturbed] = [await findRun(upgraded.db, run.id), await findRun(begun.db, run.id)];
    expect(finished?.state).toBe('finished');
    expect(finished?.resultHash).toBe(undisturbed?.resultHash);
    const verdicts = await verdictsOf(upgraded, carried);
    expect(verdicts).toEqual(await verdictsOf(begun, run));
    expect(verdicts.mismatches.length).toBeGreaterThan(2);
  },
);
