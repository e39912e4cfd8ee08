import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openDatabase } from '../src/store/database.js';
import { startEmbeddedPostgres } from '../src/store/embedded-postgres.js';
import { migrateUp } from '../src/store/migrate.js';
import { dumpSchema } from '../src/store/schema-dump.js';
import { generatedDocs } from './generated-docs.js';

/** Writes every generated page and migrations/schema.sql. */
async function main(): Promise<void> {
  const root = path.resolve(import.meta.dirname, '..');
  mkdirSync(path.join(root, 'docs'), { recursive: true });
  for (const [file, text] of generatedDocs()) writeFileSync(path.join(root, file), text);
  const dir = path.join(mkdtempSync(path.join(os.tmpdir(), 'shadowbill-docs-')), 'postgres');
  const server = await startEmbeddedPostgres({ dir, isEphemeral: true });
  const store = openDatabase({ url: server.url, applicationName: 'docs', poolSize: 1, onError: () => undefined });
  try {
    await migrateUp(store.db);
    writeFileSync(path.join(root, 'migrations/schema.sql'), await dumpSchema(store.db));
  } finally {
    await store.close();
    await server.stop();
  }
}

await main();
