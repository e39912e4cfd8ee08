import { once } from 'node:events';
import { csvRecord } from './render/public-rows.js';

export const formats = ['table', 'json', 'jsonl', 'csv'] as const;
export type Format = (typeof formats)[number];

/** Writes rows to standard output in the asked format. JSONL and CSV stream; a table is drawn whole. */
export async function writeRows<Row extends object>(
  format: Format,
  rows: AsyncIterable<Row> | Iterable<Row>,
  draw: (rows: readonly Row[]) => string,
): Promise<void> {
  if (format === 'jsonl') {
    for await (const row of rows) await write(`${JSON.stringify(row)}\n`);
    return;
  }
  if (format === 'csv') {
    let isFirst = true;
    for await (const row of rows) {
      if (isFirst) await write(`\uFEFF${csvRecord(Object.keys(row))}`);
      isFirst = false;
      await write(csvRecord(Object.values(row)));
    }
    return;
  }
  const all: Row[] = [];
  for await (const row of rows) all.push(row);
  await write(format === 'json' ? `${JSON.stringify({ schemaVersion: 1, rows: all })}\n` : `${draw(all)}\n`);
}

async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
