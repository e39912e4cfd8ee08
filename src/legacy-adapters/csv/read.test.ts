import { expect, test } from 'vitest';
import { faults, pullFile } from '../../../test/support/pull-file.js';

const head = 'document_id,customer,currency,amount,description';
const total = 'document_id,customer,currency,amount,document_gross';

test('aliases, delimiter, decimal comma and dates of an Excel export in Dutch are read as configured', async () => {
  const content = '\uFEFFFactuur;Klant;Valuta;Bedrag;Van;Tot\r\n000123;K-1;EUR;"1.234,50";29-09-2026;28-10-2026\r\n';
  const { documents } = await pullFile({
    kind: 'csv',
    content,
    options: {
      delimiter: ';',
      decimal_mark: ',',
      thousands_mark: '.',
      date_format: 'DD-MM-YYYY',
      period_end: 'inclusive_day',
      timezone: 'Europe/Amsterdam',
      columns: {
        document_id: ['Factuurnummer', 'Factuur'],
        customer: 'Klant',
        currency: 'Valuta',
        amount: 'Bedrag',
        period_start: 'Van',
        period_end: 'Tot',
      },
    },
  });
  expect(documents).toMatchObject([
    {
      source: { id: '000123' },
      customerRef: 'K-1',
      totals: { net: '1234.5' },
      // 29 September begins at 22:00 UTC the day before; 28 October ends, after the clock change, at 23:00 UTC.
      lines: [{ period: { start: '2026-09-28T22:00:00.000Z', end: '2026-10-28T23:00:00.000Z' } }],
    },
  ]);
});

test('bytes of windows-1252 are read as such when the configuration says so', async () => {
  const content = Buffer.from(`${head}\nA,Caf\u00e9 \x80,EUR,1,x\n`, 'latin1');
  const { documents } = await pullFile({ kind: 'csv', content, options: { encoding: 'windows-1252' } });
  // 0x80 is the euro sign in windows-1252 and a control character in latin1.
  expect(documents[0]?.customerRef).toBe('Café €');
});

test('broken bytes name line and column, spoil their own document only, and are no customer', async () => {
  const content = Buffer.from(`${head}\nA,Caf\u00e9,EUR,1,x\nB,C2,EUR,1,x\nC,C3,EUR,1,caf\u00e9\n`, 'latin1');
  const pulled = await pullFile({ kind: 'csv', content });
  expect(pulled.documents.map((one) => one.source.id)).toEqual(['B']);
  expect(pulled.rejected.map((one) => [one.id, one.customerRef, one.problems[0].field, one.place.line])).toEqual([
    ['A', null, 'customer', 2],
    ['C', 'C3', 'description', 4],
  ]);
  expect(faults(pulled)[0]).toContain('2026-10.csv:2 customer "Caf\uFFFD"');
});

test('NUL bytes are broken text and never reach an id', async () => {
  const pulled = await pullFile({ kind: 'csv', content: `${head}\nA\0,C1,EUR,1,x\nB,C2,EUR,1,a\0b\nC,C3,EUR,1,x\n` });
  expect(pulled.documents.map((one) => one.source.id)).toEqual(['C']);
  expect(pulled.rejected.map((one) => [one.id, one.problems[0].code, one.problems[0].value])).toEqual([
    ['2026-10.csv:2', 'encoding_broken', 'A␀'],
    ['B', 'encoding_broken', 'a␀b'],
  ]);
});

test('a ragged row spoils its document, with the row as it is and both widths', async () => {
  const content = `${total}\nA,C1,EUR,1,3\nA,C1,EUR,2,3,4\nB,C2,EUR,5,5\nC,C3\n`;
  const pulled = await pullFile({ kind: 'csv', content });
  expect(pulled.documents.map((one) => one.source.id)).toEqual(['B']);
  expect(pulled.rejected[0]?.problems[0]).toMatchObject({
    code: 'row_malformed',
    place: { file: '2026-10.csv', line: 3 },
    value: 'A,C1,EUR,2,3,4',
    expected: '5 cells, as in the header; this row has 6',
  });
  expect(pulled.rejected[1]).toMatchObject({ id: 'C', problems: [{ value: 'C,C3' }] });
});

test('a quote that does not close is told with its line, and what stood before it is still read', async () => {
  const content = `${total}\nA,C1,EUR,1,1\nB,"C2,EUR,2,2\nC,C3,EUR,3,3\n`;
  const pulled = await pullFile({ kind: 'csv', content });
  expect(pulled.documents.map((one) => one.source.id)).toEqual(['A']);
  expect(pulled.problems).toMatchObject([{ code: 'row_malformed', place: { file: '2026-10.csv', line: 3 } }]);
  expect(pulled.done.complete).toBe(false);
  // Without a total, nobody knows whether the lost rows were lines of the document before them.
  const unproven = await pullFile({ kind: 'csv', content: content.replace('A,C1,EUR,1,1', 'A,C1,EUR,1,') });
  expect(unproven.documents).toEqual([]);
  expect(unproven.rejected).toMatchObject([{ id: 'A', problems: [{ code: 'lines_missing' }] }]);
});

test('a record that never ends is given up after a megabyte', async () => {
  const content = `${total}\nA,C1,EUR,1,1\nB,"${'x'.repeat(3_000_000)}`;
  const pulled = await pullFile({ kind: 'csv', content });
  expect(pulled.problems).toMatchObject([{ code: 'row_malformed', place: { line: 3 } }]);
  expect(pulled.documents).toHaveLength(1);
});

test('line breaks inside quotes are text, and later rows keep the line on which they begin', async () => {
  const content = `${head}\nA,C1,EUR,1,"one\ntwo\nthree"\n\nB,C2,EUR,x,"a\nb"\n`;
  const pulled = await pullFile({ kind: 'csv', content });
  expect(pulled.documents[0]?.lines[0]?.description).toBe('one\ntwo\nthree');
  expect(pulled.documents[0]?.place.line).toBe(2);
  expect(pulled.rejected[0]?.problems[0]).toMatchObject({ place: { line: 6 }, field: 'amount', value: 'x' });
});

test('a needed column that is not there, a configured one, and one that stands twice are named together', async () => {
  const content = 'document_id,customer,amount,amount,Tax\nA,C1,1,1,1\n';
  const { problems, documents } = await pullFile({
    kind: 'csv',
    content,
    options: { columns: { tax: ['BTW', 'VAT'] } },
  });
  expect(documents).toEqual([]);
  expect(problems).toMatchObject([
    {
      code: 'column_missing',
      place: { file: '2026-10.csv', line: 1 },
      field: 'currency, amount (stands twice), BTW or VAT',
      value: 'document_id, customer, amount, amount, Tax',
    },
  ]);
});

test('a file without even a header is a problem', async () => {
  const { problems, done } = await pullFile({ kind: 'csv', content: '' });
  expect(problems).toMatchObject([{ code: 'column_missing', place: { file: '2026-10.csv', line: 1 } }]);
  expect(done.complete).toBe(false);
});

test('rows in which every cell is empty hold nothing and are no fault', async () => {
  const { documents, problems, done } = await pullFile({
    kind: 'csv',
    content: `${head}\nA,C1,EUR,1,x\n,,,,\n ,\n`,
    manifest: { rows: 1 },
  });
  expect([documents.length, problems, done.complete]).toEqual([1, [], true]);
});
