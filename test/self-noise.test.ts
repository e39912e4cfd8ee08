import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runProgram } from '../src/cli/program.js';
import { openStripe } from '../src/legacy-adapters/stripe/adapter.js';
import { stripeConfig } from '../src/legacy-adapters/stripe/shape.js';
import { exactRules } from '../src/model/compare-rules.js';
import { measureSelfNoise } from '../src/run/self-noise.js';
import { many, scopeOf } from './conformance/samples.js';
import { memoryHarness } from './conformance/memory-source.js';
import { surroundings, toObject } from './fakes/stripe/objects.js';
import { fakeKey, type Obj, startStripe } from './fakes/stripe/server.js';
import { createTestDatabase, type TestDatabase } from './support/test-database.js';

const harness = memoryHarness();
const documents = many(harness, 7);
const now = () => Date.UTC(2026, 10, 4);

const contextWith = (rateLimited: () => void = () => undefined) => ({
  signal: new AbortController().signal,
  acquire: async () => undefined,
  rateLimited,
  now,
  log: () => undefined,
});

describe('reading a side twice', () => {
  test('finds nothing in a source that stands still, and goes on after the pauses that it asks for', async () => {
    const fault = { kind: 'rate_limited', after: 2, times: 3, retryAfterSeconds: 7 } as const;
    const opened = await harness.open({ documents, faults: [fault] });
    const waits: number[] = [];
    const report = await measureSelfNoise({
      source: opened.source,
      scope: scopeOf(harness),
      rules: exactRules,
      context: contextWith(),
      wait: async (ms) => void waits.push(ms),
      progress: () => undefined,
    });
    expect(waits).toEqual([7000, 7000, 7000]);
    expect(report).toMatchObject({ documentCount: 7, unstable: [], incompleteBecause: [] });
    expect(report.isNoisy).toBe(false);
  });

  test('names the field of a Stripe invoice that is another one the second time', async () => {
    let reading = 1;
    const fake = await startStripe({
      state: { invoices: documents.map(toObject), ...surroundings(documents) },
      now,
      afterPage: ({ invoices }) => {
        if (reading !== 2) return;
        const at = invoices.findIndex((one) => one['id'] === 'in_00003');
        invoices[at] = { ...(invoices[at] as Obj), number: 'B-1', status: 'void' };
      },
    });
    const source = openStripe(stripeConfig.parse({ api_key_env: 'KEY', base_url: `http://127.0.0.1:${fake.port}` }), {
      KEY: fakeKey,
    });
    const report = await measureSelfNoise({
      source,
      scope: scopeOf(harness),
      rules: exactRules,
      context: contextWith(),
      wait: async () => undefined,
      progress: (which) => {
        // The invoice changes after the first reading has begun to arrive, so the second sees another one.
        if (which === 1) reading = 2;
      },
    });
    await source.close();
    await fake.close();
    expect(report.unstable.map(({ field, examples }) => [field, examples])).toEqual([
      ['state', ['in_00003']],
      ['number', ['in_00003']],
      ['raw status', ['in_00003']],
    ]);
  });
});

describe('shadowbill source noise', () => {
  let database: TestDatabase;
  let dir = '';
  beforeAll(async () => {
    database = await createTestDatabase();
    dir = await mkdtemp(path.join(tmpdir(), 'shadowbill-noise-'));
  });
  afterAll(async () => {
    await database.drop();
    await rm(dir, { recursive: true });
  });

  const rows = ['document_id,customer,currency,amount,product', 'in_1,cus_1,EUR,10.00,prod_1', ''].join('\n');

  async function runNoise(args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
    const file = path.join(dir, 'shadowbill.yml');
    const yaml = [
      'version: 1',
      'timezone: Europe/Amsterdam',
      'sources:',
      '  legacy: { kind: csv, path: "{cycle}.csv", timezone: Europe/Amsterdam, columns: {} }',
      '  solvimon: { kind: pages, path: "{cycle}.json" }',
    ];
    await writeFile(file, `${yaml.join('\n')}\n`);
    const out: string[] = [];
    const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => out.push(String(chunk)) > 0);
    const quiet = vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => out.push(String(chunk)) > 0);
    try {
      const code = await runProgram(['-c', file, ...args], { DATABASE_URL: database.url });
      return { code, out: out.join('') };
    } finally {
      spy.mockRestore();
      quiet.mockRestore();
    }
  }

  test('says that a file does not differ from itself', async () => {
    await writeFile(path.join(dir, '2026-10.csv'), rows);
    const { code, out } = await runNoise(['source', 'noise', '2026-10']);
    expect(out).toBe('legacy read twice, cycle 2026-10: 1 document in both readings.\nNothing differs from itself.\n');
    expect(code).toBe(0);
    const json = await runNoise(['-o', 'json', 'source', 'noise', '2026-10']);
    expect(JSON.parse(json.out)).toMatchObject({ schemaVersion: 1, side: 'legacy', documentCount: 1, unstable: [] });
  });

  test('says what is missing, and ends with 4', async () => {
    const { code, out } = await runNoise(['source', 'noise', '2026-09']);
    expect(out).toContain('Not whole: there is no file 2026-09.csv');
    expect(code).toBe(4);
  });

  test('answers a side that does not exist with a usage error', async () => {
    const { code, out } = await runNoise(['source', 'noise', '2026-10', '--side', 'old']);
    expect(code).toBe(2);
    expect(out).toContain('--side old is not known; write legacy or solvimon');
  });
});
