import { afterEach, describe, expect, test } from 'vitest';
import { openStripe } from '../src/legacy-adapters/stripe/adapter.js';
import { stripeConfig } from '../src/legacy-adapters/stripe/shape.js';
import { cyclePeriod, msOfInstant } from '../src/model/period.js';
import { parseCycleId } from '../src/model/ids.js';
import type { PullContext, PullEvent, Scope, Source } from '../src/model/source.js';
import { fakeKey, type Obj, type StripeFake, type StripeFakeOptions, startStripe } from './fakes/stripe/server.js';

const timezone = 'Europe/Amsterdam';
const cycle = parseCycleId('2026-10') ?? expect.fail('a cycle');
const period = cyclePeriod(cycle, timezone);
const start = msOfInstant(period.start) / 1000;
const end = msOfInstant(period.end) / 1000;
const now = Date.UTC(2026, 10, 4);

const scope: Scope = { cycle, period, timezone, customers: 'all', slackDays: 7 };

function line(id: string, amount = 100): Obj {
  return {
    id,
    object: 'line_item',
    amount,
    discount_amounts: [],
    parent: {
      type: 'subscription_item_details',
      subscription_item_details: { proration: false, subscription: 'sub_1' },
    },
    period: { start, end },
    pricing: { price_details: { price: 'price_1', product: 'prod_1' }, unit_amount_decimal: '100' },
    quantity: 1,
    taxes: [],
  };
}

function invoice(id: string, lineCount: number, over: Obj = {}): Obj {
  return {
    id,
    object: 'invoice',
    created: start + 3600,
    currency: 'eur',
    customer: `cus_${id}`,
    status: 'paid',
    effective_at: start + 3600,
    total: lineCount * 100,
    total_taxes: [],
    total_discount_amounts: [],
    lines: { data: Array.from({ length: lineCount }, (_, index) => line(`${id}_${index + 1}`)) },
    ...over,
  };
}

const prices = [
  { id: 'price_1', billing_scheme: 'per_unit', product: 'prod_1', recurring: { usage_type: 'licensed' } },
];

type World = {
  readonly fake: StripeFake;
  readonly source: Source;
  readonly context: PullContext;
  readonly limits: string[];
};

const open: World[] = [];
afterEach(async () => {
  for (const { fake, source } of open.splice(0)) {
    await source.close();
    await fake.close();
  }
});

async function world(options: StripeFakeOptions, config: object = {}, key: string = fakeKey): Promise<World> {
  const fake = await startStripe({ now: () => now, ...options, state: { prices: [...prices], ...options.state } });
  const parsed = stripeConfig.parse({ api_key_env: 'KEY', base_url: `http://127.0.0.1:${fake.port}`, ...config });
  const source = openStripe(parsed, { KEY: key });
  const limits: string[] = [];
  const context: PullContext = {
    signal: new AbortController().signal,
    resume: null,
    acquire: async () => undefined,
    rateLimited: (_ms, why) => void limits.push(why),
    now: () => now,
    log: () => undefined,
  };
  const made = { fake, source, context, limits };
  open.push(made);
  return made;
}

async function pullAll({ source, context }: World, over: Partial<Scope> = {}): Promise<readonly PullEvent[]> {
  const events: PullEvent[] = [];
  for await (const event of source.pull({ ...scope, ...over }, context)) events.push(event);
  return events;
}

const documentsOf = (events: readonly PullEvent[]) =>
  events.flatMap((event) => (event.type === 'document' ? [event.document] : []));
const idsOf = (events: readonly PullEvent[]): readonly string[] => documentsOf(events).map((one) => one.source.id);
const doneOf = (events: readonly PullEvent[]) => {
  const last = events.at(-1);
  return last?.type === 'done' ? last : expect.fail('the pull ends with done');
};
const requestsTo = ({ fake }: World, path: string) => fake.requests.filter((request) => request.path === path);

describe('the Stripe adapter', () => {
  test('reads all 37 lines of an invoice that carries ten', async () => {
    const it = await world({ state: { invoices: [invoice('in_37', 37)] } });
    const [document] = documentsOf(await pullAll(it));
    expect(document?.lines).toHaveLength(37);
    expect(document?.totals.gross).toBe('37');
    expect(document?.lines.map((one) => one.id)).toEqual(
      Array.from({ length: 37 }, (_, index) => `in_37_${index + 1}`),
    );
    // One request after the list suffices for up to a hundred lines, and one more proves that nothing moved meanwhile.
    expect(requestsTo(it, '/v1/invoices/in_37/lines')).toHaveLength(1);
    expect(requestsTo(it, '/v1/invoices/in_37')).toHaveLength(1);
  });

  test('asks in the version of the library, for the account, without its telemetry', async () => {
    const it = await world({ state: { invoices: [invoice('in_1', 1)] } }, { account: 'acct_1' });
    await pullAll(it);
    await pullAll(it);
    expect(it.fake.requests.length).toBeGreaterThan(4);
    for (const { headers } of it.fake.requests) {
      expect(headers['stripe-version']).toBe('2026-10-28.endive');
      expect(headers['stripe-account']).toBe('acct_1');
      expect(headers['x-stripe-client-telemetry']).toBeUndefined();
      expect(headers['x-stripe-client-user-agent']).toBeUndefined();
      expect(headers['user-agent']).toBe('Stripe/v1 NodeBindings/23.1.0 shadowbill');
    }
    const older = await world({ state: {} }, { api_version: '2024-06-20' });
    await pullAll(older);
    expect(older.fake.requests[0]?.headers['stripe-version']).toBe('2024-06-20');
  });

  test('never lists by status, and keeps the days around the cycle', async () => {
    const made = (id: string, created: number) => invoice(id, 1, { created });
    const invoices = [
      made('in_early', start - 7 * 86_400),
      made('in_too_early', start - 7 * 86_400 - 1),
      made('in_arrears', end + 3600),
    ];
    const it = await world({ state: { invoices } });
    const events = await pullAll(it);
    expect(idsOf(events)).toEqual(['in_arrears', 'in_early']);
    for (const { query } of it.fake.requests) expect(query.has('status')).toBe(false);
  });

  test('cuts windows between two seconds, however many documents share one', async () => {
    const many = (prefix: string, count: number, created: number) =>
      Array.from({ length: count }, (_, index) =>
        invoice(`${prefix}_${String(index).padStart(3, '0')}`, 1, { created }),
      );
    const invoices = [
      ...many('in_b', 250, start + 500),
      ...many('in_a', 130, start + 499),
      ...many('in_c', 3, start + 501),
    ];
    const it = await world({ state: { invoices } }, { window_documents: 100 });
    const events = await pullAll(it);
    expect(new Set(idsOf(events)).size).toBe(383);
    expect(idsOf(events)).toHaveLength(383);
    expect(doneOf(events)).toMatchObject({ complete: true, counts: { listed: 383, emitted: 383 } });
    // A checkpoint never stands within a second: what comes before it and after it shares no time of making.
    const seen: number[] = [];
    let before = Number.POSITIVE_INFINITY;
    const createdOf = (id: string) => Number(invoices.find((one) => one['id'] === id)?.['created']);
    for (const event of events) {
      if (event.type === 'document') seen.push(createdOf(event.document.source.id));
      if (event.type !== 'checkpoint') continue;
      for (const created of seen) expect(created).toBeLessThan(before);
      before = Math.min(before, ...seen);
      seen.length = 0;
    }
  });

  test('reads what came to be between two readings, and marks what keeps changing', async () => {
    const it = await world({
      state: { invoices: [invoice('in_still', 1), invoice('in_moving', 1)] },
      afterPage: ({ invoices }, pages) => {
        const at = invoices.findIndex((one) => one['id'] === 'in_moving');
        const moved = invoices[at] ?? expect.fail('it is there');
        invoices[at] = { ...moved, total: 100 + pages, lines: { data: [line('in_moving_1', 100 + pages)] } };
        if (pages === 2) invoices.push(invoice('in_new', 1));
      },
    });
    const events = await pullAll(it);
    expect([...idsOf(events)].sort()).toEqual(['in_moving', 'in_new', 'in_still']);
    const notReady = Object.fromEntries(documentsOf(events).map((one) => [one.source.id, one.notReady]));
    expect(notReady).toEqual({ in_moving: ['unstable_between_fetches'], in_new: [], in_still: [] });
    expect(doneOf(events)).toMatchObject({
      complete: false,
      incompleteBecause: ['in_moving kept changing while the cycle was read; run again'],
    });
  });

  /** A draft of 37 lines that gets another one each time its lines have been read, `times` times. */
  const growingDraft = (times: number): StripeFakeOptions => ({
    state: { invoices: [invoice('in_d', 37, { status: 'draft' })] },
    afterLines: ({ invoices }, pages) => {
      if (pages <= times) invoices.splice(0, 1, invoice('in_d', 37 + pages, { status: 'draft' }));
    },
  });

  test('reads a draft that grows under its lines until both agree', async () => {
    const it = await world(growingDraft(1));
    const [document] = documentsOf(await pullAll(it));
    expect(document?.lines).toHaveLength(38);
    expect([document?.totals.gross, document?.notReady]).toEqual(['38', ['legacy_draft']]);
  });

  test('never judges a document that does not stop growing', async () => {
    const it = await world(growingDraft(9));
    const events = await pullAll(it);
    // Its lines and its total are of two moments: refused, because the lines do not add up to Stripe's own count.
    expect(events.find((event) => event.type === 'rejected')).toMatchObject({
      rejected: { id: 'in_d', problems: [{ code: 'lines_missing', field: 'lines.total_count' }] },
    });
  });

  test('counts a draft that is deleted while its lines are read', async () => {
    const it = await world({
      state: { invoices: [invoice('in_d', 37, { status: 'draft' })] },
      afterLines: ({ invoices }) => void invoices.splice(0, 1),
    });
    const events = await pullAll(it);
    expect(events.find((event) => event.type === 'skipped')).toMatchObject({
      id: 'in_d',
      reason: 'deleted while it was read',
    });
    expect(doneOf(events).counts).toEqual({ listed: 1, emitted: 0, rejected: 0, skipped: 1 });
  });

  test('asks Stripe for a few customers one by one, and picks many out of everything', async () => {
    const invoices = Array.from({ length: 30 }, (_, index) => invoice(`in_${index}`, 1));
    const it = await world({ state: { invoices } });
    const few = await pullAll(it, { customers: new Set(['cus_in_3', 'cus_in_4']) });
    expect([...idsOf(few)].sort()).toEqual(['in_3', 'in_4']);
    expect(doneOf(few).counts.listed).toBe(2);
    const asked = new Set(it.fake.requests.map(({ query }) => query.get('customer')));
    expect(asked).toEqual(new Set(['cus_in_3', 'cus_in_4', null]));
    const many = await pullAll(it, { customers: new Set(Array.from({ length: 25 }, (_, index) => `cus_in_${index}`)) });
    expect(doneOf(many).counts).toEqual({ listed: 30, emitted: 25, rejected: 0, skipped: 5 });
  });

  test('goes on without rates that it may not read, but not without prices', async () => {
    const taxed = invoice('in_1', 1, { total: 121, total_taxes: [{ amount: 21 }] });
    const withTax = {
      ...line('il_1'),
      taxes: [{ amount: 21, tax_behavior: 'exclusive', tax_rate_details: { tax_rate: 'txr_1' } }],
    };
    const state = { invoices: [{ ...taxed, lines: { data: [withTax] } }] };
    const poor = await world({ state, forbidden: ['/v1/tax_rates'] });
    const [document] = documentsOf(await pullAll(poor));
    expect(document?.lines[0]?.taxes[0]).toMatchObject({ code: 'txr_1', rate: null, amount: '0.21' });
    const blind = await world({ state, forbidden: ['/v1/prices'] });
    await expect(pullAll(blind)).rejects.toMatchObject({ code: 'source_unauthorised', retry: 'never' });
  });

  test('asks for each price once', async () => {
    const it = await world({ state: { invoices: Array.from({ length: 9 }, (_, index) => invoice(`in_${index}`, 2)) } });
    await pullAll(it);
    expect(requestsTo(it, '/v1/prices/price_1')).toHaveLength(1);
  });

  test('computes previews when it is asked to, and refuses one whose lines cannot be had', async () => {
    const preview = (id: string, lines: number) =>
      invoice(id, lines, { id: `upcoming_${id}`, status: 'draft', effective_at: null });
    const subscriptions = ['sub_a', 'sub_b', 'sub_c'].map((id) => ({ id, created: start, customer: `cus_${id}` }));
    const state = { subscriptions, previews: { sub_a: preview('a', 3), sub_c: preview('c', 137) } };
    const silent = await world({ state });
    expect(idsOf(await pullAll(silent))).toEqual([]);
    const it = await world({ state }, { previews: true });
    const events = await pullAll(it);
    expect(documentsOf(events)).toMatchObject([
      { source: { id: 'preview:sub_a', objectType: 'preview' }, state: 'preview', notReady: ['open'] },
    ]);
    const rejected = events.find((event) => event.type === 'rejected');
    expect(rejected).toMatchObject({ rejected: { id: 'preview:sub_c', problems: [{ code: 'lines_missing' }] } });
    expect(events.find((event) => event.type === 'skipped')).toMatchObject({
      id: 'preview:sub_b',
      reason: 'Stripe computes no preview: invoice_upcoming_none',
    });
    expect(doneOf(events).counts).toEqual({ listed: 3, emitted: 1, rejected: 1, skipped: 1 });
    expect(it.fake.writes()).toEqual([]);
    expect(await it.source.fetchOne('preview:sub_a', it.context)).toMatchObject({
      document: { totals: { gross: '3' } },
    });
  });

  test('says in the middle of a cycle that it is not over', async () => {
    const it = await world({ state: { invoices: [invoice('in_1', 1)] } });
    const early = { ...it.context, now: () => (end + 3600) * 1000 };
    const events: PullEvent[] = [];
    for await (const event of it.source.pull(scope, early)) events.push(event);
    expect(doneOf(events)).toMatchObject({
      complete: false,
      incompleteBecause: ['Stripe bills cycle 2026-10 until 2026-11-01T01:00:00.000Z; its drafts are not final before'],
    });
  });
});

describe('the check of the Stripe adapter', () => {
  const found = async (it: World, topic: string) =>
    (await it.source.check(it.context)).find((one) => one.topic === topic);

  test('is content with a restricted live key that can only read', async () => {
    const it = await world({ state: { invoices: [invoice('in_1', 1)] } });
    const findings = await it.source.check(it.context);
    expect(findings.map(({ level, topic }) => [level, topic])).toEqual([
      ['ok', 'permissions'],
      ['ok', 'environment'],
      ['ok', 'version'],
      ['ok', 'clock'],
      ['ok', 'writable'],
      ['ok', 'completeness'],
    ]);
    expect(it.fake.writes()).toEqual([]);
  });

  test('warns of a restricted key that can write, and of any secret key', async () => {
    const it = await world({ state: {}, keyCanWrite: true }, { write_probe: true });
    expect(await found(it, 'writable')).toMatchObject({
      level: 'warning',
      sentence: expect.stringContaining('can change invoices'),
    });
    const untried = await world({ state: {}, keyCanWrite: true });
    expect(await found(untried, 'writable')).toMatchObject({
      level: 'ok',
      sentence: expect.stringContaining('not tried'),
    });
    expect(untried.fake.requests.every(({ method }) => method === 'GET')).toBe(true);
  });

  test('names the permission that is missing', async () => {
    const it = await world({ state: {}, forbidden: ['/v1/credit_notes', '/v1/coupons'] });
    const findings = (await it.source.check(it.context)).filter(({ topic }) => topic === 'permissions');
    expect(findings).toMatchObject([
      {
        level: 'problem',
        sentence: 'The key may not read Credit notes.',
        next: expect.stringContaining('Credit notes: Read'),
      },
      { level: 'warning', sentence: 'The key may not read Coupons, so their percentages are not known.' },
    ]);
  });

  test('tells a missing variable, a refused key and no connection apart, and shows no key', async () => {
    const missing = await world({ state: {} }, {}, '');
    expect(await found(missing, 'credentials')).toMatchObject({
      level: 'problem',
      sentence: 'The environment variable KEY is not set.',
    });
    await expect(pullAll(missing)).rejects.toMatchObject({ code: 'config_invalid' });
    const refused = await world({ state: {} }, {}, 'rk_live_of_somebody_else');
    expect(await found(refused, 'credentials')).toMatchObject({
      level: 'problem',
      sentence: 'Stripe refuses the key in KEY.',
    });
    await expect(pullAll(refused)).rejects.toMatchObject({ message: expect.not.stringContaining('rk_live') });
    const silent = await world({ state: {} }, { base_url: 'http://127.0.0.1:9' });
    expect(await found(silent, 'reachability')).toMatchObject({
      level: 'problem',
      sentence: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('warns of test data, of another version and of a clock that is off', async () => {
    const other = await world({ state: {}, apiVersion: '2020-08-27', now: () => now - 120_000 });
    expect(await found(other, 'version')).toMatchObject({
      level: 'warning',
      sentence: expect.stringContaining('2020-08-27'),
    });
    expect(await found(other, 'clock')).toMatchObject({
      level: 'warning',
      sentence: expect.stringContaining('120 seconds off'),
    });
    expect(await found(other, 'environment')).toMatchObject({
      level: 'warning',
      sentence: expect.stringContaining('no invoice at all'),
    });
  });
});

describe('the configuration of the Stripe adapter', () => {
  test('sends a key to no other machine', () => {
    for (const address of [
      'https://example.com',
      'http://127.0.0.1.example.com:80',
      'http://127.0.0.1:80@example.com:1',
    ])
      expect(stripeConfig.safeParse({ api_key_env: 'KEY', base_url: address })).toMatchObject({ success: false });
  });

  test('wants the name of a variable and never the key itself', () => {
    expect(stripeConfig.safeParse({ api_key_env: 'rk_live_1234' }).success).toBe(false);
    expect(stripeConfig.safeParse({ api_key: 'rk_live_1234' }).success).toBe(false);
  });
});
