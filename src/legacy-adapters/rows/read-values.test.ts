import { expect, test } from 'vitest';
import { currency } from '../../model/currency.js';
import type { Problem } from '../../model/problem.js';
import { csvConfig, withPreset } from '../csv/shape.js';
import { RowReader } from './read-values.js';
import type { CellType, RowField } from './shape.js';

const eur = currency('EUR');
const place = { file: 'legacy.csv', line: 7 };

/** A reader of one row; options as in the configuration, over the defaults. */
function reader(cells: Partial<Record<RowField, string>>, options: object = {}, typed: [RowField, CellType][] = []) {
  const config = withPreset(csvConfig.parse({ path: 'x.csv', columns: {}, timezone: 'Europe/Amsterdam', ...options }));
  const problems: Problem[] = [];
  const row = { line: 7, cells: new Map(Object.entries(cells) as [RowField, string][]), typed: new Map(typed) };
  return { row: new RowReader(row, config, place, problems), problems };
}

function decimalOf(text: string, options: object = {}): string | null {
  return reader({ quantity: text }, options).row.decimal('quantity');
}

test.each([
  ['12.50', {}, '12.5'],
  ['-0.00', {}, '0'],
  ['(12.00)', {}, '-12'],
  ['12.00-', {}, '-12'],
  ['  7 ', {}, '7'],
  ['12,50', { decimal_mark: ',' }, '12.5'],
  ['1.234,50', { decimal_mark: ',', thousands_mark: '.' }, '1234.5'],
  ['-1.234.567,89', { decimal_mark: ',', thousands_mark: '.' }, '-1234567.89'],
  ['1,234', { decimal_mark: ',' }, '1.234'],
  ['1,234', { thousands_mark: ',' }, '1234'],
  ['1 234,50', { decimal_mark: ',', thousands_mark: ' ' }, '1234.5'],
  ['1\u202f234,50', { decimal_mark: ',', thousands_mark: ' ' }, '1234.5'],
  ["12'345.60", { thousands_mark: "'" }, '12345.6'],
  ['(1.234,50)', { decimal_mark: ',', thousands_mark: '.' }, '-1234.5'],
  ['33.333333333333333333', {}, '33.333333333333333333'],
])('%s reads under %o as %s', (text, options, expected) => {
  expect(decimalOf(text, options)).toBe(expected);
});

test.each([
  ['1e3', {}],
  ['1E+03', {}],
  ['12,50', {}],
  ['1,234.50', {}],
  ['1.234,50', { decimal_mark: ',' }],
  ['12.34', { decimal_mark: ',', thousands_mark: '.' }],
  ['1,23', { thousands_mark: ',' }],
  ['1234,567.00', { thousands_mark: ',' }],
  ['12.5O', {}],
  ['(-5)', {}],
  ['-5-', {}],
  ['€ 5', {}],
  ['NaN', {}],
  ['--1', {}],
])('%s under %o is refused with its place and value, and nothing is guessed', (text, options) => {
  const { row, problems } = reader({ quantity: text }, options);
  expect(row.decimal('quantity')).toBeNull();
  expect(problems).toMatchObject([{ code: 'amount_malformed', place, field: 'quantity', value: text }]);
});

test('an empty cell is absent and no fault, and is never zero', () => {
  const { row, problems } = reader({ amount: '  ' });
  expect(row.money('amount', eur)).toBeNull();
  expect(row.text('amount')).toBeNull();
  expect(problems).toEqual([]);
});

test('minor units have the digits of their currency: EUR two, JPY none, KWD three', () => {
  const minor = (code: string) =>
    reader({ amount: '12345' }, { currency_scale: 'minor' }).row.money('amount', currency(code));
  expect([minor('EUR'), minor('JPY'), minor('KWD')]).toEqual(['123.45', '12345', '12.345']);
});

test('an amount in minor units is whole, but a price in minor units may be half a cent', () => {
  const { row, problems } = reader({ amount: '10.5', unit_price: '0.5' }, { currency_scale: 'minor' });
  expect(row.price('unit_price', eur)).toBe('0.005');
  expect(row.money('amount', eur)).toBeNull();
  expect(problems).toMatchObject([{ code: 'amount_out_of_scale', field: 'amount', value: '10.5' }]);
});

test('a problem names the column of the file, with all its aliases', () => {
  const { row, problems } = reader({ amount: 'x' }, { columns: { amount: ['Betrag', 'Bedrag'] } });
  row.money('amount', eur);
  expect(problems[0]?.field).toBe('amount (column Betrag or Bedrag)');
});

test.each(['1234567890123450', '12345678901234500', '1.23457E+15', '1,23457E+15'])(
  'the id %s is what a spreadsheet leaves of a long one, and is refused',
  (id) => {
    const { row, problems } = reader({ customer: id });
    expect(row.id('customer')).toBeNull();
    expect(problems).toMatchObject([{ code: 'id_damaged', field: 'customer', value: id }]);
  },
);

test('honest ids stay as they are: leading zeros, sixteen digits that do not end in zero, short codes with an E', () => {
  for (const id of ['000123', '1234567890123456', '1E5', 'cus_9', '100000000000000'])
    expect(reader({ customer: id }).row.id('customer')).toBe(id);
  expect(reader({ customer: '1234567890123450' }, { long_ids: 'accept' }).row.id('customer')).toBe('1234567890123450');
  expect(reader({ customer: '1.23E+15' }, { long_ids: 'accept' }).row.id('customer')).toBeNull();
});

// Amsterdam is at +02:00 until 2026-10-25 and at +01:00 after it.
test.each([
  ['2026-10-01', {}, '2026-09-30T22:00:00.000Z'],
  ['2026-11-01', {}, '2026-10-31T23:00:00.000Z'],
  ['01-10-2026', { date_format: 'DD-MM-YYYY' }, '2026-09-30T22:00:00.000Z'],
  ['10/1/2026', { date_format: 'MM/DD/YYYY' }, '2026-09-30T22:00:00.000Z'],
  ['1/10/2026', { date_format: 'DD/MM/YYYY' }, '2026-09-30T22:00:00.000Z'],
  ['01.10.2026', { date_format: 'DD.MM.YYYY' }, '2026-09-30T22:00:00.000Z'],
  ['2026-10-01T00:00:00+05:00', { date_format: 'DD-MM-YYYY' }, '2026-09-30T19:00:00.000Z'],
  ['2026-10-01 12:30:00', { date_format: 'iso' }, '2026-10-01T10:30:00.000Z'],
  ['1790812800', { date_format: 'epoch_seconds' }, '2026-10-01T00:00:00.000Z'],
])('the date %s under %o begins at %s', (text, options, expected) => {
  expect(reader({ period_start: text }, options).row.instant('period_start')).toBe(expected);
});

test.each([
  ['2026-10-31', { date_format: 'DD-MM-YYYY' }],
  ['31/10/2026', { date_format: 'MM/DD/YYYY' }],
  ['10/31/2026', { date_format: 'DD/MM/YYYY' }],
  ['2026-02-29', {}],
  ['2026-13-01', {}],
  ['01-10-2026', {}],
  ['2026-10-01 12:30:00', { date_format: 'DD-MM-YYYY' }],
  ['2026-10-01 25:00:00', {}],
  ['46296', {}],
  ['20261001', {}],
  ['1790812800', {}],
])('the date %s under %o is refused, not turned round', (text, options) => {
  const { row, problems } = reader({ period_start: text }, options);
  expect(row.instant('period_start')).toBeNull();
  expect(problems).toMatchObject([{ code: 'date_malformed', field: 'period_start', value: text, place }]);
});

test.each([
  ['2026-11-01', 'exclusive', '2026-10-31T23:00:00.000Z'],
  ['2026-10-31', 'inclusive_day', '2026-10-31T23:00:00.000Z'],
  // The day of the clock change has 25 hours; its end is still the next midnight.
  ['2026-10-25', 'inclusive_day', '2026-10-25T23:00:00.000Z'],
  ['2026-10-31 23:59:59', 'inclusive_second', '2026-10-31T23:00:00.000Z'],
  ['2026-10-31T23:59:59.999+01:00', 'inclusive_second', '2026-10-31T23:00:00.000Z'],
])('the end %s that is %s ends at %s', (text, kind, expected) => {
  expect(reader({ period_end: text }, { period_end: kind }).row.end('period_end')).toBe(expected);
});

test('an end that does not fit the configured kind of end is ambiguous', () => {
  for (const [text, kind] of [
    ['2026-10-31T23:59:59+01:00', 'inclusive_day'],
    ['2026-10-31', 'inclusive_second'],
  ] as const) {
    const { row, problems } = reader({ period_end: text }, { period_end: kind });
    expect(row.end('period_end')).toBeNull();
    expect(problems).toMatchObject([{ code: 'date_ambiguous', field: 'period_end', value: text }]);
  }
});

test('a number cell of a spreadsheet counts with a point whatever the marks are, up to fifteen digits', () => {
  const options = { decimal_mark: ',' };
  const typed = (text: string) => reader({ amount: text }, options, [['amount', 'double']]);
  expect(typed('79.9').row.money('amount', eur)).toBe('79.9');
  expect(typed('123456789012.345').row.money('amount', eur)).toBe('123456789012.345');
  expect(typed('1200000000000000000000').row.money('amount', eur)).toBe('1200000000000000000000');
  const { row, problems } = typed('0.30000000000000004');
  expect(row.money('amount', eur)).toBeNull();
  expect(problems).toMatchObject([{ code: 'amount_malformed', value: '0.30000000000000004' }]);
});

test('an exact number of JSON keeps all its digits, as an amount and as an id', () => {
  const text = '12345678901234567890.123';
  const exact = reader({ amount: text, customer: '1234567890123456789' }, {}, [
    ['amount', 'number'],
    ['customer', 'number'],
  ]);
  expect(exact.row.money('amount', eur)).toBe(text);
  expect(exact.row.id('customer')).toBe('1234567890123456789');
  expect(exact.problems).toEqual([]);
});

test('a number cell that holds an id of sixteen digits, and a date cell that was an id, are damaged', () => {
  for (const [text, type] of [
    ['1234567890123456', 'double'],
    ['2026-01-02', 'date'],
  ] as const) {
    const { row, problems } = reader({ document_id: text }, {}, [['document_id', type]]);
    expect(row.id('document_id')).toBeNull();
    expect(problems).toMatchObject([{ code: 'id_damaged', field: 'document_id', value: text }]);
  }
  expect(reader({ document_id: '123456789012345' }, {}, [['document_id', 'double']]).row.id('document_id')).toBe(
    '123456789012345',
  );
});

test('a date cell is a date whatever the format of text is, and no amount', () => {
  const options = { date_format: 'DD-MM-YYYY' };
  const date = reader({ period_start: '2026-10-01', amount: '2026-10-01' }, options, [
    ['period_start', 'date'],
    ['amount', 'date'],
  ]);
  expect(date.row.instant('period_start')).toBe('2026-09-30T22:00:00.000Z');
  expect(date.row.money('amount', eur)).toBeNull();
  expect(date.problems.map((one) => one.code)).toEqual(['amount_malformed']);
});
