import { describe, expect, test } from 'vitest';
import { attributeSampleSize, clopperPearsonLower, clopperPearsonUpper } from './clopper-pearson.js';
import { designEffect, goodTuringUnseenMass, signTest } from './diagnostics.js';
import { hypergeometricLowerTail, hypergeometricSampleSize, hypergeometricUpperCount } from './hypergeometric.js';
import {
  binomialLowerTail,
  binomialUpperTail,
  incompleteBeta,
  logGamma,
  logSumExp,
  normalQuantile,
  poissonLowerTail,
} from './special-functions.js';
import { poissonFactor, stringerBound } from './stringer.js';
import { hoeffdingUpper, jeffreysInterval, maurerPontilUpper, wilsonInterval } from './textbook-bounds.js';

/** As the audit tables print: percent with one digit, rounded up. */
const printed = (rate: number) => Math.ceil(rate * 1000 - 1e-9) / 10;

describe('published audit tables', () => {
  test.each([
    [20, [14.0, 21.7, 28.3, 34.4, 40.2]],
    [50, [5.9, 9.2, 12.1, 14.8, 17.4]],
    [100, [3.0, 4.7, 6.2, 7.6, 9.0, 10.3, 11.5, 12.8, 14.0, 15.2, 16.4]],
    [200, [1.5, 2.4, 3.2, 3.9, 4.6]],
    [500, [0.6, 1.0, 1.3, 1.6, 1.9]],
  ])('AICPA A-3 upper limits at 5 percent risk for n = %i are reproduced', (n, limits) => {
    expect(limits.map((_limit, k) => printed(clopperPearsonUpper({ k, n, conf: 0.95 })))).toEqual(limits);
  });

  test.each([
    [0.02, [149, 236, 313, 386, 590]],
    [0.03, [99, 157, 157, 208, 257]],
    [0.05, [59, 93, 93, 93, 93]],
    [0.1, [29, 46, 46, 46, 46]],
  ])('AICPA A-1 sample sizes at 5 percent risk for a tolerable rate of %f are reproduced', (tolerable, sizes) => {
    const expectedRates = [0, 0.0025, 0.005, 0.0075, 0.01];
    expect(expectedRates.map((expected) => attributeSampleSize({ tolerable, expected, risk: 0.05 }))).toEqual(sizes);
  });

  test('an expected rate at the tolerable one has no sample size', () => {
    expect(attributeSampleSize({ tolerable: 0.02, expected: 0.02, risk: 0.05, maxSize: 2000 })).toBeUndefined();
  });

  test('AICPA A-4 is A-3 at 10 percent risk: 100 clean items exclude 2.3 percent', () => {
    expect(printed(clopperPearsonUpper({ k: 0, n: 100, conf: 0.9 }))).toBe(2.3);
    // The closed form of the zero-error limit, worked out apart: 1 - 0.1^(1/100).
    expect(clopperPearsonUpper({ k: 0, n: 100, conf: 0.9 })).toBeCloseTo(1 - 0.1 ** 0.01, 14);
  });

  test.each([
    [0.9, 500, [27, 36, 54, 102]],
    [0.95, 500, [35, 47, 69, 129]],
    [0.95, 1000, [36, 48, 71, 138]],
    [0.95, 5000, [36, 49, 73, 147]],
    [0.99, 500, [53, 70, 101, 183]],
    [0.99, 1000, [54, 72, 107, 204]],
    [0.99, 5000, [55, 74, 112, 223]],
  ])('EZ-Quant zero-error sizes at confidence %f for a base of %i are reproduced', (conf, N, sizes) => {
    expect([0.08, 0.06, 0.04, 0.02].map((tolerable) => hypergeometricSampleSize({ N, tolerable, conf }))).toEqual(
      sizes,
    );
  });

  test('the Poisson factors are the ones AICPA C-2 prints rounded up', () => {
    expect([0, 1, 2, 3, 4, 5].map((k) => poissonFactor(k, 0.95).toFixed(4))).toEqual([
      '2.9957',
      '4.7439',
      '6.2958',
      '7.7537',
      '9.1535',
      '10.5130',
    ]);
    expect(poissonFactor(1000, 0.95)).toBeGreaterThan(1052);
    expect(poissonFactor(1000, 0.95)).toBeLessThan(1054);
  });

  test('Newcombe 1998 prints these Wilson and Clopper-Pearson limits', () => {
    const digits = (limits: readonly number[]) => limits.map((limit) => limit.toFixed(4));
    expect(digits(wilsonInterval({ k: 81, n: 263, conf: 0.95 }))).toEqual(['0.2553', '0.3662']);
    expect(digits(wilsonInterval({ k: 15, n: 148, conf: 0.95 }))).toEqual(['0.0624', '0.1605']);
    expect(digits(wilsonInterval({ k: 1, n: 29, conf: 0.95 }))).toEqual(['0.0061', '0.1718']);
    const exact = (k: number, n: number) =>
      digits([clopperPearsonLower({ k, n, conf: 0.975 }), clopperPearsonUpper({ k, n, conf: 0.975 })]);
    expect(exact(81, 263)).toEqual(['0.2527', '0.3676']);
    expect(exact(15, 148)).toEqual(['0.0578', '0.1617']);
    expect(exact(0, 20)).toEqual(['0.0000', '0.1684']);
    expect(exact(1, 29)).toEqual(['0.0009', '0.1776']);
  });
});

describe('closed forms', () => {
  test('binomial, hypergeometric and Poisson tails agree with sums worked by hand', () => {
    expect(binomialLowerTail({ k: 1, n: 3, p: 0.5 })).toBeCloseTo(0.5, 15);
    expect(binomialUpperTail({ k: 1, n: 3, p: 0.5 })).toBeCloseTo(0.875, 15);
    expect(binomialLowerTail({ k: 9, n: 10, p: 0.1 })).toBeCloseTo(1 - 1e-10, 15);
    // Drawing 2 of 5 with 2 bad: none bad 3/10, at most one bad 9/10.
    expect(hypergeometricLowerTail({ k: 0, n: 2, N: 5, M: 2 })).toBeCloseTo(0.3, 14);
    expect(hypergeometricLowerTail({ k: 1, n: 2, N: 5, M: 2 })).toBeCloseTo(0.9, 14);
    expect(poissonLowerTail(2, 1)).toBeCloseTo(2.5 / Math.E, 14);
    expect(poissonLowerTail(5, 1e-3)).toBe(1);
  });

  test('a base that was seen whole holds exactly the bad ones that were seen', () => {
    expect(hypergeometricUpperCount({ k: 3, n: 50, N: 50, conf: 0.95 })).toBe(3);
    expect(hypergeometricUpperCount({ k: 0, n: 75, N: 300, conf: 0.95 })).toBe(10);
  });

  test('special functions hit their known values', () => {
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 14);
    expect(logGamma(11)).toBeCloseTo(Math.log(3_628_800), 12);
    expect(incompleteBeta(0.5, 2.5, 2.5)).toBeCloseTo(0.5, 14);
    expect(incompleteBeta(0.3, 1, 4)).toBeCloseTo(1 - 0.7 ** 4, 14);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 14);
    expect(normalQuantile(1e-10)).toBeCloseTo(-6.361340902404056, 12);
    expect(logSumExp([])).toBe(Number.NEGATIVE_INFINITY);
    expect(logSumExp([1000, 1000])).toBeCloseTo(1000 + Math.log(2), 12);
  });

  test('Stringer with no taint is the zero-error limit, with full taints it is the count limit', () => {
    expect(stringerBound({ taints: [], n: 100, conf: 0.95 })).toBe(clopperPearsonUpper({ k: 0, n: 100, conf: 0.95 }));
    expect(stringerBound({ taints: [1, 1], n: 100, conf: 0.95 })).toBeCloseTo(
      clopperPearsonUpper({ k: 2, n: 100, conf: 0.95 }),
      14,
    );
    expect(() => stringerBound({ taints: [1.1], n: 100, conf: 0.95 })).toThrow(/taints/);
  });

  test('the bounds of the comparison table hold their printed digits', () => {
    expect(printed(jeffreysInterval({ k: 0, n: 100, conf: 0.9 })[1])).toBe(1.9);
    expect((100 * hoeffdingUpper({ mean: 0, n: 100, conf: 0.95 })).toFixed(2)).toBe('12.24');
    expect((100 * maurerPontilUpper({ zeros: 1000, extra: [], conf: 0.95 })).toFixed(2)).toBe('0.86');
    expect((100 * maurerPontilUpper({ zeros: 298, extra: [1, 1], conf: 0.95 })).toFixed(2)).toBe('4.82');
  });

  test('diagnostics: an even split is no bias, equal clusters have no design effect, two singletons in 400 weigh half a percent', () => {
    expect(signTest(0, 0)).toBe(1);
    expect(signTest(5, 0)).toBeCloseTo(2 / 32, 15);
    expect(designEffect(Array.from({ length: 4 }, () => ({ size: 10, bad: 1 })))).toEqual({
      icc: 0,
      deff: 1,
      effectiveCount: 40,
    });
    expect(goodTuringUnseenMass(2, 400)).toBe(0.005);
  });
});
