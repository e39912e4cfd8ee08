import { expect, test } from 'vitest';
import { buildMapping, chargeRef, identityMapping, mapCharge, mapCustomer, type MappingRow } from './mapping.js';

const rows = (file: string, ...pairs: readonly (readonly [string, string])[]): readonly MappingRow[] =>
  pairs.map(([legacy, solvimon], index) => ({ legacy, solvimon, place: { file, line: index + 2 } }));

function products(strict: boolean, ...pairs: readonly (readonly [string, string])[]) {
  const built = buildMapping({ customers: null, products: rows('products.csv', ...pairs), strict });
  const key = (side: 'legacy' | 'solvimon', ref: string) => mapCharge(built.mapping, side, ref);
  return { ...built, key };
}

test('one to one: both ids have the key of the legacy id', () => {
  const { key, problems } = products(true, ['seat-old', 'seat-new'], ['api-old', 'api-new']);
  expect(problems).toEqual([]);
  expect(key('legacy', 'seat-old')).toEqual({ key: 'seat-old', isMapped: true });
  expect(key('solvimon', 'seat-new')).toEqual({ key: 'seat-old', isMapped: true });
  expect(key('solvimon', 'api-new').key).toBe('api-old');
});

test('many to one: two legacy products that one Solvimon product replaces share the key of the smaller, in any order', () => {
  for (const pairs of [
    [
      ['b', 'x'],
      ['a', 'x'],
      ['c', 'x'],
    ],
    [
      ['a', 'x'],
      ['c', 'x'],
      ['b', 'x'],
    ],
  ] as const) {
    const { key, problems } = products(true, ...pairs);
    expect(problems).toEqual([]);
    expect([key('legacy', 'a').key, key('legacy', 'b').key, key('legacy', 'c').key, key('solvimon', 'x').key]).toEqual([
      'a',
      'a',
      'a',
      'a',
    ]);
  }
});

test('one to many: the Solvimon products that replace one legacy product share its key', () => {
  const { key, problems } = products(true, ['a', 'x'], ['a', 'y'], ['b', 'z']);
  expect(problems).toEqual([]);
  expect([key('solvimon', 'x').key, key('solvimon', 'y').key, key('solvimon', 'z').key]).toEqual(['a', 'a', 'b']);
});

test('customers may be one to one, many to one and one to many too', () => {
  const { mapping, problems } = buildMapping({
    customers: rows('customers.csv', ['1', 'A'], ['2', 'B'], ['3', 'B'], ['4', 'C'], ['4', 'D']),
    products: null,
    strict: true,
  });
  expect(problems).toEqual([]);
  expect(['A', 'B', 'C', 'D'].map((ref) => mapCustomer(mapping, 'solvimon', ref).key)).toEqual(['1', '2', '4', '4']);
  expect(mapCustomer(mapping, 'legacy', '3')).toEqual({ key: '2', isMapped: true });
});

test('several joined with several is a conflict, told on the row that joins them and naming the other rows', () => {
  const { problems } = products(true, ['a', 'x'], ['a', 'y'], ['b', 'y'], ['c', 'z']);
  expect(problems).toEqual([
    {
      code: 'id_duplicate',
      place: { file: 'products.csv', line: 3 },
      field: 'legacy, solvimon',
      value: 'a,y',
      expected:
        'one product joined with several, never several with several; a is joined with x on line 2, y with b on line 4',
    },
  ]);
});

test('a row that stands twice and rows without an id are told all at once, in both files', () => {
  const { problems } = buildMapping({
    customers: rows('customers.csv', ['1', 'A'], ['', 'B'], ['1', 'A']),
    products: rows('products.csv', ['a', ''], ['b', 'y'], ['b', 'y']),
    strict: true,
  });
  expect(problems.map((one) => `${one.place.file}:${one.place.line} ${one.code} ${one.value}`)).toEqual([
    'customers.csv:3 field_missing ,B',
    'customers.csv:4 id_duplicate 1,A',
    'products.csv:2 field_missing a,',
    'products.csv:4 id_duplicate b,y',
  ]);
  expect(problems[1]?.expected).toContain('line 2');
});

test('in strict mode an unmapped id never joins, however it is spelled', () => {
  const { key } = products(true, ['a', 'x']);
  expect(key('legacy', 'same')).toEqual({ key: 'legacy:same', isMapped: false });
  expect(key('solvimon', 'same')).toEqual({ key: 'solvimon:same', isMapped: false });
});

test('otherwise an unmapped id joins its like, but never one that the file joins with another', () => {
  const { key } = products(false, ['a', 'x']);
  expect(key('legacy', 'same').key).toBe(key('solvimon', 'same').key);
  expect(key('legacy', 'same').isMapped).toBe(false);
  // Legacy a is Solvimon's x, so what Solvimon calls a is something else.
  expect(key('solvimon', 'a').key).not.toBe(key('legacy', 'a').key);
  expect(key('legacy', 'x').key).not.toBe(key('solvimon', 'x').key);
});

test('without a file every id is its own key and nothing is unmapped', () => {
  expect(mapCharge(identityMapping, 'legacy', 'a')).toEqual({ key: 'a', isMapped: true });
  expect(mapCustomer(identityMapping, 'solvimon', 'c')).toEqual({ key: 'c', isMapped: true });
});

test('a price stands for a line only where the file names the price', () => {
  const { mapping } = products(true, ['price-1', 'x'], ['product-2', 'y']);
  expect(chargeRef(mapping, 'legacy', { productRef: 'product-1', priceRef: 'price-1' })).toBe('price-1');
  expect(chargeRef(mapping, 'legacy', { productRef: 'product-2', priceRef: 'price-2' })).toBe('product-2');
  expect(chargeRef(mapping, 'legacy', { productRef: null, priceRef: 'price-2' })).toBe('price-2');
  expect(chargeRef(mapping, 'legacy', { productRef: null, priceRef: null })).toBeNull();
});
