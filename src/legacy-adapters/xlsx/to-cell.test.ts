import { expect, test } from 'vitest';
import { NumberText, toCell } from './to-cell.js';

test.each([
  ['79.900000000000006', '79.9'],
  ['79.9', '79.9'],
  ['0.10000000000000001', '0.1'],
  ['-1234.5599999999999', '-1234.56'],
  ['1200', '1200'],
  ['1.2E+3', '1200'],
  ['1E-7', '0.0000001'],
  ['1E+21', '1000000000000000000000'],
  // Not what anybody typed: the sum of 0.1 and 0.2. Seventeen digits stay, for the reader to refuse.
  ['0.30000000000000004', '0.30000000000000004'],
  ['1234567890123456', '1234567890123456'],
])('the number %s of a workbook is %s', (raw, text) => {
  expect(toCell(new NumberText(raw))).toEqual({ text, type: 'double' });
});

test('text, truth and nothing are text', () => {
  expect(toCell('001,5')).toEqual({ text: '001,5', type: null });
  expect(toCell(true)).toEqual({ text: 'true', type: null });
  expect(toCell(null)).toEqual({ text: '', type: null });
});

test('a number that is none stays what it is, as text', () => {
  for (const raw of ['INF', '', '1e999']) expect(toCell(new NumberText(raw))).toEqual({ text: raw, type: null });
});

test('a date cell is a day, or a time to the second, without a zone', () => {
  expect(toCell(new Date('2026-10-01T00:00:00.000Z'))).toEqual({ text: '2026-10-01', type: 'date' });
  expect(toCell(new Date('2026-10-31T23:59:59.000Z'))).toEqual({ text: '2026-10-31 23:59:59', type: 'date' });
  // A serial day of 46326.99998842593 is a few microseconds off.
  expect(toCell(new Date('2026-10-31T23:59:58.999Z'))).toEqual({ text: '2026-10-31 23:59:59', type: 'date' });
  expect(toCell(new Date(Number.NaN))).toEqual({ text: 'no date', type: 'date' });
});
