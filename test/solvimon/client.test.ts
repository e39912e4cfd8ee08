import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../src/errors.js';
import { InvariantError } from '../../src/model/invariant.js';
import { type ClientOptions, SolvimonClient } from '../../src/solvimon-adapter/client.js';
import { FakeSolvimon, readKey } from '../fakes/solvimon/server.js';
import { testContext } from '../support/pull.js';
import { fakeTime } from './harness.js';

let server: FakeSolvimon;
let time: ReturnType<typeof fakeTime>;
const open: SolvimonClient[] = [];

beforeEach(async () => {
  server = await FakeSolvimon.start();
  time = fakeTime(server);
});
afterEach(async () => {
  for (const client of open.splice(0)) await client.close();
  await server.close();
});

function clientOf(overrides: Partial<ClientOptions> = {}): SolvimonClient {
  const client = new SolvimonClient({
    baseUrl: server.url,
    apiKey: readKey,
    platformId: null,
    timeoutMs: 5000,
    maxAttempts: 4,
    connections: 2,
    allowsPrivateAddress: true,
    writes: new Set(),
    surroundings: time.surroundings,
    ...overrides,
  });
  open.push(client);
  return client;
}

const context = () => testContext({ now: () => server.now });
const get = (overrides: Partial<ClientOptions> = {}, own = context()) =>
  clientOf(overrides).get('/v1/customers', {}, own);
const status = (code: number, headers: Record<string, string> = {}) => ({
  path: /./,
  times: 1,
  trouble: { kind: 'status', status: code, headers } as const,
});

describe('what is waited for', () => {
  test('Retry-After in seconds', async () => {
    server.fault(status(429, { 'retry-after': '12' }));
    await get();
    expect(time.waits).toEqual([12_000]);
  });

  test('Retry-After as a date, held against the server’s own clock and not ours', async () => {
    server.fault(status(503, { 'retry-after': new Date(server.now + 40_000).toUTCString() }));
    const ours = testContext({ now: () => server.now - 3_600_000 });
    await get({}, ours);
    expect(time.waits).toEqual([40_000]);
  });

  test('a growing share of a doubling pause, when the server names none', async () => {
    for (let count = 0; count < 3; count += 1) server.fault(status(500));
    await get();
    // Full jitter with a draw of one half: halves of 500, 1000 and 2000 ms.
    expect(time.waits).toEqual([250, 500, 1000]);
  });

  test('a long pause is handed back to the queue instead of slept through', async () => {
    server.fault(status(429, { 'retry-after': '600' }));
    const own = context();
    await expect(get({}, own)).rejects.toMatchObject({
      code: 'source_rate_limited',
      retry: 'after',
      retryAfterMs: 600_000,
    });
    expect(own.pauses).toMatchObject([{ ms: 600_000 }]);
    expect(time.waits).toEqual([]);
  });

  test('every attempt takes a token, also the repeated ones', async () => {
    server.fault(status(500));
    const own = context();
    await get({}, own);
    expect([own.taken(), server.requests.length]).toEqual([2, 2]);
  });
});

describe('what a reply means', () => {
  test.each([
    ['an unknown resource, told by the code and not by the status', 400, 'RESOURCE_NOT_FOUND', 'not_found'],
    ['the same with the status one expects', 404, 'RESOURCE_NOT_FOUND', 'not_found'],
    ['an unknown customer', 400, 'CUSTOMER_NOT_FOUND', 'not_found'],
    ['a refused field', 400, 'INVALID_FIELD', 'source_refused_request'],
    ['a code nobody has told us of', 418, 'A_CODE_OF_NEXT_YEAR', 'source_refused_request'],
    ['a key that is not known, whatever the status', 400, 'UNAUTHORISED', 'source_unauthorised'],
    ['a permission that is missing', 403, 'USER_NOT_ALLOWED', 'source_unauthorised'],
  ])('%s', async (_what, code, name, expected) => {
    server.fault({ path: /./, times: 1, trouble: { kind: 'status', status: code, code: name } });
    const outcome = await clientOf().tryGet('/v1/customers', {}, context());
    expect(outcome.kind === 'refused' ? outcome.error.code : outcome.kind).toBe(expected);
    expect(server.requests).toHaveLength(1);
  });

  test('a missing permission is named', async () => {
    server.fault({ path: /./, times: 1, trouble: { kind: 'status', status: 403, code: 'USER_NOT_ALLOWED' } });
    await expect(get()).rejects.toThrow('it needs the permission CUSTOMER.VIEW');
  });

  test.each([
    ['a failing server', { kind: 'status', status: 500, code: 'INTERNAL_ERROR' } as const, 'source_unreachable'],
    ['a proxy’s page with an error', { kind: 'html', status: 502 } as const, 'source_unreachable'],
    ['a proxy’s page that says all is well', { kind: 'html', status: 200 } as const, 'source_reply_invalid'],
    ['half a JSON', { kind: 'half_json' } as const, 'source_reply_invalid'],
    ['a body cut off on the way', { kind: 'cut' } as const, 'source_unreachable'],
    ['a connection that is closed', { kind: 'reset' } as const, 'source_unreachable'],
  ])('%s is tried again, and in the end an error and never an empty answer', async (_what, trouble, code) => {
    server.fault({ path: /./, times: Number.POSITIVE_INFINITY, trouble });
    await expect(get()).rejects.toMatchObject({ code, retry: 'later' });
    expect(server.requests).toHaveLength(4);
  });

  test('an HTML reply is shown by its beginning, so that the proxy can be told', async () => {
    server.fault({ path: /./, times: 9, trouble: { kind: 'html', status: 200 } });
    await expect(get()).rejects.toThrow('text/html, 46 bytes, beginning "<html><body><h1>Bad Gateway');
  });

  test('a redirect is not followed, because the key would go along', async () => {
    const other = await FakeSolvimon.start();
    server.fault({ path: /./, times: 1, trouble: { kind: 'redirect', location: `${other.url}/v1/customers` } });
    await expect(get()).rejects.toThrow(`points to ${new URL(other.url).host}; redirects are not followed`);
    expect(other.requests).toEqual([]);
    await other.close();
  });

  test('no digit of a number is touched', async () => {
    server.customers.push({ id: 'cust_1', reference: 'x' });
    server.upToDate = { invoices_to_be_reprocessed: 1 };
    const { json } = await clientOf().get('/v1/platforms/plat_shadow/up-to-date', {}, context());
    expect(String((json as unknown as { invoices_to_be_reprocessed: unknown }).invoices_to_be_reprocessed)).toBe('1');
  });
});

describe('what is sent', () => {
  test('the key, the platform and repeated list keys; and the key stands in no log', async () => {
    const own = context();
    await clientOf({ platformId: 'plat_shadow' }).get(
      '/v1/invoices',
      { 'statuses[]': ['OPEN', 'DRAFT'], invoice_date: '[a,b]' },
      own,
    );
    const [request] = server.requests;
    expect(request?.headers).toMatchObject({ 'x-api-key': readKey, 'x-platform-id': 'plat_shadow' });
    expect(request?.query.getAll('statuses[]')).toEqual(['OPEN', 'DRAFT']);
    expect(request?.query.get('invoice_date')).toBe('[a,b]');
    expect(JSON.stringify(own.logged)).not.toContain(readKey);
    expect(own.logged).toMatchObject([
      { event: 'solvimon request', data: { requestId: 'reqr_1', status: 200, path: '/v1/invoices' } },
    ]);
  });

  test('a base address with a path keeps it', async () => {
    await expect(
      clientOf({ baseUrl: `${server.url}/solvimon` }).get('/v1/customers', {}, context()),
    ).rejects.toBeInstanceOf(AppError);
    expect(server.requests[0]?.path).toBe('/solvimon/v1/customers');
  });

  test.each([
    ['PATCH', '/v1/invoices/invo_1', '{"on_hold":false}'],
    ['PATCH', '/v1/invoices/invo_1', '{"status":"FINAL"}'],
    ['PATCH', '/v1/invoices/invo_1', '{"on_hold":true,"status":"FINAL"}'],
    ['PATCH', '/v1/invoices/invo_1', '{"status":"FINAL","on_hold":true}'],
    ['PATCH', '/v1/invoices/invo_1/../../bulk-actions', '{"on_hold":true}'],
    ['PATCH', '/v1/customers/cust_1', '{"on_hold":true}'],
    ['POST', '/v1/bulk-actions', '{"type":"FINALIZE_INVOICES"}'],
    ['POST', '/v1/invoices/invo_1/pay', '{}'],
    ['POST', '/v1/invoices/search', '{}'],
    ['POST', '/v1/reprocess', '{"type":"EVERYTHING"}'],
    ['POST', '/v1/reprocess', '{"type":"INVOICE","invoice":{"invoice_id":"a"},"force":true}'],
    ['POST', '/v1/report-generate-requests', '{"report_code":"INVOICE_LINE","export_location":{}}'],
    ['POST', '/v1/events/ingest', '{}'],
  ] as const)('%s %s %s never leaves, though every switch is on', async (method, path, body) => {
    const client = clientOf({ writes: new Set(['hold', 'reports', 'reprocess']) });
    await expect(client.write(method, path, body, 'key', context())).rejects.toBeInstanceOf(InvariantError);
    expect(server.requests).toEqual([]);
  });

  test.each([
    ['PATCH', '/v1/invoices/invo_1', '{"on_hold":true}'],
    ['POST', '/v1/reprocess', '{"type":"INVOICE","invoice":{"invoice_id":"a"}}'],
    ['POST', '/v1/report-generate-requests', '{"report_code":"INVOICE_LINE"}'],
  ] as const)('%s %s does not leave a client whose switches are off', async (method, path, body) => {
    await expect(clientOf().write(method, path, body, 'key', context())).rejects.toBeInstanceOf(InvariantError);
    expect(server.requests).toEqual([]);
  });

  test('the overview reports are not asked for, though they look like reading', async () => {
    await expect(clientOf().get('/v1/reports/invoice-lines-overview', {}, context())).rejects.toBeInstanceOf(
      InvariantError,
    );
    expect(server.requests).toEqual([]);
  });
});

describe('the fake', () => {
  test.each([
    ['PATCH', '/v1/invoices/invo_1', '{"on_hold":true,"status":"FINAL"}'],
    ['PATCH', '/v1/invoices/invo_1', '{"on_hold":false}'],
    ['POST', '/v1/bulk-actions', '{}'],
    ['DELETE', '/v1/invoices/invo_1', ''],
    ['GET', '/v1/reports/invoice-lines-overview', ''],
  ])('fails the test that sends %s %s %s', async (method, path, body) => {
    const strict = await FakeSolvimon.start();
    await fetch(`${strict.url}${path}`, { method, ...(body !== '' && { body }) });
    await expect(strict.close()).rejects.toThrow('what must never be sent');
  });
});

describe('when it goes on failing', () => {
  test('the circuit opens after twelve failures in a row and the server is left alone', async () => {
    server.fault({ path: /./, times: Number.POSITIVE_INFINITY, trouble: { kind: 'status', status: 500 } });
    const client = clientOf();
    const failures: unknown[] = [];
    for (let call = 1; call <= 5; call += 1)
      await client.get('/v1/customers', {}, context()).catch((error: unknown) => failures.push(error));
    expect(server.requests).toHaveLength(12);
    expect(failures).toHaveLength(5);
    expect(failures.at(-1)).toMatchObject({
      code: 'source_unreachable',
      message: expect.stringContaining('is left alone for 20 s') as string,
    });
  });

  test('being asked to slow down does not open it: the server is well', async () => {
    for (let count = 0; count < 30; count += 1) server.fault(status(429, { 'retry-after': '1' }));
    const client = clientOf({ maxAttempts: 20 });
    await expect(client.get('/v1/customers', {}, context())).rejects.toMatchObject({ code: 'source_rate_limited' });
    expect(server.requests).toHaveLength(20);
  });

  test('an abort ends a request that hangs, with the reason of the abort', async () => {
    const stop = new AbortController();
    const reason = new AppError('interrupted');
    server.fault({ path: /./, times: 1, trouble: { kind: 'hang', onHang: () => stop.abort(reason) } });
    await expect(clientOf().get('/v1/customers', {}, testContext({ signal: stop.signal }))).rejects.toBe(reason);
  });

  test('a server that says nothing is given up after the timeout', async () => {
    server.fault({ path: /./, times: Number.POSITIVE_INFINITY, trouble: { kind: 'hang' } });
    await expect(get({ timeoutMs: 50, maxAttempts: 2 })).rejects.toMatchObject({ code: 'source_unreachable' });
    expect(server.requests).toHaveLength(2);
  });
});

describe('private addresses', () => {
  test('an address that is written as private is refused before anything is sent', () => {
    expect(() => clientOf({ allowsPrivateAddress: false })).toThrow('An address lies inside a private network');
  });

  test('a name that leads to one is refused when it is resolved', async () => {
    const client = clientOf({
      allowsPrivateAddress: false,
      baseUrl: server.url.replace('127.0.0.1', 'localhost'),
      maxAttempts: 1,
    });
    await expect(client.get('/v1/customers', {}, context())).rejects.toMatchObject({ code: 'address_private' });
    expect(server.requests).toEqual([]);
  });
});
