import { describe, expect, test } from 'vitest';
import { exactRules } from '../../model/compare-rules.js';
import type { TierSlice } from '../../model/document.js';
import { type DecimalText, decimalText, sumText } from '../../model/money.js';
import type { Instant } from '../../model/period.js';
import type { MismatchFinding } from '../../model/verdict.js';
import { chargeKey, customerKey, type LineIn, october, prepared } from '../../../test/support/build-lines.js';
import { reconcileCustomer } from '../reconcile-customer.js';

function difference(
  legacy: LineIn,
  solvimon: LineIn,
  usageEvidence: readonly never[] | object[] = [],
): MismatchFinding {
  const [verdict] = reconcileCustomer(
    {
      customer: customerKey('c1'),
      legacy: [prepared('legacy', exactRules, { id: 'L', lines: [legacy] })],
      solvimon: [prepared('solvimon', exactRules, { id: 'S', lines: [solvimon] })],
      legacyRejected: [],
      solvimonRejected: [],
      legacyNeighbours: [],
      solvimonNeighbours: [],
      usageEvidence: usageEvidence as never,
    },
    exactRules,
  );
  const [finding] = verdict?.mismatches ?? [];
  if (finding === undefined) throw new Error('there is no difference');
  // The promise that no other test needs to repeat: components sum to the delta.
  expect(sumText(Object.values(finding.components))).toBe(finding.delta);
  return finding;
}

const tiers = (...rows: readonly (readonly [string, string | null, string])[]): readonly TierSlice[] =>
  rows.map(([from, to, price]) => ({
    from: decimalText(from),
    to: to === null ? null : decimalText(to),
    quantity: '0' as DecimalText,
    unitPrice: decimalText(price),
    flat: null,
    amount: '0' as DecimalText,
  }));

describe('decomposition by the published vectors', () => {
  test('V50: discount lost and one per cent more usage are 0.48 and 5.02, the tie going to quantity', () => {
    const found = difference(
      {
        id: 'l',
        quantity: '1000',
        unitPrice: '0.05',
        amount: '50',
        discount: '-5',
        facts: { discountRate: decimalText('10') },
      },
      { id: 's', quantity: '1010', unitPrice: '0.05', amount: '50.5' },
    );
    expect([found.delta, found.components]).toEqual(['5.5', { quantity: '0.48', discount: '5.02' }]);
    expect(found.confidence).not.toBe('proven');
  });

  test('V53: 1500 to 1600 and 0.05 to 0.06 in the second tier are 5.50 each, by re-rating', () => {
    const found = difference(
      {
        id: 'l',
        quantity: '1500',
        amount: '125',
        tiers: tiers(['0', '1000', '0.1'], ['1000', null, '0.05']),
        facts: { tierMode: 'graduated' },
      },
      {
        id: 's',
        quantity: '1600',
        amount: '136',
        tiers: tiers(['0', '1000', '0.1'], ['1000', null, '0.06']),
        facts: { tierMode: 'graduated' },
      },
    );
    expect([found.delta, found.components]).toEqual(['11', { quantity: '5.5', price: '5.5' }]);
  });
});

describe('causes proved by recomputation', () => {
  test('the working can be followed by hand', () => {
    const found = difference(
      { id: 'l', quantity: '40', unitPrice: '1.25', amount: '50', tax: '10.5', taxRate: '21' },
      { id: 's', quantity: '44', unitPrice: '1.25', amount: '55', tax: '11.55', taxRate: '21' },
    );
    expect([found.cause, found.confidence, found.rivals]).toEqual(['usage.quantity', 'proven', []]);
    expect(found.working.map((step) => `${step.label}: ${step.text}`)).toEqual([
      'legacy: 40 × 1.25 = 50.00',
      'solvimon: 44 × 1.25 = 55.00',
      'test: legacy with the quantity of solvimon: 44 × 1.25 = 55.00 ✓ equals solvimon',
    ]);
    expect(found.components).toEqual({ quantity: '5', tax_base: '1.05' });
  });

  test('a quantity that explains the net does not prove a line whose tax rate differs as well', () => {
    const found = difference(
      { id: 'l', quantity: '40', unitPrice: '1.25', amount: '50', tax: '10.5', taxRate: '21' },
      { id: 's', quantity: '44', unitPrice: '1.25', amount: '55', tax: '4.95', taxRate: '9' },
    );
    expect([found.cause, found.confidence]).toEqual(['usage.quantity', 'likely']);
    expect(found.rules).toContain('tax_differs_too');
  });

  test('another quantity and another price at once prove neither', () => {
    const found = difference(
      { id: 'l', quantity: '40', unitPrice: '1.25', amount: '50' },
      { id: 's', quantity: '44', unitPrice: '1.5', amount: '66' },
    );
    expect(found.confidence).not.toBe('proven');
    expect(found.rivals).toEqual(['usage.quantity']);
    expect(found.components).toEqual({ quantity: '5.5', price: '10.5' });
  });

  test('17 days of October are 31sts in one system and 30ths in the other', () => {
    const period = { start: '2026-10-15T00:00:00.000Z' as Instant, end: october.end };
    const found = difference(
      {
        id: 'l',
        kind: 'proration_charge',
        period,
        quantity: '1',
        unitPrice: '26.87',
        amount: '26.87',
        facts: { fullPrice: decimalText('49') },
      },
      { id: 's', kind: 'proration_charge', period, quantity: '1', unitPrice: '27.77', amount: '27.77' },
    );
    expect([found.cause, found.confidence]).toEqual(['proration.day_count', 'proven']);
    expect(found.working.map((step) => step.text)).toContain('17/31 of it (actual days of the month) = 26.87');
    expect(found.working.map((step) => step.text)).toContain('17/30 of it (days of 30) = 27.77');
  });

  test('stair-step against cumulative stair-step is the sum of the lower steps (Solvimon contract 4.1)', () => {
    const steps = tiers(['0', '100', '25'], ['100', '1000', '20'], ['1000', null, '15']);
    const found = difference(
      { id: 'l', quantity: '200', amount: '20' },
      { id: 's', quantity: '200', amount: '45', tiers: steps, facts: { tierMode: 'cumulative_stair_step' } },
    );
    expect([found.cause, found.confidence, found.delta]).toEqual(['price.tier_mode', 'proven', '25']);
  });

  test('events that were looked at say why the quantity differs', () => {
    const evidence = [
      {
        chargeKey: chargeKey('seats'),
        periodStart: null,
        missing: decimalText('4'),
        duplicate: null,
        late: decimalText('1'),
        unmatched: null,
      },
    ];
    const found = difference(
      { id: 'l', quantity: '44', unitPrice: '1.25', amount: '55' },
      { id: 's', quantity: '40', unitPrice: '1.25', amount: '50' },
      evidence,
    );
    expect([found.cause, found.confidence]).toEqual(['usage.missing_events', 'proven']);
  });

  test('an amount that nobody can recompute stays unexplained, with its money', () => {
    const found = difference({ id: 'l', amount: '50' }, { id: 's', amount: '63' });
    expect([found.cause, found.confidence, found.components]).toEqual([
      'unexplained',
      'unknown',
      { unexplained: '13' },
    ]);
  });

  test('more than one minor unit is never called rounding', () => {
    const found = difference(
      { id: 'l', quantity: '3', unitPrice: '1.115', amount: '3.35' },
      { id: 's', quantity: '3', unitPrice: '1.115', amount: '3.32' },
    );
    expect([found.cause, found.components]).toEqual(['unexplained', { unexplained: '-0.03' }]);
  });
});
