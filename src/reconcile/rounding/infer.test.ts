import { describe, expect, test } from 'vitest';
import { currency } from '../../model/currency.js';
import { decimalText } from '../../model/money.js';
import { inferLevel, inferMode, taxAtLevel } from './infer.js';

const eur = currency('EUR');
const seen = (pairs: readonly (readonly [string, string])[]) =>
  pairs.map(([exact, stated]) => ({ exact: decimalText(exact), stated: decimalText(stated) }));

describe('how a side rounds, learned from its amounts', () => {
  test('ties tell half-up from half-even, and the rest tells both from down', () => {
    const halfEven = seen([
      ['0.125', '0.12'],
      ['0.135', '0.14'],
      ['2.345', '2.34'],
      ['2.346', '2.35'],
      ['1.005', '1'],
      ['1.115', '1.12'],
    ]);
    expect(inferMode(halfEven, eur)).toMatchObject({ verdict: 'half_even', informative: 6 });
    const down = seen([
      ['0.129', '0.12'],
      ['0.139', '0.13'],
      ['2.345', '2.34'],
      ['2.346', '2.34'],
      ['1.005', '1'],
    ]);
    expect(inferMode(down, eur).verdict).toBe('down');
  });

  test('without ties half-up and half-even cannot be told apart, and nobody guesses', () => {
    const plain = seen(Array.from({ length: 20 }, () => ['0.126', '0.13'] as const));
    expect(inferMode(plain, eur).verdict).toBe('undecided');
  });

  test('fewer than five lines that tell settle nothing', () => {
    expect(inferMode(seen([['0.125', '0.12']]), eur)).toMatchObject({ verdict: 'undecided', informative: 1 });
  });

  test('amounts that keep their digits are unrounded', () => {
    expect(inferMode(seen(Array.from({ length: 6 }, () => ['0.125', '0.125'] as const)), eur).verdict).toBe(
      'unrounded',
    );
  });

  test('a few amounts that are wrong for another reason do not hide the mode, many do', () => {
    // Ties that go up and lesser digits that do not: only half-up does both.
    const right = Array.from({ length: 20 }, (_unused, index) => index).flatMap((index) => [
      [`${index}.005`, `${index}.01`] as const,
      [`${index}.004`, `${index}`] as const,
    ]);
    const wrong = (count: number) =>
      Array.from({ length: count }, (_unused, index) => [`${index}.005`, `${index}`] as const);
    expect(inferMode(seen([...right, ...wrong(1)]), eur).verdict).toBe('half_up');
    expect(inferMode(seen([...right, ...wrong(30)]), eur).verdict).toBe('undecided');
  });
});

describe('at which level a side rounds tax', () => {
  const lines = ['33.35', '33.35', '33.35'].map((net) => ({ net: decimalText(net), rate: decimalText('19') }));
  const observed = (stated: string) => Array.from({ length: 6 }, () => ({ lines, stated: decimalText(stated) }));

  test('three lines of 33.35 at 19 % are 19.02 by line and 19.01 by document', () => {
    expect([
      taxAtLevel(lines, 'line', eur, 'half_up').toFixed(2),
      taxAtLevel(lines, 'document', eur, 'half_up').toFixed(2),
    ]).toEqual(['19.02', '19.01']);
    expect(inferLevel(observed('19.02'), eur, 'half_up').verdict).toBe('line');
  });

  test('one rate cannot tell the tax group from the document', () => {
    expect(inferLevel(observed('19.01'), eur, 'half_up').verdict).toBe('undecided');
  });

  test('two rates can', () => {
    const mixed = [
      { net: decimalText('0.03'), rate: decimalText('19') },
      { net: decimalText('0.10'), rate: decimalText('9') },
    ];
    // 0.0057 and 0.0090: 0.01 + 0.01 by group, 0.0147 → 0.01 by document.
    const twelve = [...mixed, { net: decimalText('0.00'), rate: decimalText('19') }];
    expect(taxAtLevel(twelve, 'tax_group', eur, 'half_up').toFixed(2)).toBe('0.02');
    expect(
      inferLevel(
        Array.from({ length: 6 }, () => ({ lines: twelve, stated: decimalText('0.01') })),
        eur,
        'half_up',
      ).verdict,
    ).toBe('document');
  });
});
