import { expect, test } from 'vitest';
import type { RunSummary } from '../../run/summarise.js';
import type { StoredRun } from '../../store/runs.js';
import { renderCauses, renderFooting, renderHeading, renderStates } from './summary.js';

const row = (currency: string | null, state: string, pairs: number, money: readonly string[] = []) => ({
  currency,
  state,
  pairs,
  legacy: money[0] ?? null,
  solvimon: money[1] ?? null,
  over: money[2] ?? '0',
  under: money[3] ?? '0',
});

const summary: RunSummary = {
  schemaVersion: 1,
  states: [
    row(null, 'mismatch', 1),
    row('KWD', 'only_legacy', 1, ['88.125', '', '0', '-88.125']),
    row('EUR', 'not_ready', 3, ['2327.66', '2327.66']),
    row('EUR', 'mismatch', 55, ['73519.52', '71272.67', '840.29', '-3087.14']),
    row('EUR', 'matched', 1639, ['347328.66', '347328.66']),
  ].map((one) => (one.solvimon === '' ? { ...one, solvimon: null } : one)),
  causes: [
    { cause: 'tax.missing', currency: 'EUR', mismatches: 57, customers: 14, proven: 57, over: '0', under: '-1855.36' },
    { cause: 'unexplained', currency: 'EUR', mismatches: 2, customers: 2, proven: 0, over: '61.4', under: '0' },
  ],
  footing: [{ currency: 'EUR', legacy: '100', explained: '-2.5', unexplained: '61.4', solvimon: '158.9', foots: true }],
  sides: [],
  problems: 0,
};

test('currencies stand in groups, two currencies last, and what was not compared shows no difference, not even zero', () => {
  expect(renderStates(summary).split('\n')).toEqual([
    'currency  state        pairs      legacy    solvimon   ▲ over    ▼ under',
    'EUR       matched      1,639  347,328.66  347,328.66     0.00       0.00',
    '          mismatch        55   73,519.52   71,272.67  +840.29  -3,087.14',
    '          not ready        3    2,327.66    2,327.66        –          –',
    'KWD       only legacy      1      88.125           –    0.000    -88.125',
    'two       mismatch         1           –           –        –          –',
  ]);
});

test('the heading counts what was compared and names the rest apart', () => {
  const run = { id: 'r1', cycle: '2026-10', summary } as unknown as StoredRun;
  expect(renderHeading(run)).toContain(
    '1,639 of 1,696 compared pairs agree, 57 do not; 3 are not ready to be compared.',
  );
});

test('what nobody can explain is the first cause, however little it is', () => {
  expect(
    renderCauses(summary)
      .split('\n')
      .map((line) => line.split(' ')[0]),
  ).toEqual(['cause', 'unexplained', 'tax.missing']);
});

test('the statement adds up from left to right', () => {
  expect(renderFooting(summary).split('\n')).toEqual([
    'statement  legacy  + explained  + unexplained  = solvimon  foots',
    'EUR        100.00        -2.50         +61.40      158.90  ✓',
  ]);
});
