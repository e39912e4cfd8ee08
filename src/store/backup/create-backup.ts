import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { sql } from 'kysely';
import { AppError } from '../../errors.js';
import { invariant } from '../../model/invariant.js';
import type { Store } from '../database.js';
import { migrationStatus } from '../migrate.js';
import { type DatabaseContent, readContent } from './content.js';
import { dumpFile, type Manifest, manifestFile, measureFile } from './manifest.js';
import { runPostgresTool } from './postgres-tools.js';

/**
 * Writes a backup of the database into a new folder: a dump by pg_dump, and a manifest of what it holds. Both are taken
 * from one snapshot, so workers may go on meanwhile. The folder appears whole or not at all: it is made under another
 * name and renamed at the end. The queue is left out; it is a reminder, and the tables hold the truth. Throws AppError
 * `file_unreadable` when the folder is there already and has something in it, or cannot be written, and
 * `backup_failed` when pg_dump does not succeed.
 */
export async function createBackup(
  store: Store,
  databaseUrl: string,
  folder: string,
  options: { readonly now: Date; readonly signal: AbortSignal },
): Promise<Manifest> {
  const partial = `${folder}.partial`;
  await refuseFilled(folder);
  await onDisk(partial, async () => {
    // What a killed attempt left.
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true, mode: 0o700 });
  });
  try {
    const dump = path.join(partial, dumpFile);
    const seen = await dumpSnapshot(store, databaseUrl, dump, options.signal);
    const manifest: Manifest = {
      version: 1,
      takenAt: options.now.toISOString(),
      ...seen,
      dump: await measureFile(dump),
    };
    await onDisk(partial, async () => {
      await writeDurably(path.join(partial, manifestFile), `${JSON.stringify(manifest, null, 2)}\n`);
      // An empty folder that was made beforehand, as for a mounted volume's sub-folder, is replaced.
      await rename(partial, folder);
    });
    return manifest;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

type Seen = {
  readonly postgres: string;
  readonly migrations: string[];
  readonly content: Manifest['content'];
};

/** One repeatable-read transaction reads the content and lends its snapshot to pg_dump. */
async function dumpSnapshot(store: Store, databaseUrl: string, dump: string, signal: AbortSignal): Promise<Seen> {
  return store.db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (trx) => {
      const asked = await sql<{ snapshot: string; postgres: string }>`
        select pg_export_snapshot() as snapshot, current_setting('server_version') as postgres`.execute(trx);
      const first = asked.rows[0];
      invariant(first !== undefined, 'a database exports its snapshot');
      const applied = (await migrationStatus(store.db)).filter((one) => one.isApplied);
      const args = ['--format=custom', '--no-owner', '--exclude-schema=bullmq', `--snapshot=${first.snapshot}`];
      await runPostgresTool('pg_dump', databaseUrl, [...args, '--file', dump], signal);
      const content = await readContent(trx);
      return { postgres: first.postgres, migrations: applied.map((one) => one.name), content: mutable(content) };
    });
}

const mutable = (content: DatabaseContent): Manifest['content'] => ({
  schema: content.schema,
  tables: [...content.tables],
  sequences: [...content.sequences],
});

async function refuseFilled(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new AppError('file_unreadable', { detail: folder, cause: error });
  });
  if (names.length > 0)
    throw new AppError('file_unreadable', { detail: `${folder} is there already; name a folder that is not` });
}

async function onDisk(folder: string, work: () => Promise<void>): Promise<void> {
  await work().catch((cause: unknown) => {
    throw new AppError('file_unreadable', { detail: folder, cause });
  });
}

/** The rename must not be on the disk before what it names. pg_dump does the same for its own file. */
async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
