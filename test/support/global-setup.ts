import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../../src/store/database.js';
import { startEmbeddedPostgres } from '../../src/store/embedded-postgres.js';
import { migrateUp, migrationsDir } from '../../src/store/migrate.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of a server on which tests make their own databases. */
    readonly serverUrl: string;
    /** A migrated database to copy from. */
    readonly templateName: string;
  }
}

/**
 * One Postgres for all test files: the one at DATABASE_URL, or an ephemeral embedded one. The schema is migrated once,
 * into a template whose name carries the hash of the migrations; each file copies it.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['DATABASE_URL'];
  const embedded =
    given === undefined
      ? await startEmbeddedPostgres({
          dir: path.join(mkdtempSync(path.join(os.tmpdir(), 'shadowbill-test-')), 'postgres'),
          isEphemeral: true,
        })
      : undefined;
  const serverUrl = given ?? embedded?.url ?? '';
  const templateName = `shadowbill_template_${migrationsHash()}`;
  await makeTemplate(serverUrl, templateName);
  project.provide('serverUrl', serverUrl);
  project.provide('templateName', templateName);
  return async () => embedded?.stop();
}

function migrationsHash(): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(migrationsDir).sort()) hash.update(readFileSync(path.join(migrationsDir, file)));
  return hash.digest('hex').slice(0, 12);
}

async function makeTemplate(serverUrl: string, name: string): Promise<void> {
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  try {
    await admin.query(`drop database if exists ${name} with (force)`);
    await admin.query(`create database ${name} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'`);
  } finally {
    await admin.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const store = openDatabase({
    url: url.href,
    applicationName: 'test template',
    poolSize: 2,
    onError: () => undefined,
  });
  await migrateUp(store.db);
  await store.close();
}
