import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { largestRemainder } from './apportion.js';
import {
  addRational,
  ceilRational,
  compareRational,
  floorRational,
  multiplyRational,
  rational,
  rationalFromRate,
  rationalFromText,
  rationalToNumber,
  subtractRational,
} from './rational.js';

describe('exact fractions', () => {
  test('decimal text, with or without an exponent, becomes the fraction it says', () => {
    expect(rationalFromText('0.50')).toEqual({ numerator: 1n, denominator: 2n });
    expect(rationalFromText('-12.5')).toEqual({ numerator: -25n, denominator: 2n });
    expect(rationalFromText('1e-7')).toEqual({ numerator: 1n, denominator: 10_000_000n });
    expect(rationalFromText('3e2')).toEqual({ numerator: 300n, denominator: 1n });
    for (const text of ['', '.', '1,5', 'NaN', '0x10']) expect(() => rationalFromText(text)).toThrow(/decimal text/);
  });

  test('a rate is read as the decimal a person wrote, so that 0.07 of 100 is exactly 7', () => {
    expect(0.07 * 100).not.toBe(7);
    expect(ceilRational(multiplyRational(rationalFromRate(0.07), rational(100n)))).toBe(7n);
  });

  test('floor and ceiling go down and up for negatives as well', () => {
    expect([floorRational(rational(-7n, 2n)), ceilRational(rational(-7n, 2n))]).toEqual([-4n, -3n]);
    expect([floorRational(rational(6n, 2n)), ceilRational(rational(6n, 2n))]).toEqual([3n, 3n]);
  });

  test('the double of a fraction is the nearest one, as the decimal literal is', () => {
    expect(rationalToNumber(rational(5n, 10_000n))).toBe(0.0005);
    expect(rationalToNumber(rational(-1n, 3n))).toBe(-1 / 3);
    expect(rationalToNumber(rational(10n ** 40n, 10n ** 40n + 1n))).toBe(1);
    let interesting = 0;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.integer({ min: 1, max: 2 ** 31 - 1 }), (a, b) => {
        if (a % b !== 0) interesting += 1;
        expect(rationalToNumber(rational(BigInt(a), BigInt(b)))).toBe(a / b);
      }),
    );
    expect(interesting).toBeGreaterThan(50);
  });

  test('sums, differences and comparisons are exact', () => {
    const third = rational(1n, 3n);
    expect(addRational(third, rational(1n, 6n))).toEqual(rational(1n, 2n));
    expect(subtractRational(third, third)).toEqual(rational(0n));
    expect(compareRational(rational(333_333_333_333_333_333n, 10n ** 18n), third)).toBe(-1);
    expect(() => rational(1n, 0n)).toThrow(/denominator/);
  });
});

describe('largest remainder', () => {
  test('a tie goes to the part declared first', () => {
    const parts = [
      ['quantity', rationalFromText('47.5')],
      ['discount', rationalFromText('502.5')],
    ] as const;
    expect([...largestRemainder(parts, 550n)]).toEqual([
      ['quantity', 48n],
      ['discount', 502n],
    ]);
  });

  test('a total that the parts cannot reach is a broken promise', () => {
    expect(() => largestRemainder([['a', rational(1n, 2n)]], 2n)).toThrow(/total/);
  });
});
