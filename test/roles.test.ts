import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appendAudit, verifyAudit } from '../src/store/audit.js';
import type { Store } from '../src/store/database.js';
import { migrateUp } from '../src/store/migrate.js';
import { historyPower } from '../src/store/roles.js';
import { cli } from './support/cli.js';
import { migrationNames, withMigrations } from './support/old-schema.js';
import { createRoleDatabase, type RoleDatabase } from './support/role-database.js';
import { writeSmallCycle } from './support/small-cycle.js';

/*
 * The database belongs to an ordinary account; the program works as another, which `shadowbill database roles` made. What
 * is history that other account can add to and nothing else, on a real server and not by our own good will.
 */

type As = Store & { readonly url: string };

let database: RoleDatabase;
let [owner, app, reader]: As[] = [];
let work: string;
let config: string;
beforeAll(async () => {
  database = await createRoleDatabase();
  work = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-roles-'));
  config = writeSmallCycle(work, { customers: 12, chunkSize: 4 });
  const { names } = database;
  owner = await database.as(names.owner);
  // A load and a queue that the owner made before there were roles: they have to change hands.
  const before = await cli(['-c', config, '-o', 'json', 'run', '2026-10'], { DATABASE_URL: owner.url });
  if (before.code !== 0) throw new Error(before.stderr);
  const made = await cli(['-c', config, 'database', 'roles', '--app', names.app, '--read', names.read], {
    DATABASE_URL: owner.url,
  });
  if (made.code !== 0 || !made.stdout.includes(`${names.app} has no password yet`))
    throw new Error(`${made.stdout}${made.stderr}`);
  app = await database.as(names.app);
  reader = await database.as(names.read);
});
afterAll(async () => {
  await database.drop();
  rmSync(work, { recursive: true, force: true });
});

function opened(store: As | undefined): As {
  if (store === undefined) throw new Error('the database was not opened');
  return store;
}

async function historyTables(pool: Pool): Promise<readonly string[]> {
  const { rows } = await pool.query<{ table: string }>(
    `select distinct tgrelid::regclass::text as table from pg_trigger join pg_proc p on p.oid = tgfoid where p.proname ~ '^refuse_' order by 1`,
  );
  return rows.map((row) => row.table);
}

const denied = expect.objectContaining({ code: '42501' }) as Error;

test('as the app role the program starts, runs a cycle with its queue in Postgres, and signs into the audit log', async () => {
  const { url, db, pool } = opened(app);
  const ran = await cli(['-c', config, '-o', 'json', 'run', '2026-10'], { DATABASE_URL: url });
  expect(ran.code, ran.stderr).toBe(0);
  const { rows } = await pool.query<{ hashes: string; runs: string; owners: string }>(
    `select count(distinct result_hash) as hashes, count(*) as runs,
      (select count(distinct relowner) from pg_class where relname ~ '^(document|pair)_[lr]\\d+$') as owners from run`,
  );
  expect(rows).toEqual([{ hashes: '1', runs: '2', owners: '1' }]);
  for (const subject of ['one', 'two'])
    await db.transaction().execute((trx) =>
      appendAudit(trx, {
        actor: { name: 'ann', via: 'cli', role: 'admin' } as never,
        action: 'test',
        subject,
        cycle: null,
        detail: {},
        now: new Date('2026-11-24T12:00:00Z'),
      }),
    );
  expect(await verifyAudit(db)).toMatchObject({ isWhole: true, entries: 2 });
});

test('the app role can neither change nor remove a row of any table that is history, nor switch off what guards it', async () => {
  const { pool } = opened(app);
  const tables = await historyTables(pool);
  expect(tables).toEqual(expect.arrayContaining(['audit_log', 'signoff', 'work_event', 'evaluation', 'stage_change']));
  for (const table of tables)
    for (const statement of [
      `update ${table} set ${await firstColumn(pool, table)} = default`,
      `delete from ${table}`,
      `truncate ${table}`,
      `alter table ${table} disable trigger all`,
      `drop trigger ${table}_append on ${table}`,
      `alter table ${table} owner to current_user`,
      `drop table ${table} cascade`,
      `create trigger mine before insert on ${table} execute function refuse_change()`,
    ])
      await expect(pool.query(statement), statement).rejects.toThrow(denied);
  for (const statement of [
    'create or replace function refuse_change() returns trigger language plpgsql as $$ begin return null; end $$',
    'create or replace function refuse_history_change() returns trigger language plpgsql as $$ begin return null; end $$',
    `set session_replication_role = 'replica'`,
    `set role ${database.names.owner}`,
    `grant ${database.names.owner} to current_user`,
    `delete from kysely_migration`,
    `update database_role set kind = 'read'`,
    `create role another`,
    'alter table run drop column state',
  ])
    await expect(pool.query(statement), statement).rejects.toThrow(denied);
  expect(await verifyAudit(opened(app).db)).toMatchObject({ isWhole: true, entries: 2 });
});

async function firstColumn(pool: Pool, table: string): Promise<string> {
  const { rows } = await pool.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = to_regclass($1) and attnum > 0 and attidentity = '' order by attnum limit 1`,
    [table],
  );
  return rows[0]?.name ?? '';
}

test('the read role sees every table but the tokens, through partitions as well, and writes nothing', async () => {
  const { pool } = opened(reader);
  const { rows } = await pool.query<{ table: string }>(
    `select relname as table from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
      and relname !~ '_[lr]\\d+$' and relname <> 'api_token'`,
  );
  expect(rows.length).toBeGreaterThan(30);
  for (const { table } of rows) {
    await pool.query(`select * from ${table} limit 1`);
    await expect(pool.query(`delete from ${table}`), table).rejects.toThrow(denied);
    await expect(pool.query(`insert into ${table} default values`), table).rejects.toThrow(denied);
  }
  expect((await pool.query('select from document')).rows.length).toBeGreaterThan(0);
  await expect(pool.query('select * from api_token')).rejects.toThrow(denied);
  await expect(pool.query('create table mine (id int)')).rejects.toThrow(denied);
});

test('the doctor knows who could rewrite history', async () => {
  expect(await historyPower(opened(owner).db)).toEqual({ user: database.names.owner, because: 'owner' });
  expect(await historyPower(opened(app).db)).toEqual({ user: database.names.app, because: null });
  expect(await historyPower(opened(reader).db)).toEqual({ user: database.names.read, because: null });
});

test('roles are refused that could not hold anybody back: the owner, a name that is none, one role for both', async () => {
  const set = (...args: readonly string[]) =>
    cli(['-c', config, 'database', 'roles', ...args], { DATABASE_URL: opened(owner).url });
  for (const args of [
    ['--app', database.names.owner],
    ['--app', 'a; drop table run'],
    ['--app', database.names.app, '--read', database.names.app],
  ]) {
    const refused = await set(...args);
    expect(refused.code, refused.stderr).toBe(2);
  }
  const byApp = await cli(['-c', config, 'database', 'roles', '--app', `${database.names.app}2`], {
    DATABASE_URL: opened(app).url,
  });
  expect(byApp.code, byApp.stderr).toBe(6);
});

test('a later migration is the owner’s to run, alters what the app role owns, and guards its new history at once', async () => {
  await withMigrations(migrationNames, async (dir) => {
    writeFileSync(
      path.join(dir, '9990_later.sql'),
      `alter table document add column later text;
create table later_history (id int primary key);
create trigger later_history_append before update or delete or truncate on later_history for each statement execute function refuse_history_change();
create table later_plain (id int primary key);`,
    );
    await expect(migrateUp(opened(app).db, dir)).rejects.toMatchObject({
      code: 'migration_needs_owner',
      exitCode: 6,
      detail: '9990_later',
    });
    expect(await migrateUp(opened(owner).db, dir)).toEqual(['9990_later']);
    expect(await migrateUp(opened(app).db, dir)).toEqual([]);
  });
  const { pool } = opened(app);
  await pool.query('insert into later_plain values (1)');
  await pool.query('update later_plain set id = 2');
  await pool.query('insert into later_history values (1)');
  for (const statement of ['update later_history set id = 2', 'delete from later_history', 'truncate later_history'])
    await expect(pool.query(statement), statement).rejects.toThrow(denied);
  await pool.query('select later from document limit 1');
  await opened(reader).pool.query('select * from later_history');
});
