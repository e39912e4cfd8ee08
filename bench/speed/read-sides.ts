import { createReadStream, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parse } from 'lossless-json';

/** A line as the peers compare it; numbers as the text they were written with. */
export type PlainLine = {
  readonly product: string;
  readonly start: string;
  readonly end: string;
  readonly quantity: string;
  readonly price: string;
  readonly net: string;
  readonly discount: string;
  readonly tax: string;
};
export type PlainInvoice = {
  readonly customer: string;
  readonly currency: string;
  readonly lines: readonly PlainLine[];
};

type Raw = Readonly<Record<string, unknown>>;
type Parse = (text: string) => unknown;
const text = (value: unknown): string => (value === undefined ? '0' : String(value as string));
const instant = (value: string) => (value.length === 10 ? `${value}T00:00:00Z` : value);

/** Both sides as a straightforward script reads them, one invoice at a time. `parse` decides whether digits may be lost. */
export async function* readSide(
  side: 'legacy' | 'solvimon',
  dir: string,
  parseWith: Parse = parse,
): AsyncIterable<PlainInvoice> {
  const [customers, products] = [readMap(dir, 'customers.csv'), readMap(dir, 'products.csv')];
  const lines = createInterface({ input: createReadStream(path.join(dir, `${side}.ndjson`)), crlfDelay: Infinity });
  for await (const row of lines) {
    const raw = parseWith(row) as Raw;
    yield side === 'legacy' ? fromLegacy(raw, customers, products) : fromSolvimon(raw);
  }
}

function fromLegacy(raw: Raw, customers: Map<string, string>, products: Map<string, string>): PlainInvoice {
  return {
    customer: customers.get(text(raw['customer'])) ?? '',
    currency: text(raw['currency']),
    lines: (raw['lines'] as Raw[]).map((line) => ({
      product: products.get(text(line['sku'])) ?? '',
      start: instant(text(line['from'])),
      end: instant(text(line['to'])),
      quantity: text(line['qty']),
      price: text(line['unit']),
      net: text(line['amount']),
      discount: text(line['discount']),
      tax: text(line['tax']),
    })),
  };
}

function fromSolvimon(raw: Raw): PlainInvoice {
  const group = (raw['periods'] as Raw[])[0]?.['groups'] as Raw[];
  const [first] = group;
  const quantityOf = (value: unknown) => text((value as Raw | undefined)?.['quantity']);
  return {
    customer: text(raw['customer_reference']),
    currency: text(raw['billing_currency']),
    lines: ((first?.['lines'] ?? []) as Raw[]).map((line) => {
      const isDiscount = line['type'] === 'DISCOUNT';
      const net = quantityOf(line['amount_excluding_tax']);
      return {
        product: text((line['product_items'] as Raw[])[0]?.['reference']),
        start: text(first?.['start_at']),
        end: text(first?.['end_at']),
        quantity: isDiscount ? '0' : text((line['meter_value'] as Raw)['number']),
        price: isDiscount ? '0' : quantityOf(((line['details'] as Raw)['band'] as Raw)['amount']),
        net: isDiscount ? '0' : net,
        discount: isDiscount ? net : '0',
        // Gross for now; whoever compares takes the net off.
        tax: quantityOf(line['amount_including_tax']),
      };
    }),
  };
}

function readMap(dir: string, name: string): Map<string, string> {
  const rows = readFileSync(path.join(dir, name), 'utf8').trim().split('\n').slice(1);
  return new Map(rows.map((row) => row.split(',') as [string, string]));
}
