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
 * into a template of this run's own, so that two runs can share a server; each file copies it.
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
  const templateName = `shadowbill_template_${migrationsHash()}_${process.pid}`;
  await makeTemplate(serverUrl, templateName);
  project.provide('serverUrl', serverUrl);
  project.provide('templateName', templateName);
  return async () => {
    if (embedded === undefined) await dropTemplate(serverUrl, templateName);
    else await embedded.stop();
  };
}

function migrationsHash(): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(migrationsDir).sort()) hash.update(readFileSync(path.join(migrationsDir, file)));
  return hash.digest('hex').slice(0, 12);
}

async function makeTemplate(serverUrl: string, name: string): Promise<void> {
  await onServer(
    serverUrl,
    `drop database if exists ${name} with (force)`,
    `create database ${name} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'`,
  );
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

async function dropTemplate(serverUrl: string, name: string): Promise<void> {
  await onServer(serverUrl, `drop database if exists ${name} with (force)`);
}

async function onServer(serverUrl: string, ...statements: readonly string[]): Promise<void> {
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  try {
    for (const statement of statements) await admin.query(statement);
  } finally {
    await admin.end();
  }
}
