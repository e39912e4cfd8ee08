import { afterEach, describe, expect, test } from 'vitest';
import { openChargebee } from '../src/legacy-adapters/chargebee/adapter.js';
import { chargebeeConfig } from '../src/legacy-adapters/chargebee/shape.js';
import { parseCycleId } from '../src/model/ids.js';
import { cyclePeriod, msOfInstant } from '../src/model/period.js';
import type { PullContext, PullEvent, Scope, Source } from '../src/model/source.js';
import {
  type ChargebeeFake,
  type ChargebeeFakeOptions,
  fakeKey,
  type Obj,
  startChargebee,
} from './fakes/chargebee/server.js';

const timezone = 'Europe/Amsterdam';
const cycle = parseCycleId('2026-10') ?? expect.fail('a cycle');
const period = cyclePeriod(cycle, timezone);
const start = msOfInstant(period.start) / 1000;
const end = msOfInstant(period.end) / 1000;
const now = Date.UTC(2026, 10, 4);
const nowSeconds = now / 1000;

const scope: Scope = { cycle, period, timezone, customers: 'all', slackDays: 7 };

const line = (id: string): Obj => ({
  id,
  date_from: start,
  date_to: end,
  unit_amount: 100,
  quantity: 1,
  amount: 100,
  pricing_model: 'flat_fee',
  description: 'Seats',
  entity_type: 'plan_item_price',
  entity_id: 'seats',
});

function invoice(id: string, lineCount: number, over: Obj = {}): Obj {
  const total = lineCount * 100;
  return {
    id,
    object: 'invoice',
    customer_id: `cus_${id}`,
    date: start + 3600,
    status: 'paid',
    price_type: 'tax_exclusive',
    currency_code: 'EUR',
    sub_total: total,
    tax: 0,
    total,
    deleted: false,
    updated_at: start + 3600,
    resource_version: (start + 3600) * 1000,
    line_items: Array.from({ length: lineCount }, (_, index) => line(`${id}_${index + 1}`)),
    ...over,
  };
}

type World = {
  readonly fake: ChargebeeFake;
  readonly source: Source;
  readonly context: PullContext;
  readonly limits: number[];
};

const open: World[] = [];
afterEach(async () => {
  for (const { fake, source } of open.splice(0)) {
    await source.close();
    await fake.close();
  }
});

async function world(options: ChargebeeFakeOptions, config: object = {}, key: string = fakeKey): Promise<World> {
  const fake = await startChargebee({ now: () => now, ...options });
  const parsed = chargebeeConfig.parse({
    site: 'acme',
    api_key_env: 'KEY',
    base_url: `http://127.0.0.1:${fake.port}`,
    ...config,
  });
  const source = openChargebee(parsed, { KEY: key });
  const limits: number[] = [];
  const context: PullContext = {
    signal: new AbortController().signal,
    resume: null,
    acquire: async () => undefined,
    rateLimited: (ms) => void limits.push(ms),
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
const doneOf = (events: readonly PullEvent[]) => {
  const last = events.at(-1);
  return last?.type === 'done' ? last : expect.fail('the pull ends with done');
};

describe('the Chargebee adapter', () => {
  test.each(['paged', 'whole'] as const)(
    'reads 237 lines with their discounts when the siblings are %s',
    async (siblings) => {
      const lines = Array.from({ length: 237 }, (_, index) => line(`li_${index + 1}`));
      // Two cents off every line: 237 × 1.00 - 237 × 0.02 = 232.26.
      const discounts = lines.map(({ id }) => ({
        line_item_id: id,
        discount_type: 'item_level_coupon',
        coupon_id: 'c',
        discount_amount: 2,
      }));
      const big = invoice('big', 237, {
        line_items: lines,
        line_item_discounts: discounts,
        sub_total: 23226,
        total: 23226,
      });
      const it = await world({ siblings, state: { invoices: [big] } });
      const [document] = documentsOf(await pullAll(it));
      expect(document?.lines).toHaveLength(237);
      expect(document?.totals).toMatchObject({ gross: '232.26', discount: '-4.74' });
      expect(document?.checks.every((check) => check.holds)).toBe(true);
      // Five pages of at most fifty, and once more to see that nothing has moved.
      expect(it.fake.requests.filter(({ path }) => path === '/api/v2/invoices/big')).toHaveLength(6);
    },
  );

  test('never asks by status, asks for what is deleted, and asks in the words of the documents', async () => {
    const it = await world({ state: { invoices: [invoice('in_1', 1)] } });
    await pullAll(it);
    const lists = it.fake.requests.filter(({ path }) => path === '/api/v2/invoices');
    expect(lists.length).toBeGreaterThan(0);
    for (const { query } of lists) {
      expect([...query.keys()].some((key) => key.startsWith('status'))).toBe(false);
      expect(query.get('include_deleted')).toBe('true');
      expect(query.get('limit')).toBe('100');
    }
    // A second more on both sides, as the ends may not be included; a second of 31 + 14 days is not lost.
    const seconds = 86_400;
    expect(lists[0]?.query.get('date[between]')).toBe(`[${start - 7 * seconds - 1},${end + 7 * seconds}]`);
    expect(lists[0]?.query.get('sort_by[asc]')).toBe('date');
    expect(lists.at(-1)?.query.get('updated_at[after]')).toBe(`${nowSeconds - 300}`);
    const [first] = it.fake.requests;
    expect(first?.headers).not.toHaveProperty('x-chargebee-sdk-telemetry');
    expect(first?.headers).not.toHaveProperty('lang-version');
  });

  test('reads what was dated back behind the place it had already read', async () => {
    const late = invoice('dated_back', 1, { date: start + 60, updated_at: nowSeconds, resource_version: now });
    const many = Array.from({ length: 40 }, (_, index) => invoice(`in_${index}`, 1, { date: start + 7200 + index }));
    let isThere = false;
    const it = await world(
      {
        state: { invoices: many },
        afterPage: (state, pages) => {
          // The first window has been read twice by now.
          if (pages < 4 || isThere) return;
          isThere = true;
          state.invoices.push(late);
        },
      },
      { window_documents: 10 },
    );
    const events = await pullAll(it);
    expect(isThere).toBe(true);
    const ids = documentsOf(events).map((one) => one.source.id as string);
    expect(ids.filter((id) => id === 'dated_back')).toEqual(['dated_back']);
    expect(ids).toHaveLength(41);
    expect(doneOf(events)).toMatchObject({ complete: true, counts: { listed: 41, emitted: 41 } });
  });

  test('reads again what has changed since it was read, and not what has not', async () => {
    const settled = invoice('settled', 1, { updated_at: nowSeconds - 60, resource_version: 7 });
    const moved = invoice('moved', 1);
    let isMoved = false;
    const it = await world({
      state: { invoices: [settled, moved] },
      afterPage: (state, pages) => {
        if (pages !== 2) return;
        isMoved = true;
        state.invoices[1] = invoice('moved', 2, { updated_at: nowSeconds + 1, resource_version: now + 1000 });
      },
    });
    const read = documentsOf(await pullAll(it)).map((one) => `${one.source.id} ${one.totals.gross}`);
    expect(isMoved).toBe(true);
    // The later reading of one id is the one that counts.
    expect(read).toEqual(['moved 1', 'settled 1', 'moved 2']);
  });

  test('marks a document whose lines move while they are paged', async () => {
    const it = await world({
      state: { invoices: [invoice('big', 60)] },
      afterLines: (state, pages) => {
        state.invoices[0] = invoice('big', 60, { total: 6000 + pages });
      },
    });
    const [document] = documentsOf(await pullAll(it));
    expect(document?.notReady).toContain('unstable_between_fetches');
  });

  test('leaves deleted documents out and says so', async () => {
    const it = await world({ state: { invoices: [invoice('in_1', 1), invoice('in_2', 1, { deleted: true })] } });
    const events = await pullAll(it);
    expect(documentsOf(events).map((one) => one.source.id)).toEqual(['in_1']);
    expect(events).toContainEqual({ type: 'skipped', id: 'in_2', kind: null, reason: 'deleted' });
    expect(doneOf(events).counts).toEqual({ listed: 2, emitted: 1, rejected: 0, skipped: 1 });
  });

  test('reads a credit note that shares its id with nothing, by that id', async () => {
    const note = invoice('CN-1', 1, { object: 'credit_note', status: 'adjusted', tax: undefined, taxes: [] });
    const it = await world({ state: { invoices: [invoice('in_1', 1)], creditNotes: [note] } });
    const one = await it.source.fetchOne('CN-1', it.context);
    expect(one?.type === 'document' && one.document.kind).toBe('credit_note');
    expect(await it.source.fetchOne('CN-2', it.context)).toBeUndefined();
  });

  test('hands 429 and its wait to the queue', async () => {
    const faults = [{ kind: 'rate_limited', after: 0, times: 1, retryAfterSeconds: 42 }] as const;
    const it = await world({ state: {}, faults });
    await expect(pullAll(it)).rejects.toMatchObject({ code: 'source_rate_limited' });
    expect(it.limits).toEqual([42_000]);
  });

  test('asks for a few customers by name', async () => {
    const it = await world({ state: { invoices: [invoice('in_1', 1), invoice('in_2', 1)] } });
    const events = await pullAll(it, { customers: new Set(['cus_in_2']) });
    expect(documentsOf(events).map((one) => one.source.id)).toEqual(['in_2']);
    expect(it.fake.requests[0]?.query.get('customer_id[in]')).toBe('["cus_in_2"]');
  });
});

describe('check of the Chargebee adapter', () => {
  const findings = async (it: World) => it.source.check(it.context);
  const about = async (it: World, topic: string) => (await findings(it)).filter((one) => one.topic === topic);

  test('says in plain words that all is well', async () => {
    const it = await world({ catalog: 'v1', state: { invoices: [invoice('in_1', 1)] } });
    const all = await findings(it);
    expect(all.map(({ level, topic }) => `${level} ${topic}`)).toEqual([
      'ok permissions',
      'ok environment',
      'ok version',
      'ok clock',
      'ok writable',
      'ok completeness',
      'ok completeness',
    ]);
    expect(all[2]?.sentence).toContain('product catalog v1');
  });

  test('tells a missing variable, a refused key, a missing right, a wrong site and no connection apart', async () => {
    const missing = await world({ state: {} }, {}, '');
    expect((await findings(missing))[0]).toMatchObject({ level: 'problem', topic: 'credentials' });
    expect((await findings(missing))[0]?.sentence).toBe('The environment variable KEY is not set.');
    const refusedKey = await world({ state: {} }, {}, 'live_wrong');
    expect((await findings(refusedKey))[0]?.sentence).toBe('Chargebee refuses the key in KEY for the site acme.');
    expect(JSON.stringify(await findings(refusedKey))).not.toContain('live_wrong');
    const forbidden = await world({ state: {}, forbidden: ['/api/v2/credit_notes'] });
    expect((await about(forbidden, 'permissions'))[0]?.sentence).toBe('The key may not read credit notes.');
    const elsewhere = await world({ state: {}, hasSite: false });
    expect((await findings(elsewhere))[0]?.sentence).toBe('Chargebee knows no site acme.');
    const down = await world({ state: {} }, { base_url: 'http://127.0.0.1:9' });
    expect((await findings(down))[0]).toMatchObject({ level: 'problem', topic: 'reachability' });
  });

  test('warns of a test site, an empty site and a clock that is off', async () => {
    const it = await world({ state: { invoices: [invoice('in_1', 1)] } }, { site: 'acme-test' });
    expect((await about(it, 'environment'))[0]?.level).toBe('warning');
    const empty = await world({ state: {} });
    expect((await about(empty, 'environment'))[0]?.sentence).toBe('The site acme has no invoice at all.');
    const late = await world({ state: {}, now: () => now - 120_000 });
    expect((await about(late, 'clock'))[0]?.sentence).toContain('120 seconds off');
  });

  test('sees a billing mode that is set wrongly, either way', async () => {
    const closed = invoice('in_1', 1, { line_items: [{ ...line('li_1'), date_to: end - 1 }] });
    const day = await world({ state: { invoices: [closed] } });
    expect((await about(day, 'completeness'))[0]).toMatchObject({
      level: 'warning',
      next: 'Set sources.legacy.billing_mode: day, or each period ends a second early.',
    });
    const exactEnds = await world({ state: { invoices: [invoice('in_1', 1)] } }, { billing_mode: 'day' });
    expect((await about(exactEnds, 'completeness'))[0]?.next).toBe('Set sources.legacy.billing_mode: millisecond.');
  });
});
