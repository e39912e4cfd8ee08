import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { AppError } from '../errors.js';
import { mapCustomer } from '../reconcile/mapping.js';
import { readMapping } from './read-mapping.js';

const dir = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-mapping-'));
afterAll(() => rmSync(dir, { recursive: true }));

function file(name: string, content: string | Buffer) {
  writeFileSync(path.join(dir, name), content);
  return { path: path.join(dir, name), shown: name };
}

async function failure(files: Parameters<typeof readMapping>[0]): Promise<readonly string[]> {
  const error = await readMapping(files).catch((thrown: unknown) => thrown);
  if (!(error instanceof AppError)) throw new Error('an AppError was expected');
  expect(error.exitCode).toBe(3);
  return error.message.split('\n').slice(1);
}

test('the columns are found by their names, in any place, and other columns are the file’s own business', async () => {
  const customers = file('good.csv', '\uFEFFname,solvimon,legacy\nAcme, S-1 ,L-1\n\n"Beta, Inc",S-2,L-2\n');
  const mapping = await readMapping({ customers, products: null, strict: true });
  expect(mapCustomer(mapping, 'solvimon', 'S-1')).toEqual({ key: 'L-1', isMapped: true });
  expect(mapCustomer(mapping, 'legacy', 'L-2')).toEqual({ key: 'L-2', isMapped: true });
});

test('every mistake of both files is told at once, each with file and line', async () => {
  const customers = file('customers.csv', 'legacy,solvimon\nL-1,S-1\nL-1,S-1\nL-2\n');
  const products = file('products.csv', 'legacy,solvimon\na,x\na,y\nb,y\n');
  expect(await failure({ customers, products, strict: false })).toEqual([
    'customers.csv:3 legacy, solvimon "L-1,S-1": a row that stands once; it stands on line 2 too (id_duplicate)',
    'customers.csv:4 legacy, solvimon "L-2,": the customer ids of both systems (field_missing)',
    'products.csv:3 legacy, solvimon "a,y": one product joined with several, never several with several; a is joined with x on line 2, y with b on line 4 (id_duplicate)',
    '3 errors',
  ]);
});

test('a missing file, a header without the columns, an empty file and an unclosed quote are mistakes', async () => {
  const missing = { path: path.join(dir, 'none.csv'), shown: 'none.csv' };
  const [first] = await failure({ customers: missing, products: null, strict: false });
  expect(first).toContain('none.csv: a CSV file with the columns legacy,solvimon (file_missing)');
  for (const [content, code] of [
    ['alt,neu\n1,2\n', 'column_missing'],
    ['', 'column_missing'],
    ['legacy,solvimon\n1,"2\n3,4\n', 'row_malformed'],
    [Buffer.from('legacy,solvimon\ncaf\u00e9,2\n', 'latin1'), 'encoding_broken'],
  ] as const) {
    const [line] = await failure({ customers: file('bad.csv', content), products: null, strict: false });
    expect(line).toMatch(new RegExp(`^bad\\.csv:[12].*\\(${code}\\)$`));
  }
});
