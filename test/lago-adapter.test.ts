import { afterEach, describe, expect, test } from 'vitest';
import { openLago } from '../src/legacy-adapters/lago/adapter.js';
import { lagoConfig } from '../src/legacy-adapters/lago/shape.js';
import { parseCycleId } from '../src/model/ids.js';
import { cyclePeriod } from '../src/model/period.js';
import type { Checkpoint, PullContext, PullEvent, Scope, Source } from '../src/model/source.js';
import { fakeKey, type LagoFake, type LagoFakeOptions, type Obj, startLago } from './fakes/lago/server.js';

const timezone = 'Europe/Amsterdam';
const cycle = parseCycleId('2026-10') ?? expect.fail('a cycle');
const period = cyclePeriod(cycle, timezone);
const now = Date.UTC(2026, 10, 4);
const scope: Scope = { cycle, period, timezone, customers: 'all', slackDays: 7 };

const fee = (id: string): Obj => ({
  lago_id: id,
  item: { type: 'charge', code: 'calls' },
  amount_cents: 100,
  taxes_amount_cents: 0,
  taxes_rate: 0,
  units: '1.0',
  from_date: '2026-09-30T22:00:00Z',
  to_date: '2026-10-31T22:59:59Z',
});

const invoice = (id: string, over: Obj = {}): Obj => ({
  lago_id: id,
  number: id,
  issuing_date: '2026-11-01',
  created_at: '2026-11-01T00:10:00Z',
  invoice_type: 'subscription',
  version_number: 4,
  status: 'finalized',
  currency: 'EUR',
  fees_amount_cents: 100,
  taxes_amount_cents: 0,
  coupons_amount_cents: 0,
  total_amount_cents: 100,
  customer: { external_id: `cust_${id}`, applicable_timezone: timezone },
  fees: [fee(`fee_${id}`)],
  ...over,
});

type World = {
  readonly fake: LagoFake;
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

async function world(options: LagoFakeOptions, config: object = {}, key: string = fakeKey): Promise<World> {
  const fake = await startLago({ now: () => now, ...options });
  const parsed = lagoConfig.parse({
    api_key_env: 'KEY',
    base_url: `http://127.0.0.1:${fake.port}`,
    allow_private_address: true,
    ...config,
  });
  const source = openLago(parsed, { KEY: key });
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

async function pullAll({ source, context }: World, over: Partial<Scope> = {}, resume: Checkpoint | null = null) {
  const events: PullEvent[] = [];
  for await (const event of source.pull({ ...scope, ...over }, { ...context, resume })) events.push(event);
  return events;
}

const documentsOf = (events: readonly PullEvent[]) =>
  events.flatMap((event) => (event.type === 'document' ? [event.document] : []));
const idsOf = (events: readonly PullEvent[]) => documentsOf(events).map((one) => one.source.id as string);
const doneOf = (events: readonly PullEvent[]) => {
  const last = events.at(-1);
  return last?.type === 'done' ? last : expect.fail('the pull ends with done');
};
const many = (count: number) =>
  Array.from({ length: count }, (_, index) => invoice(`in_${String(index + 1).padStart(4, '0')}`));

describe('the Lago adapter', () => {
  test('reads past a count of pages that is too small', async () => {
    // 101 invoices are two pages; the fake's stale count says that there is none after the first.
    const it = await world({ state: { invoices: many(101) } });
    const events = await pullAll(it);
    expect(idsOf(events)).toHaveLength(101);
    expect(doneOf(events)).toMatchObject({ complete: true, counts: { listed: 101, emitted: 101 } });
  });

  test('asks for each document by itself, because lists have no fees', async () => {
    const it = await world({ state: { invoices: many(3) } });
    await pullAll(it);
    const alone = it.fake.requests.filter(({ path }) => path.startsWith('/api/v1/invoices/'));
    expect(alone.map(({ path }) => path)).toEqual([1, 2, 3].map((number) => `/api/v1/invoices/in_000${number}`));
  });

  test('asks for the days around the cycle, a day more on each side for the zones of customers', async () => {
    const it = await world({ state: {} }, { window_days: 62 });
    await pullAll(it);
    const [first] = it.fake.requests;
    // 1 October less 7 and 1 days; 1 November and 7 and 1 days more.
    expect(first?.query.get('issuing_date_from')).toBe('2026-09-23');
    expect(first?.query.get('issuing_date_to')).toBe('2026-11-09');
    expect([...(first?.query.keys() ?? [])].some((key) => key.startsWith('status'))).toBe(false);
  });

  test('goes on within a window, from the document after the last, without reading any twice', async () => {
    const it = await world({ state: { invoices: many(250) } }, { window_days: 62 });
    const whole = await pullAll(it);
    const stop = whole.findIndex((event) => event.type === 'checkpoint');
    const at = whole[stop];
    if (at?.type !== 'checkpoint') expect.fail('a checkpoint');
    expect(at.checkpoint.seen).toBe(100);
    const rest = await pullAll(it, {}, at.checkpoint);
    expect(idsOf(rest)).toHaveLength(150);
    expect(doneOf(rest).counts).toEqual(doneOf(whole).counts);
  });

  test('begins a window again when it looks other than before, and counts nothing twice', async () => {
    const it = await world({ state: { invoices: many(250) } }, { window_days: 62 });
    const whole = await pullAll(it);
    const at = whole.find((event) => event.type === 'checkpoint');
    it.fake.state.invoices.push(invoice('in_0000'));
    const rest = await pullAll(it, {}, at?.type === 'checkpoint' ? at.checkpoint : null);
    // in_0000 would have been behind the place where the pull stopped.
    expect(idsOf(rest)).toHaveLength(251);
    expect(idsOf(rest)).toContain('in_0000');
    expect(doneOf(rest).counts).toEqual({ listed: 251, emitted: 251, rejected: 0, skipped: 0 });
  });

  test('leaves out what is billed progressively and says why', async () => {
    const partial = invoice('in_p', { invoice_type: 'progressive_billing' });
    const it = await world({ state: { invoices: [invoice('in_1'), partial] } });
    const events = await pullAll(it);
    expect(idsOf(events)).toEqual(['in_1']);
    expect(doneOf(events).counts).toEqual({ listed: 2, emitted: 1, rejected: 0, skipped: 1 });
    const skipped = events.find((event) => event.type === 'skipped');
    expect(skipped?.type === 'skipped' && skipped.reason).toContain('progressively');
  });

  test('reads the invoice of a credit note that names no customer', async () => {
    const note: Obj = {
      lago_id: 'cn_1',
      lago_invoice_id: 'in_1',
      issuing_date: '2026-10-20',
      currency: 'EUR',
      taxes_amount_cents: 0,
      total_amount_cents: 50,
      items: [{ lago_id: 'item_1', amount_cents: 50, fee: fee('fee_in_1') }],
    };
    const it = await world({ state: { invoices: [invoice('in_1')], creditNotes: [note] } });
    const credit = documentsOf(await pullAll(it)).find((one) => one.kind === 'credit_note');
    expect(credit).toMatchObject({ customerRef: 'cust_in_1', totals: { gross: '-0.5' } });
    const again = await it.source.fetchOne('cn_1', it.context);
    expect(again?.type === 'document' && again.document.customerRef).toBe('cust_in_1');
  });

  test('hands 429 to the queue with the wait that Lago names in its own header', async () => {
    const faults = [{ kind: 'rate_limited', after: 0, times: 1, retryAfterSeconds: null }] as const;
    const limited = await world({ state: {}, faults, rateLimitReset: 17 });
    await expect(pullAll(limited)).rejects.toMatchObject({ code: 'source_rate_limited' });
    expect(limited.limits).toEqual([17_000]);
  });

  test('refuses a server that sends one page for ever', async () => {
    const it = await world({ state: { invoices: many(3) }, ignoresPages: true });
    await expect(pullAll(it)).rejects.toMatchObject({ code: 'source_reply_invalid' });
  });
});

describe('check of the Lago adapter', () => {
  const findings = async (it: World) => it.source.check(it.context);
  const about = async (it: World, topic: string) => (await findings(it)).filter((one) => one.topic === topic);

  test('says in plain words that all is well', async () => {
    const it = await world({ state: { invoices: [invoice('in_1')] } });
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
    expect(all[1]?.sentence).toContain('The key reads Acme at http://127.0.0.1:');
  });

  test('tells a missing variable, a refused key, a missing right, a wrong address and no connection apart', async () => {
    const missing = await world({ state: {} }, {}, '');
    expect((await findings(missing))[0]?.sentence).toBe('The environment variable KEY is not set.');
    const refused = await world({ state: {} }, {}, 'wrong_key');
    expect((await findings(refused))[0]).toMatchObject({ level: 'problem', topic: 'credentials' });
    expect(JSON.stringify(await findings(refused))).not.toContain('wrong_key');
    const forbidden = await world({ state: {}, forbidden: ['/api/v1/credit_notes'] });
    expect((await about(forbidden, 'permissions'))[0]?.sentence).toBe('The key may not read credit notes.');
    const elsewhere = await world({ state: {}, isApi: false });
    expect((await findings(elsewhere))[0]?.sentence).toMatch(/^There is no Lago API below http:/);
    const down = await world({ state: {} }, { base_url: 'http://127.0.0.1:9' });
    expect((await findings(down))[0]).toMatchObject({ level: 'problem', topic: 'reachability' });
  });

  test('warns of a version that it does not know, a clock that is off, and cycles without a document', async () => {
    const newer = await world({ state: { invoices: [invoice('in_1', { version_number: 5 })] } });
    expect((await about(newer, 'version'))[0]?.level).toBe('warning');
    const late = await world({ state: {}, now: () => now - 120_000 });
    expect((await about(late, 'clock'))[0]?.sentence).toContain('120 seconds off');
    const skipping = await world({
      state: { invoices: [invoice('in_1')] },
      organization: { name: 'Acme', finalize_zero_amount_invoice: false },
    });
    expect((await about(skipping, 'completeness'))[0]?.sentence).toBe(
      'Lago makes no invoice for a cycle that comes to nothing, so such a cycle is there in Solvimon only.',
    );
  });

  test('of a configuration sends no key over an open line', () => {
    const parse = (base_url: string) => lagoConfig.safeParse({ api_key_env: 'KEY', base_url }).success;
    expect(parse('https://lago.acme.example/billing')).toBe(true);
    expect(
      lagoConfig.safeParse({ api_key_env: 'KEY', base_url: 'http://127.0.0.1:3000', allow_private_address: true })
        .success,
    ).toBe(true);
    for (const inside of [
      'http://127.0.0.1:3000',
      'https://10.0.0.7',
      'https://[fd00::7]/lago',
      'https://169.254.169.254',
    ])
      expect(lagoConfig.safeParse({ api_key_env: 'KEY', base_url: inside }).error?.issues[0]).toMatchObject({
        path: ['base_url'],
        message: expect.stringContaining('allow_private_address') as string,
      });
    expect(parse('http://lago.acme.example')).toBe(false);
    expect(parse('https://user:secret@lago.acme.example')).toBe(false);
  });
});
