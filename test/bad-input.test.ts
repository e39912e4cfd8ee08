import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exitOf } from '../src/cli/commands/run.js';
import { type Reconciled, reconcileFolder, writeFolder } from './support/reconcile.js';
import { type SolvimonInvoiceInput, solvimonInvoice, solvimonPage } from './support/solvimon-invoice.js';
import { createTestDatabase, keepOnFailure, type TestDatabase } from './support/test-database.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const config = (legacy: string) => `version: 1
timezone: UTC
sources:
  legacy: ${legacy}
  solvimon: { kind: pages, path: 'solvimon/{cycle}' }
`;
const csvConfig = config("{ kind: csv, path: 'legacy.csv', timezone: UTC, columns: {} }");
const head = 'document_id,customer,currency,period_start,period_end,product,quantity,amount,document_gross,description';

/** A row of one seat in October. */
function row(
  id: string,
  amount: string,
  more: Partial<Record<'customer' | 'currency' | 'gross' | 'start' | 'text' | 'rest', string>> = {},
) {
  const customer = more.customer ?? `C-${id}`;
  const cells = [id, customer, more.currency ?? 'EUR', more.start ?? '2026-10-01', '2026-11-01', 'seat', '1', amount];
  return `${[...cells, more.gross ?? amount, more.text ?? ''].join(',')}${more.rest ?? ''}`;
}

/** What Solvimon bills the customer of a legacy document. */
const billed = (id: string, net: string, customer = `C-${id}`): SolvimonInvoiceInput => ({
  id: `S-${id}`,
  customer,
  lines: [{ product: 'seat', net, quantity: '1' }],
});

async function reconcile(
  legacy: Readonly<Record<string, string | Uint8Array>>,
  solvimon: readonly SolvimonInvoiceInput[] | Readonly<Record<string, string | Uint8Array>>,
  yaml = csvConfig,
): Promise<Reconciled> {
  keepOnFailure(database);
  const pages = Array.isArray(solvimon)
    ? { 'solvimon/2026-10/page-1.json': solvimonPage(solvimon.map(solvimonInvoice)) }
    : (solvimon as Readonly<Record<string, string | Uint8Array>>);
  return reconcileFolder(database, writeFolder({ 'shadowbill.yml': yaml, ...legacy, ...pages }), '2026-10');
}

/** State of the pair in which a document stands; exactly one, or the test fails. */
function stateOf(result: Reconciled, id: string): string {
  const found = result.pairs.filter((pair) => [...pair.legacy, ...pair.solvimon].includes(id));
  expect(found, `${id} stands in exactly one pair`).toHaveLength(1);
  return found[0]?.state ?? '';
}

function told(result: Reconciled): readonly string[] {
  return result.problems
    .map((one) =>
      [one.side, `${one.place.file}:${one.place.line ?? ''}`, one.code, one.field ?? '', one.value ?? ''].join(' | '),
    )
    .sort();
}

function expectIncomplete(result: Reconciled): void {
  expect(result.run).toMatchObject({ state: 'finished', isComplete: false });
  expect(exitOf(result.run, null)).toBe(4);
  expect(result.run.incompleteBecause.length).toBeGreaterThan(0);
}

test('every kind of bad row is told with file, line, field and value, its document is an error, and all others are compared', async () => {
  const rows = [
    row('GOOD1', '10.00'), // line 2
    row('AMOUNT', '12.5O'),
    row('EXPONENT', '1E+3'),
    row('THOUSANDS', '"1,000.00"', { gross: '1000.00' }),
    row('CURRENCY', '10.00', { currency: 'EURO' }),
    row('DATE', '10.00', { start: '31/10/2026' }),
    row('TOTAL', '10.00', { gross: '11.00' }),
    row('RAGGED', '10.00', { rest: ',surplus' }),
    row('1234567890123450', '10.00', { customer: 'C-DAMAGED' }), // line 10
    row('TWICE', '10.00'),
    row('GOOD2', '20.00'),
    row('TWICE', '11.00'),
    row('TORN', '10.00', { gross: '30.00' }),
    row('GOOD3', '30.00'),
    row('TORN', '20.00', { gross: '30.00' }),
    row('BYTES', '10.00', { text: 'caf\u00e9' }), // line 17
    row('NUL', '10.00', { text: 'a\0b' }),
    row('', '10.00', { customer: 'C-NOID' }),
    row('DIFFERS', '40.00'), // line 20
  ];
  const bad = [
    'AMOUNT',
    'EXPONENT',
    'THOUSANDS',
    'CURRENCY',
    'DATE',
    'TOTAL',
    'RAGGED',
    'TWICE',
    'TORN',
    'BYTES',
    'NUL',
  ];
  const result = await reconcile({ 'legacy.csv': Buffer.from(`${[head, ...rows].join('\n')}\n`, 'latin1') }, [
    billed('GOOD1', '10'),
    billed('GOOD2', '20'),
    billed('GOOD3', '30'),
    billed('DIFFERS', '41'),
    ...bad.map((id) => billed(id, '10')),
    billed('DAMAGED', '10', 'C-DAMAGED'),
    billed('NOID', '10', 'C-NOID'),
  ]);
  expectIncomplete(result);
  expect(told(result)).toEqual(
    [
      'legacy | legacy.csv:3 | amount_malformed | amount | 12.5O',
      'legacy | legacy.csv:3 | amount_malformed | document_gross | 12.5O',
      'legacy | legacy.csv:4 | amount_malformed | amount | 1E+3',
      'legacy | legacy.csv:4 | amount_malformed | document_gross | 1E+3',
      'legacy | legacy.csv:5 | amount_malformed | amount | 1,000.00',
      'legacy | legacy.csv:6 | currency_unknown | currency | EURO',
      'legacy | legacy.csv:7 | date_malformed | period_start | 31/10/2026',
      'legacy | legacy.csv:8 | totals_differ | document_gross | 11',
      'legacy | legacy.csv:9 | row_malformed |  | RAGGED,C-RAGGED,EUR,2026-10-01,2026-11-01,seat,1,10.00,10.00,,surplus',
      'legacy | legacy.csv:10 | id_damaged | document_id | 1234567890123450',
      'legacy | legacy.csv:11 | id_duplicate | document_id | TWICE',
      'legacy | legacy.csv:13 | id_duplicate | document_id | TWICE',
      'legacy | legacy.csv:14 | totals_differ | document_gross | 30',
      'legacy | legacy.csv:16 | totals_differ | document_gross | 30',
      'legacy | legacy.csv:17 | encoding_broken | description | caf\uFFFD',
      'legacy | legacy.csv:18 | encoding_broken | description | a␀b',
      'legacy | legacy.csv:19 | field_missing | document_id | ',
    ].sort(),
  );
  for (const id of [...bad, 'TWICE (copy 2)', 'TORN (copy 2)', 'legacy.csv:10', 'legacy.csv:19'])
    expect([id, stateOf(result, id)]).toEqual([id, 'error']);
  // The counterpart of an unreadable document is not called missing.
  for (const id of [...bad, 'DAMAGED', 'NOID']) expect([id, stateOf(result, `S-${id}`)]).toEqual([id, 'error']);
  for (const id of ['GOOD1', 'GOOD2', 'GOOD3']) expect([id, stateOf(result, id)]).toEqual([id, 'matched']);
  expect(result.mismatches.map((one) => [one.customer, one.delta])).toEqual([['C-DIFFERS', '1']]);
});

test('rows of a document that do not stand together are never put together or compared one by one', async () => {
  const rows = [row('TORN', '10.00', { gross: '' }), row('GOOD', '5.00'), row('TORN', '20.00', { gross: '' })];
  const result = await reconcile({ 'legacy.csv': `${[head, ...rows].join('\n')}\n` }, [
    billed('TORN', '30'),
    billed('GOOD', '5'),
  ]);
  expectIncomplete(result);
  expect(result.problems.map((one) => [one.code, one.place.line, one.expected])).toEqual([
    [
      'id_duplicate',
      2,
      'a document id that stands once, with its rows together; it stands 2 times: legacy.csv:2, legacy.csv:4',
    ],
    [
      'id_duplicate',
      4,
      'a document id that stands once, with its rows together; it stands 2 times: legacy.csv:2, legacy.csv:4',
    ],
  ]);
  expect([stateOf(result, 'TORN'), stateOf(result, 'GOOD')]).toEqual(['error', 'matched']);
});

test('one good copy of a document does not save it when another copy cannot be read', async () => {
  const rows = [row('A', '10.00'), row('B', '5.00'), row('A', 'ten')];
  const result = await reconcile({ 'legacy.csv': `${[head, ...rows].join('\n')}\n` }, [
    billed('A', '10'),
    billed('B', '5'),
  ]);
  expectIncomplete(result);
  expect([stateOf(result, 'A'), stateOf(result, 'A (copy 2)'), stateOf(result, 'B')]).toEqual([
    'error',
    'error',
    'matched',
  ]);
});

test.each([
  [
    'a missing column',
    'document_id,customer,amount\nA,C-A,1\n',
    ['legacy | legacy.csv:1 | column_missing | currency | document_id, customer, amount'],
  ],
  ['an empty file', '', ['legacy | legacy.csv:1 | column_missing |  | ']],
  ['a header and nothing else', `${head}\n`, []],
])('%s ends the run incomplete, and nothing is said to be missing in Solvimon', async (_name, content, expected) => {
  const result = await reconcile({ 'legacy.csv': content }, [billed('A', '1')]);
  expectIncomplete(result);
  expect(told(result)).toEqual(expected);
  expect(result.pairs.map((pair) => pair.state)).toEqual(['only_solvimon']);
});

test('a quote that never closes loses the rest of the file and says so; what stood before it is compared', async () => {
  const rows = [row('A', '10.00'), row('B', '"20.00'), row('C', '30.00')];
  const result = await reconcile({ 'legacy.csv': `${[head, ...rows].join('\n')}\n` }, [
    billed('A', '10'),
    billed('B', '20'),
  ]);
  expectIncomplete(result);
  expect(told(result)).toEqual(['legacy | legacy.csv:3 | row_malformed |  | ']);
  expect(stateOf(result, 'A')).toBe('matched');
});

test('a file cut off against its manifest is incomplete, figure by figure, and what is there is compared', async () => {
  const whole = `${[head, row('A', '10.00'), row('B', '20.00')].join('\n')}\n`;
  const cut = `${[head, row('A', '10.00')].join('\n')}\n`;
  const sha256 = createHash('sha256').update(whole).digest('hex');
  const manifest = { rows: 2, documents: 2, sha256, control_totals: { EUR: '30.00' } };
  const yaml = config("{ kind: csv, path: 'legacy.csv', manifest: 'manifest.json', timezone: UTC, columns: {} }");
  const input = { 'manifest.json': JSON.stringify(manifest) };
  const both = [billed('A', '10'), billed('B', '20')];
  const result = await reconcile({ 'legacy.csv': cut, ...input }, both, yaml);
  expectIncomplete(result);
  expect(result.problems.map((one) => [one.code, one.field])).toEqual([
    ['control_total_differs', 'rows'],
    ['control_total_differs', 'documents'],
    ['control_total_differs', 'sha256'],
    ['control_total_differs', 'gross EUR'],
  ]);
  expect([stateOf(result, 'A'), stateOf(result, 'S-B')]).toEqual(['matched', 'only_solvimon']);
  const good = await reconcile({ 'legacy.csv': whole, ...input }, both, yaml);
  expect([good.run.isComplete, good.problems]).toEqual([true, []]);
});

const ndjson = config(
  "{ kind: ndjson, path: 'legacy.ndjson', timezone: UTC, columns: { document_id: id, customer: c, currency: y, product: p, quantity: q, amount: a, period_start: s, period_end: e } }",
);

test('NDJSON: an amount of twenty digits survives to the last one, and a line that is no JSON is an error of its own', async () => {
  const net = '12345678901234567890.123456789';
  const line = `{"p":"seat","q":1,"a":${net},"s":"2026-10-01","e":"2026-11-01"}`;
  const document = (id: string) => `{"id":"${id}","c":"C-${id}","y":"EUR","lines":[${line}]}`;
  const legacy = [document('BIG'), '{"id":"CUT","c":', document('NEXT'), ''].join('\n');
  const invoice = (id: string, amount: string) => {
    const made = { quantity: amount, currency: 'EUR' };
    const plain = JSON.stringify(solvimonInvoice(billed(id, '77')));
    return JSON.parse(
      plain
        .replaceAll('{"quantity":"77.0000","currency":"EUR"}', JSON.stringify(made))
        .replaceAll('{"quantity":"77","currency":"EUR"}', JSON.stringify(made)),
    ) as unknown;
  };
  const result = await reconcile(
    { 'legacy.ndjson': legacy },
    {
      'solvimon/2026-10/1.json': solvimonPage([invoice('BIG', net), invoice('NEXT', '12345678901234567890.133456789')]),
    },
    ndjson,
  );
  expectIncomplete(result);
  expect(told(result)).toEqual(['legacy | legacy.ndjson:2 | json_malformed |  | {"id":"CUT","c":']);
  expect([stateOf(result, 'BIG'), stateOf(result, 'legacy.ndjson:2'), stateOf(result, 'NEXT')]).toEqual([
    'matched',
    'error',
    'mismatch',
  ]);
  // One cent in twenty digits: a double would not have seen it.
  expect(result.mismatches.map((one) => one.delta)).toEqual(['0.01']);
});

const oneLegacy = { 'legacy.csv': `${[head, row('A', '10.00'), row('B', '20.00')].join('\n')}\n` };
const [a, b] = [solvimonInvoice(billed('A', '10')), solvimonInvoice(billed('B', '20'))];

test('a Solvimon page that is cut off is told with the line where it ends, and the other pages are compared', async () => {
  const second = JSON.stringify({ data: [b], page: 2, total_number_of_pages: 2 }, null, 1);
  const cut = second.split('\n').slice(0, 20).join('\n');
  const result = await reconcile(oneLegacy, {
    'solvimon/2026-10/1.json': solvimonPage([a], 1, 2),
    'solvimon/2026-10/2.json': cut,
  });
  expectIncomplete(result);
  expect(result.problems).toMatchObject([
    { side: 'solvimon', code: 'json_malformed', place: { file: 'solvimon/2026-10/2.json', line: 20 } },
  ]);
  expect(result.run.incompleteBecause).toContain('solvimon: 1 of 2 pages are there');
  expect(stateOf(result, 'A')).toBe('matched');
});

test('a page that is not there is known by the number of pages', async () => {
  const result = await reconcile(oneLegacy, { 'solvimon/2026-10/1.json': solvimonPage([a], 1, 2) });
  expectIncomplete(result);
  expect(result.run.incompleteBecause).toEqual(['solvimon: 1 of 2 pages are there']);
});

test('the same invoice on two pages is one invoice; two versions of it are an error and not a choice', async () => {
  const same = await reconcile(oneLegacy, {
    'solvimon/2026-10/1.json': solvimonPage([a, b], 1, 2),
    'solvimon/2026-10/2.json': solvimonPage([b], 2, 2),
  });
  expect([same.run.isComplete, same.pairs.map((pair) => pair.state)]).toEqual([true, ['matched', 'matched']]);
  expect(same.summary.sides.find((side) => side.side === 'solvimon')?.skips).toEqual([
    { reason: 'the same document again', count: 1, examples: ['S-B'] },
  ]);
  const changed = { ...solvimonInvoice(billed('B', '21')), updated_at: '2026-11-02T00:00:00Z' };
  const differing = await reconcile(oneLegacy, {
    'solvimon/2026-10/1.json': solvimonPage([a, b], 1, 2),
    'solvimon/2026-10/2.json': solvimonPage([changed], 2, 2),
  });
  expectIncomplete(differing);
  expect([stateOf(differing, 'A'), stateOf(differing, 'S-B'), stateOf(differing, 'S-B (copy 2)')]).toEqual([
    'matched',
    'error',
    'error',
  ]);
});

test('a gzip file that is corrupt or cut off is told, and the other files are compared', async () => {
  const packed = gzipSync(solvimonPage([b], 2, 2));
  const corrupt = Buffer.from(packed);
  corrupt.fill(0xff, 20, 40);
  for (const bytes of [corrupt, packed.subarray(0, packed.length - 12), Buffer.from('no gzip')]) {
    const result = await reconcile(oneLegacy, {
      'solvimon/2026-10/1.json.gz': gzipSync(solvimonPage([a], 1, 2)),
      'solvimon/2026-10/2.json.gz': bytes,
    });
    expectIncomplete(result);
    expect(told(result)).toEqual(['solvimon | solvimon/2026-10/2.json.gz: | row_malformed |  | ']);
    expect(stateOf(result, 'A')).toBe('matched');
  }
});

test('what stands on a page and is no invoice is told with its number, in JSON and in NDJSON', async () => {
  const result = await reconcile(oneLegacy, {
    'solvimon/2026-10/1.json': JSON.stringify({ data: [a, 'no invoice', null] }),
    'solvimon/2026-10/2.ndjson': `${JSON.stringify(b)}\n{"id":\n`,
  });
  expectIncomplete(result);
  expect(told(result)).toEqual([
    'solvimon | solvimon/2026-10/1.json:2 | json_malformed | data[1] | "no invoice"',
    'solvimon | solvimon/2026-10/1.json:3 | json_malformed | data[2] | null',
    'solvimon | solvimon/2026-10/2.ndjson:2 | json_malformed |  | {"id":',
  ]);
  expect([stateOf(result, 'A'), stateOf(result, 'B')]).toEqual(['matched', 'matched']);
});

test('Solvimon amounts that are no text, and invoices without id, lines, currency or plain text, are errors with their path', async () => {
  const text = (value: unknown) => JSON.stringify(value);
  const unquoted = text(a).replaceAll('"quantity":"10.0000"', '"quantity":10.0000');
  const invoices = [
    `${unquoted}`,
    text({ ...b, id: null }),
    text({ ...solvimonInvoice(billed('NOLINES', '5')), periods: [] }),
    text({ ...solvimonInvoice(billed('EURO', '5')), billing_currency: 'EURO' }),
    text(solvimonInvoice(billed('MIXED', '5'))).replace('"billing_currency":"EUR"', '"billing_currency":"USD"'),
    text({ ...solvimonInvoice(billed('NUL', '5')), invoice_number: 'a\0b' }),
    text({ ...solvimonInvoice(billed('NOID2', '5')), id: '' }),
  ];
  const result = await reconcile(oneLegacy, { 'solvimon/2026-10/1.ndjson': `${invoices.join('\n')}\n` });
  expectIncomplete(result);
  const bySource = told(result).map((line) => line.split(' | ').slice(1, 4).join(' '));
  expect([...new Set(bySource)]).toEqual([
    'solvimon/2026-10/1.ndjson:1 amount_malformed invoice_amount_including_tax.quantity',
    'solvimon/2026-10/1.ndjson:1 amount_malformed periods[0].groups[0].lines[0].amount_including_tax.quantity',
    'solvimon/2026-10/1.ndjson:1 amount_malformed tax_summary.base_amount.quantity',
    'solvimon/2026-10/1.ndjson:2 field_missing id',
    'solvimon/2026-10/1.ndjson:3 lines_missing periods[].groups[].lines[]',
    'solvimon/2026-10/1.ndjson:4 currency_unknown billing_currency',
    'solvimon/2026-10/1.ndjson:5 currency_mixed invoice_amount_including_tax.currency',
    'solvimon/2026-10/1.ndjson:5 currency_mixed periods[0].groups[0].amount_excluding_tax.currency',
    'solvimon/2026-10/1.ndjson:5 currency_mixed periods[0].groups[0].lines[0].amount_excluding_tax.currency',
    'solvimon/2026-10/1.ndjson:5 currency_mixed periods[0].groups[0].lines[0].amount_including_tax.currency',
    'solvimon/2026-10/1.ndjson:5 currency_mixed tax_summary.base_amount.currency',
    'solvimon/2026-10/1.ndjson:5 currency_mixed tax_summary.tax_amount.currency',
    'solvimon/2026-10/1.ndjson:6 encoding_broken invoice_number',
    'solvimon/2026-10/1.ndjson:7 field_missing id',
  ]);
  expect(result.pairs.map((pair) => pair.state)).toEqual(result.pairs.map(() => 'error'));
  expect([stateOf(result, 'A'), stateOf(result, 'B'), stateOf(result, 'solvimon/2026-10/1.ndjson:7')]).toEqual([
    'error',
    'error',
    'error',
  ]);
});
