import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type FileLine, readLines } from './read-lines.js';

async function linesOf(content: string | Buffer, maxLength: number): Promise<readonly FileLine[]> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'shadowbill-lines-'));
  const lines: FileLine[] = [];
  try {
    await writeFile(path.join(dir, 'file'), content);
    for await (const line of readLines(path.join(dir, 'file'), { encoding: 'utf-8', maxLength })) lines.push(line);
  } finally {
    await rm(dir, { recursive: true });
  }
  return lines;
}

test('lines end with either kind of break, and the last one may have none', async () => {
  expect((await linesOf('a\r\nb\n\nc', 10)).map((line) => [line.number, line.text])).toEqual([
    [1, 'a'],
    [2, 'b'],
    [3, ''],
    [4, 'c'],
  ]);
  expect(await linesOf('', 10)).toEqual([]);
});

test('a line that is too long is told and thrown away, and the next one is read', async () => {
  // Longer than a chunk of the file system, so that the line is seen in parts.
  const lines = await linesOf(`short\n${'x'.repeat(200_000)}\nnext\n${'y'.repeat(21)}`, 20);
  expect(lines).toEqual([
    { number: 1, text: 'short' },
    { number: 2, text: null },
    { number: 3, text: 'next' },
    { number: 4, text: null },
  ]);
});

test('a character that lies across two chunks of the file is one character', async () => {
  const [line] = await linesOf(`${'a'.repeat(65_535)}é`, 100_000);
  expect(line?.text?.endsWith('aé')).toBe(true);
});

test('a file that is not there is the error of the file system, for the caller to tell', async () => {
  const read = async () => {
    for await (const line of readLines('/nowhere/at/all', { encoding: 'utf-8', maxLength: 1 })) return line;
    return undefined;
  };
  await expect(read()).rejects.toThrow('ENOENT');
});
