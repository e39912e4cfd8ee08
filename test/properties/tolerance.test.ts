import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type CompareRules,
  exactRules,
  type ToleranceLimit,
  type ToleranceRule,
} from '../../src/model/compare-rules.js';
import { currency } from '../../src/model/currency.js';
import { decimalText, toDecimal, toDecimalText } from '../../src/model/money.js';
import { agreeingStates, type PairVerdict } from '../../src/model/verdict.js';
import { caseArb, type GeneratedCase, toCase } from './arbitraries.js';
import { holds } from './counting.js';
import { inFull, shown } from './judging.js';

const text = (value: number) => decimalText(String(value));

const limitArb: fc.Arbitrary<ToleranceLimit> = fc.oneof(
  fc.constantFrom(0, 1, 2, 50).map((value): ToleranceLimit => ({ kind: 'minor_units', value: text(value) })),
  fc.constantFrom('0.01', '0.5', '10').map((value): ToleranceLimit => ({ kind: 'amount', value: decimalText(value) })),
  fc.constantFrom('0.5', '10', '50').map((value): ToleranceLimit => ({ kind: 'percent', value: decimalText(value) })),
);

const whenArb: fc.Arbitrary<ToleranceRule['when']> = fc.constantFrom<ToleranceRule['when'][]>(
  {},
  {},
  { level: 'line' },
  { level: 'header' },
  { cause: 'rounding.level' },
  { cause: 'usage.quantity' },
  { currency: currency('EUR') },
);

const ruleArb: fc.Arbitrary<ToleranceRule> = fc.record({
  name: fc.constantFrom('small', 'rounding'),
  when: whenArb,
  over: limitArb,
  under: limitArb,
  budget: fc.option(fc.constantFrom('0.01', '0.02', '1', '20').map(decimalText), { nil: null }),
  reason: fc.constant('a property'),
});

const rulesOf = (tolerance: readonly ToleranceRule[]): CompareRules => ({ ...exactRules, tolerance });

const times = (limit: ToleranceLimit, factor: number): ToleranceLimit => ({
  ...limit,
  value: toDecimalText(toDecimal(limit.value).times(factor)),
});

const small = [
  'same',
  'one minor unit more',
  'one minor unit less',
  'ten per cent',
  'half a minor unit',
  'tax of a line by one',
  'tax of the document by one',
  'quantity by one',
] as const;

/** How many mismatches are tolerated, and that no pair and no mismatch that was tolerated is one no longer. */
function expectNothingLost(before: readonly PairVerdict[], after: readonly PairVerdict[]): number {
  let tolerated = 0;
  for (const [index, was] of before.entries()) {
    const is = after[index];
    expect([is?.legacy, is?.solvimon]).toEqual([was.legacy, was.solvimon]);
    if (agreeingStates.has(was.state)) expect(agreeingStates.has(is?.state ?? 'error')).toBe(true);
    for (const [at, mismatch] of was.mismatches.entries()) {
      if (mismatch.tolerance?.within !== true) continue;
      tolerated += 1;
      expect(is?.mismatches[at]?.tolerance?.within).toBe(true);
    }
  }
  return tolerated;
}

const show = ([generated, rules, at]: readonly [GeneratedCase, readonly ToleranceRule[], number, ...unknown[]]) =>
  `rule ${at}\n${shown([generated, rulesOf(rules)])}`;

test('a wider limit never creates a mismatch, whichever rule and direction it is for (I11)', () => {
  const free = ruleArb.map((rule) => ({ ...rule, budget: null }));
  const cases = fc.tuple(
    caseArb({ misses: small }),
    fc.array(free, { minLength: 1, maxLength: 3 }),
    fc.nat(2),
    fc.constantFrom('over' as const, 'under' as const),
    fc.constantFrom(2, 10, 1000),
  );
  holds(
    cases,
    { runs: 600, floor: 90 },
    ([generated, rules, at, direction, factor], seen) => {
      const wider = rules.map((rule, index) =>
        index === at % rules.length ? { ...rule, [direction]: times(rule[direction], factor) } : rule,
      );
      const before = inFull(toCase(generated, rulesOf(rules)), rulesOf(rules));
      const after = inFull(toCase(generated, rulesOf(wider)), rulesOf(wider));
      const count = (verdicts: readonly PairVerdict[]) =>
        verdicts.flatMap((one) => one.mismatches).filter((one) => one.tolerance?.within === true).length;
      expect(count(after)).toBeGreaterThanOrEqual(expectNothingLost(before, after));
      if (count(before) > 0 || count(after) > 0) seen();
    },
    show,
  );
});

test('a budget takes nothing away from a rule made wider by a factor, or when it is raised itself (I11)', () => {
  const capped = ruleArb.map((rule) => ({ ...rule, budget: rule.budget ?? decimalText('0.03') }));
  const cases = fc.tuple(
    caseArb({ misses: small }),
    fc.array(capped, { minLength: 1, maxLength: 2 }),
    fc.nat(1),
    fc.constantFrom(2, 10, 1000),
    fc.boolean(),
  );
  holds(
    cases,
    { runs: 600, floor: 48 },
    ([generated, rules, at, factor, isBudget], seen) => {
      const widen = (rule: ToleranceRule): ToleranceRule =>
        isBudget
          ? { ...rule, budget: rule.budget === null ? null : toDecimalText(toDecimal(rule.budget).times(factor)) }
          : { ...rule, over: times(rule.over, factor), under: times(rule.under, factor) };
      const wider = rules.map((rule, index) => (index === at % rules.length ? widen(rule) : rule));
      const before = inFull(toCase(generated, rulesOf(rules)), rulesOf(rules));
      const after = inFull(toCase(generated, rulesOf(wider)), rulesOf(wider));
      if (expectNothingLost(before, after) > 0) seen();
    },
    show,
  );
});

test('a budget is never exceeded, and never adds two currencies (I7, I11)', () => {
  const cases = fc.tuple(caseArb({ misses: small }), ruleArb, fc.constant(0));
  holds(
    cases,
    { runs: 500, floor: 36 },
    ([generated, rule], seen) => {
      const budget = rule.budget ?? decimalText('0.02');
      const rules = rulesOf([{ ...rule, budget }]);
      const spent = new Map<string, ReturnType<typeof toDecimal>>();
      for (const verdict of inFull(toCase(generated, rules), rules))
        for (const mismatch of verdict.mismatches)
          if (mismatch.tolerance?.within === true && verdict.currency !== null)
            spent.set(
              verdict.currency,
              (spent.get(verdict.currency) ?? toDecimal(decimalText('0'))).plus(toDecimal(mismatch.delta).abs()),
            );
      for (const total of spent.values()) expect(total.lessThanOrEqualTo(budget)).toBe(true);
      if (spent.size > 0) seen();
    },
    ([generated, rule]) => shown([generated, rulesOf([rule])]),
  );
});
