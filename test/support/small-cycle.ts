import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/*
 * A cycle of two systems as files, made from the number of its customers alone: the legacy export as CSV, Solvimon's
 * replies as pages of JSON, and the configuration that joins them. Each customer shows one thing; which one is its number
 * modulo the list below. Amounts are whole cents in bigint.
 */

/** What customers show, by their number, with the state that their pairs have to end in. */
export const plans = [
  ['same', ['matched']],
  ['same', ['matched']],
  ['one cent more', ['mismatch']],
  ['same', ['matched']],
  ['line missing in solvimon', ['mismatch']],
  ['same', ['matched']],
  ['invoice missing in solvimon', ['only_legacy']],
  ['discount detached', ['matched']],
  ['quantity differs', ['mismatch']],
  ['invoice missing in legacy', ['only_solvimon']],
  ['not on hold', ['not_ready']],
  ['tax rate differs', ['mismatch']],
] as const;
export type Plan = (typeof plans)[number][0];

export const planOf = (customer: number): Plan => plans[customer % plans.length]?.[0] ?? 'same';

type Line = {
  readonly product: 'seats' | 'calls';
  readonly quantity: bigint;
  readonly price: bigint;
  readonly discount: bigint;
  readonly amount: bigint;
  readonly rate: bigint;
};

const currencies = ['EUR', 'USD', 'GBP'] as const;
const customerName = (customer: number) => `C${String(customer).padStart(4, '0')}`;

/** Seats at 10.00 with a tenth off for some, calls at 0.05. */
function linesOf(customer: number): readonly Line[] {
  const seats = BigInt((customer % 7) + 1);
  const calls = BigInt(100 + customer);
  const discount = planOf(customer) === 'discount detached' ? -seats * 100n : 0n;
  return [
    { product: 'seats', quantity: seats, price: 1000n, discount, amount: seats * 1000n, rate: 21n },
    { product: 'calls', quantity: calls, price: 5n, discount: 0n, amount: calls * 5n, rate: 21n },
  ];
}

/** Half-up to the cent; amounts here are never negative. */
const taxOf = (line: Line) => ((line.amount + line.discount) * line.rate + 50n) / 100n;

/** What Solvimon has instead. */
function solvimonLines(customer: number): readonly Line[] {
  const [seats, calls] = linesOf(customer);
  if (seats === undefined || calls === undefined) return [];
  switch (planOf(customer)) {
    case 'one cent more':
      return [{ ...seats, amount: seats.amount + 1n }, calls];
    case 'line missing in solvimon':
      return [seats];
    case 'quantity differs':
      return [seats, { ...calls, quantity: calls.quantity + 10n, amount: calls.amount + 50n }];
    case 'tax rate differs':
      return [seats, { ...calls, rate: 9n }];
    case 'same':
    case 'discount detached':
    case 'invoice missing in solvimon':
    case 'invoice missing in legacy':
    case 'not on hold':
      return [calls, seats];
  }
}

function cents(value: bigint): string {
  const size = (value < 0n ? -value : value).toString().padStart(3, '0');
  return `${value < 0n ? '-' : ''}${size.slice(0, -2)}.${size.slice(-2)}`;
}

const header =
  'invoice,customer,currency,line,kind,product,from,to,quantity,unit_price,amount,discount,tax,tax_rate,invoice_total';

function csvRows(customer: number): readonly string[] {
  if (planOf(customer) === 'invoice missing in legacy') return [];
  const lines = linesOf(customer);
  const total = lines.reduce((sum, line) => sum + line.amount + line.discount + taxOf(line), 0n);
  return lines.map((line, index) =>
    [
      `in-${customer}`,
      customerName(customer),
      currencies[customer % currencies.length],
      `${index + 1}`,
      line.product === 'calls' ? 'usage' : 'recurring',
      line.product,
      '2026-10-01',
      '2026-11-01',
      line.quantity,
      cents(line.price),
      cents(line.amount),
      cents(line.discount),
      cents(taxOf(line)),
      line.rate,
      cents(total),
    ].join(','),
  );
}

/** The row with a letter where the last digit of the amount should be. */
function damaged(row: string): string {
  const cells = row.split(',');
  const at = header.split(',').indexOf('amount');
  return cells.map((cell, index) => (index === at ? `${cell.slice(0, -1)}O` : cell)).join(',');
}

function invoiceOf(customer: number): object | null {
  const plan = planOf(customer);
  if (plan === 'invoice missing in solvimon') return null;
  const currency = currencies[customer % currencies.length];
  const amount = (value: bigint) => ({ quantity: cents(value), currency });
  const lines = solvimonLines(customer);
  const net = lines.reduce((sum, line) => sum + line.amount + line.discount, 0n);
  const tax = lines.reduce((sum, line) => sum + taxOf(line), 0n);
  const bounds = { start_at: '2026-10-01T00:00:00Z', end_at: '2026-11-01T00:00:00Z' };
  return {
    object_type: 'INVOICE',
    id: `invo-${customer}`,
    customer_reference: customerName(customer),
    status: 'DRAFT',
    on_hold: plan !== 'not on hold',
    type: 'STANDARD',
    billing_currency: currency,
    timezone: 'UTC',
    pricing_amount_type: 'EXCLUDING_TAX',
    invoice_amount_including_tax: amount(net + tax),
    tax_summary: { base_amount: amount(net), tax_amount: amount(tax) },
    periods: [
      {
        ...bounds,
        groups: [{ ...bounds, lines: lines.flatMap((line, index) => solvimonRows(customer, line, index, amount)) }],
      },
    ],
  };
}

function solvimonRows(
  customer: number,
  line: Line,
  index: number,
  amount: (value: bigint) => object,
): readonly object[] {
  const isUsage = line.product === 'calls';
  const product = [{ reference: line.product, model_type: isUsage ? 'USAGE_BASED' : 'RECURRING' }];
  const ownTax = (line.amount * line.rate + 50n) / 100n;
  const charge = {
    id: `inli-${customer}-${index}`,
    type: 'REVENUE',
    pricing_type: 'FLAT',
    product_items: product,
    meter_value: { number: line.quantity.toString() },
    amount_excluding_tax: amount(line.amount),
    amount_including_tax: amount(line.amount + ownTax),
    details: { band: { amount: amount(line.price) } },
  };
  if (line.discount === 0n) return [charge];
  const discount = {
    id: `inli-${customer}-${index}d`,
    type: 'DISCOUNT',
    product_items: product,
    amount_excluding_tax: amount(line.discount),
    amount_including_tax: amount(line.discount + taxOf(line) - ownTax),
  };
  return [charge, discount];
}

const config = (chunkSize: number) => `version: 1
timezone: UTC
sources:
  legacy:
    kind: csv
    path: legacy.csv
    timezone: UTC
    columns:
      document_id: invoice
      customer: customer
      currency: currency
      line_id: line
      line_kind: kind
      product: product
      period_start: from
      period_end: to
      quantity: quantity
      unit_price: unit_price
      amount: amount
      discount: discount
      tax: tax
      tax_rate: tax_rate
      document_gross: invoice_total
  solvimon:
    kind: pages
    path: pages
run:
  chunk_size: ${chunkSize}
`;

export type SmallCycle = {
  readonly customers: number;
  readonly chunkSize: number;
  /** Numbers of customers whose legacy invoice has an amount that is no number. */
  readonly unreadable?: readonly number[];
  /** Writes the events behind the calls as well, one a call; of every tenth customer Solvimon lacks the first. */
  readonly withUsage?: boolean;
};

/** Writes the cycle under `dir` and answers the path of its configuration. */
export function writeSmallCycle(dir: string, cycle: SmallCycle): string {
  const numbers = Array.from({ length: cycle.customers }, (_unused, index) => index);
  mkdirSync(path.join(dir, 'pages'), { recursive: true });
  const rows = numbers.flatMap((customer) =>
    cycle.unreadable?.includes(customer) === true ? csvRows(customer).map(damaged) : csvRows(customer),
  );
  writeFileSync(path.join(dir, 'legacy.csv'), `${[header, ...rows].join('\n')}\n`);
  // Solvimon lists the newest first, twenty to a page.
  const invoices = numbers
    .toReversed()
    .map(invoiceOf)
    .filter((one) => one !== null);
  const pageCount = Math.max(1, Math.ceil(invoices.length / 20));
  for (let page = 0; page < pageCount; page += 1) {
    const data = invoices.slice(page * 20, page * 20 + 20);
    writeFileSync(
      path.join(dir, 'pages', `page-${String(page + 1).padStart(4, '0')}.json`),
      JSON.stringify({ data, page: page + 1, total_number_of_pages: pageCount }),
    );
  }
  const file = path.join(dir, 'shadowbill.yml');
  if (cycle.withUsage === true) writeUsage(dir, numbers);
  writeFileSync(file, `${config(cycle.chunkSize)}${cycle.withUsage === true ? usageConfig : ''}`);
  return file;
}

const usageConfig = `usage:
  legacy: { kind: csv, path: usage.csv, columns: {} }
  solvimon: { kind: ndjson, path: events.ndjson }
`;

function writeUsage(dir: string, numbers: readonly number[]): void {
  const events = numbers.flatMap((customer) =>
    Array.from({ length: 10 }, (_unused, index) => ({
      reference: `event-${customer}-${index}`,
      customer: customerName(customer),
      at: `2026-10-${String(index + 10)}T12:00:00Z`,
      isLost: customer % 10 === 0 && index === 0,
    })),
  );
  const rows = events.map((one) => `${one.reference},${one.customer},calls,${one.at},1`);
  writeFileSync(path.join(dir, 'usage.csv'), `${['reference,customer,meter,at,quantity', ...rows].join('\n')}\n`);
  const taken = events
    .filter((one) => !one.isLost)
    .map((one) =>
      JSON.stringify({
        reference: one.reference,
        customer_reference: one.customer,
        meter_reference: 'calls',
        timestamp: one.at,
        created_at: one.at,
        meter_values: [{ reference: 'calls', number: '1' }],
      }),
    );
  writeFileSync(path.join(dir, 'events.ndjson'), `${taken.join('\n')}\n`);
}
