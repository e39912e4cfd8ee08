import fc from 'fast-check';
import { type CompareRules, exactRules } from '../../src/model/compare-rules.js';
import type { CurrencyCode } from '../../src/model/currency.js';
import type { Document } from '../../src/model/document.js';
import { decimalText, toDecimal, toMinorUnits } from '../../src/model/money.js';
import type { CustomerCase } from '../../src/model/prepared.js';
import type { PairVerdict } from '../../src/model/verdict.js';
import { explain } from '../../src/reconcile/explain/explain.js';
import { reconcileCustomerWith } from '../../src/reconcile/reconcile-customer.js';
import { type GeneratedCase, rulesArb, toCase } from './arbitraries.js';
import { showCase, showVerdicts } from './show.js';

export const withRules = (cases: fc.Arbitrary<GeneratedCase>) => fc.tuple(cases, rulesArb);

/** The engine without its fast exit: every line of every pair is looked at. */
export const inFull = (input: CustomerCase, rules: CompareRules): readonly PairVerdict[] =>
  reconcileCustomerWith(explain, input, rules, { isFastExitOn: false });

/** What a failed property prints. */
export const shown = ([generated, rules]: readonly [GeneratedCase, CompareRules]) =>
  [showCase(generated), JSON.stringify(rules), showVerdicts(inFull(toCase(generated, rules), rules))].join('\n');
export const shownExact = (generated: GeneratedCase) => shown([generated, exactRules]);

/** Sum of a verdict's mismatch deltas in minor units. */
export const deltaMinor = (verdict: PairVerdict, code: CurrencyCode) =>
  verdict.mismatches.reduce((sum, one) => sum + toMinorUnits(one.delta, code), 0n);

export const sorted = (ids: readonly string[]) => [...ids].sort();

/** Whole minor units that documents ask for under the rules, straight from their totals: added exactly, rounded once. */
export function owed(documents: readonly Document[], rules: CompareRules, code: CurrencyCode): bigint {
  const live = documents.filter((one) => one.state !== 'void');
  const sum = live.reduce(
    (total, one) => total.plus(rules.tax === 'off' ? one.totals.net : one.totals.gross),
    toDecimal(decimalText('0')),
  );
  return toMinorUnits(sum, code);
}
