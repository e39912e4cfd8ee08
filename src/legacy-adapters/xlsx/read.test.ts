import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { faults, pullFile } from '../../../test/support/pull-file.js';
import { type SheetInput, withSheetText, workbook } from '../../../test/support/workbook.js';
import { inspectWorkbook } from './inspect.js';

const head = ['document_id', 'customer', 'currency', 'amount', 'period_start', 'period_end', 'document_gross'];
const utc = (text: string) => new Date(`${text}Z`);
const sheet = (...rows: SheetInput[][]) => workbook([head, ...rows]);
const pull = (content: Uint8Array, options: object = {}) =>
  pullFile({ kind: 'xlsx', content, options: { ...options } });

test('numbers, real dates and text cells of a workbook become a document; dates are midnights of the configured zone', async () => {
  const content = await sheet(
    ['A', 'C1', 'EUR', 79.9, utc('2026-10-01T00:00:00'), utc('2026-10-31T00:00:00'), 100],
    ['A', 'C1', 'EUR', '20,10', '01-10-2026', '31-10-2026', 100],
  );
  const { documents, rejected } = await pull(content, {
    decimal_mark: ',',
    date_format: 'DD-MM-YYYY',
    period_end: 'inclusive_day',
    timezone: 'Europe/Amsterdam',
  });
  expect(rejected).toEqual([]);
  const period = { start: '2026-09-30T22:00:00.000Z', end: '2026-10-31T23:00:00.000Z' };
  expect(documents[0]?.lines).toMatchObject([
    { amount: '79.9', period },
    { amount: '20.1', period },
  ]);
  expect(documents[0]?.totals.gross).toBe('100');
});

test('a time of day in a date cell is read in the configured zone, to the second', async () => {
  const content = await sheet(['A', 'C1', 'EUR', 1, utc('2026-10-01T00:00:01'), utc('2026-10-31T23:59:59'), null]);
  const { documents } = await pull(content, { period_end: 'inclusive_second' });
  expect(documents[0]?.lines[0]?.period).toEqual({
    start: '2026-10-01T00:00:01.000Z',
    end: '2026-11-01T00:00:00.000Z',
  });
});

test('an amount that a double only nearly holds is refused, and its row is the one that Excel shows', async () => {
  const content = await workbook([
    [],
    ['  '],
    head,
    ['A', 'C1', 'EUR', 1.1, null, null, null],
    [],
    ['B', 'C1', 'EUR', 0.1 + 0.2, null, null, null],
  ]);
  const pulled = await pull(content);
  expect(pulled.documents.map((one) => [one.source.id, one.place.line])).toEqual([['A', 4]]);
  expect(faults(pulled)).toEqual([
    '2026-10.xlsx:6 amount "0.30000000000000004": at most 15 digits; a number cell keeps no more. Make it a text cell (amount_malformed)',
  ]);
});

test('what Excel writes with seventeen digits for 79.9 is 79.9', async () => {
  const content = withSheetText(await sheet(['A', 'C1', 'EUR', 79.9, null, null, null]), (xml) =>
    xml.replace('<v>79.9</v>', '<v>79.900000000000006</v>'),
  );
  expect((await pull(content)).documents[0]?.totals.net).toBe('79.9');
});

test('an id of sixteen digits in a number cell, and one that became a date, are damaged; fifteen digits are not', async () => {
  const pulled = await pull(
    await sheet(
      [1234567890123456, 'C1', 'EUR', 1, null, null, null],
      ['B', 1234567890123450, 'EUR', 1, null, null, null],
      [utc('2026-01-02T00:00:00'), 'C1', 'EUR', 1, null, null, null],
      [123456789012345, 'C1', 'EUR', 1, null, null, 1],
    ),
  );
  expect(pulled.documents.map((one) => one.source.id)).toEqual(['123456789012345']);
  expect(pulled.rejected.map((one) => [one.id, one.problems[0].code, one.problems[0].value, one.place.line])).toEqual([
    ['2026-10.xlsx:2', 'id_damaged', '1234567890123456', 2],
    ['B', 'id_damaged', '1234567890123450', 3],
    ['2026-10.xlsx:4', 'id_damaged', '2026-01-02', 4],
  ]);
});

test('a number where a date is wanted, and a date where an amount is wanted, are refused', async () => {
  const pulled = await pull(await sheet(['A', 'C1', 'EUR', utc('2026-10-01T00:00:00'), 46296, null, null]));
  expect(pulled.rejected[0]?.problems.map((one) => [one.code, one.field, one.value])).toEqual([
    ['amount_malformed', 'amount', '2026-10-01'],
    ['date_malformed', 'period_start', '46296'],
  ]);
});

test('formula text is text and is never calculated', async () => {
  const { documents } = await pull(await sheet(['A', '=1+1', 'EUR', 1, null, null, null]));
  expect(documents[0]?.customerRef).toBe('=1+1');
});

test('an error and a formula that was never calculated are named by their cell, and are not empty', async () => {
  const plain = await sheet(
    ['A', 'C1', 'EUR', 1, null, null, null],
    ['B', 'C1', 'EUR', 2, null, null, 2],
    ['C', 'C1', 'EUR', 3, null, null, 3],
  );
  const content = withSheetText(plain, (xml) =>
    xml
      .replace('<c r="D3"><v>2</v></c>', '<c r="D3" t="e"><f>1/0</f><v>#DIV/0!</v></c>')
      .replace('<c r="D4"><v>3</v></c>', '<c r="D4"><f>B4*2</f></c>'),
  );
  const pulled = await pull(content);
  expect(pulled.documents.map((one) => one.source.id)).toEqual(['A']);
  expect(pulled.rejected.map((one) => [one.id, one.problems[0].field, one.place.line])).toEqual([
    ['B', 'cell D3', 3],
    ['C', 'cell D4', 4],
  ]);
});

test('a sheet is chosen by its name, and one that is not there is told with those that are', async () => {
  const content = await workbook([head, ['A', 'C1', 'EUR', 1, null, null, null]], 'October & more');
  expect((await pull(content, { sheet: 'October & more' })).documents).toHaveLength(1);
  const { problems, done } = await pull(content, { sheet: 'November' });
  expect(problems).toMatchObject([
    { field: 'sheet', value: 'November', expected: 'a workbook with this sheet; it has October & more' },
  ]);
  expect(done.complete).toBe(false);
});

test('a missing column is told with the row of the header', async () => {
  const { problems } = await pull(await workbook([[], ['document_id', 'customer', 'amount']]));
  expect(problems).toMatchObject([{ code: 'column_missing', field: 'currency', place: { line: 2 } }]);
});

test('what is no workbook, a cut-off one and an empty one are problems and not empty months', async () => {
  const good = await sheet(['A', 'C1', 'EUR', 1, null, null, null]);
  for (const content of [Buffer.from('a,b\n1,2\n'), good.subarray(0, good.length / 2), Buffer.alloc(0)]) {
    const { problems, done, documents } = await pull(content);
    expect(documents).toEqual([]);
    expect(problems).toMatchObject([{ place: { file: '2026-10.xlsx' } }]);
    expect(done.complete).toBe(false);
  }
});

test('a workbook that unpacks to too much, has too many files or a cell in the last corner is refused before it is read', async () => {
  const limits = { entries: 20, bytes: 1_000_000, cells: 10_000 };
  const bomb = zipSync({ 'xl/worksheets/sheet1.xml': new Uint8Array(5_000_000) });
  expect(bomb.length).toBeLessThan(10_000);
  expect(inspectWorkbook(bomb, limits)).toMatchObject({
    type: 'refused',
    expected: 'a workbook of at most 1000000 bytes',
  });
  const crowd = zipSync(Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`f${index}`, new Uint8Array(1)])));
  expect(inspectWorkbook(crowd, limits)).toMatchObject({ type: 'refused', value: '21 files inside' });
  const corner = withSheetText(await sheet(['A', 'C1', 'EUR', 1, null, null, null]), (xml) =>
    xml.replace('r="A2"', 'r="XFD1048576"'),
  );
  const { problems } = await pull(corner);
  // Column XFD is the 16,384th: 16,384 × 1,048,576 cells.
  expect(problems).toMatchObject([{ code: 'too_large', value: '17179869184 cells' }]);
});

test('an archive that says it is small is measured all the same', () => {
  const zip = zipSync({ 'xl/worksheets/sheet1.xml': new Uint8Array(5_000_000) });
  // Bytes 22 to 25 of the local header hold the unpacked size.
  new DataView(zip.buffer).setUint32(22, 10, true);
  expect(inspectWorkbook(zip, { entries: 20, bytes: 1_000_000, cells: 10 })).toMatchObject({ type: 'refused' });
});
