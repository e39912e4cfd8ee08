import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject, onTestFailed } from 'vitest';
import { openDatabase, type Store } from '../../src/store/database.js';

export type TestDatabase = Store & {
  readonly url: string;
  /** Drops the database, unless a test that asked for it failed: then its address is printed and it stays. */
  drop(): Promise<void>;
};

/**
 * A migrated database of its own, copied from the template in some 60 ms. Call `keepOnFailure` in a test to have the
 * database of a failed test kept for looking into.
 */
export function createTestDatabase(): Promise<TestDatabase> {
  return createFrom(inject('templateName'));
}

/** As `createTestDatabase`, without a schema. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return createFrom(`template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'`);
}

async function createFrom(template: string): Promise<TestDatabase> {
  const serverUrl = inject('serverUrl');
  const name = `shadowbill_test_${randomBytes(6).toString('hex')}`;
  await onServer(serverUrl, `create database ${name} template ${template}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const store = openDatabase({ url: url.href, applicationName: 'test', poolSize: 8, onError: () => undefined });
  return {
    ...store,
    url: url.href,
    drop: async () => {
      await store.close();
      if (kept.has(url.href)) return;
      await onServer(serverUrl, `drop database if exists ${name} with (force)`);
    },
  };
}

const kept = new Set<string>();

/** Keeps the database when the running test fails, and prints where it is. */
export function keepOnFailure(database: Pick<TestDatabase, 'url'>): void {
  onTestFailed(() => {
    kept.add(database.url);
    process.stderr.write(`the failed test's database is kept: ${database.url}\n`);
  });
}

async function onServer(serverUrl: string, statement: string): Promise<void> {
  // Two files that copy the template at the same moment collide; the second tries again.
  for (let attempt = 1; ; attempt += 1) {
    const client = new pg.Client({ connectionString: serverUrl });
    await client.connect();
    try {
      await client.query(statement);
      return;
    } catch (error) {
      const isBusy = error instanceof Error && 'code' in error && error.code === '55006';
      if (!isBusy || attempt >= 50) throw error;
    } finally {
      await client.end();
    }
    await new Promise((resolve) => setTimeout(resolve, 20 * attempt));
  }
}
