import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Kysely, type Migration, Migrator, sql } from 'kysely';
import { AppError } from '../errors.js';
import { renewGrants } from './roles.js';
import type { Database } from './tables.js';

/** migrations/ of this package, from src/store as from dist/store. */
export const migrationsDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../migrations');

const fileForm = /^\d{4}_[a-z0-9_]+\.sql$/;

async function readMigrations(dir: string): Promise<Record<string, Migration>> {
  const files = (await readdir(dir)).filter((file) => fileForm.test(file)).sort();
  const entries = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(path.join(dir, file), 'utf8');
      return [
        file.replace(/\.sql$/, ''),
        { up: async (db: Kysely<unknown>) => void (await sql.raw(text).execute(db)) },
      ] as const;
    }),
  );
  return Object.fromEntries(entries);
}

/** Names of the migrations, and whether each has run. Never changes anything. */
export async function migrationStatus(
  db: Kysely<Database>,
  dir = migrationsDir,
): Promise<readonly { readonly name: string; readonly isApplied: boolean }[]> {
  const all = await new Migrator({ db, provider: { getMigrations: () => readMigrations(dir) } }).getMigrations();
  return all.map((one) => ({ name: one.name, isApplied: one.executedAt !== undefined }));
}

/**
 * Brings the schema up to date; safe with several starters, because Kysely holds an advisory lock. Answers the names it
 * applied, and renews the grants of the roles that were set up. With nothing to apply it only looks, so that an account
 * without any right to alter tables can start. Throws AppError `migration_failed`; the failed migration was rolled back.
 * Throws `migration_needs_owner` when this account may not alter tables, and `schema_conflict` when the database has a
 * migration that this version does not know.
 */
export async function migrateUp(db: Kysely<Database>, dir = migrationsDir): Promise<readonly string[]> {
  await refuseUnknown(db, dir);
  const waiting = (await migrationStatus(db, dir)).filter((one) => !one.isApplied).map((one) => one.name);
  if (waiting.length === 0) return [];
  const { error, results } = await new Migrator({
    db,
    provider: { getMigrations: () => readMigrations(dir) },
  }).migrateToLatest();
  // migrateToLatest does not throw; an unread error would leave an old schema in use.
  if (error !== undefined) {
    if (error instanceof Error && 'code' in error && error.code === '42501')
      throw new AppError('migration_needs_owner', { cause: error, detail: waiting.join(', ') });
    const failed = results?.find((result) => result.status === 'Error')?.migrationName;
    throw new AppError('migration_failed', {
      cause: error,
      detail: `${failed ?? 'before the first one'}: ${error instanceof Error ? error.message : 'unknown'}`,
    });
  }
  const applied = (results ?? []).map((result) => result.migrationName);
  if (await hasTable(db, 'database_role')) await renewGrants(db);
  return applied;
}

/** A newer version has been here: what it changed, this one would read wrongly. */
async function refuseUnknown(db: Kysely<Database>, dir: string): Promise<void> {
  if (!(await hasTable(db, 'kysely_migration'))) return;
  const applied = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  const known = await readMigrations(dir);
  const unknown = applied.rows.map((row) => row.name).filter((name) => !Object.hasOwn(known, name));
  if (unknown.length > 0) throw new AppError('schema_conflict', { detail: `it has ${unknown.join(', ')}` });
}

async function hasTable(db: Kysely<Database>, name: string): Promise<boolean> {
  const found = await sql<{ exists: boolean }>`select to_regclass(${name}) is not null as exists`.execute(db);
  return found.rows[0]?.exists === true;
}
