import path from 'node:path';
import { connectStore, type OpenStore, readConfig } from '../../app.js';
import { createBackup } from '../../store/backup/create-backup.js';
import type { Manifest } from '../../store/backup/manifest.js';
import { rehearseRestore, type Restored, restoreBackup } from '../../store/backup/restore-backup.js';
import { databaseError } from '../../store/database.js';
import { type AddCommands, type Session, say, subcommand, tell } from '../session.js';

export const addBackupCommands: AddCommands = (program, host) => {
  const backup = subcommand(program, 'backup', 'save the database, and prove that it can be had back');
  subcommand(backup, 'create', 'write a dump and a manifest of what it holds; work may go on meanwhile')
    .argument('<folder>', 'a new folder')
    .action(async (folder: string) => {
      const current = host.session();
      await withConnectedStore(current, async (store) => {
        const options = { now: new Date(), signal: current.signal };
        const manifest = await createBackup(store, store.databaseUrl, path.resolve(folder), options);
        if (current.globals.output === 'table') say(`${folder}  ${describe(manifest)}`);
        else say(JSON.stringify({ schemaVersion: 1, folder, ...counts(manifest) }));
      });
    });
  subcommand(backup, 'restore', 'restore into the empty database that DATABASE_URL names, and compare every table')
    .argument('<folder>')
    .action((folder: string) => restoreWith(host.session(), folder, restoreBackup, 'restored'));
  subcommand(backup, 'rehearse', 'restore into a database of its own on the same server, compare, and drop it again')
    .argument('<folder>')
    .action((folder: string) => restoreWith(host.session(), folder, rehearseRestore, 'restored and dropped again'));
};

/** The store as it is: a backup is taken before a migration, and a restore brings its own schema. */
async function withConnectedStore(current: Session, work: (store: OpenStore) => Promise<void>): Promise<void> {
  const { baseDir, config } = readConfig(current.globals.config, new Date());
  const dataDir = path.resolve(baseDir, config.data_dir);
  const store = await connectStore(current.env, dataDir, current.log, 'shadowbill backup');
  try {
    await work(store);
  } catch (error) {
    throw databaseError(error);
  } finally {
    await store.close();
  }
}

async function restoreWith(
  current: Session,
  folder: string,
  restore: typeof restoreBackup,
  done: string,
): Promise<void> {
  const began = process.hrtime.bigint();
  await withConnectedStore(current, async (store) => {
    const onError = (error: Error) => current.log.warn({ err: error }, 'a database connection was lost');
    const restored = await restore(path.resolve(folder), store.databaseUrl, { signal: current.signal, onError });
    const seconds = Number((process.hrtime.bigint() - began) / 1_000_000_000n);
    if (current.globals.output !== 'table')
      return say(JSON.stringify({ schemaVersion: 1, seconds, ...record(restored) }));
    say(`${done}, and the same in every table: ${describe(restored.manifest)}; ${seconds} s`);
    say(`the audit log is whole: ${restored.auditEntries} entries`);
    for (const run of restored.unfinishedRuns)
      tell(`run ${run} had not ended when the backup was taken; go on with it: shadowbill runs resume ${run}`);
  });
}

const total = (manifest: Manifest) =>
  manifest.content.tables.reduce((sum, one) => sum + BigInt(one.rows), 0n).toString();

function counts(manifest: Manifest) {
  const { takenAt, postgres, migrations, dump, content } = manifest;
  return { takenAt, postgres, migrations, dump, tables: content.tables.length, rows: total(manifest) };
}

function describe(manifest: Manifest): string {
  const { takenAt, tables, rows, dump } = counts(manifest);
  return `${tables} tables, ${rows} rows, as of ${takenAt}, ${dump.bytes} bytes`;
}

function record({ manifest, unfinishedRuns, auditEntries }: Restored) {
  return { ...counts(manifest), auditEntries, unfinishedRuns };
}
