import { expect, test } from 'vitest';
import { type CompareRules, exactRules, type ToleranceRule } from '../model/compare-rules.js';
import { currency } from '../model/currency.js';
import type { CustomerKey } from '../model/ids.js';
import { decimalText, zero } from '../model/money.js';
import type { MismatchFinding } from '../model/verdict.js';
import { type Candidate, tolerances } from './tolerance.js';

const rule = (change: Partial<ToleranceRule>): ToleranceRule => ({
  name: 'small',
  when: {},
  over: { kind: 'amount', value: decimalText('1') },
  under: { kind: 'amount', value: decimalText('1') },
  budget: null,
  reason: 'a test',
  ...change,
});

const candidate = (code: string, legacy: string | null, delta: string): Candidate => ({
  currency: currency(code),
  finding: {
    level: 'line',
    legacyLines: [],
    solvimonLines: [],
    chargeKey: null,
    period: null,
    cause: 'rounding.level',
    confidence: 'likely',
    rivals: [],
    legacy: legacy === null ? null : decimalText(legacy),
    solvimon: zero,
    delta: decimalText(delta),
    direction: 'over',
    components: {},
    working: [],
    rules: [],
    fingerprint: 'fp1-test',
  },
});

const within = (candidates: readonly Candidate[], ...rules: readonly ToleranceRule[]) =>
  tolerances(candidates, 'c1' as CustomerKey, { ...exactRules, tolerance: rules } satisfies CompareRules).map(
    (one) => one?.within ?? null,
  );

test('a budget of one covers 0.60 in euro and 0.60 in dollars: two currencies never add up to 1.20 (I7)', () => {
  const both = [candidate('EUR', '10', '0.6'), candidate('USD', '20', '0.6')];
  expect(within(both, rule({ budget: decimalText('1') }))).toEqual([true, true]);
});

test('a budget is spent on the smallest differences first, so that a wider limit takes nothing from them (I11)', () => {
  const three = [candidate('EUR', '10', '2'), candidate('EUR', '10', '1'), candidate('EUR', '10', '-1')];
  const budget = decimalText('2');
  const wide = { kind: 'amount', value: decimalText('2') } as const;
  expect(within(three, rule({ budget }))).toEqual([false, true, true]);
  expect(within(three, rule({ budget, over: wide, under: wide }))).toEqual([false, true, true]);
});

test('percentages spend a budget by the share of the limit: 1 of 1000 before 0.5 of 10', () => {
  const ten = { kind: 'percent', value: decimalText('10') } as const;
  const two = [candidate('EUR', '10', '0.5'), candidate('EUR', '1000', '1')];
  expect(within(two, rule({ over: ten, under: ten, budget: decimalText('1') }))).toEqual([false, true]);
});

test('two rules of one name have a budget each', () => {
  const two = [candidate('EUR', '10', '0.6'), candidate('USD', '10', '0.6')];
  const euro = rule({ when: { currency: currency('EUR') }, budget: decimalText('0.6') });
  expect(within(two, euro, rule({ budget: decimalText('0.6') }))).toEqual([true, true]);
});

test('a line that one side lacks is never tolerated, and no money needs a rule that names its cause', () => {
  expect(within([candidate('EUR', null, '0.01'), candidate('EUR', '5', '0')], rule({}))).toEqual([false, false]);
  expect(within([candidate('EUR', '5', '0')], rule({ when: { cause: 'rounding.level' } }))).toEqual([true]);
});

test('where no rule fits there is no tolerance at all', () => {
  expect(within([candidate('EUR', '5', '0.01')], rule({ when: { level: 'header' } }))).toEqual([null]);
});

test('a rule for one component fits only a difference that is nothing else', () => {
  const rounding = candidate('EUR', '100', '0.01');
  const made = (components: MismatchFinding['components']): Candidate => ({
    ...rounding,
    finding: { ...rounding.finding, components },
  });
  const cent = decimalText('0.01');
  const onlyRounding = rule({ when: { component: 'rounding' } });
  expect(within([made({ rounding: cent })], onlyRounding)).toEqual([true]);
  expect(within([made({ price: cent })], onlyRounding)).toEqual([null]);
  expect(within([made({ rounding: decimalText('0.02'), price: decimalText('-0.01') })], onlyRounding)).toEqual([null]);
  expect(within([made({})], onlyRounding)).toEqual([null]);
  // The first rule that fits applies, so that a narrow rule before a wide one decides for its component.
  const nothing = { kind: 'amount', value: zero } as const;
  const noPrice = rule({ name: 'no price', when: { component: 'price' }, over: nothing, under: nothing });
  expect(within([made({ price: cent }), made({ rounding: cent })], noPrice, rule({}))).toEqual([false, true]);
});
