import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../src/errors.js';
import { makeInvoice, october as octoberPeriod } from '../fakes/solvimon/invoice.js';
import { pullAll, scopeOf } from '../support/pull.js';
import { type Bench, october, openBench } from './harness.js';

/*
 * What the conformance suite cannot ask of every adapter: two readings that must agree, the gate before a verdict, pages
 * of odd sizes, a resume over a list that changed.
 */

const metered = { meter: 'api-calls', unitPrice: '0.10', taxRate: '21' } as const;

function usage(id: string, extra: Record<string, unknown> = {}) {
  return makeInvoice({
    id: `invo_${id}`,
    customer: id,
    periods: [
      {
        ...octoberPeriod,
        groups: [
          { lines: [{ product: 'api-calls', model: 'USAGE_BASED', net: '10.00', tax: '2.10', quantity: '100' }] },
        ],
      },
    ],
    extra: { created_at: `2026-10-01T00:${String(Number(id.replace(/\D/g, '')) % 60).padStart(2, '0')}:00Z`, ...extra },
  });
}

let bench: Bench;
afterEach(async () => bench.close());

const reasons = async (context = bench.context()) =>
  (await pullAll(bench.source, october, context)).documents.map((one) => one.notReady);

describe('the gate before a verdict', () => {
  beforeEach(async () => {
    bench = await openBench({}, { settle: '10m', lateness: '1h' });
    bench.server.addInvoice(usage('1'));
  });

  test('a platform that is up to date holds nobody back', async () => {
    bench.server.upToDate = { ...bench.server.upToDate, event_processing_up_to_date_until: '2026-11-01T00:00:00Z' };
    expect(await reasons()).toEqual([[]]);
  });

  test.each([
    [
      'events processed until just before the end and the lateness',
      { event_processing_up_to_date_until: '2026-10-31T23:59:59Z' },
    ],
    ['no word about events', { event_processing_up_to_date_until: null }],
    ['invoices still to be reprocessed', { invoices_to_be_reprocessed: 3 }],
    ['no word about invoices to be reprocessed', { invoices_to_be_reprocessed: null }],
    ['a reprocess in progress', { reprocess: { in_progress: true, in_error: false } }],
    ['a reprocess in error', { reprocess: { in_progress: false, in_error: true } }],
    ['no word about reprocesses', { reprocess: null }],
  ])('%s makes every invoice not ready', async (_what, state) => {
    bench.server.upToDate = { ...bench.server.upToDate, ...state };
    expect(await reasons()).toEqual([['processing_behind']]);
  });

  test('a reprocess that begins while the invoices are read makes the pull incomplete', async () => {
    bench.time.onWait = () => {
      bench.server.upToDate = { ...bench.server.upToDate, reprocess: { in_progress: true, in_error: false } };
    };
    const { done } = await pullAll(bench.source, october, bench.context());
    expect(done.complete).toBe(false);
    expect(done.incompleteBecause).toEqual([
      'the platform began to change while it was read: a reprocess is in progress',
    ]);
  });

  test('an invoice that changed between the two readings, ten minutes apart, is not ready', async () => {
    bench.server.addInvoice(usage('2'), { metered });
    bench.time.onWait = () => {
      bench.server.ingest({
        reference: 'late-event-1',
        customer_id: 'cust_2',
        meter_reference: 'api-calls',
        timestamp: '2026-10-30T10:00:00Z',
        count: 5,
      });
      bench.server.process();
    };
    const { documents } = await pullAll(bench.source, october, bench.context());
    expect(bench.time.waits).toEqual([600_000]);
    expect(documents.map((one) => [one.source.id, one.totals.net, one.notReady])).toEqual([
      ['invo_1', '10', []],
      // 105 calls at 0.10 with 21 %: 10.50 and 2.205, which is 2.21.
      ['invo_2', '10.5', ['unstable_between_fetches']],
    ]);
  });

  test('an invoice that was not there at the first reading is not ready', async () => {
    bench.time.onWait = () => void bench.server.addInvoice(usage('3'));
    const { documents } = await pullAll(bench.source, october, bench.context());
    expect(documents.map((one) => [one.source.id, one.notReady])).toEqual([
      ['invo_1', []],
      ['invo_3', ['unstable_between_fetches']],
    ]);
  });

  test('a link that is signed afresh for each reading is no change', async () => {
    bench.server.onRequest = ({ path }) => {
      const [invoice] = bench.server.invoices;
      if (path === '/v1/invoices' && invoice !== undefined)
        invoice['pay_invoice_link'] = { url: `https://pay.example/${bench.server.requests.length}` };
    };
    expect(await reasons()).toEqual([[]]);
  });

  test('late usage waits in the invoice and is judged only after the reprocess', async () => {
    bench.server.addInvoice(usage('4'), { metered });
    bench.server.ingest({
      reference: 'late-event-2',
      customer_id: 'cust_4',
      meter_reference: 'api-calls',
      timestamp: '2026-10-30T10:00:00Z',
      count: 10,
    });
    expect(await reasons()).toEqual([['processing_behind'], ['to_be_reprocessed', 'processing_behind']]);
    bench.server.process();
    const { documents } = await pullAll(bench.source, october, bench.context());
    expect(documents.map((one) => [one.totals.gross, one.notReady])).toEqual([
      ['12.1', []],
      ['13.31', []],
    ]);
  });

  test('unmatched events are looked for in the cycle and in children billed on a parent, and nowhere else', async () => {
    const child = usage('5');
    child['processing_only_customers'] = [{ id: 'cust_child', reference: 'child' }];
    bench.server.addInvoice(child);
    const lost = { meter_reference: 'nothing-of-the-kind', count: 1 };
    bench.server.ingest({
      ...lost,
      reference: 'event-of-september',
      customer_id: 'cust_1',
      timestamp: '2026-09-30T21:59:59Z',
    });
    bench.server.ingest({
      ...lost,
      reference: 'event-of-november',
      customer_id: 'cust_1',
      timestamp: '2026-10-31T23:00:00Z',
    });
    bench.server.ingest({
      ...lost,
      reference: 'event-of-a-child',
      customer_id: 'cust_child',
      timestamp: '2026-10-31T22:59:59Z',
    });
    expect(await reasons()).toEqual([[], ['unmatched_events']]);
  });

  test('a platform without metered prices is not asked for events', async () => {
    await bench.close();
    bench = await openBench({}, { usage_events: 'skip' });
    bench.server.addInvoice(usage('1'));
    bench.server.ingest({
      reference: 'event-000000',
      customer_id: 'cust_1',
      meter_reference: 'x',
      timestamp: '2026-10-15T00:00:00Z',
      count: 1,
    });
    expect(await reasons()).toEqual([[]]);
    expect(bench.server.requests.filter(({ path }) => path === '/v1/events')).toEqual([]);
  });

  test('one invoice read again goes through the same gate', async () => {
    const events = {
      reference: 'event-000001',
      customer_id: 'cust_1',
      meter_reference: 'x',
      timestamp: '2026-10-15T00:00:00Z',
      count: 1,
    };
    const read = async () => {
      const found = await bench.source.fetchOne('invo_1', bench.context());
      return found?.type === 'document' ? found.document.notReady : found?.type;
    };
    expect(await read()).toEqual([]);
    bench.server.ingest(events);
    expect(await read()).toEqual(['unmatched_events']);
    bench.server.upToDate = { ...bench.server.upToDate, event_processing_up_to_date_until: '2026-10-20T00:00:00Z' };
    expect(await read()).toEqual(['processing_behind', 'unmatched_events']);
  });

  test('a replay of stored bytes keeps the reasons and the customer that the pull found out', async () => {
    const [invoice] = bench.server.invoices;
    bench.server.customers.push({ id: 'cust_1', reference: 'acme-1' });
    if (invoice !== undefined) {
      invoice['customer_reference'] = null;
      invoice['customer'] = null;
    }
    bench.server.upToDate = { ...bench.server.upToDate, invoices_to_be_reprocessed: 1 };
    const { events, documents } = await pullAll(bench.source, october, bench.context());
    expect(documents.map((one) => [one.customerRef, one.notReady])).toEqual([['acme-1', ['processing_behind']]]);
    const [kept] = events.flatMap((event) => (event.type === 'document' && event.raw !== null ? [event.raw] : []));
    const replayed = kept === undefined ? undefined : bench.source.translate(kept);
    expect(replayed?.type === 'document' ? replayed.document : undefined).toEqual(documents[0]);
  });
});

describe('which invoices are read', () => {
  beforeEach(async () => {
    bench = await openBench();
  });

  test('drafts without a lasting date are listed by their status as well', async () => {
    bench.server.platform = {
      ...bench.server.platform,
      invoice_settings: { invoice_date_determination_type: 'WHEN_INVOICE_GOES_TO_FINAL' },
    };
    bench.server.addInvoice(usage('1', { invoice_date: '2030-01-01T00:00:00Z' }));
    const { documents, done } = await pullAll(bench.source, october, bench.context());
    expect(documents.map((one) => one.source.id)).toEqual(['invo_1']);
    expect(done.counts).toEqual({ listed: 1, emitted: 1, rejected: 0, skipped: 0 });
  });

  test('an invoice in both lists is one invoice', async () => {
    bench.server.platform = { ...bench.server.platform, invoice_settings: {} };
    for (const id of ['1', '2', '3']) bench.server.addInvoice(usage(id));
    const { documents, done } = await pullAll(bench.source, october, bench.context());
    expect(documents.map((one) => one.source.id)).toEqual(['invo_1', 'invo_2', 'invo_3']);
    expect(done.counts.listed).toBe(3);
  });

  test('one-off invoices are listed and not compared, unless that is asked for', async () => {
    bench.server.addInvoice(usage('1', { type: 'ONE_OFF' }));
    const listed = await pullAll(bench.source, october, bench.context());
    expect([listed.documents, listed.skipped.map((one) => [one.id, one.reason])]).toEqual([
      [],
      [['invo_1', 'one_off_invoice']],
    ]);
    await bench.close();
    bench = await openBench({}, { one_off: 'compare' });
    bench.server.addInvoice(usage('1', { type: 'ONE_OFF_CREDIT', linked_invoices_ids: ['invo_0'] }));
    const { documents } = await pullAll(bench.source, october, bench.context());
    expect(documents.map((one) => [one.kind, one.totals.gross, one.relatesTo])).toEqual([
      ['credit_note', '-12.1', ['invo_0']],
    ]);
  });

  test('a customer is found by a custom field as well as by its reference', async () => {
    await bench.close();
    bench = await openBench({}, { customer_key: 'legacy_account_id' });
    const field = (value: string) => [{ reference: 'legacy_account_id', value }];
    for (const id of ['1', '2']) {
      bench.server.addInvoice(usage(id, { other_custom_fields: field(`acct-${id}`) }));
      bench.server.customers.push({ id: `cust_${id}`, reference: id, custom_fields: field(`acct-${id}`) });
    }
    const scope = scopeOf('2026-10', 'Europe/Amsterdam', { customers: new Set(['acct-2', 'acct-gone']) });
    const { documents } = await pullAll(bench.source, scope, bench.context());
    expect(documents.map((one) => [one.source.id, one.customerRef])).toEqual([['invo_2', 'acct-2']]);
    expect(
      bench.server.requests.filter(({ path, query }) => path === '/v1/invoices' && query.get('customer_id') === null),
    ).toEqual([]);
  });

  test('what is of no use as an invoice is rejected by name and costs nothing else', async () => {
    const [nameless, broken] = [usage('1'), usage('2')];
    Reflect.deleteProperty(nameless, 'id');
    broken['invoice_amount_including_tax'] = { quantity: 12.1, currency: 'EUR' };
    for (const invoice of [nameless, broken, usage('3')]) bench.server.addInvoice(invoice);
    const { documents, rejected, done } = await pullAll(bench.source, october, bench.context());
    expect(documents.map((one) => one.source.id)).toEqual(['invo_3']);
    expect(
      rejected.map(({ rejected: { id, problems } }) => [id, problems.map((one) => `${one.code} ${one.field}`)]),
    ).toEqual([
      [expect.stringMatching(/^reqr_\d+:\?$/), ['field_missing id']],
      ['invo_2', ['amount_malformed invoice_amount_including_tax.quantity']],
    ]);
    expect(done).toMatchObject({ complete: true, counts: { listed: 3, emitted: 1, rejected: 2, skipped: 0 } });
  });

  test('an invoice whose own sums do not hold is inconsistent and never a mismatch', async () => {
    bench.server.addInvoice(usage('1', { invoice_amount_including_tax: { quantity: '12.11', currency: 'EUR' } }));
    const context = bench.context();
    expect(await reasons(context)).toEqual([['source_inconsistent']]);
    expect(context.logged.find(({ event }) => event === 'solvimon invoice does not add up')?.data).toMatchObject({
      id: 'invo_1',
      broken: ['net + tax = gross'],
    });
  });

  test('words that nobody has told us of are counted in the log', async () => {
    for (const id of ['1', '2']) bench.server.addInvoice(usage(id, { status: 'PENDING_APPROVAL' }));
    const context = bench.context();
    await pullAll(bench.source, october, context);
    expect(context.logged.find(({ event }) => event === 'solvimon words unknown')?.data).toEqual({
      'status PENDING_APPROVAL STANDARD': 2,
    });
  });

  test('discounts that are stated positive are turned when the group’s own total says so', async () => {
    const invoice = makeInvoice({
      id: 'invo_1',
      customer: '1',
      periods: [
        {
          ...octoberPeriod,
          groups: [
            {
              lines: [
                { product: 'fee', net: '100.00', tax: '21.00' },
                { product: 'fee', type: 'DISCOUNT', net: '-10.00', tax: '-2.10' },
              ],
            },
          ],
        },
      ],
    });
    const line = (invoice['periods'] as { groups: { lines: Record<string, unknown>[] }[] }[])[0]?.groups[0]?.lines[1];
    Object.assign(line ?? {}, {
      amount_excluding_tax: { quantity: '10.00', currency: 'EUR' },
      amount_including_tax: { quantity: '12.10', currency: 'EUR' },
    });
    bench.server.addInvoice(invoice);
    const [document] = (await pullAll(bench.source, october, bench.context())).documents;
    expect(document?.lines.map((one) => [one.kind, one.net, one.tax])).toEqual([
      ['recurring', '100', '21'],
      ['discount', '-10', '-2.1'],
    ]);
    expect(document?.notReady).toEqual([]);
  });
});

describe('pages', () => {
  test('a page size that the server clamps is followed, and nothing is lost', async () => {
    bench = await openBench({ largestPage: 7 }, { page_size: 50 });
    for (let index = 1; index <= 30; index += 1) bench.server.addInvoice(usage(String(index)));
    expect((await pullAll(bench.source, october, bench.context())).documents).toHaveLength(30);
  });

  test('a page size that the server refuses shrinks until it is accepted', async () => {
    bench = await openBench({ largestPage: 12, refusesLargePages: true }, { page_size: 50 });
    for (let index = 1; index <= 30; index += 1) bench.server.addInvoice(usage(String(index)));
    expect((await pullAll(bench.source, october, bench.context())).documents).toHaveLength(30);
    expect(bench.server.requests.map(({ query }) => query.get('limit'))).toContain('12');
  });

  test('a server that answers another page than the one asked for is not believed', async () => {
    bench = await openBench();
    for (let index = 1; index <= 30; index += 1) bench.server.addInvoice(usage(String(index)));
    bench.server.onRequest = ({ query }) => {
      if (query.get('page') === '2') query.set('page', '1');
    };
    await expect(pullAll(bench.source, october, bench.context())).rejects.toMatchObject({
      code: 'source_reply_invalid',
      message: expect.stringContaining('page 2') as string,
    });
  });

  test('a list that never holds still ends incomplete and says why', async () => {
    bench = await openBench();
    for (let index = 1; index <= 11; index += 1) bench.server.addInvoice(usage(String(index)));
    let next = 100;
    bench.server.onRequest = ({ path, query }) => {
      if (path !== '/v1/invoices' || query.get('page') !== '2') return;
      for (let count = 0; count < 11; count += 1)
        bench.server.addInvoice(usage(String((next += 1)), { created_at: `2026-10-02T00:00:00Z` }));
    };
    const { done, documents } = await pullAll(bench.source, october, bench.context());
    expect(done.incompleteBecause).toEqual(['the list of invoices kept moving during 3 readings']);
    expect(new Set(documents.map((one) => one.source.id)).size).toBe(documents.length);
  });

  test('an invoice that vanishes between the readings makes the pull incomplete', async () => {
    bench = await openBench();
    for (const id of ['1', '2', '3']) bench.server.addInvoice(usage(id));
    bench.time.onWait = () => bench.server.removeInvoice('invo_2');
    const { done, documents } = await pullAll(bench.source, october, bench.context());
    expect(documents.map((one) => one.source.id)).toEqual(['invo_1', 'invo_3']);
    expect(done.incompleteBecause).toEqual(['1 invoice was listed and then not any more']);
  });
});

describe('a pull that was killed', () => {
  beforeEach(async () => {
    bench = await openBench();
    for (let index = 1; index <= 35; index += 1) bench.server.addInvoice(usage(String(index)));
  });

  async function killedAfter(checkpoints: number) {
    const kept: string[] = [];
    for await (const event of bench.source.pull(october, bench.context())) {
      if (event.type === 'document') kept.push(event.document.source.id);
      if (event.type === 'checkpoint' && (checkpoints -= 1) === 0) return { kept, resume: event.checkpoint };
    }
    throw new Error('there were fewer checkpoints');
  }
  const rest = async (resume: Awaited<ReturnType<typeof killedAfter>>['resume']) =>
    pullAll(bench.source, october, bench.context({ resume }));
  const ids = (pulled: Awaited<ReturnType<typeof rest>>) => pulled.documents.map((one) => one.source.id as string);

  test('gives each invoice once, the earlier attempt included', async () => {
    const { kept, resume } = await killedAfter(2);
    const later = await rest(resume);
    expect([...kept, ...ids(later)].sort()).toEqual(
      Array.from({ length: 35 }, (_, index) => `invo_${index + 1}`).sort(),
    );
    expect(later.done.counts).toEqual({ listed: 35, emitted: 35, rejected: 0, skipped: 0 });
  });

  test('starts again when the list before its place is not what it was, so that nothing is lost', async () => {
    const { resume } = await killedAfter(2);
    // Created before the place, and not there when the first attempt passed it.
    bench.server.addInvoice(usage('0', { created_at: '2026-10-01T00:00:30Z' }));
    const later = await rest(resume);
    expect(ids(later)).toHaveLength(36);
    expect(later.done.complete).toBe(true);
  });

  test('says so when something it had stored is gone', async () => {
    const { resume } = await killedAfter(2);
    bench.server.removeInvoice('invo_3');
    const { done } = await rest(resume);
    expect(done.incompleteBecause).toEqual([
      '1 invoices that were stored before the interruption are no longer listed',
    ]);
  });

  test('refuses a checkpoint it did not make', async () => {
    await expect(rest({ v: 1, phase: 'emit', cursor: '{"page":3}', seen: 20 })).rejects.toBeInstanceOf(AppError);
  });
});
