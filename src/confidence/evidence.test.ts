import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attemptAlpha } from './attempt-spending.js';
import { clopperPearsonUpper } from './clopper-pearson.js';
import {
  confidenceOf,
  evidenceOf,
  logEvidenceCount,
  logEvidenceValue,
  meetsRiskLimit,
  type ValueItem,
} from './e-process.js';
import {
  cyclesNeeded,
  moreCustomersAtRate,
  moreCustomersIfClean,
  moreValueMinor,
  requiredCustomers,
} from './required-size.js';
import { upperLimitCount, upperLimitValue } from './upper-limit.js';

const percentUp = (rate: number) => Math.ceil(rate * 1000 - 1e-9) / 10;
const rates = fc.constantFrom(0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.5, 0.9);
const counts = fc.integer({ min: 0, max: 2000 }).chain((n) =>
  fc.record({
    n: fc.constant(n),
    k: fc.oneof(fc.integer({ min: 0, max: Math.min(n, 5) }), fc.integer({ min: 0, max: n })),
  }),
);

describe('spot values of the any-look evidence', () => {
  test.each([
    [20, [15.6, 29.3, 37.5, 44.7, 51.3, 57.2]],
    [100, [3.4, 6.6, 8.6, 10.5, 12.2, 13.9]],
    [300, [1.2, 2.3, 3.0, 3.6, 4.2, 4.8]],
    [1000, [0.4, 0.7, 0.9, 1.1, 1.3, 1.5]],
    [2000, [0.2, 0.4, 0.5, 0.6, 0.7, 0.8]],
  ])('the printed any-look 95 percent limits for n = %i are reproduced', (n, limits) => {
    expect(limits.map((_limit, k) => percentUp(upperLimitCount({ n, k }, 0.05)))).toEqual(limits);
  });

  test.each([
    [0.2, [16, 31, 41, 51, 68]],
    [0.15, [21, 43, 56, 69, 92]],
    [0.05, [67, 133, 175, 214, 286]],
    [0.01, [339, 676, 886, 1083, 1445]],
    [0.001, [3404, 6779, 8883, 10858, 14492]],
  ])('the required customers at tolerance %f are the printed ones', (m, sizes) => {
    expect([0, 1, 2, 3, 5].map((k) => requiredCustomers(k, { m, alpha: 0.05 }))).toEqual(sizes);
  });

  test('other risk limits need the printed sizes at a tolerance of one percent', () => {
    const sizes = (alpha: number) => [0, 1, 2, 3].map((k) => requiredCustomers(k, { m: 0.01, alpha }));
    expect(sizes(0.1)).toEqual([264, 586, 791, 984]);
    expect(sizes(0.025)).toEqual([414, 763, 978, 1179]);
    expect(sizes(0.01)).toEqual([511, 876, 1096, 1303]);
  });

  test('one clean customer at a tolerance of one half gives the sum a person can work out', () => {
    // 1 + c * 0.5/0.5 = 1 + c: 0.4*2 + 0.2*1.9 + 0.2*1.75 + 0.2*1.5 = 1.83; one bad: 0.2*(0.1 + 0.25 + 0.5) = 0.17.
    expect(evidenceOf(logEvidenceCount({ n: 1, k: 0 }, 0.5))).toBeCloseTo(1.83, 14);
    expect(evidenceOf(logEvidenceCount({ n: 1, k: 1 }, 0.5))).toBeCloseTo(0.17, 14);
  });

  test('twenty pilot customers do not reach a tolerance of 15 percent, twenty-one do', () => {
    expect(meetsRiskLimit(logEvidenceCount({ n: 20, k: 0 }, 0.15), 0.05)).toBe(false);
    expect(evidenceOf(logEvidenceCount({ n: 20, k: 0 }, 0.15)).toFixed(1)).toBe('17.6');
    expect(meetsRiskLimit(logEvidenceCount({ n: 21, k: 0 }, 0.15), 0.05)).toBe(true);
  });

  test('a million customers do not overflow, and none or only bad ones prove nothing', () => {
    const huge = logEvidenceCount({ n: 1_000_000, k: 0 }, 0.5);
    expect(Number.isFinite(huge)).toBe(true);
    expect(evidenceOf(huge)).toBe(Number.MAX_VALUE);
    expect(confidenceOf(huge)).toBe(1);
    expect(upperLimitCount({ n: 1_000_000, k: 1_000_000 }, 0.05)).toBe(1);
    expect([
      evidenceOf(logEvidenceCount({ n: 0, k: 0 }, 0.3)),
      confidenceOf(logEvidenceCount({ n: 0, k: 0 }, 0.3)),
      upperLimitCount({ n: 0, k: 0 }, 0.05),
    ]).toEqual([1, 0, 1]);
  });

  test('counts and rates out of range are broken promises', () => {
    expect(() => logEvidenceCount({ n: 1, k: 2 }, 0.1)).toThrow(/k <= n/);
    expect(() => logEvidenceCount({ n: 1, k: 0 }, 1)).toThrow(/tolerated rate/);
    expect(() => logEvidenceValue({ items: [[1, 10n, 11n]], capMinor: 100n }, 0.1)).toThrow(/misstated <= base/);
    expect(() => logEvidenceValue({ items: [[1, 101n, 0n]], capMinor: 100n }, 0.1)).toThrow(/base <= cap/);
  });
});

describe('laws of the any-look evidence', () => {
  test('E never falls as the tolerance rises', () => {
    let interesting = 0;
    fc.assert(
      fc.property(counts, fc.integer({ min: 0, max: 990 }), fc.integer({ min: 0, max: 990 }), (count, a, b) => {
        const [low, high] = [
          logEvidenceCount(count, Math.min(a, b) / 1000),
          logEvidenceCount(count, Math.max(a, b) / 1000),
        ];
        expect(high).toBeGreaterThanOrEqual(low - 1e-12 * Math.max(1, Math.abs(low)));
        if (high > low) interesting += 1;
      }),
    );
    expect(interesting).toBeGreaterThan(50);
  });

  test('the limit falls with every clean customer and rises with every bad one, and stays above the one-look limit', () => {
    let interesting = 0;
    fc.assert(
      fc.property(counts, ({ n, k }) => {
        const limit = upperLimitCount({ n, k }, 0.05);
        expect(upperLimitCount({ n: n + 1, k }, 0.05)).toBeLessThanOrEqual(limit);
        expect(upperLimitCount({ n: n + 1, k: k + 1 }, 0.05)).toBeGreaterThanOrEqual(
          upperLimitCount({ n: n + 1, k }, 0.05),
        );
        if (n > 0 && k < n) {
          interesting += 1;
          expect(limit).toBeGreaterThan(clopperPearsonUpper({ k, n, conf: 0.95 }));
        }
      }),
      { numRuns: 60 },
    );
    expect(interesting).toBeGreaterThan(30);
  });

  test('the required size is the first one that is enough, and there the limit has come down to the tolerance', () => {
    let interesting = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6 }), rates, fc.constantFrom(0.1, 0.05, 0.01), (k, m, alpha) => {
        const n = requiredCustomers(k, { m, alpha });
        expect(meetsRiskLimit(logEvidenceCount({ n, k }, m), alpha)).toBe(true);
        expect(upperLimitCount({ n, k }, alpha)).toBeLessThanOrEqual(m * (1 + 1e-12));
        if (n > k) {
          interesting += 1;
          expect(meetsRiskLimit(logEvidenceCount({ n: n - 1, k }, m), alpha)).toBe(false);
          expect(upperLimitCount({ n: n - 1, k }, alpha)).toBeGreaterThan(m);
        }
      }),
      { numRuns: 60 },
    );
    expect(interesting).toBeGreaterThan(50);
  });

  const item = fc
    .tuple(fc.integer({ min: 1, max: 50 }), fc.bigInt({ min: 0n, max: 5000n }), fc.integer({ min: 0, max: 100 }))
    .map(([count, base, percent]): ValueItem => [count, base, percent > 20 ? 0n : (base * BigInt(percent)) / 100n]);

  test('the order of customers and how they are grouped leaves the value evidence bit for bit the same (I5)', () => {
    let interesting = 0;
    fc.assert(
      fc.property(fc.array(item, { minLength: 2, maxLength: 12 }), rates, (items, m) => {
        const shuffled = [...items].reverse().flatMap(([count, base, bad]): ValueItem[] => [
          [1, base, bad],
          [count - 1, base, bad],
        ]);
        expect(logEvidenceValue({ items: shuffled, capMinor: 5000n }, m)).toBe(
          logEvidenceValue({ items, capMinor: 5000n }, m),
        );
        if (items.some(([, , bad]) => bad > 0n)) interesting += 1;
      }),
    );
    expect(interesting).toBeGreaterThan(30);
  });

  test('customers of cap size that are wholly right or wholly wrong give the count evidence', () => {
    let interesting = 0;
    fc.assert(
      fc.property(counts, rates, ({ n, k }, m) => {
        const money = logEvidenceValue(
          {
            items: [
              [n - k, 700n, 0n],
              [k, 700n, 700n],
            ],
            capMinor: 700n,
          },
          m,
        );
        const count = logEvidenceCount({ n, k }, m);
        if (k > 0 && k < n) interesting += 1;
        expect(Math.abs(money - count)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(count)));
      }),
    );
    expect(interesting).toBeGreaterThan(30);
  });

  test('more misstated money never lowers the limit of the misstated share', () => {
    let interesting = 0;
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 8 }), (items) => {
        const worse = items.map(
          ([count, base, bad], index): ValueItem => (index === 0 ? [count, base, base] : [count, base, bad]),
        );
        const [before, after] = [
          upperLimitValue({ items, capMinor: 5000n }, 0.05),
          upperLimitValue({ items: worse, capMinor: 5000n }, 0.05),
        ];
        expect(after).toBeGreaterThanOrEqual(before);
        if (after > before) interesting += 1;
      }),
      { numRuns: 60 },
    );
    expect(interesting).toBeGreaterThan(10);
  });

  test('looking after every customer passes a system at the tolerance at most five times in a hundred (exact, m = 5 %, n <= 1200)', () => {
    // Probability of each bad count among the histories that have not passed yet; passing mass leaves the table.
    let alive = new Map([[0, 1]]);
    let passed = 0;
    for (let n = 1; n <= 1200; n += 1) {
      const next = new Map<number, number>();
      for (const [k, mass] of alive) {
        next.set(k, (next.get(k) ?? 0) + mass * 0.95);
        next.set(k + 1, (next.get(k + 1) ?? 0) + mass * 0.05);
      }
      for (const [k, mass] of next) {
        if (mass > 1e-15 && !meetsRiskLimit(logEvidenceCount({ n, k }, 0.05), 0.05)) continue;
        passed += mass;
        next.delete(k);
      }
      alive = next;
    }
    expect((100 * passed).toFixed(2)).toBe('4.81');
  });
});

describe('how much more', () => {
  test('the forecasts of the design are reproduced', () => {
    expect(moreCustomersIfClean({ n: 200, k: 1 }, { m: 0.01, alpha: 0.05 })).toBe(476);
    expect(moreCustomersIfClean({ n: 400, k: 0 }, { m: 0.01, alpha: 0.05 })).toBe(0);
    expect(moreCustomersAtRate({ n: 100, k: 2 }, { m: 0.01, alpha: 0.05 })).toEqual({ kind: 'remove_causes_first' });
    expect(moreCustomersAtRate({ n: 400, k: 0 }, { m: 0.01, alpha: 0.05 })).toEqual({ kind: 'customers', more: 0 });
    expect(moreValueMinor({ reconciledMinor: 1_000n, capMinor: 100n, claim: { m: 0.05, alpha: 0.05 } })).toBe(5_700n);
  });

  test('the forecast at the observed rate is the first size that is enough, found by plain counting', () => {
    for (const [n, k] of [
      [500, 1],
      [300, 0],
      [800, 2],
    ] as const) {
      let x = 0;
      while (
        !meetsRiskLimit(logEvidenceCount({ n: n + x, k: k + Math.ceil(((2 * k + 1) * x) / (2 * n + 2)) }, 0.01), 0.05)
      )
        x += 1;
      expect(moreCustomersAtRate({ n, k }, { m: 0.01, alpha: 0.05 })).toEqual({ kind: 'customers', more: x });
    }
  });

  test('an exhausted cohort is told to add customers, not to wait', () => {
    const base = { minObserved: 2, cyclesObserved: 2 };
    expect(cyclesNeeded({ ...base, moreCustomers: 139, maturePerCycle: 0 })).toEqual({
      kind: 'add_customers',
      more: 139,
    });
    expect(cyclesNeeded({ ...base, moreCustomers: 139, maturePerCycle: 60 })).toEqual({ kind: 'cycles', cycles: 3 });
    expect(cyclesNeeded({ ...base, cyclesObserved: 0, moreCustomers: 0, maturePerCycle: 0 })).toEqual({
      kind: 'cycles',
      cycles: 2,
    });
  });

  test('telescoping attempts never spend more than the risk limit together', () => {
    const spent = Array.from({ length: 1000 }, (_unused, index) =>
      attemptAlpha({ alpha: 0.05, attempt: index + 1, spending: 'telescoping' }),
    );
    expect(spent.slice(0, 2)).toEqual([0.025, 0.05 / 6]);
    expect(spent.reduce((sum, alpha) => sum + alpha, 0)).toBeLessThan(0.05);
    expect(attemptAlpha({ alpha: 0.05, attempt: 7, spending: 'none' })).toBe(0.05);
  });
});
