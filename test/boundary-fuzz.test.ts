import { expect, test } from 'vitest';
import type { CompareRules, ToleranceLimit } from '../src/model/compare-rules.js';
import { exactRules } from '../src/model/compare-rules.js';
import { currency, currencyDigits } from '../src/model/currency.js';
import { decimalText } from '../src/model/money.js';
import { reconcileCustomer } from '../src/reconcile/reconcile-customer.js';
import { frac, isLess, rounded, times, unitsText, type Fraction } from '../bench/truth/exact.js';
import { randomOf } from '../bench/truth/random.js';
import { customerKey, type DocumentIn, prepared } from './support/build-lines.js';

/*
 * W9: amounts at the tolerance and one minor unit to either side of it, currencies of none to four digits, negatives, credit
 * notes, zero totals and totals of 1e12, against an oracle in fractions of bigints that shares no code with the product.
 */

const codes = ['JPY', 'EUR', 'KWD', 'CLF'] as const;
const abs = (value: bigint) => (value < 0n ? -value : value);

type Fuzzed = {
  readonly legacy: bigint;
  readonly delta: bigint;
  readonly over: ToleranceLimit;
  readonly under: ToleranceLimit;
};

/** Whole minor units, exact: what the limit allows for this legacy amount. */
function allowed(limit: ToleranceLimit, legacy: bigint, digits: number): Fraction {
  switch (limit.kind) {
    case 'minor_units':
      return [BigInt(limit.value), 1n];
    case 'amount':
      return times(frac(limit.value), [10n ** BigInt(digits), 1n]);
    case 'percent':
      return times([abs(legacy), 1n], times(frac(limit.value), [1n, 100n]));
  }
}

function oracle({ legacy, delta, over, under }: Fuzzed, digits: number): 'matched' | 'within_tolerance' | 'mismatch' {
  if (delta === 0n) return 'matched';
  const limit = allowed(delta > 0n ? over : under, legacy, digits);
  return isLess(limit, [abs(delta), 1n]) ? 'mismatch' : 'within_tolerance';
}

test('no verdict disagrees with an exact oracle at the tolerance and one minor unit to either side (W9)', () => {
  const random = randomOf(9);
  const states = { matched: 0, within_tolerance: 0, mismatch: 0 };
  for (let round = 0; round < 6000; round += 1) {
    const code = currency(random.pick(codes));
    const digits = currencyDigits(code);
    const isCredit = random.chance(25);
    const size = random.pick([
      0n,
      1n,
      BigInt(random.int(1, 10_000)),
      10n ** 12n * 10n ** BigInt(digits) + BigInt(random.int(0, 99)),
    ]);
    const legacy = isCredit || random.chance(10) ? -size : size;
    const limitOf = (): ToleranceLimit =>
      random.pick([
        { kind: 'minor_units', value: decimalText(String(random.int(0, 3))) },
        { kind: 'amount', value: decimalText(unitsText(BigInt(random.int(0, 30)), digits + 1)) },
        { kind: 'percent', value: decimalText(unitsText(BigInt(random.int(0, 500)), 3)) },
      ] as const);
    const [over, under] = [limitOf(), limitOf()];
    const isOver = random.chance(50);
    // At the limit, rounded down, and one to either side.
    const edge = BigInt(rounded(allowed(isOver ? over : under, legacy, digits), 0, 'down')) + BigInt(random.int(-1, 1));
    const delta = edge < 0n ? 0n : isOver ? edge : -edge;
    const fuzzed: Fuzzed = { legacy, delta, over, under };
    const rules: CompareRules = {
      ...exactRules,
      tolerance: [{ name: 'fuzz', when: {}, over, under, budget: null, reason: 'fuzz' }],
    };
    const document = (id: string, minor: bigint): DocumentIn => ({
      id,
      currency: code,
      kind: isCredit ? 'credit_note' : 'invoice',
      // A line of zero is dropped, so a fixed one keeps it company.
      lines: [
        { id: `${id}1`, product: 'fuzzed', amount: unitsText(minor, digits) },
        { id: `${id}2`, product: 'fixed', amount: isCredit ? '-7' : '7' },
      ],
    });
    const isOneSided = legacy === 0n || legacy + delta === 0n;
    const [verdict, ...more] = reconcileCustomer(
      {
        customer: customerKey('c1'),
        legacy: [prepared('legacy', rules, document('L', legacy))],
        solvimon: [prepared('solvimon', rules, document('S', legacy + delta))],
        legacyRejected: [],
        solvimonRejected: [],
        legacyNeighbours: [],
        solvimonNeighbours: [],
      },
      rules,
    );
    const expected = oracle(fuzzed, digits);
    // A line that one side does not have at all is never a matter of tolerance.
    const wanted = isOneSided && delta !== 0n ? 'mismatch' : expected;
    expect(more).toEqual([]);
    expect([verdict?.state, { ...fuzzed, code }]).toEqual([wanted, { ...fuzzed, code }]);
    states[wanted] += 1;
    if (delta !== 0n)
      expect(verdict?.mismatches.map((one) => one.delta)).toEqual([decimalText(unitsText(delta, digits))]);
  }
  // Every outcome was really met, on both sides of the edge.
  for (const count of Object.values(states)) expect(count).toBeGreaterThan(500);
});
