import { expect, test } from 'vitest';
import { faults, pullFile } from '../../../test/support/pull-file.js';

const columns = {
  document_id: 'id',
  customer: 'account.key',
  currency: 'ccy',
  document_gross: 'total',
  amount: ['net', 'amount'],
};
const options = { columns };

test('a line of the file is a document with its lines; dotted names reach into objects', async () => {
  const content = '{"id":"A","account":{"key":"C1"},"ccy":"EUR","total":"3","lines":[{"net":"1"},{"amount":2}]}\n';
  const { documents } = await pullFile({ kind: 'ndjson', content, options });
  expect(documents).toMatchObject([{ source: { id: 'A' }, customerRef: 'C1', totals: { gross: '3' } }]);
  expect(documents[0]?.lines.map((line) => line.amount)).toEqual(['1', '2']);
});

test('a name with a point in it is taken as it is before it is taken for a path', async () => {
  const content = '{"id":"A","account.key":"C1","ccy":"EUR","lines":[{"net":"1"}]}\n';
  expect((await pullFile({ kind: 'ndjson', content, options })).documents[0]?.customerRef).toBe('C1');
});

test('a JSON number longer than fifteen digits survives digit for digit, whatever the decimal mark of text is', async () => {
  const number = '33333333333333333333.333333333333333333';
  const content = `{"id":12345678901234567891,"account":{"key":"C"},"ccy":"EUR","total":${number},"lines":[{"net":${number}}]}\n`;
  const { documents, rejected } = await pullFile({
    kind: 'ndjson',
    content,
    options: { ...options, decimal_mark: ',' },
  });
  expect(rejected).toEqual([]);
  expect(documents).toMatchObject([{ source: { id: '12345678901234567891' }, totals: { gross: number } }]);
});

test('an exponent in JSON is refused like one in text', async () => {
  const content = '{"id":"A","account":{"key":"C"},"ccy":"EUR","lines":[{"net":1e3}]}\n';
  const { rejected } = await pullFile({ kind: 'ndjson', content, options });
  expect(rejected[0]?.problems).toMatchObject([{ code: 'amount_malformed', value: '1e3', place: { line: 1 } }]);
});

test('a line that is no JSON object is a rejected document of its own, and the others are read', async () => {
  const good = (id: string) => `{"id":"${id}","account":{"key":"C"},"ccy":"EUR","lines":[{"net":"1"}]}`;
  const content = [good('A'), '{"id":"B",', good('C'), '[1]', '7', '{"id":"D","id":"E"}', good('F'), ''].join('\n');
  const pulled = await pullFile({ kind: 'ndjson', content, options });
  expect(pulled.documents.map((one) => one.source.id)).toEqual(['A', 'C', 'F']);
  expect(pulled.rejected.map((one) => [one.id, one.problems[0].code, one.problems[0].place.line])).toEqual([
    ['2026-10.ndjson:2', 'json_malformed', 2],
    ['2026-10.ndjson:4', 'json_malformed', 4],
    ['2026-10.ndjson:5', 'json_malformed', 5],
    ['2026-10.ndjson:6', 'json_malformed', 6],
  ]);
  expect(faults(pulled)[0]).toContain('2026-10.ndjson:2 "{\\"id\\":\\"B\\","');
});

test('the same document on two lines of the file is two documents: lines are not put together across them', async () => {
  const line = '{"id":"A","account":{"key":"C"},"ccy":"EUR","lines":[{"net":"1"}]}';
  const { documents } = await pullFile({ kind: 'ndjson', content: `${line}\n${line}\n`, options });
  expect(documents.map((one) => one.lines.length)).toEqual([1, 1]);
});

test('a document whose list of lines is not there is refused; an empty list asks for nothing', async () => {
  const content =
    '{"id":"A","account":{"key":"C"},"ccy":"EUR","total":"0"}\n{"id":"B","account":{"key":"C"},"ccy":"EUR","total":0,"lines":[]}\n{"id":"C","account":{"key":"C"},"ccy":"EUR","total":"5","lines":[]}\n';
  const { documents, rejected } = await pullFile({ kind: 'ndjson', content, options });
  expect(documents.map((one) => one.source.id)).toEqual(['B']);
  expect(rejected.map((one) => [one.id, one.problems[0].code])).toEqual([
    ['A', 'lines_missing'],
    ['C', 'lines_missing'],
  ]);
});

test('in the layout of rows, each line of the file is a line of a document', async () => {
  const row = (id: string, amount: string) =>
    JSON.stringify({ id, account: { key: 'C' }, ccy: 'EUR', total: '3', net: amount });
  const content = [row('A', '1'), row('A', '2'), row('B', '3')].join('\r\n');
  const { documents } = await pullFile({ kind: 'ndjson', content, options: { ...options, layout: 'rows' } });
  expect(documents.map((one) => [one.source.id, one.lines.length])).toEqual([
    ['A', 2],
    ['B', 1],
  ]);
});

test('a NUL and half a character in JSON text are broken text', async () => {
  const content =
    '{"id":"A","account":{"key":"C\\u0000"},"ccy":"EUR","lines":[{"net":"1"}]}\n{"id":"B\\ud800","account":{"key":"C"},"ccy":"EUR","lines":[{"net":"1"}]}\n';
  const { rejected, documents } = await pullFile({ kind: 'ndjson', content, options });
  expect(documents).toEqual([]);
  expect(rejected.map((one) => [one.id, one.customerRef, one.problems[0].value])).toEqual([
    ['A', null, 'C␀'],
    ['2026-10.ndjson:2', 'C', 'B�'],
  ]);
});

test('a byte order mark and windows-1252 are read as configured', async () => {
  const text = '{"id":"A","account":{"key":"Caf\u00e9"},"ccy":"EUR","lines":[{"net":"1"}]}\n';
  const marked = await pullFile({ kind: 'ndjson', content: `\uFEFF${text}`, options });
  expect(marked.documents[0]?.customerRef).toBe('Café');
  const latin = await pullFile({
    kind: 'ndjson',
    content: Buffer.from(text, 'latin1'),
    options: { ...options, encoding: 'windows-1252' },
  });
  expect(latin.documents[0]?.customerRef).toBe('Café');
});
