import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allCurrencies, currencyDigits } from '../src/model/currency.js';
import {
  compareSize,
  Decimal,
  type DecimalText,
  decimalText,
  displayText,
  ratioText,
  toDecimal,
  toMinorUnits,
} from '../src/model/money.js';
import { plant, plants } from '../bench/truth/plants.js';
import { randomOf } from '../bench/truth/random.js';
import { toCase } from '../bench/truth/run-case.js';
import { assign } from '../src/reconcile/assignment.js';
import { rowOf } from '../src/reconcile/comparison-form.js';
import { onlyPair, pairInStages } from '../src/reconcile/pair-documents.js';
import { reproduces, roundingModes, round, sameMoney } from '../src/reconcile/explain/facts.js';

/*
 * Where the engine takes a short way for speed, it says what the long way says. Decimal amounts here have up to sixteen
 * digits after the point, so that roundings meet ties, and go from cents to millions.
 */
const amount = fc
  .tuple(
    fc.boolean(),
    fc.nat({ max: 99_999_999 }),
    fc.constantFrom('', '.5', '.25', '.005', '.0149999', '.3333333333333333'),
  )
  .map(([isNegative, whole, part]) => decimalText(`${isNegative ? '-' : ''}${whole}${part}`));
const code = fc.constantFrom(...allCurrencies());
/** Amounts that are equal, a rounding apart, or far apart. */
const near = fc
  .tuple(amount, fc.constantFrom('0', '0.001', '-0.005', '0.0099999', '0.01', '-1', '250', '0.5'))
  .map(([one, gap]) => [toDecimal(one), toDecimal(one).plus(gap)] as const);

describe('arithmetic', () => {
  test('minor units are the decimal rounded half up', () => {
    fc.assert(
      fc.property(amount, code, (one, currency) => {
        const scaled = toDecimal(one).times(new Decimal(10).pow(currencyDigits(currency)));
        const expected = BigInt(scaled.toDecimalPlaces(0, Decimal.ROUND_HALF_UP).toFixed());
        expect(toMinorUnits(one, currency)).toBe(expected);
        expect(toMinorUnits(toDecimal(one), currency)).toBe(expected);
      }),
    );
  });

  test('text for people is the decimal with at least the digits of its currency', () => {
    fc.assert(
      fc.property(amount, code, (one, currency) => {
        const decimal = toDecimal(one);
        const digits = Math.max(currencyDigits(currency), decimal.decimalPlaces());
        expect(displayText(one, currency)).toBe(decimal.toFixed(digits));
        expect(displayText(decimal, currency)).toBe(decimal.toFixed(digits));
      }),
    );
  });

  test('a ratio to three digits is the long division rounded half to even', () => {
    const ratio = (a: DecimalText, b: DecimalText) =>
      toDecimal(a).div(toDecimal(b)).toSignificantDigits(3, Decimal.ROUND_HALF_EVEN).toFixed();
    fc.assert(
      fc.property(
        amount,
        amount.filter((one) => one !== '0'),
        (a, b) => {
          expect(ratioText(a, b, 3)).toBe(toDecimal(ratio(a, b) as DecimalText).toFixed());
          expect(compareSize(a, b)).toBe(toDecimal(a).abs().comparedTo(toDecimal(b).abs()));
        },
      ),
    );
    for (const [a, b] of [
      ['1.005', '1'],
      ['1.015', '-1'],
      ['999.5', '1'],
      ['0.00012345', '7'],
      ['100000', '3'],
    ] as const)
      expect(ratioText(decimalText(a), decimalText(b), 3)).toBe(ratio(decimalText(a), decimalText(b)));
    expect(() => ratioText(decimalText('1'), decimalText('0'), 3)).toThrow(/divided by zero/);
  });

  test('amounts are the same money, or reproduced, exactly when rounding both says so', () => {
    let met = 0;
    fc.assert(
      fc.property(near, code, ([a, b], currency) => {
        const isSame = toMinorUnits(a, currency) === toMinorUnits(b, currency);
        expect(sameMoney(a, b, currency)).toBe(isSame);
        const isReproduced = isSame || roundingModes.some((mode) => round(a, currency, mode).equals(b));
        expect(reproduces(a, b, currency)).toBe(isReproduced);
        if (isReproduced && !a.equals(b)) met += 1;
      }),
      { numRuns: 500 },
    );
    expect(met).toBeGreaterThan(20);
  });
});

describe('matching', () => {
  /** The least sum over all ways to give each row a column of its own. */
  const least = (costs: readonly (readonly number[])[], row = 0, used: readonly number[] = []): number =>
    row === costs.length
      ? 0
      : Math.min(
          ...(costs[row] ?? []).map((cost, column) =>
            used.includes(column) ? Infinity : cost + least(costs, row + 1, [...used, column]),
          ),
        );

  test('an assignment costs the least that any costs', () => {
    const matrix = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 4, max: 5 })).chain(([rows, columns]) =>
      fc.array(
        fc.array(fc.oneof(fc.constantFrom(0, 3_000, 10_000_000), fc.nat({ max: 300_000 })), {
          minLength: columns,
          maxLength: columns,
        }),
        { minLength: rows, maxLength: rows },
      ),
    );
    fc.assert(
      fc.property(matrix, (costs) => {
        const columns = assign(costs, costs[0]?.length ?? 0);
        expect(new Set(columns).size).toBe(columns.length);
        expect(columns.reduce((sum, column, row) => sum + (costs[row]?.[column] ?? NaN), 0)).toBe(least(costs));
      }),
    );
  });

  test('the only document of each side is paired as the stages pair it', () => {
    const random = randomOf(11);
    const met = new Map<string, number>();
    for (let index = 0; index < 400; index += 1) {
      const [cause] = plants[index % plants.length] ?? [];
      const input = toCase(plant(random, `c${index}`, index % 9 === 0 ? null : (cause ?? null)).case);
      const [one] = input.legacy;
      const [other] = input.solvimon;
      if (input.legacy.length !== 1 || input.solvimon.length !== 1 || one === undefined || other === undefined)
        continue;
      const voided = { ...one, document: { ...one.document, state: 'void' as const } };
      for (const legacy of [one, voided]) {
        const rule = onlyPair(legacy, other);
        if (rule === null) continue;
        met.set(rule, (met.get(rule) ?? 0) + 1);
        expect(pairInStages({ legacy: [legacy], solvimon: [other] })).toEqual([
          { legacy: [legacy], solvimon: [other], rules: [rule], rivals: [] },
        ]);
      }
    }
    expect(met.get('equal_digest')).toBeGreaterThan(10);
    expect(met.get('only_candidates')).toBeGreaterThan(100);
  });

  test('the row of one charge is the row of it and of a charge of nothing', () => {
    const random = randomOf(12);
    let compared = 0;
    for (let index = 0; index < 100; index += 1) {
      const [cause] = plants[index % plants.length] ?? [];
      for (const line of toCase(plant(random, `c${index}`, cause ?? null).case).legacy.flatMap((one) => one.lines)) {
        if (line.kind === 'discount' || line.tax === null) continue;
        const nothing = { ...line, quantity: line.quantity === null ? null : decimalText('0') };
        const zeroed = { ...nothing, amount: decimalText('0'), net: decimalText('0'), tax: decimalText('0') };
        const both = rowOf([line, { ...zeroed, discount: decimalText('0') }], false);
        expect(rowOf([line], false)).toEqual({ ...both, unitPrice: rowOf([line], true).unitPrice });
        expect(rowOf([line], true)).toEqual({ ...rowOf([line], false), tax: null });
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(100);
  });
});
