import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { runProgram } from '../src/cli/program.js';
import { matched, names, storeRun, type TestPair } from './support/cohort-data.js';
import { createTestDatabase, type TestDatabase } from './support/test-database.js';

const big = names('big', 80);
const harm = names('harm', 30);
const rest = names('rest', 300);
const dir = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-cohort-'));
const config = path.join(dir, 'shadowbill.yml');

const configText = (extra: string) => `version: 1
timezone: Europe/Amsterdam
sources:
  legacy: { kind: csv, path: invoices.csv, timezone: Europe/Amsterdam, columns: { document_id: id, customer: customer, currency: currency, amount: amount } }
  solvimon: { kind: pages, path: 'pages/{cycle}' }
${extra}`;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  const now = new Date();
  const bad: TestPair = {
    customer: '',
    state: 'mismatch',
    legacy: '100.00',
    solvimon: '109.00',
    mismatches: [{ cause: 'unexplained', confidence: 'unknown', delta: '9.00', components: { unexplained: '9' } }],
  };
  const pairs = [...big, ...rest]
    .map((customer) => matched(customer))
    .concat(harm.map((customer) => ({ ...bad, customer })));
  for (const cycle of ['2026-09', '2026-10']) await storeRun(database.db, { cycle, pairs, now });
  const rows = [
    ...big.map((one) => [one, 'big']),
    ...harm.map((one) => [one, 'harm']),
    ...rest.map((one) => [one, '']),
  ];
  writeFileSync(
    path.join(dir, 'roster.csv'),
    `customer,currency,country,plan,mrr,usage,cohort\n${rows.map(([who, cohort]) => `${who},EUR,NL,basic,100.00,false,${cohort}`).join('\n')}\n`,
  );
  writeFileSync(path.join(dir, 'policy.yml'), 'version: 1\ncycles: { agreeNights: 1 }\n');
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => database.drop());

/** Runs the command line against the test's database; what it wrote and how it ended. */
async function shadowbill(...args: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const take = (into: string[]) => (chunk: string | Uint8Array) => {
    into.push(String(chunk));
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(take(out));
  vi.spyOn(process.stderr, 'write').mockImplementation(take(err));
  const code = await runProgram(['-c', config, ...args], { DATABASE_URL: database.url });
  vi.restoreAllMocks();
  return { code, out: out.join(''), err: err.join('') };
}

describe('the command line of cohorts', () => {
  const cohorts = `roster: roster.csv
policy: policy.yml
cohorts:
  - { id: big, step: s5, selection: random, seed: soft-1, select: { customers: [${big.join(', ')}] } }
  - { id: harm, step: s5, selection: random, seed: soft-1, select: { customers: [${harm.join(', ')}] } }
`;

  test('cohorts of the configuration are created once, and a second time changes nothing', async () => {
    writeFileSync(config, configText(cohorts));
    const first = await shadowbill('cohort', 'create', '--by', 'ada');
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toContain('80 named customers');
    expect((await shadowbill('-o', 'json', 'cohort', 'create', '--by', 'ada')).out).toBe(
      '{"schemaVersion":1,"rows":[]}\n',
    );
    const list = JSON.parse((await shadowbill('-o', 'json', 'cohort', 'list')).out) as {
      rows: { id: string; members: number }[];
    };
    expect(list.rows.map(({ id, members }) => [id, members])).toEqual([
      ['big', 80],
      ['harm', 30],
    ]);
  });

  test('with --exit-code a look ends with 0, 10, 11 or 12, and the chain is in the JSON', async () => {
    const expand = await shadowbill('-o', 'json', 'gate', 'evaluate', 'big', '--exit-code');
    expect(expand).toMatchObject({ code: 0, err: '' });
    const look = JSON.parse(expand.out) as {
      recommendation: string;
      customers: number;
      gates: { id: string; result: string }[];
    };
    expect(look).toMatchObject({ recommendation: 'EXPAND', customers: 80 });
    expect(look.gates.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['DATA_NOT_TRUSTED', 'SEVERE', 'COUNT_EVIDENCE', 'BOUNDARY']),
    );
    expect((await shadowbill('gate', 'evaluate', 'harm', '--exit-code')).code).toBe(12);
    expect((await shadowbill('gate', 'evaluate', 'harm')).code).toBe(0);
    expect((await shadowbill('gate', 'evaluate', '--exit-code')).code).toBe(12);
    const history = await shadowbill('-o', 'jsonl', 'gate', 'history', 'harm');
    expect(history.out.trim().split('\n')).toHaveLength(3);
  });

  test('the table shows the reason, the chain, the tree with the cohort’s numbers and the hashes', async () => {
    const { out } = await shadowbill('gate', 'evaluate', 'harm');
    expect(out).toContain('ROLLBACK SEVERE_UNEXPLAINED_REPEATED');
    expect(out).toContain('✗ triggered');
    expect(out).toContain('2 severe cycles running, step s5');
    expect(out).toMatch(/policy [0-9a-f]{12} · inputs [0-9a-f]{12}/);
    expect((await shadowbill('cohort', 'show', 'big')).out).toContain('8,000.00');
  });

  test('a proposal goes through maker and checker with exit 6, and stands in the log', async () => {
    const proposed = await shadowbill(
      'decision',
      'propose',
      'big',
      'EXPAND',
      '--reason',
      'two clean cycles',
      '--by',
      'Ada',
    );
    expect(proposed).toMatchObject({ code: 0, err: '' });
    const id = /proposal (\d+)/.exec(proposed.out)?.[1] ?? '';
    expect((await shadowbill('decision', 'approve', id, '--by', 'ada', '--role', 'finance')).code).toBe(6);
    expect((await shadowbill('decision', 'approve', id, '--by', 'grace', '--role', 'finance')).out).toContain(
      'is approved',
    );
    expect((await shadowbill('decision', 'log')).out).toContain('grace (finance) approve');
    expect((await shadowbill('cohort', 'stage', 'big')).out).toContain('pilot');
  });

  test('go-live commands answer with dates, a checklist and a calendar file', async () => {
    expect((await shadowbill('golive', 'dates', '--count', '3')).out.trim().split('\n')).toHaveLength(4);
    expect((await shadowbill('golive', 'check', 'big', '--exit-code')).code).toBe(10);
    const ics = (await shadowbill('golive', 'timeline', '--full', '--format', 'ics')).out;
    expect(ics.startsWith('BEGIN:VCALENDAR\r\nVERSION:2.0\r\n')).toBe(true);
    expect(ics.match(/BEGIN:VEVENT/g)).toHaveLength(6);
    expect(ics.split('\r\n').every((line) => Buffer.byteLength(line) <= 75)).toBe(true);
    expect((await shadowbill('golive', 'timeline', 'big')).out).toContain('| day | what | who |');
    expect((await shadowbill('golive', 'timeline')).code).toBe(2);
  });

  test('preview, propose and explain write nothing', async () => {
    expect((await shadowbill('cohort', 'preview', '--cohort', 'harm')).out).toContain(
      '0 would have passed, 30 would have failed',
    );
    const proposal = await shadowbill('cohort', 'propose', '50', '--seed', 'next-1', '--max-revenue', '0.05');
    expect(proposal.out).toContain('holdout');
    expect((await shadowbill('gate', 'explain', 'count_evidence')).out).toContain('We stake 1.');
    expect((await shadowbill('gate', 'explain', 'luck')).code).toBe(2);
    expect((await shadowbill('cohort', 'show', 'nobody')).code).toBe(2);
  });

  test('a blank limit, an unknown key and thresholds out of order are refused with their line, all at once', async () => {
    const policy =
      'version: 1\ntoleranceKeys:\n  TAX: { over: { abs: 1, pct: }, under: { abs: 1, pct: null } }\nriskLimt: 0.05\n';
    writeFileSync(path.join(dir, 'bad.yml'), policy);
    writeFileSync(config, configText('roster: roster.csv\npolicy: bad.yml\n'));
    const { code, err } = await shadowbill('gate', 'evaluate', 'big');
    expect(code).toBe(3);
    expect(err).toContain('bad.yml:3:');
    expect(err).toContain('toleranceKeys.TAX.over.pct  blank');
    expect(err).toContain('riskLimt');
    writeFileSync(path.join(dir, 'bad.yml'), 'version: 1\ncensus: { maxOverShare: 0.006 }\n');
    expect((await shadowbill('gate', 'evaluate', 'big')).err).toContain('bad.yml:2:');
  });

  test('a policy whose claim the roster can never prove is refused by the lint', async () => {
    writeFileSync(path.join(dir, 'bad.yml'), 'version: 1\nsteps: { s25: { pTol: 0.001 } }\n');
    const { code, err } = await shadowbill('gate', 'lint');
    expect(code).toBe(3);
    expect(err).toContain('needs 3404, rung has 410');
  });

  test('a roster with faults is refused with every one of them, and no roster makes no cohort', async () => {
    writeFileSync(
      path.join(dir, 'faulty.csv'),
      'customer,currency,mrr,usage\na,EUR,12,true\na,EUR,12,true\nb,eur,"1,50",yes\n,EUR,1,true\n',
    );
    writeFileSync(config, configText('roster: faulty.csv\n'));
    const { code, err } = await shadowbill('cohort', 'list');
    expect(code).toBe(3);
    for (const part of [
      'faulty.csv:3 customer "a"',
      'faulty.csv:4 currency "eur"',
      'faulty.csv:4 mrr "1,50"',
      'faulty.csv:4 usage "yes"',
      'faulty.csv:5 customer',
      '5 problems',
    ])
      expect(err).toContain(part);
    writeFileSync(config, configText(''));
    const none = await shadowbill('cohort', 'create', 'x', '--customer', 'a', '--by', 'ada');
    expect([none.code, none.err]).toEqual([3, expect.stringContaining('there is no roster')]);
  });
});
