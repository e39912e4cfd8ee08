import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { spool } from './spool.js';

const signal = new AbortController().signal;
const megabyte = 1024 * 1024;

async function* chunks(bytes: Uint8Array, size = 64 * 1024): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const spooled = (bytes: Uint8Array, name: string, maxBytes = 100 * megabyte) =>
  spool(chunks(bytes), { name, maxBytes, signal });
/** Copies lie where the system keeps temporary files; here a place of our own, so that nobody else's are counted. */
const usual = process.env['TMPDIR'];
let ours: string;
beforeAll(async () => {
  ours = await mkdtemp(path.join(tmpdir(), 'shadowbill-spool-'));
  process.env['TMPDIR'] = ours;
});
afterAll(async () => {
  if (usual === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = usual;
  await rm(ours, { recursive: true, force: true });
});
const copies = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('shadowbill-file-'));

describe('a copy of a delivered file', () => {
  test('is unpacked, and known by the hash of what was delivered', async () => {
    const text = Array.from({ length: 5000 }, (_, index) => `row ${index}`).join('\n');
    const packed = gzipSync(text);
    const opened = await spooled(packed, 'exports/2026-10.csv.gz');
    if (opened.type !== 'file') expect.fail('a file');
    expect(await readFile(opened.file.path, 'utf8')).toBe(text);
    expect(await opened.file.sha256()).toBe(createHash('sha256').update(packed).digest('hex'));
    await opened.file.close();
    expect(existsSync(opened.file.path)).toBe(false);
  });

  test('of nothing is an empty file', async () => {
    const opened = await spooled(new Uint8Array(), 'empty.csv');
    if (opened.type !== 'file') expect.fail('a file');
    expect((await readFile(opened.file.path)).length).toBe(0);
    await opened.file.close();
  });

  test('that grows beyond reason is refused long before it is unpacked, and leaves nothing behind', async () => {
    const before = await copies();
    // 200 MiB of zeros are 0.2 MiB packed: a thousand times.
    const bomb = gzipSync(new Uint8Array(200 * megabyte));
    const opened = await spooled(bomb, 'bomb.csv.gz', 1000 * megabyte);
    expect(opened).toMatchObject({ type: 'refused', refusal: { code: 'too_large' } });
    expect(opened.type === 'refused' && opened.refusal.expected).toContain('250 times');
    expect(await copies()).toEqual(before);
  });

  test('that is larger than allowed is refused, packed or unpacked', async () => {
    const noise = Uint8Array.from({ length: megabyte }, (_, index) => (index * 7919) % 251);
    expect(await spooled(noise, 'large.csv', megabyte - 1)).toMatchObject({ type: 'refused' });
    expect(await spooled(gzipSync(noise), 'large.csv.gz', megabyte - 1)).toMatchObject({
      type: 'refused',
      refusal: { code: 'too_large' },
    });
  });

  test.each([
    ['cut off', (packed: Uint8Array) => packed.subarray(0, packed.length - 20)],
    ['no gzip at all', () => new TextEncoder().encode('a,b\n1,2\n')],
  ])('that is %s although it is called .gz is refused', async (_, spoil) => {
    const opened = await spooled(spoil(gzipSync('a,b\n'.repeat(5000))), 'broken.csv.gz');
    expect(opened).toMatchObject({ type: 'refused', refusal: { code: 'row_malformed' } });
  });

  test('whose reading fails leaves nothing behind and says what failed', async () => {
    const before = await copies();
    async function* failing(): AsyncIterable<Uint8Array> {
      yield new Uint8Array(10);
      throw new Error('the line went dead');
    }
    await expect(spool(failing(), { name: 'a.csv', maxBytes: 100, signal })).rejects.toThrowError('the line went dead');
    expect(await copies()).toEqual(before);
  });

  test('is given up when the pull is', async () => {
    const abort = new AbortController();
    async function* endless(): AsyncIterable<Uint8Array> {
      for (;;) {
        yield new Uint8Array(1000);
        abort.abort(new Error('stop'));
      }
    }
    await expect(spool(endless(), { name: 'a.csv', maxBytes: 1e9, signal: abort.signal })).rejects.toThrowError('stop');
  });
});
