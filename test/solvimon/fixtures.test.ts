import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Document, Line } from '../../src/model/document.js';
import { fixtureInvoices, type FixtureName } from '../fakes/solvimon/fixtures.js';
import { pullAll } from '../support/pull.js';
import { type Bench, october, openBench } from './harness.js';

/*
 * The contract's 29 fixtures (section 8.3), each pulled over HTTP and held against what a person worked out: totals as
 * "net tax gross", lines as "kind product start..end quantity × price = net + tax", times in UTC. Amsterdam is at +02:00
 * until 25 October 2026 and at +01:00 after it, so its October is 30 September 22:00 to 31 October 23:00.
 */

const oct = '09-30T22..10-31T23';
const nov = '10-31T23..11-30T23';

const totals = ({ totals: { net, tax, gross } }: Document) => `${net} ${tax} ${gross}`;
const short = (instant: string) => instant.slice(5, 13);
const shown = (line: Line) =>
  [
    line.kind,
    line.productRef ?? '-',
    line.period === null ? '-' : `${short(line.period.start)}..${short(line.period.end)}`,
    `${line.quantity ?? '?'} × ${line.unitPrice ?? '?'} = ${line.net} + ${line.tax ?? '?'}`,
  ].join(' ');
const tiers = (line: Line | undefined) =>
  line?.tiers.map(
    (one) =>
      `${one.from}-${one.to ?? '∞'}: ${one.quantity} × ${one.unitPrice ?? '?'} or ${one.flat ?? '?'} = ${one.amount}`,
  );

let bench: Bench;
const invoices = fixtureInvoices();

beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

async function pulled(name: FixtureName) {
  bench.server.addInvoice(structuredClone(invoices[name]));
  return pullAll(bench.source, october, bench.context());
}

async function only(name: FixtureName): Promise<Document> {
  const { documents, rejected } = await pulled(name);
  expect(rejected).toEqual([]);
  const [document] = documents;
  if (documents.length !== 1 || document === undefined)
    throw new Error(`${documents.length} documents came of ${name}`);
  return document;
}

type Expected = {
  readonly totals: string;
  readonly lines: readonly string[];
  readonly notReady?: readonly string[];
  readonly also?: (document: Document) => void;
};

const expected: readonly (readonly [FixtureName, Expected])[] = [
  ['01 plain fee', { totals: '49 10.29 59.29', lines: [`recurring platform-fee ${oct} 1 × ? = 49 + 10.29`] }],
  [
    '02 progressive tiers as sub-lines',
    {
      totals: '175 36.75 211.75',
      lines: [`usage api-calls ${oct} 2500 × ? = 175 + 36.75`],
      also: ({ lines: [line] }) => {
        expect(line?.facts.tierMode).toBe('graduated');
        expect(tiers(line)).toEqual(['0-1000: 1000 × 0.1 or ? = 100', '1000-∞: 1500 × 0.05 or ? = 75']);
      },
    },
  ],
  [
    '03 progressive tiers as lines',
    {
      totals: '175 36.75 211.75',
      lines: [`usage api-calls ${oct} 1000 × ? = 100 + 21`, `usage api-calls ${oct} 1500 × ? = 75 + 15.75`],
      also: ({ lines }) => {
        expect(tiers(lines[0])).toEqual(['0-1000: 1000 × 0.1 or ? = 100']);
        expect(tiers(lines[1])).toEqual(['1000-∞: 1500 × 0.05 or ? = 75']);
      },
    },
  ],
  [
    '04 top tier',
    {
      totals: '40 8.4 48.4',
      lines: [`usage api-calls ${oct} 500 × ? = 40 + 8.4`],
      also: ({ lines: [line] }) => {
        expect(line?.facts.tierMode).toBe('volume');
        expect(tiers(line)).toEqual(['100-1000: 500 × 0.08 or ? = 40']);
      },
    },
  ],
  [
    '05 stair-step cumulative',
    {
      totals: '45 9.45 54.45',
      lines: [`usage api-calls ${oct} 200 × ? = 45 + 9.45`],
      also: ({ lines: [line] }) => {
        expect(line?.facts.tierMode).toBe('cumulative_stair_step');
        expect(tiers(line)).toEqual(['0-100: 100 × ? or 25 = 25', '100-500: 100 × ? or 20 = 20']);
      },
    },
  ],
  [
    '06 coupon percentage',
    {
      totals: '99 20.79 119.79',
      lines: [`recurring platform-fee ${oct} 1 × ? = 110 + 23.1`, `discount platform-fee ${oct} ? × ? = -11 + -2.31`],
      also: ({ lines, totals: { discount } }) => {
        expect(discount).toBe('-11');
        expect(lines[1]?.appliesTo).toBe('platform-fee');
        expect(lines[1]?.facts.discountRate).toBe('10');
      },
    },
  ],
  [
    '07 total discount',
    {
      totals: '135 28.35 163.35',
      lines: [
        `recurring platform-fee ${oct} 1 × ? = 100 + 21`,
        `usage api-calls ${oct} 500 × ? = 50 + 10.5`,
        `discount - ${oct} ? × ? = -15 + -3.15`,
      ],
      also: ({ lines }) => expect(lines[2]).toMatchObject({ rawKind: 'DISCOUNT TOTAL', appliesTo: null }),
    },
  ],
  [
    '08 commitment top-up',
    {
      totals: '50 10.5 60.5',
      lines: [`usage api-calls ${oct} 300 × ? = 30 + 6.3`, `minimum api-calls ${oct} ? × ? = 20 + 4.2`],
      also: ({ lines }) => expect(lines[1]?.facts.minimumAmount).toBe('50'),
    },
  ],
  [
    '09 included volume',
    {
      totals: '20 4.2 24.2',
      lines: [`usage api-calls ${oct} 200 × 0.1 = 20 + 4.2`],
      also: ({ lines }) => expect(lines[0]?.facts.includedVolume).toBe('1000'),
    },
  ],
  [
    '10a prorated calendar',
    {
      totals: '15 3.15 18.15',
      lines: ['recurring platform-fee 10-16T22..10-31T23 1 × 31 = 15 + 3.15'],
      also: ({ lines }) =>
        expect(lines[0]?.facts).toMatchObject({ prorationFactor: '0.4838709677419355', fullPrice: '31' }),
    },
  ],
  [
    '10b exact anniversary',
    { totals: '100 21 121', lines: ['recurring platform-fee 10-30T23..11-29T23 1 × ? = 100 + 21'] },
  ],
  [
    '11 advance and arrears',
    {
      totals: '274 57.54 331.54',
      lines: [`usage api-calls ${oct} 2500 × ? = 175 + 36.75`, `recurring platform-fee ${nov} 1 × ? = 99 + 20.79`],
    },
  ],
  [
    '12a JPY',
    {
      totals: '1000 100 1100',
      lines: [`recurring platform-fee ${oct} 1 × ? = 1000 + 100`],
      also: (one) => expect(one.currency).toBe('JPY'),
    },
  ],
  [
    '12b KWD',
    {
      totals: '12.345 0 12.345',
      lines: [`recurring platform-fee ${oct} 1 × ? = 12.345 + 0`],
      also: (one) => expect(one.currency).toBe('KWD'),
    },
  ],
  [
    '13 tax inclusive',
    {
      totals: '100 21 121',
      lines: [`recurring platform-fee ${oct} 1 × ? = 100 + 21`],
      also: ({ taxMode, lines: [line] }) => {
        expect(taxMode).toBe('inclusive');
        expect(line?.amount).toBe('121');
        expect(line?.taxes[0]?.behaviour).toBe('inclusive');
      },
    },
  ],
  [
    '14 compound tax',
    {
      totals: '100 12 112',
      lines: [`recurring platform-fee ${oct} 1 × ? = 100 + 12`],
      also: ({ lines: [line] }) =>
        expect(line?.taxes).toEqual([
          { code: 'GST', rate: '5', taxable: '100', amount: '5', behaviour: 'exclusive' },
          { code: 'PST', rate: '7', taxable: '100', amount: '7', behaviour: 'exclusive' },
        ]),
    },
  ],
  [
    '15 foreign currency line',
    {
      totals: '92 19.32 111.32',
      lines: [`recurring platform-fee ${oct} 1 × ? = 92 + 19.32`],
      also: ({ lines }) => expect(lines[0]?.facts.pricing).toEqual({ amount: '100', currency: 'USD', rate: '0.92' }),
    },
  ],
  [
    '16 combined subscriptions',
    {
      totals: '50 10.5 60.5',
      lines: [`recurring platform-fee ${oct} 1 × ? = 20 + 4.2`, `recurring platform-fee ${oct} 1 × ? = 30 + 6.3`],
      also: ({ lines }) => expect(lines.map((line) => line.subscriptionRef)).toEqual(['ppsu_16a', 'ppsu_16b']),
    },
  ],
  [
    '17 parent with children',
    {
      totals: '30 6.3 36.3',
      lines: [
        `usage api-calls ${oct} 300 × ? = 30 + 6.3`,
        `summary api-calls ${oct} 100 × ? = 10 + ?`,
        `summary api-calls ${oct} 200 × ? = 20 + ?`,
      ],
      also: ({ lines }) => {
        expect(tiers(lines[0])).toEqual(['0-1000: 300 × 0.1 or ? = 30']);
        expect(lines.slice(1).map((line) => [line.parentLineId, line.dimensions])).toEqual([
          [lines[0]?.id, { customer: 'cust_17a' }],
          [lines[0]?.id, { customer: 'cust_17b' }],
        ]);
      },
    },
  ],
  [
    '18 credit note',
    {
      totals: '-50 -10.5 -60.5',
      lines: [`recurring platform-fee ${oct} 1 × ? = -50 + -10.5`],
      also: (one) => expect(one).toMatchObject({ kind: 'credit_note', relatesTo: ['invo_01'] }),
    },
  ],
  ['19 zero usage absent', { totals: '10 2.1 12.1', lines: [`recurring platform-fee ${oct} 1 × ? = 10 + 2.1`] }],
  [
    '20 unrounded',
    {
      totals: '10.123456789012345678 2.12592592569259259238 12.24938271470493827038',
      lines: [`usage api-calls ${oct} 31.4 × ? = 10.123456789012345678 + 2.12592592569259259238`],
    },
  ],
  [
    '21 to be reprocessed',
    {
      totals: '49 10.29 59.29',
      lines: [`recurring platform-fee ${oct} 1 × ? = 49 + 10.29`],
      notReady: ['to_be_reprocessed'],
    },
  ],
  [
    '22 held by validation',
    {
      totals: '49 10.29 59.29',
      lines: [`recurring platform-fee ${oct} 1 × ? = 49 + 10.29`],
      notReady: ['held_by_validation'],
    },
  ],
  [
    '23 unknown status and line type',
    {
      totals: '50 10.5 60.5',
      lines: [`recurring platform-fee ${oct} 1 × ? = 49 + 10.29`, `unknown platform-fee ${oct} ? × ? = 1 + 0.21`],
      notReady: ['unknown_status'],
      also: (one) => {
        expect(one).toMatchObject({ state: 'unknown', rawStatus: 'PENDING_APPROVAL STANDARD' });
        expect(one.lines[1]?.rawKind).toBe('MARKUP PERCENTAGE');
      },
    },
  ],
  [
    '28 clock change',
    {
      totals: '7 1.47 8.47',
      lines: ['usage api-calls 10-18T22..10-25T23 70 × ? = 7 + 1.47'],
      also: ({ lines }) => expect(lines[0]?.periodQuality).toBe('closed_end_fixed'),
    },
  ],
  [
    '29 final',
    {
      totals: '49 10.29 59.29',
      lines: [`recurring platform-fee ${oct} 1 × ? = 49 + 10.29`],
      also: (one) => expect(one).toMatchObject({ state: 'final', number: 'INV-2026-0001' }),
    },
  ],
];

describe('an invoice pulled over HTTP becomes what a person works out by hand', () => {
  test.each(expected)('fixture %s', async (name, { totals: sums, lines, notReady = [], also }) => {
    const document = await only(name);
    expect(totals(document)).toBe(sums);
    expect(document.lines.map(shown)).toEqual(lines);
    expect(document.notReady).toEqual(notReady);
    expect(document.checks.filter((check) => !check.holds)).toEqual([]);
    also?.(document);
  });

  test('every fixture of the table that is an invoice is in the list above', () => {
    const behaviours: readonly FixtureName[] = [
      '24 missing lines',
      '25 page drift',
      '26 troubled replies',
      '27 unused events',
    ];
    expect(new Set([...expected.map(([name]) => name), ...behaviours])).toEqual(new Set(Object.keys(invoices)));
  });
});

describe('the fixtures that are ways the server behaves', () => {
  test('fixture 24: an invoice that came without its lines is rejected and never an invoice of nothing', async () => {
    bench.server.ignoresIncludeFlags = true;
    const { documents, rejected, done } = await pulled('24 missing lines');
    expect(documents).toEqual([]);
    expect(rejected.map((one) => [one.rejected.id, one.rejected.customerRef, one.rejected.problems[0].code])).toEqual([
      ['invo_24', 'c24', 'lines_missing'],
    ]);
    expect(done.counts).toEqual({ listed: 1, emitted: 0, rejected: 1, skipped: 0 });
  });

  test('fixture 25: an invoice that slips between two moving pages is found all the same', async () => {
    const { server } = bench;
    for (let index = 1; index <= 25; index += 1)
      server.addInvoice({
        ...structuredClone(invoices['25 page drift']),
        id: `invo_25_${index}`,
        created_at: `2026-10-01T00:00:${String(index + 10)}Z`,
      });
    let isMoved = false;
    server.onRequest = ({ path, query }) => {
      // The second reading is on its way to page 2: an invoice of page 1 goes, and one of page 2 moves up to page 1.
      if (bench.time.waits.length === 0 || isMoved || path !== '/v1/invoices' || query.get('page') !== '2') return;
      isMoved = true;
      server.removeInvoice('invo_25_3');
    };
    const { documents, done } = await pullAll(bench.source, october, bench.context());
    expect(isMoved).toBe(true);
    expect(documents.map((one) => one.source.id).sort()).toEqual(
      Array.from({ length: 25 }, (_, index) => `invo_25_${index + 1}`).sort(),
    );
    expect(done.complete).toBe(true);
  });

  test('fixture 26: 429 with Retry-After and a proxy’s HTML are waited out and cost no invoice', async () => {
    bench.server.fault({
      path: /^\/v1\/invoices$/,
      times: 1,
      trouble: { kind: 'status', status: 429, headers: { 'retry-after': '7' }, code: 'INTERNAL_ERROR' },
    });
    bench.server.fault({ path: /^\/v1\/invoices$/, times: 1, trouble: { kind: 'html', status: 502 } });
    const context = bench.context();
    bench.server.addInvoice(structuredClone(invoices['26 troubled replies']));
    const { documents } = await pullAll(bench.source, october, context);
    expect(documents.map(totals)).toEqual(['26 5.46 31.46']);
    expect(context.pauses.map((pause) => pause.ms)).toEqual([7000]);
    expect(bench.time.waits).toContain(7000);
    expect(bench.server.faults.pending).toBe(0);
  });

  test('fixture 27: a customer with an unmatched event is not ready; a duplicate holds nobody up', async () => {
    const { server } = bench;
    server.addInvoice(structuredClone(invoices['27 unused events']), {
      metered: { meter: 'api-calls', unitPrice: '0.10', taxRate: '21' },
    });
    const other = {
      ...structuredClone(invoices['27 unused events']),
      id: 'invo_27b',
      customer_id: 'cust_other',
      customer_reference: 'other',
      customer: null,
    };
    server.addInvoice(other, { metered: { meter: 'api-calls', unitPrice: '0.10', taxRate: '21' } });
    const event = { customer_id: 'cust_c27', timestamp: '2026-10-10T10:00:00Z', count: 1 };
    server.ingest({ ...event, reference: 'event-0001', meter_reference: 'no-such-meter' });
    for (const reference of ['event-0002', 'event-0002'])
      server.ingest({ ...event, customer_id: 'cust_other', reference, meter_reference: 'api-calls' });
    server.process();
    expect(server.events.map((one) => one.processed_details.type)).toEqual(['NOT_MATCHED', 'DEFAULT', 'DUPLICATE']);
    const { documents } = await pullAll(bench.source, october, bench.context());
    expect(documents.map((one) => [one.customerRef, one.notReady])).toEqual([
      ['c27', ['unmatched_events']],
      ['other', []],
    ]);
  });

  test('fixture 29: a shadow invoice that turned FINAL raises the incident', async () => {
    await only('29 final');
    expect(bench.incidents).toEqual([
      { kind: 'shadow_invoice_final', invoiceId: 'invo_29', customerRef: 'c29', seenBy: 'pull' },
    ]);
  });
});
