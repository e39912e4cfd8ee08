import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Pool } from 'pg';
import { migrateUp, migrationsDir } from '../../src/store/migrate.js';
import { createEmptyDatabase, type TestDatabase } from './test-database.js';

/** Names of the migrations, in their order. */
export const migrationNames: readonly string[] = readdirSync(migrationsDir)
  .filter((file) => /^\d{4}_\w+\.sql$/.test(file))
  .map((file) => file.replace(/\.sql$/, ''))
  .sort();

const dataDir = path.resolve(import.meta.dirname, '../upgrades');

/** Runs `work` with a folder that holds only these migrations, and further files by their content. */
export async function withMigrations<Result>(
  names: readonly string[],
  work: (dir: string) => Promise<Result>,
): Promise<Result> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-migrations-'));
  try {
    for (const name of names) cpSync(path.join(migrationsDir, `${name}.sql`), path.join(dir, `${name}.sql`));
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** An empty database with the migrations up to `last`. */
export async function createDatabaseAt(last: string): Promise<TestDatabase> {
  const database = await createEmptyDatabase();
  await migrateTo(database, last);
  return database;
}

async function migrateTo(database: TestDatabase, last: string): Promise<void> {
  await withMigrations(migrationNames.slice(0, migrationNames.indexOf(last) + 1), (dir) => migrateUp(database.db, dir));
}

/**
 * A database as a version with the migrations up to `last` left it, with data: after each migration the rows of
 * test/upgrades/ that a version of that time could have written, and a made-up row for every table that is still empty.
 */
export async function createFilledDatabaseAt(last: string): Promise<TestDatabase> {
  const database = await createEmptyDatabase();
  for (const name of migrationNames.slice(0, migrationNames.indexOf(last) + 1)) {
    await migrateTo(database, name);
    const file = path.join(dataDir, `${name}.sql`);
    if (existsSync(file)) await database.pool.query(readFileSync(file, 'utf8'));
  }
  await fillEmptyTables(database.pool, last);
  return database;
}

/** Tables of ours with their plain columns, partitions and generated columns left out. */
export async function columnsOf(pool: Pool): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await pool.query<{ table: string; columns: string[] }>(
    `select c.relname as table, array_agg(a.attname::text order by a.attnum) as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where n.nspname = 'public' and c.relkind in ('r', 'p') and c.relname not like 'kysely_%'
      and not c.relispartition and c.relname !~ '_[lr]\\d+$'
    group by 1 order by 1`,
  );
  return new Map(rows.map((row) => [row.table, row.columns]));
}

/** Every row of these tables as text, of these columns only, in an order of its own. */
export async function contentOf(
  pool: Pool,
  tables: ReadonlyMap<string, readonly string[]>,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const content: Record<string, readonly string[]> = {};
  for (const [table, columns] of tables) {
    const { rows } = await pool.query<{ row: string }>(
      `select row_to_json(t)::text as row from (select ${columns.join(', ')} from ${table}) t order by 1`,
    );
    content[table] = rows.map((one) => one.row);
  }
  return content;
}

type Column = {
  readonly name: string;
  readonly type: string;
  /** Table and column that it refers to. */
  readonly target: readonly [string, string] | null;
  /** Words that a check of the column names. */
  readonly words: readonly string[];
  /** A regular expression that a check holds it to, with fixed parts, classes and counts only. */
  readonly form: string | null;
};

/** One row for each table that has none; a table that refers to another waits for it. Throws with every table that could not be filled. */
async function fillEmptyTables(pool: Pool, last: string): Promise<void> {
  let left = await emptyTables(pool);
  for (;;) {
    const failures: string[] = [];
    for (const table of left) {
      const failure = await fillOne(pool, table);
      if (failure !== null) failures.push(`${table}: ${failure}`);
    }
    const still = await emptyTables(pool);
    if (still.length === 0) return;
    if (still.length === left.length)
      throw new Error(`no row could be made up; write test/upgrades/${last}.sql for\n${failures.join('\n')}`);
    left = still;
  }
}

async function emptyTables(pool: Pool): Promise<readonly string[]> {
  const empty: string[] = [];
  for (const table of (await columnsOf(pool)).keys())
    if ((await pool.query(`select from ${table} limit 1`)).rows.length === 0) empty.push(table);
  return empty;
}

async function fillOne(pool: Pool, table: string): Promise<string | null> {
  const { rows: columns } = await pool.query<Column>(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
      (select array[r.relname::text, ra.attname::text] from pg_constraint k join pg_class r on r.oid = k.confrelid
        join pg_attribute ra on ra.attrelid = r.oid and ra.attnum = k.confkey[1]
        where k.conrelid = c.oid and k.contype = 'f' and k.conkey[1] = a.attnum limit 1) as target,
      coalesce((select array_agg(m[1]) from pg_constraint k, regexp_matches(pg_get_constraintdef(k.oid), '''([^'']*)''::text', 'g') m
        where k.conrelid = c.oid and k.contype = 'c' and m[1] <> '' and k.conkey = array[a.attnum] and pg_get_constraintdef(k.oid) !~ '~'), '{}') as words,
      (select substring(pg_get_constraintdef(k.oid) from '~ ''([^'']+)''') from pg_constraint k
        where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum] limit 1) as form
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.oid = to_regclass($1) and a.attnotnull and not a.atthasdef and a.attidentity = '' and a.attgenerated = ''`,
    [table],
  );
  const names = columns.map((column) => column.name).join(', ');
  let failure = '';
  // A check may tie one column to another: what the first word does not fit, another may.
  for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
    const values = columns.map((column) =>
      column.target === null
        ? `'${sampleOf(column, attempt)}'`
        : `(select ${column.target[1]} from ${column.target[0]} limit 1)`,
    );
    try {
      await pool.query(
        names === ''
          ? `insert into ${table} default values`
          : `insert into ${table} (${names}) values (${values.join(', ')})`,
      );
      return null;
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
  }
  return failure;
}

const mostAttempts = 6;

function sampleOf({ type, words, form }: Column, attempt: number): string {
  if (type.endsWith('[]') || type === 'jsonb') return '{}';
  if (type === 'boolean') return 'true';
  if (type === 'date' || type.startsWith('timestamp')) return '2026-10-31';
  if (type === 'uuid') return '00000000-0000-4000-8000-000000000001';
  if (type === 'bytea') return '\\x00';
  if (type === 'tstzrange') return '[2026-10-01,2026-11-01)';
  if (type !== 'text') return '1';
  return form === null ? (words[attempt % Math.max(1, words.length)] ?? 'sample') : textOf(form);
}

/** The shortest text of a plain expression: "^A-[0-9a-f]{20}$" gives A- and twenty zeros. */
function textOf(form: string): string {
  return form
    .replace(/^\^|\$$/g, '')
    .replaceAll(/\[(.)[^\]]*\](?:\{(\d+)(?:,\d+)?\})?/g, (_all, first: string, count = '1') =>
      first.repeat(Number(count)),
    );
}
