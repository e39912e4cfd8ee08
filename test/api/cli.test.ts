import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listAudit } from '../../src/store/audit.js';
import { type DemoRuns, runDemo } from '../support/demo-runs.js';
import { buildCli, type CliResult, runCli, startCli } from '../support/run-cli.js';

const now = new Date('2026-11-24T12:00:00Z');
const cycle = '2026-10';

/** A day that an acceptance may end on, whenever this is run. */
const soon = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);

describe('work, sign-off, exports, tokens and serving on the command line', () => {
  let demo: DemoRuns;
  let cli: ReturnType<typeof buildCli>;
  beforeAll(async () => {
    cli = buildCli();
    demo = await runDemo(now);
  }, 180_000);
  afterAll(async () => {
    cli?.remove();
    await demo?.close();
  });

  const variables = () => ({
    DATABASE_URL: demo.database.url,
    REDIS_URL: undefined,
    NODE_ENV: undefined,
    LOG_LEVEL: undefined,
  });
  const argsOf = (args: readonly string[]) => ['-c', path.join(demo.dir, 'shadowbill.yml'), ...args];
  const shadowbill = (...args: readonly string[]): Promise<CliResult> => runCli(cli.entry, argsOf(args), variables());

  test('nothing is done without --apply; an acceptance becomes a proposal, and its proposer cannot approve it', async () => {
    const accept = [
      'mismatch',
      'accept',
      cycle,
      '--cause',
      'tax',
      '--currency',
      'EUR',
      '--by',
      'Ana',
      '--reason',
      'agreed',
      '--expires',
      soon,
      '--max',
      '9999',
    ];
    const shown = await shadowbill(...accept);
    expect([shown.code, shown.stderr]).toEqual([0, '']);
    expect(shown.stdout).toMatch(/EUR \d+ mismatches, gross .*\nwould become a proposal: .*\nNothing was done/);
    expect(await listAudit(demo.database.db, { limit: 10 })).toEqual([]);
    const done = await shadowbill(...accept, '--apply');
    expect([done.code, done.stdout]).toEqual([
      0,
      expect.stringMatching(/^proposal 1: EUR [\d.]+ is more than the 50 that one person/),
    ]);
    for (const name of ['ana', ' ANA ']) {
      const own = await shadowbill('proposal', 'decide', '1', '--by', name);
      expect([own.code, own.stderr]).toEqual([
        6,
        expect.stringMatching(/ana proposed it; who proposes may not approve/),
      ]);
    }
    const other = await shadowbill('proposal', 'decide', '1', '--by', 'bob');
    expect([other.code, other.stdout]).toEqual([0, 'proposal 1 is approved\n']);
    expect(
      (await listAudit(demo.database.db, { limit: 10 })).map(({ action, actor, via }) => [action, actor, via]),
    ).toEqual([
      ['work.approve', 'bob', 'cli'],
      ['work.accept', 'bob', 'cli'],
      ['work.propose', 'ana', 'cli'],
    ]);
  });

  test('a cycle is signed by two people, never by one, and its pack is verified without a database', async () => {
    const sign = (by: string, as: string) => shadowbill('cycle', 'sign', cycle, '--by', by, '--as', as);
    expect((await sign('ana', 'reviewer')).code).toBe(7);
    expect((await sign('ana', 'preparer')).stdout).toBe(`cycle ${cycle} is in review; signed by ana (preparer)\n`);
    const own = await sign('Ana', 'reviewer');
    expect([own.code, own.stderr]).toEqual([6, expect.stringMatching(/who prepares may not review/)]);
    expect((await sign('bob', 'reviewer')).stdout).toMatch(/is signed; signed by ana \(preparer\), bob \(reviewer\)/);
    const frozen = await shadowbill(
      'mismatch',
      'set',
      cycle,
      '--cause',
      'price',
      '--to',
      'resolved',
      '--by',
      'ana',
      '--apply',
    );
    expect([frozen.code, frozen.stderr]).toEqual([7, expect.stringMatching(/cycle 2026-10 is signed/)]);
    const status = await shadowbill('cycle', 'status', cycle);
    expect(status.stdout).toMatch(/^cycle 2026-10 {2}signed/);
    expect(status.stdout.match(/left over +0 ✓/g)?.length).toBeGreaterThan(3);

    const file = path.join(demo.dir, 'pack.zip');
    const packed = await shadowbill('cycle', 'pack', cycle, '--to', file, '--by', 'ana');
    const manifest = /manifest ([0-9a-f]{64})/.exec(packed.stdout)?.[1] ?? '';
    const verify = (...args: readonly string[]) =>
      runCli(cli.entry, ['cycle', 'verify', file, ...args], { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
    expect(await verify('--manifest', manifest)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/is whole: cycle 2026-10/) as string,
    });
    expect((await verify('--manifest', '0'.repeat(64))).code).toBe(1);
    const bytes = readFileSync(file);
    bytes[200] = (bytes[200] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    expect((await verify()).code).toBe(1);
  }, 60_000);

  test('exports go to a file or to a pipe, and a file that cannot be written says so', async () => {
    const file = path.join(demo.dir, 'mismatches.csv');
    expect(await shadowbill('export', 'mismatches', cycle, '--to', file, '--currency', 'JPY')).toMatchObject({
      code: 0,
      stdout: '',
    });
    const lines = readFileSync(file, 'utf8').trimEnd().split('\r\n');
    expect(lines[0]).toMatch(/^\uFEFFid,cycle,customer,currency/);
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.slice(1).every((line) => line.includes(',JPY,'))).toBe(true);
    const piped = await shadowbill('export', 'pairs', cycle, '-f', 'jsonl', '--state', 'only_legacy');
    expect(JSON.parse(piped.stdout.split('\n')[0] ?? '')).toMatchObject({ state: 'only_legacy', solvimon_gross: null });
    const missing = path.join(demo.dir, 'no', 'such', 'folder.csv');
    expect((await shadowbill('export', 'lines', cycle, '--to', missing)).code).toBe(2);
    expect(existsSync(missing)).toBe(false);
    expect((await shadowbill('export', 'invoices', cycle)).code).toBe(2);
  });

  test('the audit log is listed and verified, and a changed head is exit 1', async () => {
    const verified = await shadowbill('audit', 'verify');
    const head = /head (\d+:[0-9a-f]{64})/.exec(verified.stdout)?.[1] ?? '';
    expect(verified.code).toBe(0);
    expect((await shadowbill('audit', 'verify', '--head', head)).code).toBe(0);
    expect((await shadowbill('audit', 'verify', '--head', `1:${'0'.repeat(64)}`)).code).toBe(1);
    expect((await shadowbill('audit', 'list', '--action', 'cycle.review')).stdout).toMatch(/bob +cli +cycle\.review/);
  });

  test('a server answers its one user on loopback and a token by its scopes, and ends at once when it is told to', async () => {
    const made = await shadowbill('token', 'create', '--name', 'nightly', '--scopes', 'read', '--by', 'ops');
    const token = made.stdout.trim();
    expect(token).toMatch(/^shb_/);
    const running = startCli(cli.entry, argsOf(['serve', '--local', '--user', 'Ana', '--port', '18943']), variables());
    const address = await new Promise<string>((resolve, reject) => {
      running.child.stderr?.on('data', (text: string) => {
        const found = /serving on (\S+)/.exec(text)?.[1];
        if (found !== undefined) resolve(found);
      });
      running.ended.then((result) => reject(new Error(result.stderr)), reject);
    });
    expect(address).toBe('http://127.0.0.1:18943');
    expect(await (await fetch(`${address}/api/v1/me`)).json()).toMatchObject({ name: 'ana', kind: 'local' });
    const withToken = (url: string) => fetch(`${address}${url}`, { headers: { authorization: `Bearer ${token}` } });
    expect((await withToken('/api/v1/cycles')).status).toBe(200);
    expect((await withToken('/api/v1/audit')).status).toBe(403);
    running.child.kill('SIGTERM');
    expect((await running.ended).code).toBe(0);
  }, 60_000);

  test('a server that anybody could use without a password, or nobody could sign in to, does not start', async () => {
    const open = await shadowbill('serve', '--local', '--host', '0.0.0.0', '--port', '18944');
    expect([open.code, open.stderr]).toEqual([3, expect.stringMatching(/loopback only/)]);
    const closed = await shadowbill('serve', '--port', '18944');
    expect([closed.code, closed.stderr]).toEqual([3, expect.stringMatching(/nobody can sign in/)]);
  });
});
