import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { faults, pullFile } from '../../../test/support/pull-file.js';

const head = 'document_id,customer,currency,amount,document_gross';
const csv = (...rows: string[]) => [head, ...rows, ''].join('\n');
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test('rows of a document that stand together are its lines, and every document is counted', async () => {
  const pulled = await pullFile({ kind: 'csv', content: csv('A,C1,EUR,1,3', 'A,C1,EUR,2,3', 'B,C2,USD,5,5') });
  expect(pulled.documents.map((one) => [one.source.id, one.lines.length, one.totals.gross])).toEqual([
    ['A', 2, '3'],
    ['B', 1, '5'],
  ]);
  expect(pulled.done).toMatchObject({
    counts: { listed: 2, emitted: 2, rejected: 0, skipped: 0 },
    complete: true,
    incompleteBecause: [],
    inputHash: sha256(csv('A,C1,EUR,1,3', 'A,C1,EUR,2,3', 'B,C2,USD,5,5')),
  });
});

test('a manifest that agrees is told figure by figure', async () => {
  const content = csv('A,C1,EUR,1.10,3.10', 'A,C1,EUR,2,3.10', 'B,C2,USD,-5,-5', 'C,C3,EUR,10,10');
  const manifest = {
    rows: 4,
    documents: '3',
    sha256: sha256(content).toUpperCase(),
    control_totals: { EUR: '13.10', USD: -5 },
  };
  const { done, problems } = await pullFile({ kind: 'csv', content, manifest });
  expect(problems).toEqual([]);
  expect(done.complete).toBe(true);
  expect(done.controlTotals.map(({ name, expected, actual, agrees }) => [name, expected, actual, agrees])).toEqual([
    ['rows', '4', '4', true],
    ['documents', '3', '3', true],
    ['sha256', sha256(content), sha256(content), true],
    ['gross EUR', '13.10', '13.1', true],
    ['gross USD', '-5', '-5', true],
  ]);
});

test('a truncated file differs from its manifest in rows, documents, hash and money, each named with both numbers', async () => {
  const whole = csv('A,C1,EUR,1,1', 'B,C2,EUR,2,2', 'C,C3,USD,4,4');
  const manifest = { rows: 3, documents: 3, sha256: sha256(whole), control_totals: { EUR: '3', USD: '4' } };
  const cut = csv('A,C1,EUR,1,1', 'B,C2,EUR,2,2');
  const { done, problems, documents } = await pullFile({ kind: 'csv', content: cut, manifest });
  expect(problems.map((one) => [one.code, one.place.file, one.field, one.value, one.expected])).toEqual([
    ['control_total_differs', '2026-10.csv', 'rows', '2', '3, as manifest.json says'],
    ['control_total_differs', '2026-10.csv', 'documents', '2', '3, as manifest.json says'],
    ['control_total_differs', '2026-10.csv', 'sha256', sha256(cut), `${sha256(whole)}, as manifest.json says`],
    ['control_total_differs', '2026-10.csv', 'gross USD', '0', '4, as manifest.json says'],
  ]);
  expect(done).toMatchObject({ complete: false, incompleteBecause: ['2026-10.csv is not what its manifest says'] });
  // What was read is still there to be compared.
  expect(documents).toHaveLength(2);
});

test('a currency that the manifest does not know is a difference', async () => {
  const { problems } = await pullFile({ kind: 'csv', content: csv('A,C1,USD,4,4'), manifest: { control_totals: {} } });
  expect(problems).toMatchObject([{ field: 'gross USD', value: '4', expected: 'nothing, as manifest.json says' }]);
});

test.each([
  [{ as_of: '2026-11-01' }, 'field_missing'],
  ['{"rows": 1', 'json_malformed'],
  [{ rows: { count: 1 } }, 'json_malformed'],
  [[1, 2], 'json_malformed'],
])('a manifest that proves nothing is a problem and not a pass: %j', async (manifest, code) => {
  const { done, problems } = await pullFile({ kind: 'csv', content: csv('A,C1,EUR,1,1'), manifest });
  expect(problems).toMatchObject([{ code, place: { file: 'manifest.json' } }]);
  expect(done.complete).toBe(false);
});

test('a missing file and a missing manifest are named', async () => {
  const missing = await pullFile({ kind: 'csv', content: csv('A,C1,EUR,1,1'), options: { path: 'other-{cycle}.csv' } });
  expect(missing.problems).toMatchObject([{ code: 'file_missing', place: { file: 'other-2026-10.csv' } }]);
  expect(missing.done).toMatchObject({ complete: false, inputHash: null });
  const unproven = await pullFile({ kind: 'csv', content: csv('A,C1,EUR,1,1'), options: { manifest: '{cycle}.json' } });
  expect(unproven.problems).toMatchObject([{ code: 'file_missing', place: { file: '2026-10.json' } }]);
  expect(unproven.done.complete).toBe(false);
});

test('customers that were not asked for are counted as skipped, and the control totals are still those of the file', async () => {
  const { documents, done, skipped } = await pullFile({
    kind: 'csv',
    content: csv('A,C1,EUR,1,1', 'B,C2,EUR,2,2'),
    manifest: { rows: 2, documents: 2, control_totals: { EUR: '3' } },
    customers: new Set(['C2']),
  });
  expect(documents.map((one) => one.source.id)).toEqual(['B']);
  expect(skipped).toMatchObject([{ id: 'A', reason: 'another customer than asked for' }]);
  expect(done).toMatchObject({ complete: true, counts: { listed: 2, emitted: 1, rejected: 0, skipped: 1 } });
});

test('a row without a document is listed, and documents beside it are believed only with a total of their own', async () => {
  const columns = 'document_id,customer,currency,amount,document_gross';
  const content = `${columns}\nA,C1,EUR,1,\n,C1,EUR,9,\nB,C1,EUR,2,\nC,C1,EUR,3,\n,C9,EUR,9,\nD,C1,EUR,4,4\n`;
  const pulled = await pullFile({ kind: 'csv', content });
  expect(pulled.documents.map((one) => one.source.id)).toEqual(['D']);
  const told = faults(pulled).map((line) => line.replace(/: .*\((.*)\)$/, ' $1'));
  expect(told.sort()).toEqual([
    '2026-10.csv:2 amount lines_missing',
    '2026-10.csv:3 document_id field_missing',
    '2026-10.csv:4 amount lines_missing',
    '2026-10.csv:5 amount lines_missing',
    '2026-10.csv:6 document_id field_missing',
  ]);
  expect(pulled.done.counts).toEqual({ listed: 6, emitted: 1, rejected: 5, skipped: 0 });
});

test('a row without a document in the middle of one leaves it whole, to be proven by its total', async () => {
  const content = csv('A,C1,EUR,1,3', ',C1,EUR,9,', 'A,C1,EUR,2,3');
  const pulled = await pullFile({ kind: 'csv', content });
  expect(pulled.documents.map((one) => [one.source.id, one.totals.gross])).toEqual([['A', '3']]);
  expect(pulled.rejected.map((one) => one.id)).toEqual(['2026-10.csv:3']);
});

test('a file with a header and no row is an empty cycle, which the run and not the file has to judge', async () => {
  const { problems, done } = await pullFile({ kind: 'csv', content: `${head}\n`, manifest: { rows: 0, documents: 0 } });
  expect(problems).toEqual([]);
  expect(done).toMatchObject({ complete: true, counts: { listed: 0 } });
});
