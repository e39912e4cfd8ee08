import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generate } from '../bench/speed/generate.js';
import { buildCli, runCli } from './support/run-cli.js';
import { createTestDatabase, keepOnFailure, type TestDatabase } from './support/test-database.js';

/*
 * One fixed input, as scripts see what comes of it: the mismatch list, the pair list and the result hash. They are the
 * same bytes on every backend. Where DATABASE_URL and REDIS_URL are set both ways are compared here; with
 * SHADOWBILL_SAME_BYTES=<file> they are written down as well, so that runs of this file in different environments can be
 * compared with cmp.
 */

/** Each test starts the command line several times, on machines that may have other work. */
const timeout = 240_000;

const cli = buildCli();
let work: string;
let database: TestDatabase;
beforeAll(async () => {
  work = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-bytes-'));
  await generate({ dir: work, customers: 150, seed: 2026, damageEvery: 3 });
  database = await createTestDatabase();
});
afterAll(async () => {
  await database.drop();
  cli.remove();
  rmSync(work, { recursive: true, force: true });
});

/** The configuration with other chunks: how the work is cut must not show. */
function configWith(chunkSize: number): string {
  const file = path.join(work, `chunks-of-${chunkSize}.yml`);
  const text = readFileSync(path.join(work, 'shadowbill.yml'), 'utf8');
  writeFileSync(file, `${text}data_dir: data\nrun:\n  chunk_size: ${chunkSize}\n`);
  return file;
}

async function bytesOf(config: string, variables: Readonly<Record<string, string | undefined>>): Promise<string> {
  const call = async (...args: string[]) => {
    const result = await runCli(cli.entry, ['-c', config, ...args], { LOG_LEVEL: 'warn', ...variables });
    expect(result.code, result.stderr).toBe(0);
    return result.stdout;
  };
  const run = JSON.parse(await call('-o', 'json', 'run', '2026-10')) as { readonly resultHash: string };
  const mismatches = await call('-o', 'jsonl', 'mismatch', 'list');
  const pairs = await call('-o', 'jsonl', 'pair', 'list');
  return `${run.resultHash}\n${mismatches}${pairs}`;
}

const given = { DATABASE_URL: process.env['DATABASE_URL'], REDIS_URL: process.env['REDIS_URL'] };

test(
  'the mismatch list, the pair list and the result hash are the same bytes, however the work is cut (I8)',
  async () => {
    keepOnFailure(database);
    const bytes = await bytesOf(configWith(500), { DATABASE_URL: database.url });
    const lines = bytes.trim().split('\n').length;
    // A hash, a pair for each of 150 customers at least, and a mismatch for many of the third that is damaged.
    expect(lines).toBeGreaterThan(190);
    expect(await bytesOf(configWith(7), { DATABASE_URL: database.url })).toBe(bytes);
    const file = process.env['SHADOWBILL_SAME_BYTES'];
    if (file !== undefined) writeFileSync(file, bytes);
  },
  timeout,
);

test.runIf(given.DATABASE_URL !== undefined)(
  'the embedded default and the services of this environment give the same bytes (I8)',
  async () => {
    keepOnFailure(database);
    const config = configWith(20);
    const own = await bytesOf(config, { DATABASE_URL: undefined, REDIS_URL: undefined });
    expect(await bytesOf(config, { DATABASE_URL: database.url, REDIS_URL: given.REDIS_URL })).toBe(own);
  },
  timeout,
);

test.runIf(given.DATABASE_URL === undefined)(
  'comparing with Postgres and Redis was left out: DATABASE_URL is not set',
  () => {
    console.warn('The comparison with Postgres and Redis was left out: set DATABASE_URL and REDIS_URL.');
    expect(process.env['DATABASE_URL']).toBeUndefined();
  },
);
