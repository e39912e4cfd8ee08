import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countEvidence, type Observation } from './count-evidence.js';

const seen = (
  customer: string,
  cycle: string,
  fingerprints: readonly string[] = [],
  over: Partial<Observation> = {},
) => ({
  customer,
  cycle,
  isFrozen: true,
  isClean: fingerprints.length === 0,
  fingerprints,
  isExplained: true,
  ...over,
});
const count = (
  input: Partial<Parameters<typeof countEvidence>[0]> & { readonly observations: readonly Observation[] },
) =>
  countEvidence({
    order: ['a', 'b', 'c', 'd'],
    mode: 'discovery',
    minObserved: 1,
    minFreshSinceFix: 0,
    evidenceFrom: null,
    fixes: [],
    ...input,
  });

describe('counting customers', () => {
  test('in discovery only the first customer of a root cause is bad, in strict every one is', () => {
    const observations = ['a', 'b', 'c']
      .map((customer) => seen(customer, '2026-09', ['f1']))
      .concat(seen('d', '2026-09'));
    expect(count({ observations })).toMatchObject({ n: 4, k: 1, bad: ['a'], mode: 'discovery', fallback: null });
    expect(count({ observations, mode: 'strict' })).toMatchObject({ n: 4, k: 3, mode: 'strict' });
  });

  test('a mismatch without a proven cause has no id, so discovery is not allowed and strict counts', () => {
    const observations = [seen('a', '2026-09', ['f1'], { isExplained: false }), seen('b', '2026-09', ['f1'])];
    expect(count({ observations })).toMatchObject({
      mode: 'strict',
      n: 2,
      k: 2,
      fallback: expect.stringContaining('no proven cause') as string,
    });
  });

  test('a customer whom nobody billed has no mismatch to show and is bad all the same', () => {
    const observations = [seen('a', '2026-09', [], { isClean: false }), seen('b', '2026-09')];
    expect(count({ observations })).toMatchObject({ mode: 'strict', n: 2, k: 1, bad: ['a'] });
  });

  test('strict forgets what was before a fix, discovery does not', () => {
    const observations = [
      seen('a', '2026-08', ['f1']),
      seen('b', '2026-08'),
      ...['a', 'b', 'c', 'd'].map((customer) => seen(customer, '2026-09')),
    ];
    const fixes = ['2026-09'];
    expect(count({ observations, fixes, mode: 'strict' })).toMatchObject({ n: 4, k: 0 });
    expect(count({ observations, fixes })).toMatchObject({ n: 4, k: 1, bad: ['a'], freshSinceFix: 2 });
  });

  test('a mismatch in the replay after a fix counts as a new cause whatever its fingerprint says', () => {
    const observations = [
      seen('a', '2026-08', ['f1']),
      seen('b', '2026-08', ['f1']),
      seen('a', '2026-09'),
      seen('b', '2026-09', ['f1']),
    ];
    expect(count({ observations, fixes: ['2026-09'] })).toMatchObject({ k: 2, bad: ['a', 'b'] });
  });

  test('too few fresh customers after a fix fall back to strict, because a replay proves nothing', () => {
    const observations = ['a', 'b', 'c', 'd'].flatMap((customer) => [
      seen(customer, '2026-08'),
      seen(customer, '2026-09'),
    ]);
    expect(count({ observations, fixes: ['2026-09'], minFreshSinceFix: 1 })).toMatchObject({ mode: 'strict', n: 4 });
  });

  test('a customer who is not final, not drawn at random, or seen too rarely counts neither way', () => {
    const observations = [
      seen('a', '2026-09', [], { isFrozen: false }),
      seen('x', '2026-09', ['f1']),
      seen('b', '2026-09'),
    ];
    expect(count({ observations })).toMatchObject({ n: 1, k: 0, immature: 3, mature: ['b'] });
    expect(count({ observations, minObserved: 2 })).toMatchObject({ n: 0, k: 0, immature: 4 });
  });

  test('evidence from before a weakened policy never counts', () => {
    const observations = [seen('a', '2026-08'), seen('b', '2026-09')];
    expect(count({ observations, evidenceFrom: '2026-09' })).toMatchObject({ n: 1, mature: ['b'] });
  });

  test('strict never counts fewer bad customers than discovery without a fix, and neither more than all', () => {
    let interesting = 0;
    const observation = fc
      .tuple(
        fc.constantFrom('a', 'b', 'c', 'd'),
        fc.constantFrom('2026-08', '2026-09'),
        fc.subarray(['f1', 'f2', 'f3']),
      )
      .map(([customer, cycle, fingerprints]) => seen(customer, cycle, fingerprints));
    fc.assert(
      fc.property(fc.array(observation, { maxLength: 12 }), (observations) => {
        const [strict, discovery] = [count({ observations, mode: 'strict' }), count({ observations })];
        expect(discovery.k).toBeLessThanOrEqual(strict.k);
        expect(strict.k).toBeLessThanOrEqual(strict.n);
        expect(discovery.n).toBe(strict.n);
        if (discovery.k < strict.k) interesting += 1;
      }),
    );
    expect(interesting).toBeGreaterThan(10);
  });
});
