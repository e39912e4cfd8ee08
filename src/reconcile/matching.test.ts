import { describe, expect, test } from 'vitest';
import { exactRules } from '../model/compare-rules.js';
import { decimalText } from '../model/money.js';
import type { Instant, Period } from '../model/period.js';
import type { PairVerdict } from '../model/verdict.js';
import { customerKey, type DocumentIn, type LineIn, october, prepared } from '../../test/support/build-lines.js';
import { explain } from './explain/explain.js';
import { reconcileCustomerWith } from './reconcile-customer.js';

/** The verdicts on a customer with every line looked at. */
function judge(legacy: readonly DocumentIn[], solvimon: readonly DocumentIn[]): readonly PairVerdict[] {
  return reconcileCustomerWith(
    explain,
    {
      customer: customerKey('c1'),
      legacy: legacy.map((one) => prepared('legacy', exactRules, one)),
      solvimon: solvimon.map((one) => prepared('solvimon', exactRules, one)),
      legacyRejected: [],
      solvimonRejected: [],
      legacyNeighbours: [],
      solvimonNeighbours: [],
    },
    exactRules,
    { isFastExitOn: false },
  );
}

/** "a,b = c" for every link, with its relation in front. */
function linksOf(legacy: readonly LineIn[], solvimon: readonly LineIn[]): readonly string[] {
  return judge([{ id: 'L', lines: legacy }], [{ id: 'S', lines: solvimon }])
    .flatMap((verdict) => verdict.links)
    .map((link) => `${link.relation}: ${link.legacyLines.join(',')} = ${link.solvimonLines.join(',')}`)
    .sort();
}

const half: Period = { start: october.start, end: '2026-10-16T00:00:00.000Z' as Instant };
const otherHalf: Period = { start: half.end, end: october.end };
const seats = (id: string, quantity: string, amount: string, more: Partial<LineIn> = {}): LineIn => ({
  id,
  quantity,
  unitPrice: '5',
  amount,
  ...more,
});

describe('matching lines without shared ids', () => {
  test('several lines of one product pair by what they say, and only what differs is a difference', () => {
    expect(
      linksOf(
        [seats('a', '1', '5'), seats('b', '2', '10'), seats('c', '30', '150')],
        [seats('x', '33', '165'), seats('y', '1', '5'), seats('z', '2', '10')],
      ),
    ).toEqual(['differs: c = x', 'equal: a = y', 'equal: b = z']);
  });

  test('one line split over regions is one charge when the quantities add up, and says so', () => {
    const [verdict] = judge(
      [{ id: 'L', lines: [seats('a', '10', '50')] }],
      [{ id: 'S', lines: [seats('x', '4', '20'), seats('y', '6', '30'), seats('z', '3', '15')] }],
    );
    expect(verdict?.links.map((link) => [link.relation, link.legacyLines, link.solvimonLines])).toEqual([
      ['split', ['a'], ['x', 'y']],
      ['only_solvimon', [], ['z']],
    ]);
    expect(verdict?.mismatches.map((one) => [one.cause, one.delta])).toEqual([['line.missing_in_legacy', '15']]);
  });

  test('a month against its two halves is a split; a sum without a second witness is not', () => {
    const flat = (id: string, amount: string, period: Period): LineIn => ({ id, amount, period });
    expect(linksOf([flat('a', '100', october)], [flat('x', '40', half), flat('y', '60', otherHalf)])).toEqual([
      'split: a = x,y',
    ]);
    const late: Period = { start: '2026-10-20T00:00:00.000Z' as Instant, end: october.end };
    const links = linksOf(
      [flat('a', '100', october), flat('b', '7', half)],
      [flat('x', '40', half), flat('y', '60', late), flat('z', '1', otherHalf)],
    );
    expect(links.filter((link) => link.startsWith('split'))).toEqual([]);
  });

  test('two ways to add up, equally good, are reported as ambiguous and never picked', () => {
    const [verdict] = judge(
      [{ id: 'L', lines: [seats('a', '10', '50')] }],
      [
        {
          id: 'S',
          lines: ['4', '6', '3', '7'].map((count, index) => seats(`x${index}`, count, `${Number(count) * 5}`)),
        },
      ],
    );
    expect(verdict?.links.map((link) => link.relation)).toEqual(['ambiguous']);
    expect(verdict?.mismatches.map((one) => [one.delta, one.confidence === 'proven'])).toEqual([['50', false]]);
    expect(verdict?.mismatches[0]?.rules).toContain('exact_sum_in_2_ways');
  });

  test('a copy of a matched line is a duplicate; a line of another amount is one that is missing', () => {
    const causes = (solvimon: readonly LineIn[]) =>
      judge([{ id: 'L', lines: [seats('a', '1', '5')] }], [{ id: 'S', lines: solvimon }]).flatMap((verdict) =>
        verdict.mismatches.map((one) => [one.cause, one.confidence, one.delta]),
      );
    expect(causes([seats('x', '1', '5'), seats('y', '1', '5')])).toEqual([
      ['line.duplicate_in_solvimon', 'proven', '5'],
    ]);
    expect(causes([seats('x', '1', '5'), seats('y', '3', '15')])).toEqual([['line.missing_in_legacy', 'proven', '15']]);
  });

  test('a discount on the document and the same discount on the lines come to the same', () => {
    const discount: LineIn = { id: 'd', product: null, kind: 'discount', amount: '-15', period: null };
    const [verdict] = judge(
      [{ id: 'L', lines: [seats('a', '10', '50'), seats('b', '20', '100', { product: 'addon' }), discount] }],
      [
        {
          id: 'S',
          lines: [
            seats('x', '10', '50', { discount: '-5' }),
            seats('y', '20', '100', { product: 'addon', discount: '-10' }),
          ],
        },
      ],
    );
    expect([verdict?.state, verdict?.mismatches]).toEqual(['matched', []]);
  });

  test('tiers as lines of their own against one line that bills the same are no difference', () => {
    const tier = (id: string, quantity: string, unitPrice: string, amount: string): LineIn => ({
      id,
      quantity,
      unitPrice,
      amount,
    });
    expect(
      linksOf(
        [tier('a', '1000', '0.1', '100'), tier('b', '500', '0.05', '25')],
        [{ id: 'x', quantity: '1500', amount: '125' }],
      ),
    ).toEqual(['merged: a,b = x']);
  });
});

describe('pairing documents', () => {
  const invoice = (id: string, ...lines: readonly LineIn[]): DocumentIn => ({ id, lines });

  test('charges spread over two invoices pair with the one that has them all, also when the money differs', () => {
    const verdicts = judge(
      [invoice('L', seats('a', '10', '50'), seats('b', '2', '10', { product: 'addon' }))],
      [invoice('S1', seats('x', '10', '50')), invoice('S2', seats('y', '3', '15', { product: 'addon' }))],
    );
    expect(verdicts.map((one) => [one.legacy, one.solvimon, one.rules])).toEqual([
      [['L'], ['S1', 'S2'], ['same_charges_spread', 'split_invoice']],
    ]);
    expect(verdicts[0]?.mismatches.map((one) => [one.cause, one.delta])).toEqual([['usage.quantity', '5']]);
  });

  test('two invoices cut differently into two pair as a whole', () => {
    const verdicts = judge(
      [
        invoice('L1', seats('a', '1', '5'), seats('b', '2', '10', { product: 'p2' })),
        invoice('L2', seats('c', '3', '15', { product: 'p3' })),
      ],
      [
        invoice('S1', seats('x', '1', '5')),
        invoice('S2', seats('y', '2', '10', { product: 'p2' }), seats('z', '3', '15', { product: 'p3' })),
      ],
    );
    expect(verdicts.map((one) => [one.legacy, one.solvimon, one.state])).toEqual([
      [['L1', 'L2'], ['S1', 'S2'], 'matched'],
    ]);
  });

  test('a pairing that another comes close to names it with the gap, and is ambiguous', () => {
    const verdicts = judge(
      [invoice('L1', seats('a', '20', '100')), invoice('L2', seats('b', '20', '100.4', { unitPrice: '5.02' }))],
      [
        invoice('S1', seats('x', '20', '100.2', { unitPrice: '5.01' })),
        invoice('S2', seats('y', '20', '100.6', { unitPrice: '5.03' })),
      ],
    );
    expect(verdicts.map((one) => one.state)).toEqual(['ambiguous', 'ambiguous']);
    for (const verdict of verdicts) {
      expect(verdict.alternatives.length).toBe(1);
      expect(verdict.alternatives[0]?.costGap).toBeGreaterThanOrEqual(0);
      expect(verdict.alternatives[0]?.costGap).toBeLessThanOrEqual(1000);
    }
  });

  test('a credit note of one side joins the pair it nets with', () => {
    const credit: DocumentIn = { id: 'LC', kind: 'credit_note', lines: [{ id: 'k', amount: '-10' }], relatesTo: ['L'] };
    const verdicts = judge([invoice('L', seats('a', '12', '60')), credit], [invoice('S', seats('x', '10', '50'))]);
    expect(verdicts.map((one) => [one.legacy, one.solvimon])).toEqual([[['L', 'LC'], ['S']]]);
    expect(verdicts[0]?.legacyGross).toBe('50');
  });

  test('every mismatch carries the chain of rules that led to it', () => {
    const verdicts = judge([invoice('L', seats('a', '10', '50'))], [invoice('S', seats('x', '12', '60'))]);
    expect(verdicts[0]?.rules).toEqual(['only_candidates']);
    expect(verdicts[0]?.mismatches[0]?.rules).toEqual(['charge_class_period', 'recomputed']);
    expect(verdicts[0]?.mismatches[0]?.components).toEqual({ quantity: decimalText('10') });
  });
});
