import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Incident } from './pull-deps.js';
import { handleWebhook, verifyWebhook, type WakeUp, type WebhookDeps } from './webhooks.js';

const secret = 'whsec-current';
const former = 'whsec-former';
const timestamp = '2026-11-01T12:00:00Z';
const at = Date.parse(timestamp);
const body =
  '{"type":"INVOICE.STATUS_TO_FINAL","created_at":"2026-11-01T11:59:58+00:00","environment":"LIVE","data":{"id":"invo_1","customer_id":"cust_1"}}';

const sign = (text: string, key = secret, time = timestamp) =>
  createHmac('sha256', key).update(`${time}.${text}`, 'utf8').digest('hex');
const input = (
  over: {
    readonly signature?: string;
    readonly time?: string;
    readonly body?: string | Uint8Array;
    readonly nowMs?: number;
  } = {},
) => ({
  headers: {
    'x-payload-signature-timestamp': over.time ?? timestamp,
    'x-payload-signature': over.signature ?? `v1=${sign(body)}`,
  },
  body: typeof over.body === 'object' ? over.body : Buffer.from(over.body ?? body),
  nowMs: over.nowMs ?? at,
});
const because = (verdict: ReturnType<typeof verifyWebhook>) => (verdict.ok ? 'ok' : verdict.because);

describe('a delivery is believed', () => {
  test('when its signature over the raw bytes fits, and it names the invoice', () => {
    const verdict = verifyWebhook(input(), [secret]);
    expect(verdict).toEqual({
      ok: true,
      wakeUp: {
        type: 'INVOICE.STATUS_TO_FINAL',
        environment: 'LIVE',
        createdAt: '2026-11-01T11:59:58.000Z',
        invoiceId: 'invo_1',
        customerId: 'cust_1',
        originalRequestId: null,
        token: sign(body),
      },
    });
  });

  test.each([
    ['in upper case', `v1=${sign(body).toUpperCase()}`],
    ['among others, parted by commas', `v0=abc,v1=${'0'.repeat(64)},v1=${sign(body)}`],
    ['among others, parted by blanks', `v1=${'f'.repeat(64)}  v1=${sign(body)}`],
    ['parted by a comma and a blank', `v2=${sign(body)}, v1=${sign(body)}`],
  ])('when the signature stands %s', (_where, signature) => {
    expect(because(verifyWebhook(input({ signature }), [secret]))).toBe('ok');
  });

  test('when it is signed with the former secret while that is being rolled', () => {
    const signature = `v1=${sign(body, former)}`;
    expect(because(verifyWebhook(input({ signature }), [secret, former]))).toBe('ok');
    expect(because(verifyWebhook(input({ signature }), [secret]))).toBe('signature_wrong');
  });

  test.each([
    [-300_000, 'ok'],
    [300_000, 'ok'],
    [-300_001, 'timestamp_out_of_window'],
    [300_001, 'timestamp_out_of_window'],
  ])('for five minutes to either side of our clock: %i ms', (offsetMs, expected) => {
    expect(because(verifyWebhook(input({ nowMs: at + offsetMs }), [secret]))).toBe(expected);
  });
});

describe('a delivery is refused', () => {
  test.each([
    ['a byte of the body was changed', input({ body: body.replace('invo_1', 'invo_2') }), 'signature_wrong'],
    [
      'the body was parsed and written again',
      input({ body: JSON.stringify(JSON.parse(body), null, 1) }),
      'signature_wrong',
    ],
    ['the timestamp was changed', input({ time: '2026-11-01T12:00:01Z' }), 'signature_wrong'],
    ['another secret signed it', input({ signature: `v1=${sign(body, 'other')}` }), 'signature_wrong'],
    ['its signature is of another version', input({ signature: `v2=${sign(body)}` }), 'signature_missing'],
    ['its signature is cut', input({ signature: `v1=${sign(body).slice(0, 63)}` }), 'signature_missing'],
    ['there is no signature', input({ signature: '' }), 'signature_missing'],
    ['its timestamp has no zone', input({ time: '2026-11-01T12:00:00' }), 'timestamp_malformed'],
    ['it is larger than any event', input({ body: Buffer.alloc(6 * 1024 * 1024) }), 'too_large'],
  ])('when %s', (_why, given, expected) => {
    expect(because(verifyWebhook(given, [secret]))).toBe(expected);
  });

  test.each(['not json', '[]', '{"data":{}}'])('when a signed body is no event: %s', (text) => {
    expect(because(verifyWebhook(input({ body: text, signature: `v1=${sign(text)}` }), [secret]))).toBe(
      'body_malformed',
    );
  });

  test('when no secret is known at all', () => {
    expect(because(verifyWebhook(input(), []))).toBe('signature_wrong');
  });
});

describe('handling a delivery', () => {
  function handler(over: Partial<WebhookDeps> = {}) {
    const [incidents, woken, known] = [[] as Incident[], [] as WakeUp[], new Set<string>()];
    const deps: WebhookDeps = {
      secrets: [secret],
      now: () => at,
      isKnown: async (token) => known.has(token),
      remember: async (token) => void known.add(token),
      isShadow: async () => true,
      onIncident: async (incident) => void incidents.push(incident),
      wake: async (wakeUp) => void woken.push(wakeUp),
      log: () => undefined,
      ...over,
    };
    const { nowMs: _nowMs, ...request } = input();
    return { incidents, woken, known, handle: (own = request) => handleWebhook(own, deps) };
  }

  test('raises the incident of a shadow invoice that turned FINAL, and wakes the reader', async () => {
    const { handle, incidents, woken } = handler();
    expect(await handle()).toEqual({ status: 200, body: 'ok' });
    expect(incidents).toEqual([
      { kind: 'shadow_invoice_final', invoiceId: 'invo_1', customerRef: 'cust_1', seenBy: 'webhook' },
    ]);
    expect(woken.map((one) => one.invoiceId)).toEqual(['invo_1']);
  });

  test('raises it too when nobody can say whether the customer is a shadow', async () => {
    const { handle, incidents } = handler({ isShadow: async () => null });
    await handle();
    expect(incidents).toHaveLength(1);
  });

  test('raises nothing for a customer who has moved', async () => {
    const { handle, incidents, woken } = handler({ isShadow: async () => false });
    await handle();
    expect([incidents.length, woken.length]).toEqual([0, 1]);
  });

  test('does nothing for a replay, and answers so that the sender goes on', async () => {
    const { handle, incidents, woken } = handler();
    await handle();
    expect(await handle()).toEqual({ status: 200, body: 'replayed' });
    expect([incidents.length, woken.length]).toEqual([1, 1]);
  });

  test('takes a delivery again that failed half-way', async () => {
    let failures = 1;
    const done: string[] = [];
    const { handle } = handler({
      wake: async (wakeUp) => {
        if (failures-- > 0) throw new Error('the queue is down');
        done.push(wakeUp.type);
      },
    });
    await expect(handle()).rejects.toThrow('the queue is down');
    expect(await handle()).toEqual({ status: 200, body: 'ok' });
    expect(done).toEqual(['INVOICE.STATUS_TO_FINAL']);
  });

  test('answers a refused one with a status that says whose fault it is, and does nothing', async () => {
    const { handle, woken } = handler();
    const bad = { headers: {}, body: Buffer.from(body) };
    expect(await handle(bad as unknown as Parameters<typeof handle>[0])).toEqual({
      status: 401,
      body: 'signature_missing',
    });
    expect(woken).toEqual([]);
  });
});
