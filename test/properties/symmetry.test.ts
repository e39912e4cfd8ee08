import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exactRules } from '../../src/model/compare-rules.js';
import type { Document } from '../../src/model/document.js';
import { decimalText, toDecimal } from '../../src/model/money.js';
import type { CustomerCase } from '../../src/model/prepared.js';
import { agreeingStates, type PairState, type PairVerdict } from '../../src/model/verdict.js';
import { reconcileCustomer } from '../../src/reconcile/reconcile-customer.js';
import { caseArb, toCase } from './arbitraries.js';
import { holds } from './counting.js';
import { inFull, owed, shown, shownExact, sorted, withRules } from './judging.js';

const mirrored: Readonly<Record<PairState, PairState>> = {
  matched: 'matched',
  within_tolerance: 'within_tolerance',
  mismatch: 'mismatch',
  ambiguous: 'ambiguous',
  only_legacy: 'only_solvimon',
  only_solvimon: 'only_legacy',
  not_ready: 'not_ready',
  error: 'error',
};

test('swapping the sides mirrors every pair and negates every delta and component (I3)', () => {
  holds(
    withRules(caseArb({ hasRejected: true })),
    { runs: 600, floor: 150 },
    ([generated, rules], seen) => {
      const input = toCase(generated, rules);
      const swapped: CustomerCase = {
        ...input,
        legacy: input.solvimon,
        solvimon: input.legacy,
        legacyRejected: input.solvimonRejected,
        solvimonRejected: input.legacyRejected,
      };
      const shape = (verdict: PairVerdict, isSwapped: boolean) => {
        const [legacy, solvimon] = isSwapped ? [verdict.solvimon, verdict.legacy] : [verdict.legacy, verdict.solvimon];
        const sign = isSwapped ? -1 : 1;
        const money = (text: string) => toDecimal(decimalText(text)).times(sign).plus(0).toFixed().replace(/^-0$/, '0');
        return {
          legacy: sorted(legacy),
          solvimon: sorted(solvimon),
          state: isSwapped ? mirrored[verdict.state] : verdict.state,
          grosses: isSwapped
            ? [verdict.solvimonGross, verdict.legacyGross]
            : [verdict.legacyGross, verdict.solvimonGross],
          mismatches: verdict.mismatches
            .map((one) =>
              JSON.stringify({
                level: one.level,
                amounts: isSwapped ? [one.solvimon, one.legacy] : [one.legacy, one.solvimon],
                delta: money(one.delta),
                components: Object.entries(one.components)
                  .map(([name, part]) => `${name} ${money(part)}`)
                  .sort(),
              }),
            )
            .sort(),
        };
      };
      const byIds = (a: { legacy: string[]; solvimon: string[] }, b: { legacy: string[]; solvimon: string[] }) =>
        JSON.stringify([a.legacy, a.solvimon]) < JSON.stringify([b.legacy, b.solvimon]) ? -1 : 1;
      const forth = inFull(input, rules);
      const back = inFull(swapped, rules);
      expect(back.map((one) => shape(one, true)).sort(byIds)).toEqual(
        forth.map((one) => shape(one, false)).sort(byIds),
      );
      if (forth.some((one) => one.mismatches.some((mismatch) => mismatch.delta !== '0'))) seen();
    },
    shown,
  );
});

test('a side compared with itself is clean, with every line looked at (I4)', () => {
  holds(
    withRules(caseArb({ misses: ['same', 'void'] })),
    { runs: 400, floor: 90 },
    ([generated, rules], seen) => {
      const own = toCase({ ...generated, solvimon: generated.legacy }, rules);
      for (const verdicts of [inFull(own, rules), reconcileCustomer(own, rules)]) {
        expect(verdicts.map((one) => [one.state, one.mismatches.length])).toEqual(own.legacy.map(() => ['matched', 0]));
      }
      if (own.legacy.length > 1) seen();
    },
    shown,
  );
});

test('a difference that was put in is never called clean (I4, the other way)', () => {
  const real = ['one minor unit more', 'ten per cent', 'not billed', 'tax of the document by one'] as const;
  holds(
    caseArb({ misses: real, maxDocuments: 1 }),
    { runs: 300, floor: 60 },
    (generated, seen) => {
      const [legacy] = generated.legacy;
      const [solvimon] = generated.solvimon;
      if (legacy === undefined || generated.misses.length === 0) return;
      if (
        solvimon !== undefined &&
        owed([legacy], exactRules, legacy.currency) === owed([solvimon], exactRules, solvimon.currency)
      )
        return;
      const [verdict] = inFull(toCase(generated, exactRules), exactRules);
      expect(verdict === undefined ? [] : verdict.mismatches.length).toBeGreaterThan(0);
      expect(agreeingStates.has(verdict?.state ?? 'matched')).toBe(false);
      seen();
    },
    shownExact,
  );
});

test('the order of documents, rejected documents and lines does not matter (I5)', () => {
  const shuffledArb = withRules(caseArb({ hasRejected: true })).chain(([generated, rules]) =>
    fc
      .record({
        legacy: shuffle(generated.legacy),
        solvimon: shuffle(generated.solvimon),
        legacyRejected: shuffle(generated.legacyRejected),
        solvimonRejected: shuffle(generated.solvimonRejected),
        turned: fc.boolean(),
      })
      .map(({ turned, ...order }) => ({
        generated,
        rules,
        shuffled: {
          ...generated,
          ...order,
          solvimon: turned ? order.solvimon.map(linesReversed) : order.solvimon,
        },
      })),
  );
  holds(
    shuffledArb,
    { runs: 500, floor: 120 },
    ({ generated, shuffled, rules }, seen) => {
      const forth = inFull(toCase(generated, rules), rules);
      expect(inFull(toCase(shuffled, rules), rules)).toEqual(forth);
      const isMoved =
        JSON.stringify([generated.legacy, generated.solvimon]) !== JSON.stringify([shuffled.legacy, shuffled.solvimon]);
      if (isMoved && forth.some((one) => one.mismatches.length > 0)) seen();
    },
    ({ shuffled, rules }) => shown([shuffled, rules]),
  );
});

const shuffle = <Item>(items: readonly Item[]) =>
  fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length });

const linesReversed = (document: Document): Document => ({ ...document, lines: document.lines.toReversed() });

test('the same input gives the same bytes, and the input is left as it was (I8)', () => {
  holds(
    withRules(caseArb({ hasRejected: true })),
    { runs: 300, floor: 90 },
    ([generated, rules], seen) => {
      const input = toCase(generated, rules);
      const before = JSON.stringify(input);
      const first = JSON.stringify(inFull(deepFreeze(input), rules));
      expect(JSON.stringify(inFull(structuredClone(input), structuredClone(rules)))).toBe(first);
      expect(JSON.stringify(input)).toBe(before);
      if (first.includes('"mismatch"')) seen();
    },
    shown,
  );
});

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const item of Object.values(value)) deepFreeze(item);
  }
  return value;
}
