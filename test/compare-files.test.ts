import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generate, type Truth } from '../bench/speed/generate.js';
import { CustomerDigests } from '../src/run/customer-digests.js';
import { cli } from './support/cli.js';

/** No database is there to be asked: a command that asked for one would fail. */
const nowhere = { DATABASE_URL: 'postgres://127.0.0.1:1/nowhere' };

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-compare-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Finding = { readonly customer: string; readonly finding: string };
const findingsOf = (stdout: string): readonly Finding[] =>
  stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Finding);

describe('comparing files without a database', () => {
  let dir = '';
  let truth: Truth;
  beforeAll(async () => {
    dir = path.join(folder, 'generated');
    truth = await generate({ dir, customers: 600, seed: 7, damageEvery: 8 });
  });

  test('names exactly the customers whose invoices were damaged', async () => {
    const { code, stdout, stderr } = await cli(
      ['-c', `${dir}/shadowbill.yml`, '-o', 'jsonl', 'compare', '2026-10', '--no-store'],
      nowhere,
    );
    const found = findingsOf(stdout);
    expect([code, stderr.includes('customers agree')]).toEqual([1, true]);
    expect(found.map((one) => one.customer.replace(/^C/, 'S')).sort()).toEqual(Object.keys(truth.damaged).sort());
    const missing = Object.entries(truth.damaged).filter(([, damage]) => damage.startsWith('missing_in'));
    expect(missing.length).toBeGreaterThan(5);
    for (const [customer, damage] of missing)
      expect(found.find((one) => one.customer === customer.replace(/^S/, 'C'))?.finding).toBe(
        damage === 'missing_in_legacy' ? 'only_solvimon' : 'only_legacy',
      );
  });

  test('says in words what to write instead when --no-store is left out', async () => {
    const { code, stderr } = await cli(['-c', `${dir}/shadowbill.yml`, 'compare', '2026-10'], nowhere);
    expect([code, stderr.includes('shadowbill run')]).toEqual([2, true]);
  });
});

const legacy = (id: string, customer: string, more = '') =>
  `{"id":"${id}","customer":"${customer}","currency":"EUR","status":"final","total":"12.10","lines":[{"sku":"P","qty":1,"amount":10,"tax":2.1${more}}]}`;
const amount = (quantity: string) => ({ quantity, currency: 'EUR' });
const solvimon = (id: string, customer: string, more: object = {}) =>
  JSON.stringify({
    id,
    customer_reference: customer,
    status: 'DRAFT',
    on_hold: true,
    type: 'STANDARD',
    billing_currency: 'EUR',
    invoice_amount_including_tax: amount('12.1'),
    tax_summary: { base_amount: amount('10'), tax_amount: amount('2.1') },
    periods: [
      {
        groups: [
          {
            lines: [
              {
                id: `${id}-1`,
                type: 'REVENUE',
                product_items: [{ reference: 'P', model_type: 'ONE_OFF' }],
                amount_excluding_tax: amount('10'),
                amount_including_tax: amount('12.1'),
              },
            ],
          },
        ],
      },
    ],
    ...more,
  });

const config = `version: 1
timezone: UTC
sources:
  legacy:
    kind: ndjson
    path: legacy.ndjson
    timezone: UTC
    columns: { document_id: id, customer: customer, currency: currency, document_state: status, document_gross: total, product: sku, quantity: qty, amount: amount, tax: tax }
  solvimon: { kind: pages, path: solvimon.ndjson }
`;

function drop(name: string, legacyLines: readonly string[], solvimonLines: readonly string[]): string {
  const dir = path.join(folder, name);
  mkdirSync(dir);
  writeFileSync(path.join(dir, 'legacy.ndjson'), `${legacyLines.join('\n')}\n`);
  writeFileSync(path.join(dir, 'solvimon.ndjson'), `${solvimonLines.join('\n')}\n`);
  writeFileSync(path.join(dir, 'shadowbill.yml'), config);
  return path.join(dir, 'shadowbill.yml');
}

const compare = (file: string) => cli(['-c', file, '-o', 'jsonl', 'compare', '2026-10', '--no-store'], nowhere);

describe('what digests may not settle', () => {
  test('a draft, an id that stands twice and a document that cannot be read are listed, equal or not', async () => {
    const file = drop(
      'doubtful',
      [legacy('a', 'agrees'), legacy('b', 'held'), legacy('c', 'twice'), legacy('c', 'twice'), legacy('d', 'broken')],
      [
        solvimon('1', 'agrees'),
        solvimon('2', 'held', { on_hold: false }),
        solvimon('3', 'twice'),
        solvimon('4', 'twice'),
        solvimon('5', 'broken', { billing_currency: 'none' }),
      ],
    );
    const { code, stdout, stderr } = await compare(file);
    expect(findingsOf(stdout)).toMatchObject([
      { customer: 'broken', finding: 'error' },
      { customer: 'held', finding: 'not_ready' },
      { customer: 'twice', finding: 'repeated' },
    ]);
    expect([code, stderr.includes('currency_unknown')]).toEqual([4, true]);
  });

  test('an id that stands again with another customer casts doubt on both', async () => {
    const file = drop(
      'shared',
      [legacy('a', 'one'), legacy('a', 'two'), legacy('b', 'three')],
      [solvimon('1', 'one'), solvimon('2', 'two'), solvimon('3', 'three')],
    );
    const { stdout } = await compare(file);
    expect(findingsOf(stdout).map((one) => [one.customer, one.finding])).toEqual([
      ['one', 'repeated'],
      ['two', 'repeated'],
    ]);
  });

  test('when all agree the answer is empty and the exit code 0; a missing file is never agreement', async () => {
    const file = drop('equal', [legacy('a', 'one')], [solvimon('1', 'one')]);
    expect(await compare(file)).toMatchObject({ code: 0, stdout: '' });
    rmSync(path.join(path.dirname(file), 'solvimon.ndjson'));
    const { code, stderr } = await compare(file);
    expect([code, stderr.includes('file_missing')]).toEqual([4, true]);
  });
});

describe('the table of digests', () => {
  const uuid = (value: number) => `${value.toString(16).padStart(8, '0')}-0000-4000-8000-0000000000ff`;

  test('keeps every customer apart through its growth, names of any script included', () => {
    const table = new CustomerDigests();
    const name = (index: number) => `客户 ${index} é${'x'.repeat(index % 40)}`;
    for (let index = 0; index < 5000; index += 1) table.add(name(index), `d${index}`, uuid(index + 1), true);
    const packed = CustomerDigests.of(table.pack());
    expect([...packed].map((one) => one.customer)).toEqual(Array.from({ length: 5000 }, (_, index) => name(index)));
    for (const index of [0, 1023, 1024, 4999])
      expect(packed.get(name(index))).toMatchObject({
        documents: 1,
        flags: 0,
        sum: [index + 1, 0x4000, 0x80000000, 255],
      });
    expect(packed.get('somebody else')).toBeUndefined();
  });

  test('does not depend on the order of documents, and a second copy changes the sum', () => {
    const of = (...digests: readonly number[]) => {
      const table = new CustomerDigests();
      digests.forEach((digest, index) => table.add('c', `d${index}`, uuid(digest), true));
      return table.get('c')?.sum;
    };
    expect(of(1, 2, 0xffffffff)).toEqual(of(0xffffffff, 2, 1));
    expect(of(7, 7)).not.toEqual(of(7));
    expect(of(7, 7)).not.toEqual(of(7, 7, 7));
  });
});
