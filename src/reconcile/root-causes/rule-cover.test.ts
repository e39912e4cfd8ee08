import { expect, test } from 'vitest';
import { type BadCell, coverByRules, type Population } from './rule-cover.js';

/*
 * The synthetic check of statistics 5.2 in small: three causes among clean pairs, one of them large in count and small in
 * money, and a few mismatches that belong to nobody.
 */
const cell = (
  component: string,
  sign: '+' | '-',
  attributes: BadCell['attributes'],
  pairs: number,
  gross: bigint,
): BadCell => ({
  component,
  sign,
  attributes,
  pairs,
  gross,
});
const cells: readonly BadCell[] = [
  cell('discount', '+', { charge: 'P3', currency: 'EUR' }, 1000, 4_000_000n),
  cell('discount', '+', { charge: 'P3', currency: 'USD' }, 948, 1_381_269n),
  cell('quantity', '-', { charge: 'M4', currency: 'EUR' }, 1003, 9_963_718n),
  cell('rounding', '+', { charge: 'P1', currency: 'JPY' }, 400, 400n),
  cell('rounding', '+', { charge: 'P2', currency: 'JPY' }, 376, 376n),
  cell('price', '+', { charge: 'P1', currency: 'EUR' }, 9, 9_000n),
  cell('price', '-', { charge: 'P2', currency: 'EUR' }, 7, 8_000n),
];
const populations: readonly Population[] = [
  { attributes: {}, pairs: 20_000 },
  { attributes: { currency: 'EUR' }, pairs: 12_000 },
  { attributes: { currency: 'USD' }, pairs: 7_207 },
  { attributes: { currency: 'JPY' }, pairs: 793 },
  { attributes: { charge: 'P1' }, pairs: 6_000 },
  { attributes: { charge: 'P2' }, pairs: 5_000 },
  { attributes: { charge: 'P3' }, pairs: 2_000 },
  { attributes: { charge: 'M4' }, pairs: 1_139 },
  { attributes: { charge: 'P3', currency: 'EUR' }, pairs: 1_020 },
  { attributes: { charge: 'P3', currency: 'USD' }, pairs: 980 },
  { attributes: { charge: 'M4', currency: 'EUR' }, pairs: 1_139 },
  { attributes: { charge: 'P1', currency: 'JPY' }, pairs: 410 },
  { attributes: { charge: 'P2', currency: 'JPY' }, pairs: 383 },
  { attributes: { charge: 'P1', currency: 'EUR' }, pairs: 4_000 },
  { attributes: { charge: 'P2', currency: 'EUR' }, pairs: 3_000 },
];

test('3,743 mismatches are three rules and sixteen left for people', () => {
  const cover = coverByRules(cells, populations, 'pairs');
  expect(cover.rules.map((rule) => [rule.component + rule.sign, rule.where, rule.bad, rule.pairs])).toEqual([
    ['discount+', { charge: 'P3' }, 1948, 2000],
    ['quantity-', { charge: 'M4' }, 1003, 1139],
    ['rounding+', { currency: 'JPY' }, 776, 793],
  ]);
  expect(cover.left).toBe(16);
});

test('by money another rule comes first than by count', () => {
  expect(coverByRules(cells, populations, 'gross').rules.map((rule) => rule.component)).toEqual([
    'quantity',
    'discount',
    'rounding',
  ]);
});

test('a rule whose pairs are mostly clean is none, however many mismatches it has', () => {
  const cover = coverByRules(
    [cell('price', '+', { charge: 'P1' }, 400, 1n)],
    [
      { attributes: {}, pairs: 2000 },
      { attributes: { charge: 'P1' }, pairs: 1000 },
    ],
    'pairs',
  );
  expect(cover).toEqual({ rules: [], left: 400 });
});

test('the order of the cells does not matter', () => {
  const forth = coverByRules(cells, populations, 'pairs');
  expect(coverByRules([...cells].reverse(), [...populations].reverse(), 'pairs')).toEqual(forth);
});
