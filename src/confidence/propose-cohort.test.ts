import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FrameCustomer, holdoutOf, type ProposalInput, proposeCohort } from './propose-cohort.js';

const customer = fc.record({
  revenueMinor: fc.oneof(
    { weight: 9, arbitrary: fc.bigInt({ min: 0n, max: 5_000n }) },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
  plan: fc.constantFrom('basic', 'pro', 'scale'),
  currency: fc.constantFrom('EUR', 'USD'),
  usage: fc.constantFrom('yes', 'no'),
  exclusion: fc.constantFrom(null, null, null, null, 'open dispute'),
});
const frames = fc.array(customer, { minLength: 60, maxLength: 150 }).map((drawn) =>
  drawn.map(
    ({ revenueMinor, plan, currency, usage, exclusion }, index): FrameCustomer => ({
      id: `cus_${index}_ä`,
      revenueMinor,
      features: { plan, currency, usage },
      stratum: `${plan} | ${currency}`,
      exclusion,
    }),
  ),
);
const inputs = fc
  .tuple(
    frames,
    fc.integer({ min: 1, max: 40 }),
    fc.bigInt({ min: 0n, max: 60_000n }),
    fc.constantFrom('seed-1', 'seed-2'),
  )
  .map(
    ([frame, seats, revenueCapMinor, seed]): ProposalInput => ({
      frame,
      taken: new Set(frame.slice(0, 3).map(({ id }) => id)),
      eligible: new Set(frame.filter((_one, index) => index % 7 !== 0).map(({ id }) => id)),
      seats,
      revenueCapMinor,
      perCustomerCapMinor: 4_000n,
      seed,
    }),
  );

describe('the next cohort', () => {
  test('never breaks a cap, takes nobody who may not move, and keeps core and random apart', () => {
    let taken = 0;
    fc.assert(
      fc.property(inputs, (input) => {
        const { core, random, holdout, report } = proposeCohort(input);
        const byId = new Map(input.frame.map((one) => [one.id, one]));
        const chosen = [...core, ...random].map((id) => byId.get(id));
        const revenue = chosen.reduce((sum, one) => sum + (one?.revenueMinor ?? 0n), 0n);
        const total = input.frame.reduce((sum, one) => sum + (one.revenueMinor ?? 0n), 0n);
        taken += chosen.length;
        expect(new Set([...core, ...random]).size).toBe(core.length + random.length);
        expect(core.length).toBeLessThanOrEqual(Math.floor(input.seats * 0.4));
        expect(core.length + random.length).toBeLessThanOrEqual(input.seats);
        expect(revenue).toBeLessThanOrEqual(input.revenueCapMinor);
        expect(report.revenueMinor).toBe(revenue);
        for (const one of chosen) {
          expect(one?.exclusion).toBeNull();
          expect(one?.revenueMinor).not.toBeNull();
          expect(one?.revenueMinor ?? 0n).toBeLessThanOrEqual(4_000n);
          expect((one?.revenueMinor ?? 0n) * 100n).toBeLessThanOrEqual(total * 2n);
          expect(input.eligible?.has(one?.id ?? '')).toBe(true);
          expect(input.taken.has(one?.id ?? '')).toBe(false);
          expect(holdout).not.toContain(one?.id);
        }
      }),
    );
    expect(taken).toBeGreaterThan(300);
  });

  test('is the same for the same seed whatever the order of the frame, and another for another seed', () => {
    let differed = 0;
    fc.assert(
      fc.property(inputs, (input) => {
        const first = proposeCohort(input);
        expect(proposeCohort({ ...input, frame: [...input.frame].reverse() })).toEqual(first);
        if (JSON.stringify(proposeCohort({ ...input, seed: 'other' }).random) !== JSON.stringify(first.random))
          differed += 1;
      }),
      { numRuns: 40 },
    );
    expect(differed).toBeGreaterThan(5);
  });

  test('a tenth of the frame stays on legacy, and a customer above two percent of the revenue is a key account', () => {
    const frame = Array.from(
      { length: 60 },
      (_unused, index): FrameCustomer => ({
        id: `c${index}`,
        revenueMinor: index === 0 ? 1_000n : 100n,
        features: { plan: 'basic', currency: 'EUR' },
        stratum: 'basic',
        exclusion: null,
      }),
    );
    const ids = frame.map(({ id }) => id);
    expect(holdoutOf(ids, 'soft-launch-1')).toHaveLength(6);
    const proposal = proposeCohort({
      frame,
      taken: new Set(),
      eligible: null,
      seats: 60,
      revenueCapMinor: 10_000n,
      perCustomerCapMinor: 10_000n,
      seed: 'soft-launch-1',
    });
    const isHeldOut = proposal.holdout.includes('c0');
    expect(proposal.skipped.filter(({ why }) => why === 'key account').map(({ id }) => id)).toEqual(
      isHeldOut ? [] : ['c0'],
    );
    expect(proposal.core.length + proposal.random.length).toBe(isHeldOut ? 54 : 53);
  });
});
