import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { csvAdapter } from '../src/legacy-adapters/csv/adapter.js';
import { xlsxAdapter } from '../src/legacy-adapters/xlsx/adapter.js';
import type { LegacyAdapter } from '../src/legacy-adapters/adapter.js';
import type { Source } from '../src/model/source.js';
import { fakeKeyId, fakeSecret, type S3Fake, type S3FakeOptions, startS3 } from './fakes/s3/server.js';
import { pullAll, testContext } from './support/pull-file.js';
import { workbook } from './support/workbook.js';

vi.stubEnv('BUCKET_KEY_ID', fakeKeyId);
vi.stubEnv('BUCKET_SECRET', fakeSecret);

const open: { readonly fake: S3Fake; readonly source: Source }[] = [];
afterEach(async () => {
  for (const { fake, source } of open.splice(0)) {
    await source.close();
    await fake.close();
  }
});

async function world(
  objects: Readonly<Record<string, string | Uint8Array>>,
  options: Partial<S3FakeOptions> = {},
  config: Readonly<Record<string, unknown>> = {},
  adapter: LegacyAdapter = csvAdapter,
) {
  const bytes = Object.entries(objects).map(([key, content]) => [key, Buffer.from(content)] as const);
  const fake = await startS3({ bucket: 'billing', objects: new Map(bytes), ...options });
  const block = adapter.configSchema.parse({
    path: 's3://billing/{cycle}/invoices.csv',
    s3_endpoint: `http://127.0.0.1:${fake.port}`,
    allow_private_address: true,
    s3_region: 'eu-west-1',
    s3_access_key_id_env: 'BUCKET_KEY_ID',
    s3_secret_access_key_env: 'BUCKET_SECRET',
    timezone: 'UTC',
    columns: {},
    ...config,
  });
  const source = await adapter.open(block as Record<string, unknown>, { baseDir: '/' });
  const made = { fake, source };
  open.push(made);
  return made;
}

const header = 'document_id,customer,currency,amount,description\n';
const row = (index: number) => `D${String(index).padStart(6, '0')},C1,EUR,${index}.01,${'x'.repeat(100)}\n`;
/** Over 16 MiB: three parts of 8 MiB. */
const large = header + Array.from({ length: 140_000 }, (_, index) => row(index)).join('');

describe('a file in a bucket', () => {
  test('is read part by part, each of the version that was begun', async () => {
    const { fake, source } = await world({ '2026-10/invoices.csv': large });
    const { documents, done } = await pullAll(source);
    expect([documents.length, done.complete]).toEqual([140_000, true]);
    const parts = fake.requests.filter(({ method }) => method === 'GET');
    const size = Buffer.byteLength(large);
    expect(parts.map(({ headers }) => headers['range'])).toEqual([
      'bytes=0-8388607',
      'bytes=8388608-16777215',
      `bytes=16777216-${size - 1}`,
    ]);
    expect(new Set(parts.map(({ headers }) => headers['if-match'])).size).toBe(1);
  });

  test('whose reply is cut off costs one part and not the file', async () => {
    // Reply 0 is the head, 1 the first part; the second part is cut off once.
    const faults = [{ kind: 'cut_off', after: 2, times: 1 }] as const;
    const { fake, source } = await world({ '2026-10/invoices.csv': large }, { faults });
    const { documents } = await pullAll(source);
    expect(documents).toHaveLength(140_000);
    const ranges = fake.requests.flatMap(({ headers }) => headers['range'] ?? []);
    expect(ranges.filter((range) => range === 'bytes=8388608-16777215')).toHaveLength(2);
    expect(ranges).toHaveLength(4);
  });

  test('that is replaced while it is read is not half of each', async () => {
    const { source } = await world(
      { '2026-10/invoices.csv': large },
      { afterPart: (objects) => void objects.set('2026-10/invoices.csv', Buffer.from(`${large}${row(1)}`)) },
    );
    const { documents, problems, done } = await pullAll(source);
    expect(documents).toEqual([]);
    expect(problems).toMatchObject([{ code: 'file_changed', place: { file: 's3://billing/2026-10/invoices.csv' } }]);
    expect(done.complete).toBe(false);
  });

  test('that is packed, empty, too large, or not there is told apart', async () => {
    const packed = await world(
      { '2026-10/invoices.csv.gz': gzipSync(header + row(1)) },
      {},
      { path: 's3://billing/{cycle}/invoices.csv.gz' },
    );
    expect((await pullAll(packed.source)).documents).toHaveLength(1);
    const empty = await world({ '2026-10/invoices.csv': '' });
    expect((await pullAll(empty.source)).problems).toMatchObject([{ code: 'column_missing' }]);
    const small = await world({ '2026-10/invoices.csv': header + row(1) }, {}, { max_bytes: 20 });
    expect((await pullAll(small.source)).problems).toMatchObject([{ code: 'too_large' }]);
    // Known from its head alone: not a byte of it was asked for.
    expect(small.fake.requests.map(({ method }) => method)).toEqual(['HEAD']);
    const missing = await world({});
    expect((await pullAll(missing.source)).problems).toMatchObject([{ code: 'file_missing' }]);
  });

  test('may be a workbook', async () => {
    const bytes = await workbook([
      ['document_id', 'customer', 'currency', 'amount'],
      ['A', 'C1', 'EUR', '12.50'],
    ]);
    const path = 's3://billing/{cycle}.xlsx';
    const { source } = await world({ '2026-10.xlsx': bytes }, {}, { path }, xlsxAdapter);
    expect((await pullAll(source)).documents.map((one) => one.totals.gross)).toEqual(['12.5']);
  });

  test('among several is chosen by its manifest, over pages of a listing', async () => {
    const manifest = (file: string, as_of: string) => JSON.stringify({ file, as_of, rows: 1 });
    const noise = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`2026-10/noise-${index}.txt`, 'x']));
    const { fake, source } = await world(
      {
        ...noise,
        '2026-10/run-1.csv': header + row(1),
        '2026-10/run-1.json': manifest('run-1.csv', '2026-11-01T00:00:00Z'),
        '2026-10/run-2.csv': header + row(2),
        '2026-10/run-2.json': manifest('run-2.csv', '2026-11-02T00:00:00Z'),
        '2026-11/run-9.json': manifest('run-9.csv', '2026-12-02T00:00:00Z'),
      },
      { pageSize: 10 },
      { path: 's3://billing/{cycle}/*.csv', manifest: 's3://billing/{cycle}/*.json' },
    );
    const { documents, skipped, done } = await pullAll(source);
    expect(documents.map((one) => one.source.id)).toEqual(['D000002']);
    expect(skipped).toMatchObject([{ id: 's3://billing/2026-10/run-1.json' }]);
    expect(done).toMatchObject({ complete: true, asOf: '2026-11-02T00:00:00.000Z' });
    expect(fake.requests.filter(({ query }) => query.get('list-type') === '2').length).toBeGreaterThan(4);
    expect(fake.writes()).toEqual([]);
  });
});

describe('check of a bucket', () => {
  const first = async ({ source }: Awaited<ReturnType<typeof world>>) => (await source.check(testContext))[0];

  test('says that the bucket can be listed', async () => {
    expect(await first(await world({ '2026-10/invoices.csv': header }))).toMatchObject({
      level: 'ok',
      sentence: 'The bucket billing can be listed; files lie below its root.',
    });
  });

  test('tells a missing variable, a refused key, a missing right, a wrong region, a wrong bucket and no connection apart', async () => {
    const topics = async (options: Partial<S3FakeOptions>, config: Readonly<Record<string, unknown>> = {}) => {
      const found = await first(await world({}, options, config));
      return `${found?.level} ${found?.topic}: ${found?.sentence}`;
    };
    expect(await topics({}, { s3_secret_access_key_env: 'NOT_SET' })).toBe(
      'problem credentials: The environment variable NOT_SET is not set.',
    );
    expect(await topics({ refuses: { status: 403, code: 'SignatureDoesNotMatch' } })).toBe(
      'problem credentials: The bucket billing refuses the key in BUCKET_KEY_ID.',
    );
    expect(await topics({ refuses: { status: 403, code: 'AccessDenied' } })).toBe(
      'problem permissions: The key in BUCKET_KEY_ID may not list the bucket billing.',
    );
    expect(await topics({ refuses: { status: 403, code: 'RequestTimeTooSkewed' } })).toMatch(/^problem clock: /);
    expect(await topics({}, { s3_region: 'us-west-2' })).toMatch(/^problem reachability: .*s3_region/);
    expect(await topics({ bucket: 'other' })).toMatch(/^problem reachability: .*bucket that is not there/);
    expect(await topics({}, { s3_endpoint: 'http://127.0.0.1:9' })).toMatch(/^problem reachability: /);
  });

  test('of a folder says that there is none', async () => {
    const block = csvAdapter.configSchema.parse({ path: 'nowhere/{cycle}.csv', timezone: 'UTC', columns: {} });
    const source = await csvAdapter.open(block as Record<string, unknown>, { baseDir: '/srv' });
    expect((await source.check(testContext))[0]).toMatchObject({
      level: 'problem',
      topic: 'reachability',
      sentence: 'There is no folder nowhere.',
    });
  });
});

test('a request to slow down reaches the queue with the wait that the server names', async () => {
  const waits: number[] = [];
  const faults = [{ kind: 'rate_limited', after: 0, times: 1, retryAfterSeconds: 9 }] as const;
  const { source } = await world({ '2026-10/invoices.csv': header }, { faults });
  const context = { ...testContext, rateLimited: (ms: number) => void waits.push(ms) };
  await expect(source.check(context)).resolves.toMatchObject([{ level: 'problem' }, {}]);
  expect(waits).toEqual([9000]);
});
