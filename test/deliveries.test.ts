import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { csvAdapter } from '../src/legacy-adapters/csv/adapter.js';
import { pullAll } from './support/pull-file.js';

/*
 * Deliveries of a cycle in a folder: which of several counts, and what must not be opened.
 */
const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function folderWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'shadowbill-deliveries-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
  return folder;
}

async function pulled(baseDir: string, options: Readonly<Record<string, unknown>>) {
  const block = csvAdapter.configSchema.parse({ columns: {}, timezone: 'UTC', ...options });
  const source = await csvAdapter.open(block as Record<string, unknown>, { baseDir });
  try {
    return await pullAll(source);
  } finally {
    await source.close();
  }
}

const csv = (amount: string) => `document_id,customer,currency,amount,document_gross\nA,C1,EUR,${amount},${amount}\n`;
const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
const manifest = (file: string, asOf: string, content: string | Uint8Array, over: object = {}) =>
  JSON.stringify({ file, as_of: asOf, rows: 1, sha256: sha256(content), ...over });

const several = { path: '{cycle}/*.csv', manifest: '{cycle}/*.json' };
const first = csv('10');
const second = csv('12.5');

describe('of several deliveries of a cycle', () => {
  test('the one with the newest as_of counts as a whole, and the others are recorded', async () => {
    // The newer one sorts first by name, so that its name does not decide.
    const folder = await folderWith({
      '2026-10/b.csv': first,
      '2026-10/b.json': manifest('b.csv', '2026-11-01T02:00:00Z', first, { control_totals: { EUR: '10' } }),
      '2026-10/a.csv': second,
      '2026-10/a.json': manifest('a.csv', '2026-11-02T02:00:00+01:00', second, { control_totals: { EUR: '12.50' } }),
    });
    const { documents, skipped, done } = await pulled(folder, several);
    expect(documents.map((one) => one.totals.gross)).toEqual(['12.5']);
    expect(skipped).toEqual([
      {
        type: 'skipped',
        kind: null,
        id: '2026-10/b.json',
        reason:
          'superseded by 2026-10/a.json, which is of 2026-11-02T01:00:00.000Z; this one is of 2026-11-01T02:00:00.000Z',
      },
    ]);
    expect(done).toMatchObject({
      complete: true,
      asOf: '2026-11-02T01:00:00.000Z',
      inputHash: sha256(second),
      counts: { listed: 2, emitted: 1, rejected: 0, skipped: 1 },
    });
    expect(done.controlTotals.map(({ name, agrees }) => `${name} ${agrees}`)).toEqual([
      'rows true',
      'sha256 true',
      'gross EUR true',
    ]);
  });

  test('a newest one that is not what its manifest says is incomplete, and no older one steps in', async () => {
    const folder = await folderWith({
      '2026-10/a.csv': first,
      '2026-10/a.json': manifest('a.csv', '2026-11-01T02:00:00Z', first),
      '2026-10/b.csv': second,
      '2026-10/b.json': manifest('b.csv', '2026-11-02T02:00:00Z', 'other bytes'),
    });
    const { documents, problems, done } = await pulled(folder, { ...several });
    expect(documents.map((one) => one.totals.gross)).toEqual(['12.5']);
    expect(problems.map((one) => `${one.code} ${one.field}`)).toContain('control_total_differs sha256');
    expect(done.complete).toBe(false);
  });

  test('one that cannot be read may be the newest, so none is taken', async () => {
    const folder = await folderWith({
      '2026-10/a.csv': first,
      '2026-10/a.json': manifest('a.csv', '2026-11-01T02:00:00Z', first),
      '2026-10/b.json': '{"file": "b.csv", "as_of": ',
    });
    const { documents, problems, done } = await pulled(folder, several);
    expect(documents).toEqual([]);
    expect(problems).toMatchObject([{ code: 'json_malformed', place: { file: '2026-10/b.json' } }]);
    expect(done.complete).toBe(false);
  });

  test('two of the same moment with different content are not guessed between; the same content twice is one', async () => {
    const at = '2026-11-01T02:00:00Z';
    const twins = {
      '2026-10/a.csv': first,
      '2026-10/a.json': manifest('a.csv', at, first),
      '2026-10/b.csv': second,
      '2026-10/b.json': manifest('b.csv', at, second),
    };
    const unclear = await pulled(await folderWith(twins), several);
    expect(unclear.documents).toEqual([]);
    expect(unclear.problems).toMatchObject([{ code: 'id_duplicate', field: 'as_of' }]);
    const again = { ...twins, '2026-10/b.csv': first, '2026-10/b.json': manifest('b.csv', at, first) };
    const same = await pulled(await folderWith(again), several);
    expect([same.documents.length, same.skipped.length, same.done.complete]).toEqual([1, 1, true]);
  });

  test('a file that no manifest names is recorded and not read', async () => {
    const folder = await folderWith({
      '2026-10/a.csv': first,
      '2026-10/a.json': manifest('a.csv', '2026-11-01T02:00:00Z', first),
      '2026-10/late.csv': second,
    });
    const { documents, skipped } = await pulled(folder, several);
    expect(documents).toHaveLength(1);
    expect(skipped).toMatchObject([{ id: '2026-10/late.csv' }]);
  });

  test('a manifest has to name its file and its time, and nothing outside its folder', async () => {
    const of = (content: object) => folderWith({ '2026-10/a.csv': first, '2026-10/a.json': JSON.stringify(content) });
    const faultsOf = async (content: object) =>
      (await pulled(await of(content), several)).problems.map((one) => `${one.code} ${one.field}`);
    const whole = { rows: 1, as_of: '2026-11-01T02:00:00Z' };
    expect(await faultsOf({ rows: 1 })).toEqual(['field_malformed file', 'field_missing as_of']);
    expect(await faultsOf({ ...whole, file: 'a.csv', as_of: '2026-11-01' })).toEqual(['date_malformed as_of']);
    for (const file of ['../a.csv', '/etc/passwd', '..', 'x/a.csv', '..\\a.csv'])
      expect(await faultsOf({ ...whole, file })).toEqual(['field_malformed file']);
    // A plain name, but not one that the configuration allows.
    expect(await faultsOf({ ...whole, file: 'a.json' })).toEqual(['field_malformed file']);
    expect(await faultsOf({ ...whole, file: 'gone.csv' })).toEqual(['file_missing null']);
  });

  test('no manifest at all is a cycle that is not delivered', async () => {
    const { problems, done } = await pulled(await folderWith({ '2026-10/a.csv': first }), several);
    expect(problems).toMatchObject([{ code: 'file_missing' }]);
    expect(done.complete).toBe(false);
  });
});

describe('a file of a folder', () => {
  test('that is a link to somewhere else is not opened', async () => {
    const secret = await folderWith({ 'passwd.csv': first });
    const folder = await folderWith({ '2026-10/x': '' });
    await symlink(path.join(secret, 'passwd.csv'), path.join(folder, '2026-10', 'invoices.csv'));
    const { documents, problems, done } = await pulled(folder, { path: '{cycle}/invoices.csv' });
    expect(documents).toEqual([]);
    expect(problems).toMatchObject([{ code: 'file_missing', place: { file: '2026-10/invoices.csv' } }]);
    expect(problems[0]?.expected).toContain('a link that leads out of it');
    expect(done.complete).toBe(false);
  });

  test('below a folder that is a link to somewhere else is not opened either, and a link within is', async () => {
    const secret = await folderWith({ 'invoices.csv': first });
    const folder = await folderWith({ 'real/invoices.csv': second });
    await symlink(secret, path.join(folder, '2026-10'));
    expect((await pulled(folder, { path: '{cycle}/invoices.csv' })).documents).toEqual([]);
    await rm(path.join(folder, '2026-10'));
    await symlink(path.join(folder, 'real'), path.join(folder, '2026-10'));
    expect((await pulled(folder, { path: '{cycle}/invoices.csv' })).documents).toHaveLength(1);
  });

  test('that is packed is unpacked, and its manifest is of the packed bytes', async () => {
    const packed = gzipSync(second);
    const folder = await folderWith({
      '2026-10.csv.gz': packed,
      'm.json': JSON.stringify({ rows: 1, sha256: sha256(packed) }),
    });
    const { documents, done } = await pulled(folder, { path: '{cycle}.csv.gz', manifest: 'm.json' });
    expect(documents.map((one) => one.totals.gross)).toEqual(['12.5']);
    expect(done).toMatchObject({ complete: true, inputHash: sha256(packed) });
  });

  test('that is larger than allowed, or unpacks to more, is not read', async () => {
    const folder = await folderWith({
      '2026-10.csv': first,
      '2026-10.csv.gz': gzipSync(`${first}${' '.repeat(5000)}`),
    });
    for (const file of ['{cycle}.csv', '{cycle}.csv.gz']) {
      const max_bytes = file.endsWith('gz') ? 1000 : 50;
      const { documents, problems, done } = await pulled(folder, { path: file, max_bytes });
      expect([documents, problems[0]?.code, done.complete]).toEqual([[], 'too_large', false]);
    }
  });
});
