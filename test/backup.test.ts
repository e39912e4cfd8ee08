import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { cli } from './support/cli.js';
import { leaveHalfRun, wholeRun } from './support/half-run.js';
import { whyNoDump } from './support/postgres-tools.js';
import { runCli, sourceCli } from './support/run-cli.js';
import { writeSmallCycle } from './support/small-cycle.js';
import { createTestDatabase, keepOnFailure, type TestDatabase } from './support/test-database.js';

/*
 * A backup is proven by having it back: dump, wipe, restore, go on, and the results are the same bytes as without. Where
 * the machine's pg_dump cannot read the server, as with the embedded one of a newer version, what is left to prove is
 * that the refusal says so and leaves nothing behind.
 */

const work = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-backup-'));
const config = writeSmallCycle(work, { customers: 36, chunkSize: 3 });
const version = await serverVersion();
const unable = whyNoDump(version);

/** The command line is started once from source, on machines that may have other work. */
const timeout = 240_000;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  await database.drop();
  rmSync(work, { recursive: true, force: true });
});

async function serverVersion(): Promise<string> {
  const client = new pg.Client({ connectionString: inject('serverUrl') });
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>('show server_version');
  await client.end();
  return rows[0]?.server_version ?? '0';
}

const call = (url: string, ...args: string[]) =>
  cli(['-c', config, ...args], {
    DATABASE_URL: url,
    REDIS_URL: undefined,
    LOG_LEVEL: 'error',
    PATH: process.env['PATH'],
  });

async function must(url: string, ...args: string[]): Promise<string> {
  const result = await call(url, ...args);
  expect(result.code, `${args.join(' ')}: ${result.stderr}`).toBe(0);
  return result.stdout;
}

const lists = async (url: string) => [
  await must(url, '-o', 'jsonl', 'mismatch', 'list'),
  await must(url, '-o', 'jsonl', 'pair', 'list'),
];

/** A database with nothing in it: what is left after the old one was lost. */
async function emptyDatabase(): Promise<TestDatabase> {
  const made = await createTestDatabase();
  await made.pool.query('drop schema public cascade; create schema public');
  return made;
}

test.runIf(unable === null)(
  'dump, wipe, restore: a run that was half done goes on there and ends with the same bytes',
  async () => {
    const undisturbed = await createTestDatabase();
    const hash = await wholeRun(undisturbed, config);
    const expected = await lists(undisturbed.url);

    const half = await leaveHalfRun(database, config);
    expect(half.waiting).toBeGreaterThan(1);
    const folder = path.join(work, 'half');
    await must(database.url, 'backup', 'create', folder);
    const later = await emptyDatabase();
    keepOnFailure(later);
    const restored = JSON.parse(await must(later.url, '-o', 'json', 'backup', 'restore', folder)) as {
      unfinishedRuns: string[];
    };
    expect(restored.unfinishedRuns).toEqual([half.run]);
    const resumed = await runCli(sourceCli, ['-c', config, '-o', 'json', 'runs', 'resume', half.run], {
      DATABASE_URL: later.url,
      REDIS_URL: undefined,
    });
    expect(JSON.parse(resumed.stdout), resumed.stderr).toMatchObject({ id: half.run, resultHash: hash });
    expect(await lists(later.url)).toEqual(expected);
    await undisturbed.drop();
    await later.drop();
  },
  timeout,
);

test.runIf(unable === null)('a rehearsal leaves no database behind, and touches none that is there', async () => {
  const folder = path.join(work, 'rehearsed');
  await must(database.url, 'backup', 'create', folder);
  const said = await must(database.url, 'backup', 'rehearse', folder);
  expect(said).toContain('restored and dropped again, and the same in every table');
  const left = `select count(*)::int as left from pg_database where datname like 'shadowbill_rehearsal_%'`;
  expect((await database.pool.query<{ left: number }>(left)).rows).toEqual([{ left: 0 }]);
});

test.runIf(unable === null)(
  'a restore refuses a filled database, changed bytes, a newer schema and a manifest of other rows',
  async () => {
    const folder = path.join(work, 'changed');
    await must(database.url, 'backup', 'create', folder);
    const target = await emptyDatabase();
    const refusal = async () => {
      const result = await call(target.url, 'backup', 'restore', folder);
      return [result.code, result.stderr.split('\n').slice(0, 3).join('\n')] as const;
    };
    const manifest = path.join(folder, 'manifest.json');
    const written = readFileSync(manifest, 'utf8');
    const change = (from: RegExp, to: string) => {
      const changed = written.replace(from, to);
      expect(changed).not.toBe(written);
      writeFileSync(manifest, changed);
    };

    expect(await call(database.url, 'backup', 'restore', folder)).toMatchObject({ code: 7 });
    change(/"0001_core"/, '"0001_core","9999_later"');
    expect(await refusal()).toEqual([7, expect.stringContaining('the backup has 9999_later')]);
    change(/"takenAt": "[^"]*"/, '"takenAt": "yesterday"');
    expect(await refusal()).toEqual([7, expect.stringContaining('takenAt')]);
    change(/("table": "run",\s*"rows": )"1"/, '$1"2"');
    expect(await refusal()).toEqual([7, expect.stringContaining('table run has 1 rows instead of 2')]);
    await target.pool.query('drop schema public cascade; create schema public');
    change(/("table": "run",\s*"rows": "1",\s*"digest": ")../, '$1ff');
    expect(await refusal()).toEqual([7, expect.stringContaining('table run has other values in its 1 rows')]);
    writeFileSync(manifest, written);
    appendFileSync(path.join(folder, 'database.dump'), 'x');
    expect(await refusal()).toEqual([7, expect.stringContaining('bytes instead of')]);
    await target.drop();
  },
);

test.runIf(unable === null)('a dump that pg_restore cannot read to its end leaves the target empty', async () => {
  const folder = path.join(work, 'cut');
  await must(database.url, 'backup', 'create', folder);
  const dump = path.join(folder, 'database.dump');
  const bytes = readFileSync(dump);
  const cut = bytes.subarray(0, Math.floor(bytes.length * 0.9));
  writeFileSync(dump, cut);
  const manifest = path.join(folder, 'manifest.json');
  const entry = JSON.parse(readFileSync(manifest, 'utf8')) as { dump: object };
  entry.dump = { bytes: String(cut.length), sha256: createHash('sha256').update(cut).digest('hex') };
  writeFileSync(manifest, JSON.stringify(entry));
  const target = await emptyDatabase();
  const result = await call(target.url, 'backup', 'restore', folder);
  expect([result.code, result.stderr]).toEqual([5, expect.stringContaining('pg_restore ended with 1')]);
  const { rows } = await target.pool.query(`select relname from pg_class where relnamespace = 'public'::regnamespace`);
  expect(rows).toEqual([]);
  await target.drop();
});

test.runIf(unable === null)(
  'a folder that is there is not written over, and a failed backup leaves nothing',
  async () => {
    const folder = path.join(work, 'taken');
    await must(database.url, 'backup', 'create', folder);
    expect(await call(database.url, 'backup', 'create', folder)).toMatchObject({ code: 2 });
    vi.stubEnv('PATH', work);
    const result = await call(database.url, 'backup', 'create', path.join(work, 'gone'));
    vi.unstubAllEnvs();
    expect([result.code, result.stderr]).toEqual([5, expect.stringContaining('pg_dump is not on the PATH')]);
    expect(existsSync(path.join(work, 'gone'))).toBe(false);
    expect(readdirSync(work).filter((name) => name.endsWith('.partial'))).toEqual([]);
  },
);

test.runIf(unable !== null)(
  'a server that pg_dump cannot read is refused with the reason, and nothing is left behind',
  async () => {
    console.warn(`Dump and restore were left out: ${unable}. Set DATABASE_URL to a server that pg_dump can read.`);
    const folder = path.join(work, 'refused');
    const result = await call(database.url, 'backup', 'create', folder);
    expect([result.code, result.stderr]).toEqual([
      5,
      expect.stringMatching(/pg_dump (is not on the PATH|ended with 1)/),
    ]);
    expect([existsSync(folder), existsSync(`${folder}.partial`)]).toEqual([false, false]);
  },
);
