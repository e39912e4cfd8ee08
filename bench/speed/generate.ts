import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import path from 'node:path';

/*
 * The benchmark's workload: one October invoice for each customer and side, two to twelve lines (seven on average) of
 * fees, usage and discounts with tax, in five currencies. Each customer is made from the seed and its number alone, so
 * that any size is a prefix of a larger one. Legacy states bare JSON numbers without trailing zeros, Solvimon its own
 * shape with padded decimal text, other ids, lines and customers in another order. One in a hundred customers is damaged
 * in one of eleven ways; truth.json names them. All money is whole minor units in bigint.
 */

export const damages = [
  'missing_in_solvimon',
  'missing_in_legacy',
  'missing_line',
  'quantity',
  'unit_price',
  'one_minor_unit',
  'tax',
  'currency',
  'duplicate_line',
  'split_line',
  'period_shift',
] as const;
export type Damage = (typeof damages)[number];

export type Truth = {
  readonly seed: number;
  readonly customers: number;
  readonly damaged: Readonly<Record<string, Damage>>;
};

const currencies = [
  ['EUR', 2],
  ['USD', 2],
  ['GBP', 2],
  ['JPY', 0],
  ['KWD', 3],
] as const;

type Line = {
  readonly product: number;
  readonly isUsage: boolean;
  /** Millionths. */
  quantity: bigint;
  /** Trillionths of a major unit. */
  price: bigint;
  /** Minor units before discount. */
  amount: bigint;
  /** Minor units, ≤ 0. */
  discount: bigint;
  tax: bigint;
};
type Invoice = {
  readonly currency: string;
  readonly digits: number;
  readonly lines: Line[];
  readonly isShifted: boolean;
};

/** A small seeded generator of 32-bit numbers; the quality of its bits does not matter here, its sameness does. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

const below = (next: () => number, limit: number) => next() % limit;

function roundHalfUp(value: bigint, divisor: bigint): bigint {
  return (value * 2n + divisor) / (divisor * 2n);
}

const taxPercent = 21n;

function price(line: Line, digits: number): void {
  line.amount = roundHalfUp(line.quantity * line.price * 10n ** BigInt(digits), 10n ** 18n);
}

function taxOf(line: Line): bigint {
  return roundHalfUp((line.amount + line.discount) * taxPercent, 100n);
}

function makeInvoice(next: () => number): Invoice {
  const [currency, digits] = currencies[below(next, currencies.length)] ?? currencies[0];
  const count = 2 + below(next, 11);
  const lines = Array.from({ length: count }, (_, index): Line => {
    const isUsage = below(next, 2) === 1;
    const line: Line = {
      product: index * 16 + below(next, 16),
      isUsage,
      quantity: isUsage ? BigInt(1 + below(next, 4_000_000_000)) : BigInt(1 + below(next, 50)) * 1_000_000n,
      price: isUsage
        ? BigInt(1 + below(next, 100_000)) * 10_000_000n + BigInt(below(next, 1000))
        : BigInt(500 + below(next, 40_000)) * 10_000_000_000n,
      amount: 0n,
      discount: 0n,
      tax: 0n,
    };
    if (digits === 0 && !isUsage) line.price = (line.price / 1_000_000_000_000n + 1n) * 1_000_000_000_000n;
    price(line, digits);
    if (below(next, 5) === 0) line.discount = -roundHalfUp(line.amount, 10n);
    line.tax = taxOf(line);
    return line;
  });
  return { currency, digits, lines, isShifted: false };
}

/** The same invoice with one fault, on the Solvimon side; null when the whole invoice is missing there. */
function damage(invoice: Invoice, kind: Damage): Invoice | null {
  const lines = invoice.lines.map((line) => ({ ...line }));
  const first = lines[0] as Line;
  switch (kind) {
    case 'missing_in_solvimon':
      return null;
    case 'missing_in_legacy':
      break;
    case 'missing_line':
      lines.shift();
      break;
    case 'quantity':
      first.quantity += 7_000_000n;
      price(first, invoice.digits);
      first.tax = taxOf(first);
      break;
    case 'unit_price':
      first.price += 1_000_000_000_000n;
      price(first, invoice.digits);
      first.tax = taxOf(first);
      break;
    case 'one_minor_unit':
      first.amount += 1n;
      break;
    case 'tax':
      first.tax += 5n;
      break;
    case 'currency':
      return { ...invoice, lines, currency: invoice.currency === 'EUR' ? 'USD' : 'EUR', digits: 2 };
    case 'duplicate_line':
      lines.push({ ...first });
      break;
    case 'split_line': {
      // Two lines of half the money each, under another product: no key joins them.
      const half = first.amount / 2n;
      const other: Line = { ...first, product: 999, amount: first.amount - half, discount: 0n, tax: 0n };
      first.amount = half;
      lines.push(other);
      break;
    }
    case 'period_shift':
      return { ...invoice, lines, isShifted: true };
  }
  return { ...invoice, lines };
}

function decimal(value: bigint, scale: number): string {
  const sign = value < 0n ? '-' : '';
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

const stripped = (text: string) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

function legacyText(id: number, invoice: Invoice): string {
  const money = (minor: bigint) => stripped(decimal(minor, invoice.digits));
  let [net, tax] = [0n, 0n];
  const lines = invoice.lines.map((line, index) => {
    net += line.amount + line.discount;
    tax += line.tax;
    const discount = line.discount === 0n ? '' : `,"discount":${money(line.discount)}`;
    return `{"id":"il_${id}_${index}","type":"${line.isUsage ? 'usage' : 'recurring'}","sku":"sku-${line.product}","description":"Charge for product ${line.product}, October 2026","from":"2026-10-01","to":"2026-11-01","qty":${stripped(decimal(line.quantity, 6))},"unit":${stripped(decimal(line.price, 12))},"amount":${money(line.amount)}${discount},"tax":${money(line.tax)},"tax_rate":21}`;
  });
  return `{"id":"in_${id}","number":"INV-2026-${id}","customer":"C${id}","currency":"${invoice.currency}","status":"final","issued":"2026-11-01","net":${money(net)},"tax":${money(tax)},"total":${money(net + tax)},"lines":[${lines.join(',')}]}\n`;
}

function solvimonText(id: number, invoice: Invoice): string {
  const amount = (minor: bigint) =>
    `{"quantity":"${decimal(minor, invoice.digits)}${invoice.digits === 0 ? '.' : ''}0000","currency":"${invoice.currency}"}`;
  const [start, end] = invoice.isShifted
    ? ['2026-10-01T02:00:00Z', '2026-11-01T01:00:00Z']
    : ['2026-10-01T00:00:00Z', '2026-11-01T00:00:00Z'];
  let [net, tax] = [0n, 0n];
  const lines: string[] = [];
  // Solvimon's order is another one: usage after fees, last product first.
  for (const [index, line] of [...invoice.lines.entries()].reverse()) {
    net += line.amount + line.discount;
    tax += line.tax;
    const product = `"product_items":[{"object_type":"PRODUCT_ITEM","id":"prit_${line.product}","reference":"item-${line.product}","model_type":"${line.isUsage ? 'USAGE_BASED' : 'RECURRING'}"}]`;
    // A line's tax is of the discounted amount; Solvimon states the discount as a line of its own with its negative tax.
    const discountTax = line.discount === 0n ? 0n : -roundHalfUp(-line.discount * taxPercent, 100n);
    const own = line.tax - discountTax;
    lines.push(
      `{"id":"inli_${id}_${index}","line_order":${lines.length + 1},"description":"Product ${line.product}","type":"REVENUE","pricing_type":"FLAT","pricing_item_config_id":"pico_${line.product}",${product},"meter_value":{"reference":"m${line.product}","type":"NUMBER","number":"${decimal(line.quantity, 6)}"},"amount_excluding_tax":${amount(line.amount)},"amount_including_tax":${amount(line.amount + own)},"details":{"band":{"amount":{"quantity":"${decimal(line.price, 12)}","currency":"${invoice.currency}"}}}}`,
    );
    if (line.discount !== 0n)
      lines.push(
        `{"id":"inli_${id}_${index}d","line_order":${lines.length + 1},"description":"Loyalty","type":"DISCOUNT","discount_type":"PERCENTAGE",${product},"amount_excluding_tax":${amount(line.discount)},"amount_including_tax":${amount(line.discount + discountTax)}}`,
      );
  }
  return `{"object_type":"INVOICE","id":"invo_${id}","invoice_number":null,"customer_id":"cust_${id}","customer_reference":"S${id}","status":"DRAFT","on_hold":true,"type":"STANDARD","created_at":"2026-10-01T00:00:12Z","updated_at":"2026-11-01T01:10:44Z","invoice_date":"2026-11-01T00:00:00Z","billing_currency":"${invoice.currency}","timezone":"UTC","pricing_amount_type":"EXCLUDING_TAX","invoice_amount_including_tax":${amount(net + tax)},"tax_summary":{"base_amount":${amount(net)},"tax_amount":${amount(tax)}},"periods":[{"period_order":1,"start_at":"${start}","end_at":"${end}","groups":[{"group_order":1,"type":"DEFAULT","pricing_plan_subscription_id":"ppsu_${id}","start_at":"${start}","end_at":"${end}","lines":[${lines.join(',')}]}]}]}\n`;
}

class Out {
  readonly #stream;
  #parts: string[] = [];
  #size = 0;

  constructor(file: string) {
    this.#stream = createWriteStream(file, { highWaterMark: 1 << 20 });
  }

  async write(text: string): Promise<void> {
    this.#parts.push(text);
    this.#size += text.length;
    if (this.#size < 1 << 20) return;
    const whole = this.#parts.join('');
    this.#parts = [];
    this.#size = 0;
    if (!this.#stream.write(whole)) await once(this.#stream, 'drain');
  }

  async end(): Promise<void> {
    this.#stream.end(this.#parts.join(''));
    await once(this.#stream, 'finish');
  }
}

/** Writes legacy.ndjson, solvimon.ndjson, the mappings, shadowbill.yml and truth.json under `dir`. `damageEvery` customers, one is damaged; 1 damages all. */
export async function generate(input: {
  readonly dir: string;
  readonly customers: number;
  readonly seed: number;
  readonly damageEvery: number;
}): Promise<Truth> {
  mkdirSync(input.dir, { recursive: true });
  const out = Object.fromEntries(
    ['legacy.ndjson', 'solvimon.ndjson', 'customers.csv'].map((name) => [name, new Out(path.join(input.dir, name))]),
  ) as Record<string, Out>;
  const damaged: Record<string, Damage> = {};
  await out['customers.csv']?.write('legacy,solvimon\n');
  const invoiceOf = (id: number) => makeInvoice(random(Math.imul(id + 1, 0x9e3779b1) ^ input.seed));
  const damageOf = (id: number) => {
    const draw = random(Math.imul(id + 1, 0x85ebca6b) ^ input.seed);
    return draw() % input.damageEvery === 0 ? damages[draw() % damages.length] : undefined;
  };
  // An odd step that has no factor in common with the number of customers visits each once, in another order.
  const step = coprime(input.customers);
  for (let id = 0; id < input.customers; id += 1) {
    const fault = damageOf(id);
    if (fault !== undefined) damaged[`S${id}`] = fault;
    await out['customers.csv']?.write(`C${id},S${id}\n`);
    if (fault !== 'missing_in_legacy') await out['legacy.ndjson']?.write(legacyText(id, invoiceOf(id)));
    const other = Number((BigInt(id) * BigInt(step)) % BigInt(input.customers));
    const otherFault = damageOf(other);
    const invoice = otherFault === undefined ? invoiceOf(other) : damage(invoiceOf(other), otherFault);
    if (invoice !== null) await out['solvimon.ndjson']?.write(solvimonText(other, invoice));
  }
  for (const one of Object.values(out)) await one.end();
  const products = [...Array(200).keys(), 999].map((id) => `sku-${id},item-${id}`);
  writeFileSync(path.join(input.dir, 'products.csv'), `legacy,solvimon\n${products.join('\n')}\n`);
  writeFileSync(path.join(input.dir, 'shadowbill.yml'), config);
  const truth = { seed: input.seed, customers: input.customers, damaged };
  writeFileSync(path.join(input.dir, 'truth.json'), JSON.stringify(truth));
  return truth;
}

function coprime(count: number): number {
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  let step = Math.max(1, Math.floor(count * 0.618)) | 1;
  while (gcd(step, count) !== 1) step += 2;
  return step;
}

const config = `version: 1
timezone: UTC
sources:
  legacy:
    kind: ndjson
    path: legacy.ndjson
    timezone: UTC
    columns:
      document_id: id
      document_number: number
      customer: customer
      currency: currency
      document_state: status
      issued_at: issued
      document_net: net
      document_tax: tax
      document_gross: total
      line_id: id
      line_kind: type
      product: sku
      description: description
      period_start: from
      period_end: to
      quantity: qty
      unit_price: unit
      amount: amount
      discount: discount
      tax: tax
      tax_rate: tax_rate
  solvimon:
    kind: pages
    path: solvimon.ndjson
mapping:
  customers: customers.csv
  products: products.csv
`;
