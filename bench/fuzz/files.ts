import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import { AppError } from '../../src/errors.js';
import type { LegacyAdapter } from '../../src/legacy-adapters/adapter.js';
import { csvAdapter } from '../../src/legacy-adapters/csv/adapter.js';
import { ndjsonAdapter } from '../../src/legacy-adapters/ndjson/adapter.js';
import { rowFields } from '../../src/legacy-adapters/rows/shape.js';
import { xlsxAdapter } from '../../src/legacy-adapters/xlsx/adapter.js';
import { openPages, pagesConfig } from '../../src/solvimon-adapter/pages-source.js';
import { cyclePeriod } from '../../src/model/period.js';
import type { Source } from '../../src/model/source.js';
import { rowsOf } from '../../test/conformance/file-harness.js';
import { memoryHarness } from '../../test/conformance/memory-source.js';
import { many } from '../../test/conformance/samples.js';
import { makeInvoice, october } from '../../test/fakes/solvimon/invoice.js';
import { workbook } from '../../test/support/workbook.js';
import { type Chance, spoilt, spoiltTree } from './random.js';

/*
 * Whole files with spoilt parts, through the adapter from the first byte to the last event. A file ends in its account: every
 * record that was listed is emitted, rejected or skipped, and a file that cannot be read is an error that says so.
 */

/** Reads one file of many spoilt rows. Answers how many inputs it held, and what is wrong, if anything. */
export type FileFuzz = {
  readonly name: string;
  readonly next: (chance: Chance) => Promise<{ readonly inputs: number; readonly fault: string | null }>;
};

const cycle = '2026-10' as never;
const timezone = 'Europe/Amsterdam';
const rows = many(memoryHarness(), 40).flatMap(rowsOf);
const rowsPerFile = 400;

async function account(source: Source, what: string): Promise<string | null> {
  let [emitted, rejected] = [0, 0];
  try {
    for await (const event of source.pull(
      { cycle, period: cyclePeriod(cycle, timezone), timezone, customers: 'all', slackDays: 7 },
      {
        signal: AbortSignal.timeout(60_000),
        resume: null,
        acquire: async () => undefined,
        rateLimited: () => undefined,
        now: () => Date.UTC(2026, 10, 4),
        log: () => undefined,
      },
    )) {
      if (event.type === 'document') emitted += 1;
      if (event.type === 'rejected') rejected += 1;
      if (event.type !== 'done') continue;
      const { counts } = event;
      if (
        counts.emitted !== emitted ||
        counts.rejected !== rejected ||
        counts.listed !== emitted + rejected + counts.skipped
      )
        return `${what}: ${emitted} emitted and ${rejected} rejected, but it says ${JSON.stringify(counts)}`;
      return null;
    }
    return `${what} ended without an account`;
  } catch (error) {
    if (error instanceof AppError && error.code !== 'internal') return null;
    return `${what} threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  } finally {
    await source.close();
  }
}

async function throughAdapter(
  adapter: LegacyAdapter,
  extension: string,
  content: string | Uint8Array,
  more: object,
): Promise<string | null> {
  const baseDir = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-fuzz-'));
  try {
    writeFileSync(path.join(baseDir, `2026-10.${extension}`), content);
    const block = adapter.configSchema.parse({
      path: `{cycle}.${extension}`,
      timezone,
      date_format: 'iso',
      columns: {},
      ...more,
    });
    return await account(await adapter.open(block as Record<string, unknown>, { baseDir }), `a ${extension} file`);
  } finally {
    rmSync(baseDir, { recursive: true, force: true });
  }
}

const csvCell = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

async function csv(chance: Chance) {
  const lines = Array.from({ length: rowsPerFile }, () => {
    const row = chance.pick(rows);
    const cells = rowFields.map((field) => (chance.oneIn(12) ? spoilt(row[field] ?? '', chance) : (row[field] ?? '')));
    const line = cells.map(csvCell).join(',');
    return chance.oneIn(40) ? spoilt(line, chance) : line;
  });
  const fault = await throughAdapter(
    csvAdapter,
    'csv',
    [rowFields.join(','), ...lines, ''].join(chance.pick(['\n', '\r\n'])),
    {},
  );
  return { inputs: rowsPerFile, fault };
}

async function ndjson(chance: Chance) {
  const lines = Array.from({ length: rowsPerFile }, () => {
    const text = JSON.stringify(chance.oneIn(3) ? chance.pick(rows) : spoiltTree(chance.pick(rows), chance));
    return chance.oneIn(10) ? spoilt(text, chance) : text;
  });
  return {
    inputs: rowsPerFile,
    fault: await throughAdapter(ndjsonAdapter, 'ndjson', `${lines.join('\n')}\n`, { layout: 'rows' }),
  };
}

const sheet = workbook([
  [...rowFields],
  ...rows.slice(0, 30).map((row) => rowFields.map((field) => row[field] ?? null)),
]);

async function xlsx(chance: Chance) {
  const parts = unzipSync(await sheet);
  const name = chance.pick(Object.keys(parts));
  const text = new TextDecoder().decode(parts[name]);
  const bytes = zipSync({ ...parts, [name]: new TextEncoder().encode(spoilt(text, chance)) });
  if (chance.oneIn(4)) bytes[chance.int(bytes.length)] = chance.int(256);
  return { inputs: 1, fault: await throughAdapter(xlsxAdapter, 'xlsx', bytes, {}) };
}

async function pages(chance: Chance) {
  const baseDir = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-fuzz-'));
  try {
    const data = Array.from({ length: 50 }, (_unused, index) => {
      const invoice = makeInvoice({
        id: `invo_${index}`,
        customer: `c${index}`,
        periods: [{ ...october, groups: [{ lines: [{ product: 'fee', net: '10.00', tax: '2.10' }] }] }],
      });
      return chance.oneIn(2) ? invoice : spoiltTree(invoice, chance);
    });
    const text = JSON.stringify({ data, page: 1, total_number_of_pages: 1 });
    writeFileSync(path.join(baseDir, 'page-0001.json'), chance.oneIn(10) ? spoilt(text, chance) : text);
    return {
      inputs: 50,
      fault: await account(openPages(pagesConfig.parse({ kind: 'pages', path: '.' }), baseDir), 'saved pages'),
    };
  } finally {
    rmSync(baseDir, { recursive: true, force: true });
  }
}

export const fileFuzzes: readonly FileFuzz[] = [
  { name: 'rows of CSV files', next: csv },
  { name: 'lines of NDJSON files', next: ndjson },
  { name: 'parts of XLSX files', next: xlsx },
  { name: 'invoices of saved pages', next: pages },
];
