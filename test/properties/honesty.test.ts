import { expect, test } from 'vitest';
import { exactRules } from '../../src/model/compare-rules.js';
import type { Document } from '../../src/model/document.js';
import { decimalText } from '../../src/model/money.js';
import { agreeingStates } from '../../src/model/verdict.js';
import { reconcileCustomer } from '../../src/reconcile/reconcile-customer.js';
import { caseArb, toCase } from './arbitraries.js';
import { holds } from './counting.js';
import { inFull, shown, shownExact, withRules } from './judging.js';

test('a missing document or line is not a zero one: its side has no amount (I6)', () => {
  const missing = ['not billed', 'line missing', 'line twice', 'billed twice', 'same', 'zero line'] as const;
  holds(
    caseArb({ misses: missing }),
    { runs: 500, floor: 120 },
    (generated, seen) => {
      for (const verdict of inFull(toCase(generated, exactRules), exactRules)) {
        for (const side of ['legacy', 'solvimon'] as const) {
          const lines = side === 'legacy' ? ('legacyLines' as const) : ('solvimonLines' as const);
          const other = side === 'legacy' ? ('solvimonLines' as const) : ('legacyLines' as const);
          const gross = side === 'legacy' ? verdict.legacyGross : verdict.solvimonGross;
          expect(gross === null).toBe(verdict[side].length === 0);
          if (verdict[side].length === 0) {
            expect(verdict.state).toBe(side === 'legacy' ? 'only_solvimon' : 'only_legacy');
            expect(verdict.mismatches.map((one) => one[side])).toEqual([null]);
            seen();
          }
          for (const mismatch of verdict.mismatches) {
            if (mismatch.level !== 'line') continue;
            expect(mismatch[side] === null).toBe(mismatch[lines].length === 0);
            if (mismatch[lines].length === 0 && mismatch[other].length > 0) seen();
          }
        }
      }
    },
    shownExact,
  );
});

test('a document of nothing at all still misses its counterpart (I6)', () => {
  holds(
    caseArb({ misses: ['not billed'], maxDocuments: 1 }),
    { runs: 200, floor: 30 },
    (generated, seen) => {
      const nothing = (one: Document): Document => ({
        ...one,
        lines: [],
        totals: { ...one.totals, net: decimalText('0'), tax: decimalText('0'), gross: decimalText('0') },
      });
      const input = toCase({ ...generated, legacy: generated.legacy.map(nothing), solvimon: [] }, exactRules);
      const verdicts = inFull(input, exactRules);
      expect(verdicts.map((one) => [one.state, one.solvimonGross])).toEqual([['only_legacy', null]]);
      seen();
    },
    shownExact,
  );
});

test('what cannot be judged is never green: not ready, unreadable, of unknown state, or ambiguous (I10)', () => {
  const unknown = ['not ready', 'state unknown', 'same', 'one minor unit more'] as const;
  const cases = withRules(caseArb({ hasRejected: true, misses: unknown }));
  holds(
    cases,
    { runs: 500, floor: 150 },
    ([generated, rules], seen) => {
      const unsure = new Set([
        ...[...generated.legacy, ...generated.solvimon]
          .filter((one) => one.notReady.length > 0 || one.state === 'unknown' || one.state === 'failed')
          .map((one) => one.source.id as string),
        ...[...generated.legacyRejected, ...generated.solvimonRejected].map((one) => one.id),
      ]);
      for (const judge of [inFull, reconcileCustomer]) {
        for (const verdict of judge(toCase(generated, rules), rules)) {
          if (![...verdict.legacy, ...verdict.solvimon].some((id) => unsure.has(id))) continue;
          expect(['not_ready', 'error'], JSON.stringify(verdict)).toContain(verdict.state);
          expect(agreeingStates.has(verdict.state)).toBe(false);
          seen();
        }
      }
    },
    shown,
  );
});
