import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exactRules } from '../../src/model/compare-rules.js';
import type { Document } from '../../src/model/document.js';
import { identityMapping } from '../../src/reconcile/mapping.js';
import { prepare } from '../../src/reconcile/prepare.js';
import { delimiterOf } from '../../src/solvimon-adapter/report-file.js';
import { reportsConfig } from '../../src/solvimon-adapter/reports-config.js';
import { openReports } from '../../src/solvimon-adapter/reports-source.js';
import { fixtureInvoices } from '../fakes/solvimon/fixtures.js';
import type { Invoice } from '../fakes/solvimon/invoice.js';
import { renderReport, type ReportStyle } from '../fakes/solvimon/report-csv.js';
import { pullAll, testContext } from '../support/pull.js';
import { type Bench, october, openBench } from './harness.js';

const plain: ReportStyle = { delimiter: ',', bom: false, gzip: false, encoding: 'utf8' };
const asked = { via: 'reports', writes: { api_key_env: 'SOLVIMON_WRITE_KEY', reports: 'true' } } as const;
/** Every fixture that is an invoice of its own kind; the reports have no way to show a missing line. */
const invoices = (): Invoice[] => Object.values(fixtureInvoices());

let bench: Bench;
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'shadowbill-test-reports-'));
});
afterEach(async () => {
  await bench?.close();
  await rm(dir, { recursive: true, force: true });
});

async function pulled(config: Record<string, unknown>, style = plain, list = invoices()) {
  await bench?.close();
  bench = await openBench({}, config);
  bench.server.reportStyle = style;
  for (const invoice of list) bench.server.addInvoice(invoice);
  return pullAll(bench.source, october, bench.context());
}

/**
 * A document as both paths must give it. Left out is what the reports have no columns for: tiers and price facts, which
 * are evidence and are compared by nobody, the tiers' mark on the unit price, and where the document was read.
 */
function comparable(document: Document) {
  return {
    ...document,
    place: null,
    // A saved file names no platform.
    source: document.source.id,
    checks: null,
    // A sub-line has no row in a report, so neither have the children shown under a parent's line.
    lines: document.lines
      .filter((line) => line.kind !== 'summary')
      .map((line, index) => ({
        ...line,
        ordinal: index + 1,
        tiers: null,
        facts: null,
        unitPrice: null,
        unitPriceIsBlended: null,
      })),
  };
}
const byId = (documents: readonly Document[]) => [...documents].sort((a, b) => (a.source.id < b.source.id ? -1 : 1));
const digests = (documents: readonly Document[]) =>
  byId(documents).map((one) => [
    one.source.id,
    prepare(
      { ...one, lines: one.lines.map((line) => ({ ...line, unitPrice: null })) },
      'solvimon',
      identityMapping,
      exactRules,
    ).digest,
  ]);

describe('the report path', () => {
  test('gives the same documents as the pages, fixture by fixture', async () => {
    const pages = await pulled({});
    const reports = await pulled(asked);
    expect(reports.done).toMatchObject({ complete: true, counts: pages.done.counts });
    expect(pages.documents.length).toBeGreaterThan(25);
    expect(byId(reports.documents).map(comparable)).toEqual(byId(pages.documents).map(comparable));
    expect(digests(reports.documents)).toEqual(digests(pages.documents));
  });

  test.each([
    ['gzipped', { ...plain, gzip: true }],
    ['with a byte order mark and semicolons', { ...plain, bom: true, delimiter: ';' as const }],
    ['in UTF-16 with tabs', { ...plain, encoding: 'utf16le' as const, bom: true, delimiter: '\t' as const }],
  ])('reads files that are %s', async (_how, style) => {
    const first = await pulled(asked);
    const second = await pulled(asked, style);
    expect(byId(second.documents).map(comparable)).toEqual(byId(first.documents).map(comparable));
  });

  test('asks twice, waits for the files, and sends the key to no download link', async () => {
    await pulled({ ...asked, settle: '10m' }, plain, [fixtureInvoices()['01 plain fee']]);
    const posts = bench.server.requests
      .filter(({ method }) => method === 'POST')
      .map(({ body }) => (JSON.parse(body) as { report_code: string }).report_code);
    expect(posts).toEqual([
      'INVOICE_HEADER',
      'INVOICE_LINE',
      'INVOICE_TAX',
      'INVOICE_HEADER',
      'INVOICE_LINE',
      'INVOICE_TAX',
    ]);
    expect(bench.time.waits).toContain(600_000);
    expect(bench.server.requests.some(({ path: one }) => one.endsWith('-overview'))).toBe(false);
  });

  test('an invoice that differs between the two reports is not ready', async () => {
    bench = await openBench({}, { ...asked, settle: '10m' });
    const invoice = bench.server.addInvoice(fixtureInvoices()['01 plain fee']);
    bench.time.onWait = (ms) => {
      if (ms === 600_000) invoice['updated_at'] = '2026-11-01T13:00:00Z';
    };
    const { documents } = await pullAll(bench.source, october, bench.context());
    expect(documents.map((one) => one.notReady)).toEqual([['unstable_between_fetches']]);
  });

  test('a download link that is not https is not followed', async () => {
    bench = await openBench({}, asked);
    bench.server.reportLink = 'ftp://files.example.com/report.csv';
    await expect(pullAll(bench.source, october, bench.context())).rejects.toMatchObject({
      code: 'source_reply_invalid',
      message: expect.stringContaining('not https') as string,
    });
  });

  test('a file that is cut off on the way is no shorter report', async () => {
    bench = await openBench({}, asked);
    bench.server.addInvoice(fixtureInvoices()['01 plain fee']);
    bench.server.fault({ path: /^\/files\//, times: 1, trouble: { kind: 'cut' } });
    await expect(pullAll(bench.source, october, bench.context())).rejects.toMatchObject({ code: 'source_unreachable' });
  });

  test('a report that never comes ends in time', async () => {
    bench = await openBench({}, asked);
    bench.server.reportPolls = Number.POSITIVE_INFINITY;
    await expect(pullAll(bench.source, october, bench.context())).rejects.toMatchObject({ code: 'timeout' });
  });
});

describe('saved reports', () => {
  const source = (columns: Record<string, string> = {}) =>
    openReports(reportsConfig.parse({ kind: 'reports', path: '{cycle}', report_columns: columns }), dir);
  const pull = async (columns: Record<string, string> = {}) => pullAll(source(columns), october, testContext());

  async function save(files: Readonly<Record<string, string | Buffer>>) {
    await mkdir(path.join(dir, '2026-10'), { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(dir, '2026-10', name), text);
  }
  const saved = (list: readonly Invoice[]) => ({
    'invoice-header.csv': renderReport('INVOICE_HEADER', list, plain),
    'invoice-line.csv.gz': renderReport('INVOICE_LINE', list, { ...plain, gzip: true }),
    'invoice-tax.csv': renderReport('INVOICE_TAX', list, plain),
  });

  test('give the same documents as the API', async () => {
    const pages = await pulled({});
    await save(saved(invoices()));
    const files = await pull();
    expect(byId(files.documents).map(comparable)).toEqual(byId(pages.documents).map(comparable));
    expect(files.done.complete).toBe(true);
    expect(files.done.inputHash).toMatch(/^[0-9a-f]{64}$/);
  });

  const header =
    'Invoice ID,Invoice Date,Invoice status,Invoice Currency,Invoice Quantity,Tax Quantity,Customer Reference,On Hold,Validation Result\n';
  const line =
    'Invoice ID,Line Type,Product Item Reference,Model Type,Service Start,Service End,Currency,Amount Excluding Tax,Amount Including Tax\n';
  const oneHeader = `${header}i1,2026-10-05T00:00:00Z,DRAFT,EUR,12.10,2.10,acme,true,\n`;
  const oneLine = `${line}i1,REVENUE,fee,RECURRING,2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,EUR,10.00,12.10\n`;
  const problems = (events: Awaited<ReturnType<typeof pull>>) =>
    events.events.flatMap((event) =>
      event.type === 'problem'
        ? [
            `${event.problem.place.file}:${event.problem.place.line ?? ''} ${event.problem.code} ${event.problem.field ?? ''}`,
          ]
        : [],
    );

  test('work with the needed columns alone', async () => {
    await save({ 'header.csv': oneHeader, 'line.csv': oneLine });
    const { documents, done } = await pull();
    expect(
      documents.map((one) => [one.source.id, one.totals.net, one.totals.tax, one.totals.gross, one.notReady]),
    ).toEqual([['i1', '10', '2.1', '12.1', []]]);
    expect(done.complete).toBe(true);
  });

  test('without a column for the hold nothing is judged: unknown is not held', async () => {
    await save({ 'header.csv': oneHeader.replace(',On Hold', '').replace(',true', ''), 'line.csv': oneLine });
    expect((await pull()).documents.map((one) => one.notReady)).toEqual([['draft_not_on_hold']]);
  });

  test('without a column for Solvimon’s own holds nothing is judged, unless that is accepted by name', async () => {
    await save({
      'header.csv': oneHeader.replace(',Validation Result', '').replace(',true,', ',true'),
      'line.csv': oneLine,
    });
    expect((await pull()).documents.map((one) => one.notReady)).toEqual([['held_by_validation']]);
    expect((await pull({ 'header.validation': '-' })).documents.map((one) => one.notReady)).toEqual([[]]);
  });

  test('a column that is missing is named with those that are there, and no row is guessed at', async () => {
    await save({ 'header.csv': oneHeader.replace('Customer Reference', 'Konto'), 'line.csv': oneLine });
    const broken = await pull();
    expect(problems(broken)).toEqual([
      '2026-10/header.csv:1 column_missing customer_reference',
      '2026-10/line.csv:2 field_missing invoice_id',
    ]);
    expect([broken.documents.length, broken.done.complete]).toEqual([0, false]);
    const mended = await pull({ 'header.customer_reference': 'Konto' });
    expect(mended.documents.map((one) => one.customerRef)).toEqual(['acme']);
  });

  test('lines that do not stand together, rows too short, an unknown invoice: each by file and line', async () => {
    const twoHeaders = `${oneHeader}i2,2026-10-05T00:00:00Z,DRAFT,EUR,12.10,2.10,beta,true,\n`;
    const [, row = ''] = oneLine.split('\n');
    await save({
      'header.csv': twoHeaders,
      'line.csv': `${oneLine}${row.replace('i1', 'i2')}\n${row}\ni9,REVENUE\n${row.replace('i1', 'i9')}\n`,
    });
    const broken = await pull();
    expect(problems(broken).sort()).toEqual([
      '2026-10/line.csv:4 lines_not_contiguous invoice_id',
      '2026-10/line.csv:5 row_malformed ',
      '2026-10/line.csv:6 field_missing invoice_id',
    ]);
    expect(broken.documents.map((one) => one.source.id)).toEqual(['i1', 'i2']);
    expect(broken.done.complete).toBe(false);
  });

  test('an invoice with money and no lines is rejected, with the line of its header', async () => {
    await save({ 'header.csv': oneHeader, 'line.csv': line });
    const { rejected } = await pull();
    expect(rejected.map((one) => [one.rejected.id, one.rejected.problems[0].code, one.rejected.place])).toEqual([
      ['i1', 'lines_missing', { file: '2026-10/header.csv', line: 2 }],
    ]);
  });

  test('files that are not there, or are no text, end incomplete', async () => {
    expect(problems(await pull())).toEqual(['2026-10: file_missing ', '2026-10: file_missing ']);
    await save({ 'header.csv': Buffer.from([0xc3, 0x28, 0x0a]), 'line.csv': oneLine });
    const broken = await pull();
    expect(problems(broken)[0]).toContain('encoding_broken');
    expect(broken.done.complete).toBe(false);
  });

  test('the check finds the folder and the columns that are missing', async () => {
    expect((await source().check(testContext())).map((one) => one.level)).toEqual(['ok']);
    await rm(dir, { recursive: true });
    expect((await source().check(testContext())).map((one) => [one.level, one.topic])).toEqual([
      ['problem', 'reachability'],
    ]);
  });
});

describe('the delimiter', () => {
  test.each([
    ['a,b,c\n1;2;3', ','],
    ['a;b;c\n', ';'],
    ['a\tb\n', '\t'],
    ['"a,b";c;d\n', ';'],
    ['alone\n', ','],
  ])('of %j is %j', (text, delimiter) => {
    expect(delimiterOf(text)).toBe(delimiter);
  });
});
