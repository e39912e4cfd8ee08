import { createHash } from 'node:crypto';
import { Decimal } from 'decimal.js';
import pg from 'pg';
import { type PlainInvoice, type PlainLine, readSide } from './read-sides.js';

/*
 * Peers written as people write them. `batched`: every line through decimal.js, INSERT in statements of 500, a join in
 * SQL. `daff`: both sides as tables, keyed. `floor`: parse with JSON.parse, hash, compare in memory, store nothing: what
 * reading alone costs; its answer is not judged. The others print the damaged customers.
 */

const [mode = '', dir = ''] = process.argv.slice(2);
const sides = ['legacy', 'solvimon'] as const;

/** Lines of one product folded together, amounts exact and without trailing zeros. */
function folded(
  side: 'legacy' | 'solvimon',
  invoice: PlainInvoice,
): readonly (PlainLine & { readonly copies: number })[] {
  const byKey = new Map<
    string,
    { line: PlainLine; net: Decimal; discount: Decimal; tax: Decimal; quantity: Decimal; copies: number }
  >();
  for (const line of invoice.lines) {
    const key = `${line.product} ${line.start} ${line.end}`;
    const known = byKey.get(key) ?? {
      line,
      net: new Decimal(0),
      discount: new Decimal(0),
      tax: new Decimal(0),
      quantity: new Decimal(0),
      copies: 0,
    };
    const net = new Decimal(line.net).plus(line.discount);
    known.net = known.net.plus(net);
    known.discount = known.discount.plus(line.discount);
    known.tax = known.tax.plus(side === 'legacy' ? line.tax : new Decimal(line.tax).minus(net));
    known.quantity = known.quantity.plus(line.quantity);
    if (line.price !== '0') {
      known.copies += 1;
      known.line = line;
    }
    byKey.set(key, known);
  }
  return [...byKey.values()].map((one) => ({
    ...one.line,
    quantity: one.quantity.toFixed(),
    price: new Decimal(one.line.price).toFixed(),
    net: one.net.toFixed(),
    discount: one.discount.toFixed(),
    tax: one.tax.toFixed(),
    copies: one.copies,
  }));
}

async function batched(): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: process.env['DATABASE_URL'] });
  await client.connect();
  for (const side of sides) {
    await client.query(
      `create table b_${side} (customer text, currency text, product text, period_start timestamptz, period_end timestamptz, quantity numeric, price numeric, net numeric, tax numeric, copies int, primary key (customer, currency, product, period_start, period_end))`,
    );
    const columns: (string | number)[][] = Array.from({ length: 10 }, () => []);
    const flush = async () => {
      await client.query(
        `insert into b_${side} select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::numeric[], $7::numeric[], $8::numeric[], $9::numeric[], $10::int[])`,
        columns,
      );
      for (const column of columns) column.length = 0;
    };
    for await (const invoice of readSide(side, dir)) {
      for (const line of folded(side, invoice))
        [
          invoice.customer,
          invoice.currency,
          line.product,
          line.start,
          line.end,
          line.quantity,
          line.price,
          line.net,
          line.tax,
          line.copies,
        ].forEach((value, index) => columns[index]?.push(value));
      if ((columns[0]?.length ?? 0) >= 500) await flush();
    }
    await flush();
    await client.query(`create index on b_${side} (customer)`);
  }
  const found = await client.query<{ customer: string }>(
    `select distinct customer from b_legacy l full join b_solvimon s using (customer, currency, product, period_start, period_end)
     where l.net is null or s.net is null or l.quantity <> s.quantity or l.price <> s.price or l.net <> s.net or l.tax <> s.tax or l.copies <> s.copies`,
  );
  await client.end();
  return found.rows.map((row) => row.customer);
}

async function daff(): Promise<readonly string[]> {
  const { default: library } = (await import('daff' as string)) as { default: DaffLibrary };
  const tables = [];
  for (const side of sides) {
    const rows: string[][] = [
      ['customer', 'currency', 'product', 'start', 'end', 'quantity', 'price', 'net', 'tax', 'copies'],
    ];
    for await (const invoice of readSide(side, dir))
      for (const line of folded(side, invoice))
        rows.push([
          invoice.customer,
          invoice.currency,
          line.product,
          line.start,
          line.end,
          line.quantity,
          line.price,
          line.net,
          line.tax,
          String(line.copies),
        ]);
    tables.push(new library.TableView(rows));
  }
  const flags = new library.CompareFlags();
  for (const key of ['customer', 'currency', 'product', 'start', 'end']) flags.addPrimaryKey(key);
  flags.ordered = false;
  flags.show_unchanged = false;
  const diff: string[][] = [];
  new library.TableDiff(library.compareTables(tables[0], tables[1], flags).align(), flags).hilite(
    new library.TableView(diff),
  );
  const header = diff.findIndex((row) => row[0] === '@@');
  const at = diff[header]?.indexOf('customer') ?? 1;
  // Rows without a mark are there for context only.
  const changed = diff.slice(header + 1).filter((row) => row[0] !== '' && row[0] !== '...');
  return [...new Set(changed.map((row) => (row[at] ?? '').split('->')[0] ?? ''))].filter((name) => /^S\d+$/.test(name));
}

type DaffLibrary = {
  TableView: new (rows: string[][]) => unknown;
  CompareFlags: new () => { addPrimaryKey(name: string): void; ordered: boolean; show_unchanged: boolean };
  TableDiff: new (alignment: unknown, flags: unknown) => { hilite(view: unknown): void };
  compareTables(a: unknown, b: unknown, flags: unknown): { align(): unknown };
};

/** Text as JSON.parse gives it: fast, and wrong for amounts of many digits. Only to know what reading costs. */
async function floor(): Promise<readonly string[]> {
  const seen = new Map<string, string>();
  const damaged = new Set<string>();
  for (const side of sides)
    for await (const invoice of readSide(side, dir, JSON.parse)) {
      const lines = invoice.lines.map((line) => `${line.product} ${line.net} ${line.tax}`).sort();
      const digest = createHash('sha256').update(lines.join('|')).digest('base64');
      if (side === 'legacy') seen.set(invoice.customer, digest);
      else if (!seen.delete(invoice.customer)) damaged.add(invoice.customer);
    }
  return [...damaged, ...seen.keys()];
}

const contenders = { batched, daff, floor } as const;
const run = contenders[mode as keyof typeof contenders];
const damaged = await run();
process.stdout.write(damaged.map((customer) => `${customer}\n`).join(''));
