import { expect, test } from 'vitest';
import type { Document, Line } from '../../model/document.js';
import { type Problem, problem, type RejectedDocument } from '../../model/problem.js';
import { csvConfig, withPreset } from '../csv/shape.js';
import type { RowField, TextRow } from './shape.js';
import { toDocument } from './to-document.js';

type Cells = Partial<Record<RowField, string>>;
const header: Cells = { document_id: 'INV-1', customer: 'C-1', currency: 'EUR' };

function translate(cells: readonly Cells[], options: object = {}, mayLack: Problem | null = null) {
  const rows = cells.map((one, index): TextRow => {
    const filled = Object.entries({ ...header, ...one }) as [RowField, string][];
    return { line: index + 2, cells: new Map(filled) };
  });
  const config = withPreset(csvConfig.parse({ path: 'x', columns: {}, timezone: 'UTC', ...options }));
  return toDocument(rows as [TextRow, ...TextRow[]], config, { system: 'csv', file: 'legacy.csv', mayLack });
}

function documentOf(cells: readonly Cells[], options: object = {}): Document {
  const translated = translate(cells, options);
  if (translated.type === 'rejected') throw new Error(JSON.stringify(translated.rejected.problems));
  return translated.document;
}

function lineOf(cells: Cells, options: object = {}): Line {
  const [line] = documentOf([cells], options).lines;
  if (line === undefined) throw new Error('a line was expected');
  return line;
}

function rejectedOf(cells: readonly Cells[], options: object = {}, mayLack: Problem | null = null): RejectedDocument {
  const translated = translate(cells, options, mayLack);
  if (translated.type === 'document') throw new Error('a rejection was expected');
  return translated.rejected;
}

const codes = (rejected: RejectedDocument) =>
  rejected.problems.map((one) => `${one.place.line}:${one.code}:${one.field}`);

test('the totals are the sums over the lines, and stated ones that agree are kept as checks', () => {
  const document = documentOf([
    {
      amount: '100.00',
      tax: '21.00',
      discount: '10.00',
      document_net: '115.50',
      document_tax: '24.26',
      document_gross: '139.76',
    },
    { amount: '25.50', tax: '3.26', document_net: '115.50', document_tax: '24.26', document_gross: '139.76' },
  ]);
  // 100 - 10 + 25.50 = 115.50; 21 + 3.26 = 24.26; 115.50 + 24.26 = 139.76.
  expect(document.totals).toEqual({
    net: '115.5',
    discount: '-10',
    tax: '24.26',
    gross: '139.76',
    asReported: { net: '115.5', tax: '24.26', gross: '139.76' },
  });
  expect(document.checks.map((check) => [check.name, check.holds])).toEqual([
    ['document_net', true],
    ['document_tax', true],
    ['document_gross', true],
  ]);
  expect(document.source).toEqual({ system: 'csv', account: '', objectType: 'invoice', id: 'INV-1' });
});

test('a stated total that the lines do not add up to is a fault of the file, with both numbers', () => {
  const rejected = rejectedOf([
    { amount: '100.00', tax: '21.00', document_gross: '121.01' },
    { amount: '10', tax: '2.1', document_gross: '121.01' },
  ]);
  expect(rejected.problems).toMatchObject([
    {
      code: 'totals_differ',
      field: 'document_gross',
      value: '121.01',
      expected: '133.1, as the lines add up',
      place: { line: 2 },
    },
  ]);
  expect(rejected).toMatchObject({ id: 'INV-1', customerRef: 'C-1', currency: 'EUR' });
});

test('every fault of a document is listed at once, each with its own line and field', () => {
  const rejected = rejectedOf([
    { amount: '1e3', period_start: '31/10/2026', currency: 'EUR' },
    { amount: '', quantity: '1,000', currency: 'USD' },
    { amount: '5', line_kind: 'gift', tier_mode: 'steep', currency: 'EUR' },
  ]);
  expect(codes(rejected).sort()).toEqual([
    '2:amount_malformed:amount',
    '2:date_malformed:period_start',
    '3:amount_malformed:quantity',
    '3:currency_mixed:currency',
    '3:field_missing:amount',
    '4:kind_unknown:line_kind',
    '4:kind_unknown:tier_mode',
  ]);
});

test('an unknown currency is refused, and small letters are no other currency', () => {
  expect(rejectedOf([{ amount: '1', currency: 'EURO' }]).problems).toMatchObject([
    { code: 'currency_unknown', field: 'currency', value: 'EURO' },
  ]);
  expect(documentOf([{ amount: '1', currency: 'eur' }]).currency).toBe('EUR');
  expect(documentOf([{ amount: '1', currency: '' }], { default_currency: 'CHF' }).currency).toBe('CHF');
});

test('a document without id, customer or currency says so and is filed under its place', () => {
  const rejected = rejectedOf([{ document_id: '', customer: '', currency: '', amount: '1' }]);
  expect(rejected).toMatchObject({ id: 'legacy.csv:2', customerRef: null, currency: null });
  expect(codes(rejected)).toEqual([
    '2:field_missing:document_id',
    '2:field_missing:customer',
    '2:field_missing:currency',
  ]);
});

test('without inclusive tax net is amount plus discount; with it the tax comes off too', () => {
  expect(lineOf({ amount: '121', discount: '-12.10', tax: '18.90' })).toMatchObject({
    net: '108.9',
    discount: '-12.1',
    tax: '18.9',
  });
  // 121 - 12.10 = 108.90 with tax inside; 108.90 / 1.21 = 90, so 18.90 of it is tax.
  const inclusive = documentOf([{ amount: '121', discount: '12.10', tax: '18.90', tax_rate: '21' }], {
    tax_mode: 'inclusive',
  });
  expect(inclusive.lines[0]).toMatchObject({ amount: '121', discount: '-12.1', net: '90', tax: '18.9' });
  expect(inclusive.totals).toMatchObject({ net: '90', tax: '18.9', gross: '108.9' });
  expect(inclusive.lines[0]?.taxes).toEqual([
    { code: null, rate: '21', taxable: '90', amount: '18.9', behaviour: 'inclusive' },
  ]);
});

test('an inclusive amount without its tax has no net', () => {
  expect(codes(rejectedOf([{ amount: '121' }], { tax_mode: 'inclusive' }))).toEqual(['2:field_missing:tax']);
});

test('tax that only some lines state is not taken for zero, unless the document states it', () => {
  const lines = [{ amount: '100', tax: '21' }, { amount: '50' }];
  expect(codes(rejectedOf(lines))).toEqual(['3:field_missing:tax']);
  const stated = lines.map((line) => ({ ...line, document_tax: '21' }));
  expect(documentOf(stated).totals).toMatchObject({ net: '150', tax: '21', gross: '171' });
});

test('tax that no line states comes from the document, as stated or as gross less net', () => {
  expect(documentOf([{ amount: '100', document_tax: '21' }]).totals).toMatchObject({ tax: '21', gross: '121' });
  expect(documentOf([{ amount: '100', document_net: '100', document_gross: '119' }]).totals).toMatchObject({
    tax: '19',
  });
  expect(documentOf([{ amount: '100', tax: '5' }], { tax_mode: 'none' }).totals).toMatchObject({
    tax: '0',
    gross: '100',
  });
});

test('a line of kind tax carries tax and no net', () => {
  const document = documentOf([{ amount: '100' }, { amount: '21', line_kind: 'VAT' }], { kinds: { VAT: 'tax' } });
  expect(document.lines[1]).toMatchObject({ kind: 'tax', rawKind: 'VAT', net: '0', tax: '21' });
  expect(document.totals).toMatchObject({ net: '100', tax: '21', gross: '121' });
});

test('balances and drawdowns are shown and no part of the totals', () => {
  const document = documentOf([{ amount: '100' }, { amount: '-30', line_kind: 'prepaid_drawdown' }]);
  expect(document.lines).toHaveLength(2);
  expect(document.totals).toMatchObject({ net: '100', gross: '100' });
});

test('a credit note that is stated positive is turned: amount, discount, tax and stated totals', () => {
  const cells = { amount: '100', discount: '10', tax: '18.90', document_kind: 'CN', document_gross: '108.90' };
  const document = documentOf([cells], { credits: 'positive', kinds: { CN: 'credit_note' } });
  expect(document.kind).toBe('credit_note');
  expect(document.lines[0]).toMatchObject({ amount: '-100', discount: '10', net: '-90', tax: '-18.9' });
  expect(document.totals).toMatchObject({ net: '-90', tax: '-18.9', gross: '-108.9', asReported: { gross: '-108.9' } });
});

test('a discount brings a line nearer to zero, on a charge and on a credit, whatever its sign in the file', () => {
  for (const discount of ['10', '-10']) {
    expect(lineOf({ amount: '100', discount }).net).toBe('90');
    // A credit of 100 with a discount of 10 gives back 90 and not 110.
    expect(lineOf({ amount: '-100', discount, document_kind: 'credit_note' }).net).toBe('-90');
  }
});

test('an amount that already has its discount off gets it back, so that net stays what was billed', () => {
  const line = lineOf({ amount: '90', discount: '10' }, { amount_includes_discount: 'true' });
  expect(line).toMatchObject({ amount: '100', discount: '-10', net: '90' });
  expect(lineOf({ amount: '-90', discount: '10' }, { amount_includes_discount: 'true' })).toMatchObject({
    amount: '-100',
    discount: '10',
    net: '-90',
  });
});

test('the price facts are read in their own scale: amounts in minor units of the currency, volumes as they are', () => {
  const line = lineOf(
    {
      amount: '17500',
      quantity: '2500',
      unit_price: '7.5',
      tier_mode: 'graduated',
      included_volume: '100',
      minimum_amount: '5000',
      block_size: '1000',
      proration_factor: '0.5',
      full_price: '35000',
      discount_rate: '10',
      pricing_amount: '20000',
      pricing_currency: 'JPY',
      fx_rate: '0.0062',
    },
    { currency_scale: 'minor' },
  );
  expect(line).toMatchObject({ amount: '175', quantity: '2500', unitPrice: '0.075', unitPriceIsBlended: true });
  expect(line.facts).toEqual({
    tierMode: 'graduated',
    includedVolume: '100',
    minimumAmount: '50',
    blockSize: '1000',
    prorationFactor: '0.5',
    fullPrice: '350',
    discountRate: '10',
    // Yen have no minor unit: 20000 stays 20000.
    pricing: { amount: '20000', currency: 'JPY', rate: '0.0062' },
  });
});

test('a pricing amount needs a currency that exists', () => {
  expect(codes(rejectedOf([{ amount: '1', pricing_amount: '1', pricing_currency: 'XYZ' }]))).toEqual([
    '2:currency_unknown:pricing_currency',
  ]);
  expect(codes(rejectedOf([{ amount: '1', pricing_amount: '1' }]))).toEqual(['2:field_missing:pricing_currency']);
});

test('a line keeps its own period and says how it was read', () => {
  const dates = { amount: '1', period_start: '2026-10-01', period_end: '2026-10-31' };
  expect(lineOf(dates, { period_end: 'inclusive_day', timezone: 'Europe/Amsterdam' })).toMatchObject({
    period: { start: '2026-09-30T22:00:00.000Z', end: '2026-10-31T23:00:00.000Z' },
    periodQuality: 'date_in_zone',
  });
  const times = { amount: '1', period_start: '2026-10-01T00:00:00Z', period_end: '2026-10-31T23:59:59Z' };
  expect(lineOf(times)).toMatchObject({ period: { end: '2026-10-31T23:59:59.000Z' }, periodQuality: 'exact' });
  expect(lineOf(times, { period_end: 'inclusive_second' })).toMatchObject({
    period: { end: '2026-11-01T00:00:00.000Z' },
    periodQuality: 'closed_end_fixed',
  });
  expect(lineOf({ amount: '1', period_start: '2026-10-02', period_end: '2026-10-01' }).periodQuality).toBe('inverted');
  expect(lineOf({ amount: '1' })).toMatchObject({ period: null, periodQuality: 'missing' });
});

test('lines without ids get ones from document and position; an id that stands twice is refused', () => {
  expect(documentOf([{ amount: '1' }, { amount: '2' }]).lines.map((line) => [line.id, line.idIsSynthetic])).toEqual([
    ['INV-1#1', true],
    ['INV-1#2', true],
  ]);
  expect(
    rejectedOf([
      { amount: '1', line_id: 'L' },
      { amount: '2', line_id: 'L' },
    ]).problems,
  ).toMatchObject([
    {
      code: 'id_duplicate',
      field: 'line_id',
      value: 'L',
      place: { line: 3 },
      expected: expect.stringContaining('line 2'),
    },
  ]);
});

test('states and kinds are read through the words of the configuration, and an unknown one is refused', () => {
  expect(documentOf([{ amount: '1', document_state: 'betaald' }], { states: { betaald: 'final' } })).toMatchObject({
    state: 'final',
    rawStatus: 'betaald',
    notReady: [],
  });
  expect(documentOf([{ amount: '1', document_state: 'draft' }])).toMatchObject({
    state: 'draft',
    notReady: ['legacy_draft'],
  });
  expect(codes(rejectedOf([{ amount: '1', document_state: 'sent', document_kind: 'bill' }]))).toEqual([
    '2:kind_unknown:document_kind',
    '2:kind_unknown:document_state',
  ]);
});

test('a document without lines is one that asks for nothing; with money or without a total it is refused', () => {
  expect(documentOf([{ document_gross: '0.00' }])).toMatchObject({ lines: [], totals: { net: '0', gross: '0' } });
  expect(rejectedOf([{ document_gross: '12.10' }]).problems).toMatchObject([{ code: 'lines_missing', value: '12.1' }]);
  expect(codes(rejectedOf([{}]))).toEqual(['2:lines_missing:amount']);
});

test('a document beside an unreadable row is believed only when its own total proves the lines complete', () => {
  const fault = problem('row_malformed', { file: 'legacy.csv', line: 3 }, null, 'x', '4 cells');
  expect(rejectedOf([{ amount: '10' }], {}, fault).problems).toMatchObject([
    { code: 'lines_missing', expected: expect.stringContaining('line 3 could not be read') },
  ]);
  expect(translate([{ amount: '10', document_gross: '10' }], {}, fault).type).toBe('document');
  // A stated tax says nothing about lines without tax.
  expect(translate([{ amount: '10', tax: '2', document_tax: '2' }], {}, fault).type).toBe('rejected');
});
