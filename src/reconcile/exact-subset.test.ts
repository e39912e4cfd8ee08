import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exactManyToMany, exactSubsets, maxSubsetCandidates } from './exact-subset.js';

const sum = (amounts: readonly bigint[], indices: readonly number[]) =>
  indices.reduce((total, index) => total + (amounts[index] ?? 0n), 0n);

describe('the exact subset search', () => {
  test('finds every planted subset of up to twelve amounts, and every answer adds up', () => {
    let planted = 0;
    const amount = fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n });
    fc.assert(
      fc.property(fc.array(amount, { minLength: 2, maxLength: 12 }), fc.integer({ min: 0 }), (amounts, seed) => {
        const wanted = amounts.map((_amount, index) => index).filter((index) => ((seed >> index) & 1) === 1);
        if (wanted.length < 2) return;
        planted += 1;
        const answer = exactSubsets(amounts, sum(amounts, wanted));
        expect(answer.kind).toBe('found');
        if (answer.kind !== 'found') return;
        expect(answer.subsets.map((one) => one.join())).toContain(wanted.join());
        for (const subset of answer.subsets) expect(sum(amounts, subset)).toBe(sum(amounts, wanted));
      }),
      { numRuns: 400 },
    );
    expect(planted).toBeGreaterThan(200);
  });

  test('says "none" only after every subset was summed, and "bound reached" instead of guessing', () => {
    expect(exactSubsets([2n, 4n, 6n, 8n], 7n)).toEqual({ kind: 'none' });
    const many = Array.from({ length: maxSubsetCandidates + 1 }, () => 1n);
    expect(exactSubsets(many, 2n)).toEqual({ kind: 'bound_reached' });
  });

  test('a single amount is no subset, and the smallest come first', () => {
    expect(exactSubsets([7n, 3n, 4n], 7n)).toEqual({ kind: 'found', subsets: [[1, 2]] });
    expect(exactSubsets([1n, 2n, 3n, 4n, 5n], 9n)).toEqual({
      kind: 'found',
      subsets: [
        [3, 4],
        [0, 2, 4],
        [1, 2, 3],
      ],
    });
  });

  test('several against several: equal sums of two or more on each side, the smallest first', () => {
    expect(exactManyToMany([10n, 20n, 5n], [11n, 19n, 40n])).toEqual({
      kind: 'found',
      pairs: [{ legacy: [0, 1], solvimon: [0, 1] }],
    });
    expect(exactManyToMany([10n, 20n], [11n, 20n])).toEqual({ kind: 'none' });
    expect(
      exactManyToMany(
        Array.from({ length: 9 }, () => 1n),
        [1n, 1n],
      ),
    ).toEqual({ kind: 'bound_reached' });
  });
});
