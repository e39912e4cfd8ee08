import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { currency } from '../model/currency.js';
import { decimalText } from '../model/money.js';
import { rational, rationalToNumber } from '../model/rational.js';
import { takeCensus, worstShare } from './census.js';
import {
  addSums,
  baseMinor,
  checkAmounts,
  checkCounts,
  countRows,
  matchClassOf,
  type MeasuredRow,
  sumAmounts,
} from './metrics.js';

const eur = currency('EUR');

function row(legacy: bigint | null, solvimon: bigint | null, over: Partial<MeasuredRow> = {}): MeasuredRow {
  return {
    key: { customer: 'c', cycle: '2026-10', billingEntity: 'e', currency: eur },
    state: legacy === null ? 'only_solvimon' : solvimon === null ? 'only_legacy' : 'both',
    isExpected: true,
    legacyMinor: legacy,
    solvimonMinor: solvimon,
    lineDeltasMinor: [],
    lines: { matched: 0, mismatched: 0, onlyLegacy: 0, onlySolvimon: 0 },
    isWithinTolerance: false,
    unexplainedMinor: [],
    ...over,
  };
}

const minor = fc.oneof(fc.constantFrom(0n, 1n, -1n), fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }));
const side = fc.option(minor, { nil: null });
const rows = fc.array(
  fc
    .tuple(side, side, fc.array(minor, { maxLength: 5 }))
    .filter(([legacy, solvimon]) => legacy !== null || solvimon !== null)
    .map(([legacy, solvimon, lineDeltasMinor]) => row(legacy, solvimon, { lineDeltasMinor })),
  { maxLength: 20 },
);

describe('the money of a cohort', () => {
  test('over + under is gross, over - under is net, and nothing exceeds the base, for any signed amounts (I7)', () => {
    let interesting = 0;
    fc.assert(
      fc.property(rows, (all) => {
        const sums = sumAmounts(all);
        const deltas = all.map((one) => (one.solvimonMinor ?? 0n) - (one.legacyMinor ?? 0n));
        const total = (parts: readonly bigint[]) => parts.reduce((sum, part) => sum + part, 0n);
        expect(sums.over.numerator - sums.under.numerator).toBe(total(deltas));
        expect(sums.over.numerator + sums.under.numerator).toBe(total(deltas.map((d) => (d < 0n ? -d : d))));
        expect(sums.gross.numerator).toBeLessThanOrEqual(sums.base.numerator);
        checkAmounts(sums);
        checkCounts(countRows(all));
        if (sums.over.numerator > 0n && sums.under.numerator > 0n) interesting += 1;
      }),
    );
    expect(interesting).toBeGreaterThan(30);
  });

  test('the order of invoices and of the lines in them changes nothing', () => {
    let interesting = 0;
    fc.assert(
      fc.property(rows, (all) => {
        const turned = [...all]
          .reverse()
          .map((one) => ({ ...one, lineDeltasMinor: [...one.lineDeltasMinor].reverse() }));
        expect(sumAmounts(turned)).toEqual(sumAmounts(all));
        if (all.length > 2) interesting += 1;
      }),
    );
    expect(interesting).toBeGreaterThan(30);
  });

  test('the base is the spread around zero, so a sign flip weighs both amounts', () => {
    expect(baseMinor(-10_000n, 5_000n)).toBe(15_000n);
    expect(baseMinor(500n, 700n)).toBe(700n);
    expect(baseMinor(-500n, null)).toBe(500n);
    expect(baseMinor(null, null)).toBe(0n);
  });

  test('two line errors that cancel inside one invoice are no match, and their size is reported', () => {
    const cancelling = row(10_000n, 10_000n, { lineDeltasMinor: [700n, -700n] });
    expect(matchClassOf(cancelling)).toBe('compensating');
    expect(sumAmounts([cancelling]).offsetInsideInvoice).toEqual(rational(1_400n));
    expect(countRows([cancelling])).toMatchObject({ compensating: 1, exact: 0, tolerated: 0 });
  });

  test('a customer whom both systems forgot is a row that matches nothing', () => {
    const forgotten = row(null, null, { state: 'both_missing' });
    const census = takeCensus({
      rows: [forgotten, row(100n, 100n)],
      reportingCurrency: eur,
      rates: new Map([[eur, decimalText('1')]]),
    });
    expect(census.total.counts).toMatchObject({ roster: 2, bothMissing: 1, both: 1 });
    expect(census.customers).toMatchObject({ mature: 1, clean: 0 });
  });

  test('sums that do not add up are a broken promise', () => {
    const sums = sumAmounts([row(100n, 90n)]);
    expect(() => checkAmounts({ ...sums, over: rational(1n) })).toThrow(/over \+ under = gross/);
    expect(() => checkAmounts({ ...sums, base: rational(5n) })).toThrow(/never exceeds its base/);
    expect(() => checkCounts({ ...countRows([row(1n, 1n)]), both: 2 })).toThrow(/one roster state/);
    expect(addSums([sums, sums]).under).toEqual(rational(20n));
  });

  test('the worst currency counts, so one currency cannot net the errors of another', () => {
    const usd = currency('USD');
    const inUsd = row(100_000n, 101_000n, {
      key: { customer: 'd', cycle: '2026-10', billingEntity: 'e', currency: usd },
    });
    const census = takeCensus({
      rows: [row(900_000n, 900_000n), inUsd],
      reportingCurrency: eur,
      rates: new Map([
        [eur, decimalText('1')],
        [usd, decimalText('1')],
      ]),
    });
    // 1,000 of 101,000 in USD, although it is 1,000 of 1,001,000 in all.
    expect(worstShare(census, 'overShare')).toBe(rationalToNumber(rational(1_000n, 101_000n)));
  });
});
