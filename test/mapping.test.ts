import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderSummary } from '../src/cli/render/summary.js';
import { mappingCoverage } from '../src/store/coverage.js';
import { inAnyOrder, type Reconciled, reconcileFolder, writeFolder } from './support/reconcile.js';
import { type SolvimonInvoiceInput, solvimonInvoice, solvimonPage } from './support/solvimon-invoice.js';
import { createTestDatabase, keepOnFailure, type TestDatabase } from './support/test-database.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const head = 'document_id,customer,currency,period_start,period_end,product,quantity,amount';
type Charge = readonly [product: string, quantity: string, amount: string];

function legacyRows(id: string, customer: string, charges: readonly Charge[]): string {
  return charges
    .map(([product, quantity, amount]) =>
      [id, customer, 'EUR', '2026-10-01', '2026-11-01', product, quantity, amount].join(','),
    )
    .join('\n');
}

const billed = (customer: string, charges: readonly Charge[]): SolvimonInvoiceInput => ({
  id: `S-${customer}`,
  customer,
  lines: charges.map(([product, quantity, net]) => ({ product, quantity, net })),
});

async function reconcile(input: {
  readonly legacy: readonly string[];
  readonly solvimon: readonly SolvimonInvoiceInput[];
  readonly products?: string;
  readonly customers?: string;
  readonly strict?: boolean;
}): Promise<Reconciled> {
  keepOnFailure(database);
  const mapping = [
    input.products === undefined ? [] : ["products: 'products.csv'"],
    input.customers === undefined ? [] : ["customers: 'customers.csv'"],
    [`strict: ${input.strict ?? true}`],
  ].flat();
  const dir = writeFolder({
    'shadowbill.yml': `version: 1
timezone: UTC
mapping: { ${mapping.join(', ')} }
sources:
  legacy: { kind: csv, path: legacy.csv, timezone: UTC, columns: {} }
  solvimon: { kind: pages, path: pages }
`,
    'legacy.csv': `${[head, ...input.legacy].join('\n')}\n`,
    'pages/1.json': solvimonPage(input.solvimon.map(solvimonInvoice)),
    'products.csv': `legacy,solvimon\n${input.products ?? ''}\n`,
    'customers.csv': `legacy,solvimon\n${input.customers ?? ''}\n`,
  });
  return reconcileFolder(database, dir, '2026-10');
}

const found = (result: Reconciled) => inAnyOrder(result.mismatches.map((one) => [one.customer, one.cause, one.delta]));

test('products may be replaced one by one, many by one and one by many; the money is then compared together', async () => {
  const result = await reconcile({
    products: 'one,uno\nmany-a,all\nmany-b,all\nwhole,part-1\nwhole,part-2',
    legacy: [
      legacyRows('L1', 'C1', [
        ['one', '1', '10'],
        ['many-a', '100', '20'],
        ['many-b', '200', '30'],
        ['whole', '300', '90'],
      ]),
      legacyRows('L2', 'C2', [
        ['many-a', '100', '20'],
        ['many-b', '200', '30'],
      ]),
    ],
    solvimon: [
      billed('C1', [
        ['uno', '1', '10'],
        ['all', '300', '50'],
        ['part-1', '100', '40'],
        ['part-2', '200', '50'],
      ]),
      // One cent less for both together.
      billed('C2', [['all', '300', '49.99']]),
    ],
  });
  expect(result.pairs.map((pair) => [pair.customer, pair.state])).toEqual([
    ['C1', 'matched'],
    ['C2', 'mismatch'],
  ]);
  expect(result.mismatches.map((one) => one.delta)).toEqual(['-0.01']);
});

test('customers may be joined many to one: their invoices are those of one customer', async () => {
  const result = await reconcile({
    customers: 'OLD-1,NEW\nOLD-2,NEW',
    legacy: [legacyRows('L1', 'OLD-1', [['p', '1', '10']]), legacyRows('L2', 'OLD-2', [['p', '2', '20']])],
    solvimon: [
      { ...billed('NEW', [['p', '1', '10']]), id: 'S1' },
      { ...billed('NEW', [['p', '2', '20']]), id: 'S2' },
    ],
  });
  expect(
    result.pairs.map((pair) => [pair.customer, pair.legacy, pair.solvimon, pair.state].flat().join(' ')).sort(),
  ).toEqual(['OLD-1 L1 S1 matched', 'OLD-1 L2 S2 matched']);
});

test('an unmapped product with money on it is never green, even when both sides bill the same for it', async () => {
  const result = await reconcile({
    products: 'known,known-new',
    legacy: [
      legacyRows('L1', 'C1', [
        ['known', '1', '10'],
        ['forgotten', '1', '5'],
      ]),
      legacyRows('L2', 'C2', [['known', '1', '10']]),
    ],
    solvimon: [
      billed('C1', [
        ['known-new', '1', '10'],
        ['forgotten', '1', '5'],
      ]),
      billed('C2', [['known-new', '1', '10']]),
    ],
  });
  expect(result.pairs.map((pair) => [pair.customer, pair.state])).toEqual([
    ['C1', 'mismatch'],
    ['C2', 'matched'],
  ]);
  expect(found(result)).toEqual(inAnyOrder([['C1', 'mapping.unmapped_product', '0']]));
});

test('an unmapped product that only one side bills says that its mapping is missing, on either side and in either mode', async () => {
  for (const strict of [true, false]) {
    const result = await reconcile({
      strict,
      products: 'known,known-new',
      legacy: [
        legacyRows('L1', 'C1', [
          ['known', '1', '10'],
          ['forgotten', '1', '5'],
        ]),
        legacyRows('L2', 'C2', [['known', '1', '10']]),
      ],
      solvimon: [
        billed('C1', [['known-new', '1', '10']]),
        billed('C2', [
          ['known-new', '1', '10'],
          ['surprise', '1', '7'],
        ]),
      ],
    });
    expect(found(result)).toEqual(
      inAnyOrder([
        ['C1', 'mapping.unmapped_product', '-5'],
        ['C2', 'mapping.unmapped_product', '7'],
      ]),
    );
  }
});

test('an unmapped product without money blocks nothing', async () => {
  const result = await reconcile({
    products: 'known,known-new',
    legacy: [
      legacyRows('L1', 'C1', [
        ['known', '1', '10'],
        ['free', '1', '0'],
      ]),
    ],
    solvimon: [billed('C1', [['known-new', '1', '10']])],
  });
  expect(result.pairs.map((pair) => pair.state)).toEqual(['matched']);
});

test('an invoice of an unmapped customer is not called missing: its customer is not joined', async () => {
  const result = await reconcile({
    customers: 'C1,N1',
    legacy: [legacyRows('L1', 'C1', [['p', '1', '10']]), legacyRows('L2', 'C2', [['p', '1', '10']])],
    solvimon: [billed('N1', [['p', '1', '10']]), billed('C2', [['p', '1', '10']])],
  });
  expect(result.pairs.map((pair) => [pair.customer, pair.state])).toEqual([
    ['C1', 'matched'],
    ['legacy:C2', 'only_legacy'],
    ['solvimon:C2', 'only_solvimon'],
  ]);
  expect(found(result)).toEqual(
    inAnyOrder([
      ['legacy:C2', 'mapping.unmapped_customer', '-10'],
      ['solvimon:C2', 'mapping.unmapped_customer', '10'],
    ]),
  );
});

test('the coverage lists what only one side knows first, by money, and then the rest, by money', async () => {
  const result = await reconcile({
    products: 'small,small-new\nlarge,large-new',
    legacy: [
      legacyRows('L1', 'C1', [
        ['small', '1', '10'],
        ['large', '2', '1000.50'],
        ['old-minor', '1', '3'],
        ['old-major', '1', '-400'],
      ]),
    ],
    solvimon: [
      billed('C1', [
        ['small-new', '1', '10'],
        ['large-new', '2', '1000.50'],
        ['new-only', '1', '50'],
      ]),
    ],
  });
  const rows = await mappingCoverage(database.db, result.run);
  expect(
    rows.map((row) => [
      row.chargeKey,
      row.isMapped,
      row.legacyLines,
      row.legacyNet,
      row.solvimonLines,
      row.solvimonNet,
    ]),
  ).toEqual([
    ['legacy:old-major', false, 1, '-400', 0, null],
    ['solvimon:new-only', false, 0, null, 1, '50'],
    ['legacy:old-minor', false, 1, '3', 0, null],
    ['large', true, 1, '1000.5', 1, '1000.5'],
    ['small', true, 1, '10', 1, '10'],
  ]);
});

test('the summary names unmapped products before every other cause', async () => {
  const result = await reconcile({
    products: 'known,known-new',
    legacy: [
      legacyRows('L1', 'C1', [
        ['known', '1', '10'],
        ['forgotten', '1', '5'],
      ]),
      legacyRows('L2', 'C2', [['known', '1', '10']]),
      legacyRows('L3', 'C3', [['known', '1', '10']]),
    ],
    solvimon: [billed('C1', [['known-new', '1', '10']]), billed('C2', [['known-new', '1', '900']])],
  });
  const lines = renderSummary(result.run).split('\n');
  const head = lines.findIndex((line) => line.startsWith('cause'));
  expect(lines[head + 1]).toMatch(/^mapping\.unmapped_product/);
  expect(lines[head + 2]).toMatch(/^(invoice\.missing_in_solvimon|unexplained)/);
});
