import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runProgram } from '../../src/cli/program.js';
import { makeInvoice, october } from '../fakes/solvimon/invoice.js';
import { FakeSolvimon, readKey, writeKey } from '../fakes/solvimon/server.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/*
 * From the words of a configuration file to the wire and back: what the commands about Solvimon say and send.
 */

let server: FakeSolvimon;
let database: TestDatabase;
let dir: string;
let printed = '';

beforeEach(async () => {
  server = await FakeSolvimon.start({ now: Date.now() });
  server.upToDate = { ...server.upToDate, event_processing_up_to_date_until: new Date().toISOString() };
  database = await createTestDatabase();
  dir = await mkdtemp(path.join(os.tmpdir(), 'shadowbill-test-cli-'));
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation(((text: string) => {
    printed += text;
    return true;
  }) as typeof process.stdout.write);
  vi.stubEnv('SB_TEST_KEY', readKey);
  vi.stubEnv('SB_TEST_WRITE_KEY', writeKey);
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await server.close();
  await database.drop();
  await rm(dir, { recursive: true, force: true });
});

async function command(args: readonly string[], solvimon: readonly string[] = []): Promise<number> {
  const config = path.join(dir, 'shadowbill.yml');
  await writeFile(
    config,
    [
      "version: '1'",
      'timezone: Europe/Amsterdam',
      'sources:',
      '  legacy: { kind: csv, path: legacy.csv, timezone: UTC, columns: { document_id: id } }',
      '  solvimon:',
      '    kind: http',
      `    base_url: ${server.url}`,
      '    api_key_env: SB_TEST_KEY',
      '    platform_id: plat_shadow',
      '    allow_private_address: true',
      '    page_size: 10',
      "    requests_per_second: '500'",
      '    burst: 500',
      ...solvimon.map((line) => `    ${line}`),
      '',
    ].join('\n'),
  );
  return runProgram(['-c', config, ...args], { ...process.env, DATABASE_URL: database.url });
}

const draft = (id: string) =>
  makeInvoice({
    id,
    customer: 'acme',
    periods: [{ ...october, groups: [{ lines: [{ product: 'fee', net: '10.00', tax: '2.10' }] }] }],
    extra: { on_hold: false },
  });

describe('the command line', () => {
  test('doctor says that Solvimon answers, that the key is good and that the clocks agree', async () => {
    await command(['doctor']);
    expect(printed).toMatch(/ok +solvimon: Solvimon answers at 127\.0\.0\.1:\d+ and the key is good for live\./);
    expect(printed).toMatch(/ok +solvimon: This machine and Solvimon agree on the time within \d s\./);
    expect(printed).toMatch(/ok +solvimon: The key may read everything a run needs\./);
    expect(printed).not.toContain(readKey);
  });

  test('doctor exits 5 on a wrong key, with the next step', async () => {
    vi.stubEnv('SB_TEST_KEY', 'another');
    expect(await command(['doctor'])).toBe(5);
    expect(printed).toMatch(/problem +solvimon: Solvimon at \S+ refuses the key in SB_TEST_KEY\. Make a READ_ONLY key/);
  });

  test('hold sends nothing until the configuration says so', async () => {
    server.addInvoice(draft('invo_1'));
    const complaints = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(await command(['solvimon', 'hold'], ['writes: { api_key_env: SB_TEST_WRITE_KEY }'])).toBe(6);
    expect(complaints.mock.calls.join('')).toContain('sources.solvimon.writes.hold is off');
    expect(server.requests).toEqual([]);
  });

  test('hold holds, and holds lists what we hold', async () => {
    server.addInvoice(draft('invo_1'));
    const writes = ['writes: { api_key_env: SB_TEST_WRITE_KEY, hold: true }'];
    expect(await command(['solvimon', 'hold'], writes)).toBe(0);
    expect(printed).toContain('1 put on hold, 0 were on hold already.');
    printed = '';
    expect(await command(['-o', 'jsonl', 'solvimon', 'holds'], writes)).toBe(0);
    expect(JSON.parse(printed)).toMatchObject({ invoiceId: 'invo_1', step: 'hold' });
  });

  test.each([
    [
      'customers',
      { id: 'cust_1', reference: 'acme', status: 'ACTIVE' },
      { id: 'cust_1', reference: 'acme', status: 'ACTIVE', isProcessingOnly: false },
    ],
    [
      'products',
      { id: 'prit_1', reference: 'api-calls', name: 'API calls' },
      { id: 'prit_1', reference: 'api-calls', name: 'API calls', status: null },
    ],
    [
      'meters',
      { id: 'mete_1', reference: 'calls', status: 'ACTIVE' },
      { id: 'mete_1', reference: 'calls', name: null, status: 'ACTIVE' },
    ],
    [
      'coupons',
      { id: 'coup_1', reference: 'launch', name: 'Launch' },
      { id: 'coup_1', reference: 'launch', name: 'Launch', status: null },
    ],
    [
      'subscriptions',
      {
        id: 'ppsu_1',
        reference: 'sub-1',
        customer_id: 'cust_1',
        status: 'ACTIVE',
        type: 'BILLING',
        next_invoice: { invoice_id: 'invo_9' },
      },
      {
        id: 'ppsu_1',
        reference: 'sub-1',
        customerId: 'cust_1',
        status: 'ACTIVE',
        type: 'BILLING',
        startsOnHold: null,
        hasPaymentMethod: false,
        nextInvoiceId: 'invo_9',
      },
    ],
  ])('list %s gives ids and references for mapping files', async (what, row, expected) => {
    const rows = {
      customers: server.customers,
      products: server.productItems,
      meters: server.meters,
      coupons: server.coupons,
      subscriptions: server.subscriptions,
    }[what];
    rows?.push(row);
    for (let index = 2; index <= 25; index += 1) rows?.push({ id: `other_${index}` });
    expect(await command(['-o', 'jsonl', 'solvimon', 'list', what])).toBe(0);
    const lines = printed.trim().split('\n');
    expect(lines).toHaveLength(25);
    expect(JSON.parse(lines[0] ?? '')).toEqual(expected);
  });

  test('a mistake in the block is named with its line', async () => {
    const complaints = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(await command(['doctor'], ['page_sizes: 10', 'settle: soon'])).toBe(3);
    const said = complaints.mock.calls.join('');
    expect(said).toMatch(/shadowbill\.yml:14:\d+ sources\.solvimon\.page_sizes/);
    expect(said).toMatch(/shadowbill\.yml:15:\d+ sources\.solvimon\.settle {2}is not a span of time/);
  });
});
