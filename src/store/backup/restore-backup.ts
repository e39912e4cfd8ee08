import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { type Kysely, sql } from 'kysely';
import { AppError } from '../../errors.js';
import { openDatabase } from '../database.js';
import { migrationStatus } from '../migrate.js';
import type { Database } from '../tables.js';
import { verifyAudit } from '../audit.js';
import { contentDifferences, readContent } from './content.js';
import { dumpFile, type Manifest, readManifest } from './manifest.js';
import { runPostgresTool } from './postgres-tools.js';

/** A database that a backup was restored into and that was found to hold the same, with what is left to do in it. */
export type Restored = {
  readonly manifest: Manifest;
  /** Runs that had not ended when the backup was taken: the queue is not part of it, so somebody has to resume them. */
  readonly unfinishedRuns: readonly string[];
  /** Entries of the audit log, each of whose hashes was computed again. */
  readonly auditEntries: string;
};

type RestoreOptions = { readonly signal: AbortSignal; readonly onError: (error: Error) => void };

/**
 * Restores a backup into an empty database, in one transaction, and holds what came out to what the manifest says: every
 * table's rows and values, the schema with its partitions and indexes, sequences and the hash chain of the audit log.
 * Throws AppError `backup_damaged` when the files are not what was written or something differs afterwards,
 * `database_not_empty`, `schema_conflict` when a newer version made the backup, and `backup_failed` when pg_restore does
 * not succeed, which leaves the database as empty as it was.
 */
export async function restoreBackup(folder: string, databaseUrl: string, options: RestoreOptions): Promise<Restored> {
  const manifest = await readManifest(folder);
  const store = openDatabase({ url: databaseUrl, applicationName: 'shadowbill restore', poolSize: 2, ...options });
  try {
    await refuseUnknownMigrations(store.db, manifest);
    await refuseFilled(store.db);
    const args = ['--single-transaction', '--exit-on-error', '--no-owner', path.join(folder, dumpFile)];
    await runPostgresTool('pg_restore', databaseUrl, args, options.signal);
    return await verifyRestored(store.db, manifest);
  } finally {
    await store.close();
  }
}

async function verifyRestored(db: Kysely<Database>, manifest: Manifest): Promise<Restored> {
  const content = await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute((trx) => readContent(trx));
  const differences = contentDifferences(manifest.content, content);
  if (differences.length > 0)
    throw new AppError('backup_damaged', { detail: `the restored database differs:\n${differences.join('\n')}` });
  const audit = await verifyAudit(db, undefined);
  if (audit.broken !== null)
    throw new AppError('backup_damaged', { detail: `audit entry ${audit.broken.seq}: ${audit.broken.because}` });
  const unfinished = await db
    .selectFrom('run')
    .select('id')
    .where('state', 'not in', ['finished', 'failed', 'cancelled'])
    .orderBy('seq')
    .execute();
  return { manifest, unfinishedRuns: unfinished.map((row) => row.id), auditEntries: String(audit.entries) };
}

async function refuseUnknownMigrations(db: Kysely<Database>, manifest: Manifest): Promise<void> {
  const known = new Set((await migrationStatus(db)).map((one) => one.name));
  const unknown = manifest.migrations.filter((name) => !known.has(name));
  if (unknown.length > 0) throw new AppError('schema_conflict', { detail: `the backup has ${unknown.join(', ')}` });
}

async function refuseFilled(db: Kysely<Database>): Promise<void> {
  const result = await sql<{ name: string }>`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S')
    order by relname limit 3`.execute(db);
  if (result.rows.length > 0)
    throw new AppError('database_not_empty', { detail: `it has ${result.rows.map((row) => row.name).join(', ')}` });
}

/**
 * Restores a backup into a database of its own on the same server, verifies it and drops it again. The database that is
 * in use is not touched. The account must be allowed to create databases. Throws as `restoreBackup` does, and
 * `not_allowed` when it is not.
 */
export async function rehearseRestore(folder: string, databaseUrl: string, options: RestoreOptions): Promise<Restored> {
  const name = `shadowbill_rehearsal_${randomBytes(6).toString('hex')}`;
  const server = openDatabase({ url: databaseUrl, applicationName: 'shadowbill rehearsal', poolSize: 1, ...options });
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  try {
    await createDatabase(server.db, name);
    try {
      return await restoreBackup(folder, url.href, options);
    } finally {
      await sql`drop database if exists ${sql.id(name)} with (force)`.execute(server.db);
    }
  } finally {
    await server.close();
  }
}

async function createDatabase(db: Kysely<Database>, name: string): Promise<void> {
  // The sort order of every database of ours: the same bytes everywhere.
  const statement = sql`create database ${sql.id(name)} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'`;
  await statement.execute(db).catch((cause: unknown) => {
    const isRefused = cause instanceof Error && 'code' in cause && cause.code === '42501';
    if (!isRefused) throw cause;
    throw new AppError('not_allowed', { detail: 'the account of DATABASE_URL may not create databases', cause });
  });
}
