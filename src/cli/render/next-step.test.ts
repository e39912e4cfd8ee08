import { expect, test } from 'vitest';
import type { RunSummary } from '../../run/summarise.js';
import { leadingCause, nextStep } from './next-step.js';

const state = (currency: string | null, pairs: number) => ({
  currency,
  state: 'mismatch',
  pairs,
  legacy: null,
  solvimon: null,
  over: '0',
  under: '0',
});
const cause = (
  name: string,
  currency: string | null,
  over: string,
  under: string,
  counts: readonly [number, number, number] = [1, 1, 1],
) => ({
  cause: name,
  currency,
  over,
  under,
  mismatches: counts[0],
  customers: counts[1],
  proven: counts[2],
});
const summary = (states: RunSummary['states'], causes: RunSummary['causes']): RunSummary => ({
  schemaVersion: 1,
  states,
  causes,
  footing: [],
  sides: [],
  problems: 0,
});

test('a large number of yen does not outweigh the currency in which most pairs are', () => {
  const leading = leadingCause(
    summary(
      [state('JPY', 3), state('EUR', 9)],
      [cause('price.tier_mode', 'JPY', '3300', '0'), cause('tax.missing', 'EUR', '0', '-120.5')],
    ),
  );
  expect(leading).toMatchObject({ cause: 'tax.missing', currency: 'EUR' });
});

test('over and under add up, and do not cancel', () => {
  const leading = leadingCause(
    summary(
      [state('EUR', 9)],
      [cause('price.unit_price', 'EUR', '80', '-80'), cause('tax.missing', 'EUR', '0', '-120')],
    ),
  );
  expect(leading?.cause).toBe('price.unit_price');
});

test('causes that move no money, and pairs in two currencies, are no place to begin', () => {
  const zero = cause('mapping.unmapped_product', 'EUR', '0', '0');
  expect(leadingCause(summary([state('EUR', 2)], [zero]))).toBeNull();
  expect(leadingCause(summary([state(null, 2)], [cause('currency.differs', null, '0', '0')]))).toBeNull();
  expect(nextStep(null, '2026-10', 'x')).toBe('Next: nothing differs in 2026-10; run the next cycle.');
});

test('the sentence says who, how much, which way, how sure, and what to type', () => {
  const leading = { ...cause('tax.missing', 'EUR', '0', '-1855.36', [57, 14, 57]), currency: 'EUR' };
  expect(nextStep(leading, '2026-10', 'shadowbill invoice diff K-1')).toBe(
    'Next: begin with tax.missing, which bills 14 customers EUR 1,855.36 too little (57 differences, all proven): read one proof with `shadowbill invoice diff K-1`, mend it, and run 2026-10 again.',
  );
  const unknown = { ...cause('unexplained', 'EUR', '61.4', '-2', [2, 1, 0]), currency: 'EUR' };
  expect(nextStep(unknown, '2026-10', 'x')).toContain(
    '1 customer EUR 61.40 too much and 2.00 too little (nobody knows why yet)',
  );
});
