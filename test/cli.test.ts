import { once } from 'node:events';
import { parse } from 'csv-parse/sync';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli, type CliResult, spawnCli } from './support/cli.js';
import { inAnyOrder, writeFolder } from './support/reconcile.js';
import { type SolvimonInvoiceInput, solvimonInvoice, solvimonPage } from './support/solvimon-invoice.js';
import { createTestDatabase, type TestDatabase } from './support/test-database.js';

const head = 'document_id,customer,currency,period_start,period_end,product,quantity,unit_price,amount';
const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
const row = (id: string, customer: string, amount: string) =>
  [id, quoted(customer), 'EUR', '2026-10-01', '2026-11-01', 'seat', '1', amount, amount].join(',');
const billed = (id: string, customer: string, net: string): SolvimonInvoiceInput => ({
  id,
  customer,
  lines: [{ product: 'seat', net, quantity: '1', unitPrice: net }],
});

const yaml = `version: 1
timezone: UTC
sources:
  legacy: { kind: csv, path: legacy.csv, timezone: UTC, columns: {} }
  solvimon: { kind: pages, path: pages }
`;

/** Customers whose names a spreadsheet would run, split or break. */
const formula = '=HYPERLINK("http://x","y")';
const awkward = 'Comma, "Quote" & Co';
const files = {
  'shadowbill.yml': yaml,
  'legacy.csv': `${[head, row('L1', 'C1', '10.00'), row('L2', 'C2', '20.00'), row('L3', formula, '30.00'), row('L4', awkward, '40.00'), row('L5', '-5', '50.00')].join('\n')}\n`,
  'pages/1.json': solvimonPage(
    [
      billed('S1', 'C1', '10'),
      billed('S2', 'C2', '18.5'),
      billed('S3', formula, '31'),
      billed('S4', awkward, '40.01'),
      billed('S6', 'C6', '60'),
    ].map(solvimonInvoice),
  ),
};

let database: TestDatabase;
let folder: string;
let first: CliResult;
/** Options that name the first run: others of the same cycle come after it. */
let ofFirst: readonly string[];
const env = (url = database.url) => ({ DATABASE_URL: url });
const at = (dir: string, ...args: readonly string[]) => cli(['-c', `${dir}/shadowbill.yml`, ...args], env());

beforeAll(async () => {
  database = await createTestDatabase();
  folder = writeFolder(files);
  first = await at(folder, 'run', '2026-10', '--fail-on', 'mismatch');
  ofFirst = ['--run', /^run ([0-9a-z]{26})/.exec(first.stderr)?.[1] ?? ''];
});
afterAll(() => database.drop());

describe('exit codes', () => {
  test('1: the run was complete and found what --fail-on asks for', () => {
    expect(first.stderr).toMatch(/^run [0-9a-z]{26} {2}cycle 2026-10 {2}config [0-9a-f]{7}\n/);
    expect([first.code, first.stdout.includes('The run is incomplete')]).toEqual([1, false]);
  });

  test('0: the same run without --fail-on, or with one that finds nothing', async () => {
    const again = await at(folder, '-o', 'json', 'run', '2026-10', '--fail-on', 'unexplained');
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({
      schemaVersion: 1,
      cycle: '2026-10',
      isComplete: true,
      incompleteBecause: [],
    });
    const listed = await at(folder, '-o', 'json', 'runs', 'list', '--cycle', '2026-10');
    const hashes = (JSON.parse(listed.stdout) as { rows: { resultHash: string }[] }).rows.map((one) => one.resultHash);
    // The same input gives the same verdicts.
    expect([hashes.length, new Set(hashes).size]).toEqual([2, 1]);
  });

  test.each([
    [['run', 'October']],
    [['run', '2026-13']],
    [['run']],
    [['nonsense']],
    [['run', '2026-10', '--fail-on', 'everything']],
    [['pair', 'list', '--limit', 'many']],
    [['-o', 'xml', 'pair', 'list']],
    [['mismatch', 'show', 'M-doesnotexist']],
    [['pair', 'list', '--run', 'unknown']],
    [['pair', 'list', '--cycle', '1999-01']],
  ])('2: %j was not understood, and nothing is written to standard output', async (args) => {
    const result = await at(folder, ...args);
    expect([result.code, result.stdout]).toEqual([2, '']);
    expect(result.stderr).not.toBe('');
  });

  test('3: a configuration with five mistakes tells all five, with file, line and column', async () => {
    const dir = writeFolder({
      'shadowbill.yml': `version: 1
timezone: Europe/Amsterdm
sources:
  legacy:
    kind: csv
    path: legacy.csv
    timezone: UTC
    columns: {}
    decimal_marc: ','
    date_format: YYYY/MM/DD
  solvimon: { kind: pagse, path: pages }
tolerance:
  rules:
    - { when: {}, over: lots, under: 1mu, reason: FIN-1 }
`,
    });
    const file = `${dir}/shadowbill.yml`;
    const expected = [
      'The configuration is not valid: ',
      `${file}:2:11 timezone  "Europe/Amsterdm" is not a time zone. Write an IANA name, e.g. Europe/Amsterdam`,
      `${file}:9:5 sources.legacy.decimal_marc  is not a known key. Did you mean decimal_mark?`,
      `${file}:10:18 sources.legacy.date_format  "YYYY/MM/DD" is not known. Did you mean YYYY-MM-DD?`,
      `${file}:11:21 sources.solvimon.kind  "pagse" is no known kind. Did you mean pages?`,
      `${file}:14:25 tolerance.rules[0].over  "lots" is not an amount. Write e.g. '0.05', '1mu' or '0.5%'`,
      '5 errors',
      'Mend the places named and check with `shadowbill config check`.',
      '',
    ];
    for (const command of [
      ['config', 'check'],
      ['run', '2026-10'],
      ['pair', 'list'],
    ]) {
      const result = await at(dir, ...command);
      expect([result.code, result.stdout]).toEqual([3, '']);
      expect(result.stderr.split('\n')).toEqual(expected);
    }
  });

  test('3: mistakes of the mapping files stop a run before it begins, all at once', async () => {
    const dir = writeFolder({
      ...files,
      'shadowbill.yml': `${yaml}mapping: { products: products.csv, customers: nowhere.csv }\n`,
      'products.csv': 'legacy,solvimon\nseat,seat\nseat,seat\n,x\n',
    });
    for (const command of [
      ['config', 'check'],
      ['run', '2026-10'],
    ]) {
      const { code, stdout, stderr } = await at(dir, ...command);
      expect([code, stdout]).toEqual([3, '']);
      expect(stderr.split('\n').slice(1, 5)).toEqual([
        'nowhere.csv: a CSV file with the columns legacy,solvimon (file_missing)',
        'products.csv:3 legacy, solvimon "seat,seat": a row that stands once; it stands on line 2 too (id_duplicate)',
        'products.csv:4 legacy, solvimon ",x": the product ids of both systems (field_missing)',
        '3 errors',
      ]);
    }
    const runs = await sql<{
      count: string;
    }>`select count(*) as count from run where config->>'baseDir' = ${dir}`.execute(database.db);
    expect(runs.rows).toEqual([{ count: '0' }]);
  });

  test('4: a row that cannot be read ends the run incomplete, whatever --fail-on asks, and is told with its place', async () => {
    const dir = writeFolder({ ...files, 'legacy.csv': `${files['legacy.csv']}${row('L7', 'C7', '1e3')}\n` });
    const { code, stdout } = await at(dir, 'run', '2026-10', '--fail-on', 'mismatch');
    expect(code).toBe(4);
    expect(stdout).toContain('The run is incomplete:\n  legacy: 1 document could not be read\n');
    expect(stdout).toContain(
      'legacy legacy.csv:7 amount "1e3": a number with a decimal point and no thousands mark (amount_malformed)',
    );
    const shown = await at(dir, '-o', 'json', 'runs', 'show');
    const { problems } = JSON.parse(shown.stdout) as { problems: unknown[] };
    expect(problems).toContainEqual({
      side: 'legacy',
      documentId: 'L7',
      problem: {
        code: 'amount_malformed',
        place: { file: 'legacy.csv', line: 7 },
        field: 'amount',
        value: '1e3',
        expected: 'a number with a decimal point and no thousands mark',
      },
    });
  });

  test('5: a Postgres that does not answer is a dependency that is down, and no password is shown', async () => {
    const url = 'postgres://somebody:hunter2@127.0.0.1:1/none';
    const { code, stdout, stderr } = await cli(['-c', `${folder}/shadowbill.yml`, 'pair', 'list'], env(url));
    expect([code, stdout]).toEqual([5, '']);
    expect(stderr).toContain('Postgres could not be reached');
    expect(stderr).not.toContain('hunter2');
  });

  test('7: a database that a newer version has migrated is left alone', async () => {
    const newer = await createTestDatabase();
    try {
      await sql`insert into kysely_migration (name, timestamp) values ('9999_future', '2027-01-01')`.execute(newer.db);
      const { code, stdout, stderr } = await cli(['-c', `${folder}/shadowbill.yml`, 'runs', 'list'], env(newer.url));
      expect([code, stdout]).toEqual([7, '']);
      expect(stderr).toContain('9999_future');
    } finally {
      await newer.drop();
    }
  });

  test('130: Ctrl-C stops a run, which can be continued to the same end', async () => {
    const many = Array.from({ length: 3000 }, (_, index) => `K${String(index).padStart(5, '0')}`);
    const dir = writeFolder({
      'shadowbill.yml': yaml,
      'legacy.csv': `${[head, ...many.map((id) => row(`L${id}`, id, '1.00'))].join('\n')}\n`,
      'pages/1.ndjson': `${many.map((id) => JSON.stringify(solvimonInvoice(billed(`S${id}`, id, '1')))).join('\n')}\n`,
    });
    const child = spawnCli(['-c', `${dir}/shadowbill.yml`, 'run', '2026-10'], env());
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      // The first line is written when the run exists and nothing has been read yet.
      if (stderr === '') child.kill('SIGINT');
      stderr += text;
    });
    const [code] = (await once(child, 'exit')) as [number];
    const id = /^run ([0-9a-z]{26})/m.exec(stderr)?.[1] ?? '';
    expect(code).toBe(130);
    expect(stderr).toContain(`The run was interrupted: ${id}`);
    const resumed = await at(dir, '-o', 'json', 'runs', 'resume', id);
    expect(resumed.code).toBe(0);
    expect(JSON.parse(resumed.stdout)).toMatchObject({
      id,
      isComplete: true,
      summary: { states: [{ state: 'matched', pairs: 3000 }] },
    });
    // A reader that leaves early, as head does, is no failure: 3,000 rows are far more than a pipe holds.
    const piped = spawnCli(['-c', `${dir}/shadowbill.yml`, '-o', 'jsonl', 'pair', 'list', '--run', id], env());
    let complaint = '';
    piped.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    await once(piped.stdout, 'data');
    piped.stdout.destroy();
    const [left] = (await once(piped, 'exit')) as [number];
    expect([left, complaint]).toEqual([0, '']);
  });
});

describe('lists', () => {
  const rowsOf = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  test('every line of `mismatch list` in JSONL has the public fields, in their order, amounts as text', async () => {
    const { code, stdout } = await at(folder, '-o', 'jsonl', 'mismatch', 'list', ...ofFirst);
    const rows = rowsOf(stdout);
    expect([code, rows.length]).toEqual([0, 5]);
    for (const one of rows) {
      expect(Object.keys(one)).toEqual(
        'schemaVersion id cycle customer currency pair level lines cause confidence legacy solvimon delta direction components status fingerprint'.split(
          ' ',
        ),
      );
      expect(Object.keys(one['pair'] as object)).toEqual(['id', 'state', 'legacy', 'solvimon']);
    }
    // Largest first: 60, -50, -1.50, 1, 0.01.
    expect(
      rows.map((one) => [one['customer'], one['legacy'], one['solvimon'], one['delta'], one['direction']]),
    ).toEqual([
      ['C6', null, '60', '60', 'over'],
      ['-5', '50', null, '-50', 'under'],
      ['C2', '20', '18.5', '-1.5', 'under'],
      [formula, '30', '31', '1', 'over'],
      [awkward, '40', '40.01', '0.01', 'over'],
    ]);
    const [, , c2] = rows;
    expect(c2).toMatchObject({
      schemaVersion: 1,
      cycle: '2026-10',
      currency: 'EUR',
      pair: { state: 'mismatch', legacy: ['L2'], solvimon: ['S2'] },
      level: 'line',
      lines: { legacy: ['L2#1'], solvimon: ['S2-1'] },
      cause: 'price.unit_price',
      confidence: 'proven',
      components: { price: '-1.5' },
      status: 'open',
    });
    expect(c2?.['id']).toMatch(/^M-[0-9a-f]{16}$/);
    expect(c2?.['fingerprint']).toMatch(/^\S+$/);
  });

  test('`pair list` holds every document of both sides exactly once', async () => {
    const { stdout } = await at(folder, '-o', 'jsonl', 'pair', 'list', ...ofFirst);
    const rows = rowsOf(stdout);
    expect(rows.flatMap((one) => one['legacy'] as string[]).sort()).toEqual(['L1', 'L2', 'L3', 'L4', 'L5']);
    expect(rows.flatMap((one) => one['solvimon'] as string[]).sort()).toEqual(['S1', 'S2', 'S3', 'S4', 'S6']);
    expect(inAnyOrder(rows.map((one) => one['state']))).toEqual(
      inAnyOrder(['matched', 'mismatch', 'mismatch', 'mismatch', 'only_legacy', 'only_solvimon']),
    );
  });

  test('CSV parses back to the exact text, begins with a byte order mark, and guards formulas but not amounts', async () => {
    const { stdout } = await at(folder, '-o', 'csv', 'mismatch', 'list', ...ofFirst);
    expect([stdout.startsWith('\uFEFFid,cycle,customer,'), stdout.endsWith('\r\n')]).toEqual([true, true]);
    const rows = parse(stdout, { bom: true, columns: true }) as Record<string, string>[];
    expect(rows.map((one) => [one['customer'], one['legacy'], one['solvimon'], one['delta']])).toEqual([
      ['C6', '', '60', '60'],
      ['-5', '50', '', '-50'],
      ['C2', '20', '18.5', '-1.5'],
      [`'${formula}`, '30', '31', '1'],
      [awkward, '40', '40.01', '0.01'],
    ]);
    const json = rowsOf((await at(folder, '-o', 'jsonl', 'mismatch', 'list', ...ofFirst)).stdout);
    expect(rows.map((one) => one['id'])).toEqual(json.map((one) => one['id']));
  });

  test('JSON is one object with the version of its shape; a table is for people', async () => {
    const json = await at(folder, '-o', 'json', 'pair', 'list', ...ofFirst);
    expect(JSON.parse(json.stdout)).toMatchObject({ schemaVersion: 1, rows: { length: 6 } });
    const table = await at(folder, 'mismatch', 'list', ...ofFirst);
    expect(table.stdout).toMatch(/C2 .*▼ -1\.50 under/);
    expect(table.stdout).toMatch(/C6 .*–.*▲ \+60\.00 over/);
  });

  test('filters narrow a list, and an empty one is empty in every format', async () => {
    const of = async (...args: string[]) =>
      rowsOf((await at(folder, '-o', 'jsonl', 'mismatch', 'list', ...ofFirst, ...args)).stdout);
    expect((await of('--cause', 'price')).map((one) => one['cause'])).toEqual(Array(3).fill('price.unit_price'));
    expect((await of('--customer', formula)).map((one) => one['delta'])).toEqual(['1']);
    expect(await of('--limit', '2')).toHaveLength(2);
    const nothing = ['mismatch', 'list', ...ofFirst, '--customer', 'nobody'];
    expect((await at(folder, '-o', 'jsonl', ...nothing)).stdout).toBe('');
    expect(JSON.parse((await at(folder, '-o', 'json', ...nothing)).stdout)).toEqual({ schemaVersion: 1, rows: [] });
    expect((await at(folder, ...nothing)).stdout).toBe('No mismatches in this filter.\n');
  });

  test('logs go to standard error, however much is logged: standard output is data', async () => {
    const variables = { ...env(), LOG_LEVEL: 'trace' };
    const { code, stdout } = await cli(
      ['-c', `${folder}/shadowbill.yml`, '-o', 'jsonl', 'pair', 'list', ...ofFirst],
      variables,
    );
    expect([code, rowsOf(stdout).length]).toEqual([0, 6]);
    const run = await cli(['-c', `${folder}/shadowbill.yml`, '-o', 'json', 'run', '2026-10'], variables);
    expect(JSON.parse(run.stdout)).toMatchObject({ schemaVersion: 1, state: 'finished' });
  });

  test('`mapping check` gives the money of each charge key on both sides', async () => {
    const { stdout } = await at(folder, '-o', 'json', 'mapping', 'check', ...ofFirst);
    // 10 + 20 + 30 + 40 + 50 against 10 + 18.50 + 31 + 40.01 + 60.
    expect(JSON.parse(stdout)).toEqual({
      schemaVersion: 1,
      rows: [
        {
          chargeKey: 'seat',
          currency: 'EUR',
          isMapped: true,
          legacyLines: 5,
          legacyNet: '150',
          solvimonLines: 5,
          solvimonNet: '159.51',
        },
      ],
    });
  });
});
