import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { buildCli, type RunningCli, startCli } from '../support/run-cli.js';
import { writeSmallCycle } from '../support/small-cycle.js';
import { createTestDatabase, keepOnFailure, type TestDatabase } from '../support/test-database.js';

/*
 * What docker-compose.yml starts, started without Docker: the same command lines in the same order with the same
 * variables, secrets in files, and the health checks asked as they are written. Only ports and paths are others.
 */

/** Four processes are started, on machines that may have other work. */
const timeout = 240_000;

type Service = { command: string[]; environment: Record<string, string>; healthcheck?: { test: string[] } };
const file = path.resolve(import.meta.dirname, '../../docker-compose.yml');
const { services } = parse(readFileSync(file, 'utf8'), { merge: true }) as { services: Record<string, Service> };
const service = (name: string): Service => {
  const found = services[name];
  if (found === undefined) throw new Error(`docker-compose.yml has no ${name}`);
  return found;
};

const cli = buildCli();
const work = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-compose-'));
let database: TestDatabase;
let config: string;
const started: RunningCli[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  // As a new volume is: nothing in it.
  await database.pool.query('drop schema public cascade; create schema public');
  config = writeSmallCycle(work, { customers: 24, chunkSize: 4 });
  appendFileSync(
    config,
    'auth:\n  issuer: https://idp.example.com\n  client_id: recon\n  roles: { analyst: [finance] }\n',
  );
  appendFileSync(config, 'base_url: https://recon.example.com\n');
  writeFileSync(path.join(work, 'database_url'), database.url);
  writeFileSync(path.join(work, 'session_key'), 'ab'.repeat(32));
}, timeout);
afterAll(async () => {
  for (const one of started) one.child.kill('SIGKILL');
  await database.drop();
  cli.remove();
  rmSync(work, { recursive: true, force: true });
}, timeout);

/** The variables of a service, with this machine's paths; without a Redis at hand the queue is in Postgres. */
function variablesOf(name: string): Record<string, string | undefined> {
  const { environment } = service(name);
  const redis = process.env['REDIS_URL'];
  return {
    ...environment,
    DATABASE_URL: undefined,
    DATABASE_URL_FILE: path.join(work, path.basename(environment['DATABASE_URL_FILE'] ?? '')),
    SESSION_KEY_FILE: path.join(work, path.basename(environment['SESSION_KEY_FILE'] ?? '')),
    REDIS_URL: redis,
    QUEUE: redis === undefined ? 'postgres' : undefined,
  };
}

const ports = new Map<string, string>();

/** The words of a service with ports that are free here, one for each service and port. */
async function localWords(name: string, words: readonly string[]): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const word of words) {
    let text = word === '0.0.0.0' ? '127.0.0.1' : word;
    for (const port of ['8080', '9090']) {
      if (!text.includes(port)) continue;
      const key = `${name} ${port}`;
      if (!ports.has(key)) ports.set(key, await freePort());
      text = text.replace(port, ports.get(key) ?? '');
    }
    changed.push(text);
  }
  return changed;
}

function freePort(): Promise<string> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(String(typeof address === 'object' ? address?.port : '')));
    });
  });
}

async function start(name: string, words = service(name).command): Promise<RunningCli> {
  const running = startCli(cli.entry, ['-c', config, ...(await localWords(name, words))], variablesOf(name));
  started.push(running);
  return running;
}

/** Asks the health check of a service until it is content. Throws what the process said when it ends before. */
async function healthy(name: string, running: RunningCli): Promise<void> {
  const [, program = '', ...words] = service(name).healthcheck?.test ?? [];
  const args = await localWords(name, words);
  let said: string | undefined;
  void running.ended.then((result) => {
    said = `${name} ended with ${result.code}: ${result.stderr}`;
  });
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (said !== undefined) throw new Error(said);
    if (spawnSync(program, args).status === 0) return;
    await wait(100);
  }
  throw new Error(`${name} did not become healthy`);
}

test(
  'migrate, serve and a worker start in that order, are healthy, do a run, and end on SIGTERM',
  async () => {
    keepOnFailure(database);
    const migrated = await (await start('migrate')).ended;
    expect([migrated.code, migrated.stdout], migrated.stderr).toEqual([
      0,
      expect.stringContaining('applied 0001_core'),
    ]);

    const serve = await start('serve');
    const worker = await start('worker');
    await healthy('serve', serve);
    await healthy('worker', worker);

    const queued = await (await start('worker', ['run', '2026-10', '--detach'])).ended;
    expect(queued.code, queued.stderr).toBe(0);
    let states: readonly string[] = [];
    for (let attempt = 0; attempt < 600 && !states.includes('finished'); attempt += 1) {
      await wait(100);
      const { rows } = await database.pool.query<{ state: string }>('select state from run');
      states = rows.map((row) => row.state);
    }
    expect(states).toEqual(['finished']);

    const metrics = await fetch(`http://127.0.0.1:${ports.get('serve 9090')}/metrics`);
    expect(await metrics.text()).toContain('recon_processes{kind="worker",state="working"} 1');
    for (const one of [serve, worker]) one.child.kill('SIGTERM');
    for (const one of [serve, worker]) {
      const ended = await one.ended;
      expect(ended.code, ended.stderr).toBe(0);
    }
  },
  timeout,
);
