import { describe, expect, test } from 'vitest';
import type { RawRecord } from '../../model/source.js';
import { instantOfMs } from '../../model/period.js';
import { readOptions, type ReadOptions } from './shape.js';
import { sqlShape } from './shape.js';
import { encodeRecord, inOrder, type SqlRecord, translateRaw, translateRecord } from './to-document.js';
import { z } from 'zod';

const optionsOf = (over: Readonly<Record<string, unknown>> = {}): ReadOptions =>
  readOptions(z.strictObject(sqlShape).parse({ url_env: 'X', timezone: 'Europe/Amsterdam', ...over }));

const record = (over: Partial<SqlRecord> = {}): SqlRecord => ({
  v: 1,
  document: { document_id: 'b1', customer: 'anna', currency: 'EUR', document_gross: '12.10' },
  lines: [{ document_id: 'b1', line_id: '1', amount: '10', tax: '2.10' }],
  float: [],
  local: [],
  ...over,
});

const translate = (over: Partial<SqlRecord>, options = optionsOf()) =>
  translateRecord(record(over), options, 'postgres');
const problemsOf = (over: Partial<SqlRecord>, options?: ReadOptions) => {
  const read = translate(over, options);
  return read.type === 'rejected'
    ? read.rejected.problems.map(({ code, field, place }) => `${place.file}:${place.line} ${code} ${field}`)
    : [];
};

describe('a document from its rows', () => {
  test('is the same from its bytes as from the rows themselves', () => {
    const raw: RawRecord = {
      objectType: 'invoice',
      id: 'b1',
      bytes: encodeRecord(record()),
      apiVersion: null,
      requestId: null,
      fetchedAt: instantOfMs(0),
    };
    expect(translateRaw(raw, optionsOf(), 'postgres')).toEqual(translate({}));
    const read = translate({});
    expect(read.type === 'document' && read.document).toMatchObject({
      source: { system: 'postgres', id: 'b1' },
      customerRef: 'anna',
      totals: { net: '10', tax: '2.1', gross: '12.1', asReported: { gross: '12.1' } },
    });
  });

  test('names every fault of the document and of its lines at once', () => {
    expect(
      problemsOf({
        document: { document_id: 'b1', currency: 'EURO', line_count: '3' },
        lines: [
          { document_id: 'b1', line_id: '1', amount: 'NaN' },
          { document_id: 'b1', line_id: '1', amount: '1', period_start: '2026-02-30' },
        ],
      }).sort(),
    ).toEqual([
      'invoice b1:1 amount_malformed amount',
      'invoice b1:1 currency_unknown currency',
      'invoice b1:1 field_missing customer',
      'invoice b1:2 date_malformed period_start',
      'invoice b1:undefined lines_missing line_count',
    ]);
  });

  test('takes a timestamp without zone for the wall clock of the zone it is declared in', () => {
    const local = {
      lines: [
        {
          document_id: 'b1',
          line_id: '1',
          amount: '12.1',
          period_start: '2026-10-25 12:00:00',
          period_end: '2026-11-01 00:00:00.5',
        },
      ],
      local: ['period_start', 'period_end'],
    };
    const periodOf = (options: ReadOptions) => {
      const read = translate(local, options);
      return read.type === 'document' ? read.document.lines[0]?.period : read.rejected.problems;
    };
    expect(periodOf(optionsOf())).toEqual({ start: '2026-10-25T11:00:00.000Z', end: '2026-10-31T23:00:00.500Z' });
    expect(periodOf(optionsOf({ timestamp_timezone: 'UTC' }))).toEqual({
      start: '2026-10-25T12:00:00.000Z',
      end: '2026-11-01T00:00:00.500Z',
    });
    expect(
      problemsOf({ ...local, lines: [{ document_id: 'b1', line_id: '1', amount: '12.1', period_start: 'infinity' }] }),
    ).toEqual(['invoice b1:1 date_malformed period_start']);
  });

  test('rounds the noise of a float half-even, money never by more than noise', () => {
    const amountOf = (text: string, digits: number, field = 'amount') => {
      const read = translate(
        {
          document: { document_id: 'b1', customer: 'anna', currency: 'EUR' },
          lines: [{ document_id: 'b1', line_id: '1', amount: '1', [field]: text }],
          float: [field],
        },
        optionsOf({ float_scale: { [field]: digits } }),
      );
      if (read.type === 'rejected') return read.rejected.problems.map(({ code }) => code).join();
      return field === 'amount' ? read.document.lines[0]?.amount : read.document.lines[0]?.quantity;
    };
    expect(amountOf('0.30000000000000004', 2)).toBe('0.3');
    expect(amountOf('-0.30000000000000004', 2)).toBe('-0.3');
    expect(amountOf('1e-7', 2)).toBe('amount_out_of_scale');
    expect(amountOf('1.5e3', 2)).toBe('1500');
    // A price with half a cent in it is no noise.
    expect(amountOf('0.125', 2)).toBe('amount_out_of_scale');
    expect(amountOf('0.125', 3)).toBe('0.125');
    expect(amountOf('NaN', 2)).toBe('amount_malformed');
    expect(amountOf('Infinity', 2)).toBe('amount_malformed');
    // A quantity is no money: it is rounded to what is declared, ties to the even digit.
    expect(amountOf('0.125', 2, 'quantity')).toBe('0.12');
    expect(amountOf('0.375', 2, 'quantity')).toBe('0.38');
    expect(amountOf('-0.125', 2, 'quantity')).toBe('-0.12');
  });

  test('keeps its lines in the order of their number, then of their id', () => {
    const rows = [
      { line_id: 'b' },
      { line_id: 'z', line_no: '10' },
      { line_id: 'a' },
      { line_id: 'y', line_no: '9' },
      { line_id: 'x', line_no: '9' },
    ];
    expect(inOrder(rows).map((row) => row.line_id)).toEqual(['a', 'b', 'x', 'y', 'z']);
  });

  test('of a credit note is negative, also where the database keeps it positive', () => {
    const note = {
      document: {
        document_id: 'b1',
        customer: 'anna',
        currency: 'EUR',
        document_kind: 'credit_note',
        document_gross: '12.1',
      },
    };
    const read = translate(note, optionsOf({ credits: 'positive' }));
    expect(read.type === 'document' && read.document.totals).toMatchObject({ net: '-10', tax: '-2.1', gross: '-12.1' });
  });

  test('in minor units is written in major units', () => {
    const yen = {
      document: { document_id: 'b1', customer: 'anna', currency: 'JPY', document_gross: '1000' },
      lines: [{ document_id: 'b1', line_id: '1', amount: '1000' }],
    };
    const minor = optionsOf({ currency_scale: 'minor' });
    const grossOf = (over: Partial<SqlRecord>) => {
      const read = translate(over, minor);
      return read.type === 'document' ? read.document.totals.gross : null;
    };
    expect(grossOf(yen)).toBe('1000');
    expect(grossOf({ document: { ...yen.document, currency: 'KWD' }, lines: yen.lines })).toBe('1');
    expect(grossOf({ document: { ...yen.document, currency: 'EUR' }, lines: yen.lines })).toBe('10');
  });
});
