import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import { pullFile } from './support/pull-file.js';

/*
 * Exports that others have published, read through the presets. The expected sums are made of the same text in whole
 * ten-thousandths with bigint, by a parser and a loop that share nothing with the adapter.
 */
const folder = resolve(process.env['SHADOWBILL_SHARED'] ?? '../shared', 'contracts/legacy');
const isThere = existsSync(folder);

type Cells = Readonly<Record<string, string>>;

const textOf = (file: string): string => readFileSync(resolve(folder, file), 'utf8');
const rowsOf = (file: string): readonly Cells[] => parse(textOf(file), { columns: true }) as readonly Cells[];

/** Ten-thousandths of plain decimal text. */
function units(text: string): bigint {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const size = BigInt(whole) * 10_000n + BigInt(fraction.padEnd(4, '0'));
  return text.startsWith('-') ? -size : size;
}

const sumOf = (rows: readonly Cells[], column: string): bigint =>
  rows.reduce((sum, row) => sum + units(row[column] ?? ''), 0n);

describe('published exports', () => {
  test.runIf(!isThere)('were left out: ../shared is not present', () => {
    process.stderr.write(`The published exports were left out: ${folder} is not present. Set SHADOWBILL_SHARED.\n`);
    expect(existsSync(folder)).toBe(false);
  });

  test.runIf(isThere)('of Zuora: every item is read, to the same sum, with quantity times price', async () => {
    const file = 'zuora/warehouse-seeds/zuora_invoice_item_data.csv';
    const rows = rowsOf(file);
    const pulled = await pullFile({
      kind: 'csv',
      content: textOf(file),
      options: { columns: undefined, preset: 'zuora_aqua' },
    });
    expect([pulled.rejected, pulled.problems]).toEqual([[], []]);
    const lines = pulled.documents.flatMap((one) => one.lines);
    expect(lines).toHaveLength(rows.length);
    expect(lines.reduce((sum, line) => sum + units(line.net), 0n)).toBe(sumOf(rows, 'charge_amount'));
    expect(lines.reduce((sum, line) => sum + units(line.tax ?? ''), 0n)).toBe(sumOf(rows, 'tax_amount'));
    // The last day is inclusive: 2015-08-31 ends as 1 September begins.
    expect(lines[0]?.period).toEqual({ start: '2015-08-01T00:00:00.000Z', end: '2015-09-01T00:00:00.000Z' });
    for (const [index, line] of lines.entries())
      expect(units(line.quantity ?? '') * units(line.unitPrice ?? '')).toBe(
        units(rows[index]?.['charge_amount'] ?? '') * 10_000n,
      );
  });

  test.runIf(isThere)(
    'of Recurly: the subtotals are the amounts, and what is carried forward bills nothing',
    async () => {
      const file = 'recurly/warehouse-seeds/line_item_history_data.csv';
      const rows = rowsOf(file);
      const pulled = await pullFile({
        kind: 'csv',
        content: textOf(file),
        options: { columns: undefined, preset: 'recurly_export' },
      });
      expect([pulled.rejected, pulled.problems]).toEqual([[], []]);
      expect(pulled.documents.flatMap((one) => one.lines)).toHaveLength(rows.length);
      const billed = rows.filter((row) => row['origin'] !== 'carryforward');
      expect(billed.length).toBeGreaterThan(0);
      expect(pulled.documents.reduce((sum, one) => sum + units(one.totals.net), 0n)).toBe(
        sumOf(billed, 'subtotal') - sumOf(billed, 'discount'),
      );
    },
  );
});
