import { describe, test, vi } from 'vitest';
import { stringify } from 'csv-stringify/sync';
import { csvAdapter } from '../../src/legacy-adapters/csv/adapter.js';
import { rowFields } from '../../src/legacy-adapters/rows/shape.js';
import { fakeKeyId, fakeSecret, startS3 } from '../fakes/s3/server.js';
import { type Break, broken, expectFoundOut } from './broken-variant.js';
import { rowsOf } from './file-harness.js';
import type { Harness, Setup } from './harness.js';
import { cycle } from './samples.js';
import { adapterConformance } from './suite.js';

vi.stubEnv('BUCKET_KEY_ID', fakeKeyId);
vi.stubEnv('BUCKET_SECRET', fakeSecret);

/** CSV in a bucket: what a file is, with the faults of a transport. */
const harness: Harness = {
  side: 'legacy',
  timezone: 'Europe/Amsterdam',
  faults: ['rate_limited', 'server_error', 'unauthorised', 'html', 'cut_off', 'hangs'],
  cycleIsCutBy: 'input',
  knowsUnbilled: true,
  pageSize: null,
  inlineLines: null,
  amountDigits: () => null,
  isMetered: false,
  open: openBucket,
};

async function openBucket(setup: Setup) {
  const unable = setup.faults?.find(({ kind }) => kind === 'inserts' || kind === 'deletes' || kind === 'repeats');
  if (unable !== undefined) throw new Error(`an object cannot have ${unable.kind}`);
  const content = stringify(setup.documents.flatMap(rowsOf), { header: true, columns: [...rowFields] });
  // An export that has not been made yet is an object that is not there.
  const objects = new Map(
    setup.isCycleBilled === false
      ? []
      : [[`exports/${cycle}/invoices.csv`, new TextEncoder().encode(content)] as const],
  );
  const fake = await startS3({ bucket: 'billing', objects, faults: setup.faults ?? [] });
  const block = {
    path: 's3://billing/exports/{cycle}/invoices.csv',
    s3_endpoint: `http://127.0.0.1:${fake.port}`,
    allow_private_address: true,
    s3_region: 'eu-west-1',
    s3_access_key_id_env: 'BUCKET_KEY_ID',
    s3_secret_access_key_env: 'BUCKET_SECRET',
    timezone: 'Europe/Amsterdam',
    date_format: 'iso',
    columns: {},
  };
  const source = await csvAdapter.open(csvAdapter.configSchema.parse(block) as Record<string, unknown>, {
    baseDir: '/',
  });
  return {
    source,
    requests: () => fake.requests.length,
    writes: () => fake.writes(),
    now: () => Date.UTC(2026, 10, 4),
    close: async () => {
      await source.close();
      await fake.close();
    },
  };
}

adapterConformance('CSV in a bucket', harness);

describe('the suite finds out a bucket that', () => {
  test('ends a cycle where a reply was cut off', async () => {
    let seen = 0;
    const half: Break = (event) => {
      if (event.type !== 'document') return event;
      seen += 1;
      return seen % 2 === 0 ? null : event;
    };
    await expectFoundOut('pages are read to the last one', broken(harness, half));
  });
});
