import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openShadowWrites } from '../../src/run/shadow-writes.js';
import { handleWebhook } from '../../src/solvimon-adapter/webhooks.js';
import {
  isDeliveryKnown,
  isHoldOurs,
  listHolds,
  listIncidents,
  noteIncident,
  rememberDelivery,
} from '../../src/store/solvimon-records.js';
import { makeInvoice, october } from '../fakes/solvimon/invoice.js';
import { webhookSecret } from '../fakes/solvimon/server.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { type Bench, openBench } from './harness.js';

/*
 * The three writes, sent to the fake with the key that may, and what the store remembers of them. The fake fails the test
 * in `close` when anything else than these three was sent.
 */

const asker = { runId: 'run-1', step: 'hold' };
const metered = { meter: 'api-calls', unitPrice: '0.10', taxRate: '21' } as const;
let bench: Bench;
let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
  bench = await openBench({}, { writes: { api_key_env: 'SOLVIMON_WRITE_KEY', hold: 'true', reprocess: 'true' } });
});
afterEach(async () => {
  await bench.close();
  await database.drop();
});

const invoice = (id: string, extra: Record<string, unknown>) =>
  makeInvoice({
    id: `invo_${id}`,
    customer: id,
    periods: [
      {
        ...october,
        groups: [
          { lines: [{ product: 'api-calls', model: 'USAGE_BASED', net: '10.00', tax: '2.10', quantity: '100' }] },
        ],
      },
    ],
    extra,
  });
const open = (config = bench.config) =>
  openShadowWrites(
    config,
    bench.environment,
    { db: database.db, now: () => new Date(bench.server.now) },
    bench.context(),
  );
const nonReads = () =>
  bench.server.requests
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path, body }) => `${method} ${path} ${body}`);

describe('holding shadow invoices', () => {
  beforeEach(() => {
    bench.server.addInvoice(invoice('free', { status: 'DRAFT', on_hold: false }), { draftedAt: bench.server.now });
    bench.server.addInvoice(invoice('open', { status: 'OPEN', on_hold: false }));
    bench.server.addInvoice(invoice('held', { status: 'DRAFT', on_hold: true }));
    bench.server.addInvoice(invoice('final', { status: 'FINAL', on_hold: false }));
  });

  test('sends exactly the hold, keeps a ledger of it, and the draft never turns FINAL', async () => {
    const writes = open();
    expect(await writes.hold('all', asker)).toEqual({ held: 2, alreadyHeld: 1, tooLate: [], gone: 0 });
    await writes.close();
    expect(nonReads()).toEqual([
      'PATCH /v1/invoices/invo_free {"on_hold":true}',
      'PATCH /v1/invoices/invo_open {"on_hold":true}',
    ]);
    bench.server.advance(9 * 3_600_000);
    expect(bench.server.invoices.map((one) => one['status'])).toEqual(['DRAFT', 'OPEN', 'DRAFT', 'FINAL']);
    const holds = await listHolds(database.db, 'plat_shadow');
    expect(holds.map((one) => [one.invoiceId, one.askedBy, one.confirmedAt !== null])).toEqual([
      ['invo_free', 'run-1', true],
      ['invo_open', 'run-1', true],
    ]);
    expect([
      await isHoldOurs(database.db, 'plat_shadow', 'invo_free'),
      await isHoldOurs(database.db, 'plat_shadow', 'invo_held'),
    ]).toEqual([true, false]);
  });

  test('without a hold the same draft turns FINAL after its grace period', () => {
    bench.server.advance(9 * 3_600_000);
    expect(bench.server.invoices[0]?.['status']).toBe('FINAL');
  });

  test('twice is once', async () => {
    const writes = open();
    await writes.hold('all', asker);
    expect(await writes.hold('all', asker)).toEqual({ held: 0, alreadyHeld: 3, tooLate: [], gone: 0 });
    await writes.close();
    expect(nonReads()).toHaveLength(2);
  });

  test('only of the customers named', async () => {
    for (const name of ['free', 'open']) bench.server.customers.push({ id: `cust_${name}`, reference: name });
    const writes = open();
    expect(await writes.hold(['open'], asker)).toMatchObject({ held: 1 });
    await expect(writes.hold(['nobody'], asker)).rejects.toMatchObject({ code: 'usage' });
    await writes.close();
    expect(nonReads()).toEqual(['PATCH /v1/invoices/invo_open {"on_hold":true}']);
  });

  test('a hold whose reply is lost is known as ours, and the repeat has the same key', async () => {
    bench.server.fault({ path: /invo_free$/, skip: 1, times: 6, trouble: { kind: 'reset' } });
    const writes = open();
    await expect(writes.hold('all', asker)).rejects.toMatchObject({ code: 'source_unreachable' });
    expect((await listHolds(database.db, 'plat_shadow')).map((one) => [one.invoiceId, one.confirmedAt])).toEqual([
      ['invo_free', null],
    ]);
    await writes.close();
    const keys = bench.server.requests
      .filter(({ method }) => method === 'PATCH')
      .map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(6);
    expect(new Set(keys).size).toBe(1);
  });

  test('one that turned FINAL in between is named', async () => {
    let isFinal = false;
    bench.server.onRequest = ({ path }) => {
      const [free] = bench.server.invoices;
      if (isFinal || path !== '/v1/invoices/invo_free' || free === undefined) return;
      isFinal = true;
      free['status'] = 'FINAL';
    };
    const writes = open();
    expect(await writes.hold('all', asker)).toMatchObject({ held: 1, tooLate: ['invo_free'] });
    await writes.close();
  });
});

describe('reprocess', () => {
  test('is asked for once and the late usage is then in the invoice', async () => {
    const late = bench.server.addInvoice(invoice('late', {}), { metered });
    bench.server.ingest({
      reference: 'late-event-1',
      customer_id: 'cust_late',
      meter_reference: 'api-calls',
      timestamp: '2026-10-30T10:00:00Z',
      count: 10,
    });
    const writes = open();
    const target = { kind: 'invoice', invoiceId: 'invo_late' } as const;
    const ids = [await writes.reprocess(target, asker), await writes.reprocess(target, asker)];
    await writes.close();
    expect(new Set(ids).size).toBe(1);
    expect(nonReads()).toEqual(
      Array.from({ length: 2 }, () => 'POST /v1/reprocess {"type":"INVOICE","invoice":{"invoice_id":"invo_late"}}'),
    );
    expect(late['invoice_amount_including_tax']).toEqual({ quantity: '13.31', currency: 'EUR' });
  });

  test.each([
    [
      'customer',
      '{"type":"CUSTOMER","customer":{"customer_id":"cust_1","start_at":"2026-09-30T22:00:00.000Z","end_at":"2026-10-31T23:00:00.000Z"}}',
    ],
    [
      'not_matched',
      '{"type":"NOT_MATCHED","not_matched":{"customer_id":"cust_1","start_at":"2026-09-30T22:00:00.000Z","end_at":"2026-10-31T23:00:00.000Z"}}',
    ],
  ] as const)('of a %s names the period', async (kind, body) => {
    const writes = open();
    const { scope } = { scope: (await import('./harness.js')).october };
    await writes.reprocess({ kind, customerId: 'cust_1', period: scope.period }, asker);
    await writes.close();
    expect(nonReads()).toEqual([`POST /v1/reprocess ${body}`]);
  });
});

describe('a write that is not switched on', () => {
  test.each(['hold', 'reprocess'] as const)('%s is refused and nothing is sent', async (kind) => {
    const writes = open({
      ...bench.config,
      writes: { api_key_env: 'SOLVIMON_WRITE_KEY', hold: 'false', reports: 'false', reprocess: 'false' },
    });
    const asked =
      kind === 'hold' ? writes.hold('all', asker) : writes.reprocess({ kind: 'invoice', invoiceId: 'invo_1' }, asker);
    await expect(asked).rejects.toMatchObject({ code: 'not_allowed' });
    await writes.close();
    expect(bench.server.requests).toEqual([]);
  });

  test('never uses the reading key: without a key of its own nothing opens', () => {
    expect(() => open({ ...bench.config, writes: { hold: 'true', reports: 'false', reprocess: 'false' } })).toThrow(
      'the reading key never writes',
    );
    expect(() => open({ ...bench.config, writes: undefined })).toThrow('the reading key never writes');
  });
});

describe('what is remembered', () => {
  test('an incident is new once, however often it is seen', async () => {
    const incident = {
      kind: 'shadow_invoice_final',
      account: 'plat_shadow',
      invoiceId: 'invo_1',
      customerRef: null,
      seenBy: 'webhook',
      now: new Date(0),
    } as const;
    expect(await noteIncident(database.db, incident)).toBe(true);
    expect(await noteIncident(database.db, { ...incident, customerRef: 'acme', seenBy: 'pull' })).toBe(false);
    expect(await listIncidents(database.db, 'plat_shadow')).toMatchObject([
      { invoiceId: 'invo_1', customerRef: 'acme', seenBy: 'webhook', sightings: 2 },
    ]);
  });

  test('a delivery is refused as a replay by every process, for as long as it could pass', async () => {
    const { headers, body } = bench.server.delivery('INVOICE.STATUS_TO_FINAL', { id: 'invo_1' });
    const woken: string[] = [];
    const deps = {
      secrets: [webhookSecret],
      now: () => bench.server.now,
      isKnown: (token: string) => isDeliveryKnown(database.db, token),
      remember: (token: string, untilMs: number) => rememberDelivery(database.db, token, untilMs, bench.server.now),
      isShadow: async () => true,
      onIncident: async () => undefined,
      wake: async () => void woken.push('once'),
      log: () => undefined,
    };
    expect(await handleWebhook({ headers, body }, deps)).toEqual({ status: 200, body: 'ok' });
    expect(await handleWebhook({ headers, body }, deps)).toEqual({ status: 200, body: 'replayed' });
    expect(woken).toEqual(['once']);
    bench.server.now += 11 * 60_000;
    expect(await handleWebhook({ headers, body }, deps)).toEqual({ status: 401, body: 'timestamp_out_of_window' });
    await rememberDelivery(database.db, 'another', bench.server.now + 1000, bench.server.now);
    const { rows } = await database.pool.query('select token from webhook_delivery');
    expect(rows).toEqual([{ token: 'another' }]);
  });
});
