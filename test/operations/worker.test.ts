import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildCli, runCli, type RunningCli, startCli } from '../support/run-cli.js';
import { writeSmallCycle } from '../support/small-cycle.js';
import { createTestDatabase, keepOnFailure, type TestDatabase } from '../support/test-database.js';

/*
 * The real worker command, in processes of its own. A lock on rows that its jobs need holds it in the middle of a run.
 */

const timeout = 240_000;
const cli = buildCli();
let work: string;
let config: string;
let database: TestDatabase;
let undisturbed: string;
const started: RunningCli[] = [];

beforeAll(async () => {
  work = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-worker-'));
  config = writeSmallCycle(work, { customers: 60, chunkSize: 2 });
  database = await createTestDatabase();
  const other = await createTestDatabase();
  const finished = await command(['-o', 'json', 'run', '2026-10'], other);
  undisturbed = (JSON.parse(finished.stdout) as { resultHash: string }).resultHash;
  await other.drop();
}, timeout);
afterAll(async () => {
  for (const one of started) one.child.kill('SIGKILL');
  await Promise.all(started.map((one) => one.ended));
  cli.remove();
  rmSync(work, { recursive: true, force: true });
  await database.drop();
});

const variables = (at: TestDatabase) => ({ DATABASE_URL: at.url, LOG_LEVEL: 'warn' });
const command = (args: readonly string[], at = database) => runCli(cli.entry, ['-c', config, ...args], variables(at));

function startWorker(...args: readonly string[]): RunningCli {
  const running = startCli(cli.entry, ['-c', config, 'worker', '--lock', '2s', ...args], variables(database));
  started.push(running);
  return running;
}

async function until(question: string, values: readonly unknown[] = []): Promise<void> {
  for (let poll = 0; poll < 6000; poll += 1) {
    const { rows } = await database.pool.query<{ is_so: boolean }>(question, [...values]);
    if (rows[0]?.is_so === true) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`this did not come true: ${question}`);
}

const alive = `select count(*) = $1 as is_so from process where state = 'working'`;
const heldUp = `select count(*) > 0 as is_so from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
const ended = `select state in ('finished', 'failed', 'cancelled') as is_so from run where id = $1`;

/** Starts a detached run and holds its later chunks back until the answered client is ended. */
async function holdRun(): Promise<{ readonly run: string; readonly release: () => Promise<void> }> {
  const queued = await command(['run', '2026-10', '--detach']);
  expect([queued.code, queued.stderr]).toEqual([0, expect.stringContaining('cycle 2026-10')]);
  const run = queued.stdout.trim();
  const holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  await until(`select count(*) > 0 as is_so from compare_chunk c join run r on r.seq = c.run_seq where r.id = $1`, [
    run,
  ]);
  await holder.query('begin');
  await holder.query(`lock table compare_chunk in access exclusive mode`);
  await until(heldUp);
  return { run, release: () => holder.end() };
}

async function runRow(id: string) {
  const { rows } = await database.pool.query<{ state: string; hash: string | null; loads: number; leaves: number }>(
    `select state, result_hash as hash, (select count(*)::int from load where run_id = $1) as loads,
      (select count(*)::int from pg_class c join load l on l.run_id = $1 and c.relname in ('document_l' || l.id, 'line_l' || l.id)) as leaves
     from run where id = $1`,
    [id],
  );
  return rows[0];
}

test(
  'a run left to workers goes on when one of them is killed, and SIGTERM lets the other end what it has',
  async () => {
    keepOnFailure(database);
    const first = startWorker();
    await until(alive, [1]);
    const { run, release } = await holdRun();
    const second = startWorker();
    await until(alive, [2]);
    first.child.kill('SIGKILL');
    await first.ended;
    second.child.kill('SIGTERM');
    await until(`select count(*) = 1 as is_so from process where state = 'draining'`);
    await release();
    const stopped = await second.ended;
    expect([stopped.code, stopped.stderr]).toEqual([0, expect.stringContaining('ends the jobs in hand')]);
    const { rows } = await database.pool.query<{ state: string }>('select state from process order by state');
    // The killed one could not say goodbye; its last beat grows old.
    expect(rows.map((row) => row.state)).toEqual(['stopped', 'working']);

    const third = startWorker();
    await until(ended, [run]);
    expect(await runRow(run)).toMatchObject({ state: 'finished', hash: undisturbed, loads: 2 });
    third.child.kill('SIGTERM');
    expect((await third.ended).code).toBe(0);
    await database.pool.query('delete from process');
  },
  timeout,
);

test(
  'a worker whose jobs do not end within the grace period leaves them to the next one',
  async () => {
    keepOnFailure(database);
    const stuck = startWorker('--grace', '1s');
    await until(alive, [1]);
    const { run, release } = await holdRun();
    stuck.child.kill('SIGTERM');
    const left = await stuck.ended;
    expect([left.code, left.stderr]).toEqual([130, expect.stringContaining('leaves jobs behind')]);
    await release();
    const next = startWorker();
    await until(ended, [run]);
    expect(await runRow(run)).toMatchObject({ state: 'finished', hash: undisturbed });
    next.child.kill('SIGTERM');
    await next.ended;
  },
  timeout,
);

test(
  'a cancelled run stops at its worker, keeps nothing half read, and cannot be taken up again',
  async () => {
    keepOnFailure(database);
    const queued = await command(['run', '2026-10', '--detach']);
    expect(queued.stderr).toContain('no worker is alive');
    const run = queued.stdout.trim();
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    await holder.query('begin');
    // Attaching a finished load needs a stronger lock: both sides are read, and neither becomes visible.
    await holder.query('lock table document in share mode');
    const worker = startWorker();
    await until(heldUp);
    const cancelling = command(['runs', 'cancel', run, '--by', 'olga']);
    await until(`select state = 'cancelled' as is_so from run where id = $1`, [run]);
    await holder.end();
    expect([(await cancelling).code, (await cancelling).stdout]).toEqual([0, `run ${run} is cancelled\n`]);
    worker.child.kill('SIGTERM');
    expect((await worker.ended).code).toBe(0);
    expect(await runRow(run)).toMatchObject({ state: 'cancelled', hash: null });
    const unfinished = `select count(*)::int as n from load where run_id = $1 and state = 'loading'`;
    expect((await database.pool.query(unfinished, [run])).rows).toEqual([{ n: 0 }]);
    const again = await command(['runs', 'resume', run]);
    expect([again.code, again.stderr]).toEqual([7, expect.stringContaining('The run was cancelled')]);
    expect((await command(['runs', 'cancel', run, '--by', 'olga'])).code).toBe(7);
    const { rows } = await database.pool.query(`select actor, subject from audit_log where action = 'run.cancel'`);
    expect(rows).toEqual([{ actor: 'olga', subject: `run ${run}` }]);
  },
  timeout,
);

test(
  'a preview of some customers shows what a run would change, and the cycle stands as it stood',
  async () => {
    keepOnFailure(database);
    const standing = `select count(*)::int as n from run where cycle = '2026-10' and state = 'finished'`;
    const before = (await database.pool.query(standing)).rows;
    const one = await command(['-o', 'json', 'run', '2026-10', '--customer', 'C0002']);
    expect([one.code, one.stderr], one.stderr).toEqual([
      0,
      expect.stringContaining('a run would change no difference'),
    ]);
    const record = JSON.parse(one.stdout) as { id: string; state: string };
    expect(record.state).toBe('previewed');
    const { rows } = await database.pool.query(
      'select p.customer, p.state from pair p join run r on r.seq = p.run_seq where r.id = $1',
      [record.id],
    );
    expect(rows).toEqual([{ customer: 'C0002', state: 'mismatch' }]);
    // Every twelfth customer's Solvimon invoice is not on hold, which no run can judge.
    const failed = await command(['-o', 'json', 'run', '2026-10', '--only', 'failed']);
    const { id } = JSON.parse(failed.stdout) as { id: string };
    const looked = await database.pool.query<{ customers: string[] }>('select customers from run where id = $1', [id]);
    expect(looked.rows[0]?.customers).toEqual(['C0010', 'C0022', 'C0034', 'C0046', 'C0058']);
    expect((await database.pool.query(standing)).rows).toEqual(before);
    const state = await database.pool.query(
      `select count(*)::int as n from root_cause_cycle c join run r on r.seq = c.run_seq where r.is_preview`,
    );
    expect(state.rows).toEqual([{ n: 0 }]);
  },
  timeout,
);

test(
  'a worker answers for its health, and its metrics are what the tables say',
  async () => {
    const worker = startWorker('--ops-port', '19464');
    await until(alive, [1]);
    const get = async (page: string) => {
      const reply = await fetch(`http://127.0.0.1:19464/${page}`);
      return { status: reply.status, text: await reply.text() };
    };
    expect(await get('healthz')).toEqual({ status: 200, text: 'ok\n' });
    expect(await get('readyz')).toEqual({ status: 200, text: 'ready\n' });
    const { text } = await get('metrics');
    const { rows } = await database.pool.query<{ state: string; n: number }>(
      `select state, count(*)::int as n from pair where run_seq = (select max(seq) from run where state = 'finished') group by state`,
    );
    expect(rows.length).toBeGreaterThan(3);
    for (const { state, n } of rows) expect(text).toContain(`recon_pairs{cycle="2026-10",state="${state}"} ${n}\n`);
    expect(text).toContain('recon_runs_total{result="cancelled"} 1\n');
    expect(text).toContain('recon_runs_total{result="previewed"} 2\n');
    expect(text).toContain('recon_processes{kind="worker",state="working"} 1\n');
    expect(text).toMatch(/recon_amount_at_risk\{cycle="2026-10",currency="EUR",direction="under"\} -\d/);
    expect(text).toMatch(/recon_last_success_timestamp_seconds \d{10}/);
    expect(text).toContain('recon_queue_up 1\n');
    expect(text).toMatch(/^bullmq_/m);
    await database.pool.query(`delete from kysely_migration where name = '0001_core'`);
    expect(await get('readyz')).toEqual({ status: 503, text: 'migration 0001_core has not run\n' });
    await database.pool.query(`insert into kysely_migration (name, timestamp) values ('0001_core', '2026-01-01')`);
    worker.child.kill('SIGTERM');
    expect((await worker.ended).code).toBe(0);
  },
  timeout,
);

test('migrate says what has run, and changes nothing that is up to date', async () => {
  const status = await command(['-o', 'json', 'migrate', 'status']);
  const { rows } = JSON.parse(status.stdout) as { rows: { name: string; isApplied: boolean }[] };
  expect([status.code, rows.length > 5, rows.every((row) => row.isApplied)]).toEqual([0, true, true]);
  expect((await command(['migrate', 'up'])).stdout).toBe('up to date\n');
  await database.pool.query(`delete from kysely_migration where name = (select max(name) from kysely_migration)`);
  expect((await command(['migrate', 'status'])).code).toBe(4);
});
