import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildCli, runCli, sourceCli, startCli } from './support/run-cli.js';
import { writeSmallCycle } from './support/small-cycle.js';
import { createTestDatabase, keepOnFailure, type TestDatabase } from './support/test-database.js';

/*
 * The real command line is killed with SIGKILL in the middle of a run and started again. To be sure of the middle, the
 * test holds a lock that the step needs, waits until the process waits for it, and kills it there.
 */

/** Each test starts the command line several times, on machines that may have other work. */
const timeout = 240_000;

const cycle = { customers: 60, chunkSize: 2 };

const cli = buildCli();
let work: string;
let config: string;
let undisturbed: Output;
beforeAll(async () => {
  work = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-killed-'));
  config = writeSmallCycle(work, cycle);
  const database = await createTestDatabase();
  undisturbed = await runAndList(database);
  await database.drop();
}, timeout);
afterAll(() => {
  cli.remove();
  rmSync(work, { recursive: true, force: true });
});

type Output = {
  readonly run: string;
  readonly resultHash: string;
  readonly mismatches: string;
  readonly pairs: string;
};

const variables = (database: TestDatabase) => ({ DATABASE_URL: database.url, LOG_LEVEL: 'warn' });

/** Runs the cycle to its end and gives what people and scripts get of it. */
async function runAndList(database: TestDatabase): Promise<Output> {
  const finished = await runCli(cli.entry, ['-c', config, '-o', 'json', 'run', '2026-10'], variables(database));
  expect([finished.code, finished.stderr.includes('made a mistake')], finished.stderr).toEqual([0, false]);
  const list = async (noun: string) =>
    (await runCli(cli.entry, ['-c', config, '-o', 'jsonl', noun, 'list'], variables(database))).stdout;
  const record = JSON.parse(finished.stdout) as { readonly id: string; readonly resultHash: string };
  return {
    run: record.id,
    resultHash: record.resultHash,
    mismatches: await list('mismatch'),
    pairs: await list('pair'),
  };
}

type Hold = {
  readonly name: string;
  /** Waits, if it has to, for the moment from which the lock is to be held; null while it has not come. */
  readonly when: string;
  readonly lock: string;
  /** True when the run stands in the middle, asked once somebody waits for the lock. */
  readonly isInTheMiddle: string;
};

const holds: readonly Hold[] = [
  {
    name: 'while both sides are collected and nothing of them is visible yet',
    when: 'select true as is_so',
    // Attaching a finished load as a partition needs a stronger lock than reading or making tables does.
    lock: 'lock table document in share mode',
    isInTheMiddle: `select count(*) > 0 as is_so from load where state = 'loading'`,
  },
  {
    name: 'while the digests are being settled',
    when: 'select true as is_so',
    lock: 'lock table compare_chunk in access exclusive mode',
    isInTheMiddle: `select count(*) = 2 as is_so from load where state = 'loaded'`,
  },
  {
    name: 'while some chunks are judged and others wait',
    when: `select count(*) > 0 as is_so from compare_chunk where state = 'waiting'`,
    lock: 'select from compare_chunk where chunk > 5 for update',
    isInTheMiddle: `select count(*) filter (where state = 'done') > 0 and count(*) filter (where state = 'waiting') > 1 as is_so from compare_chunk`,
  },
  {
    name: 'while the run is being summed up',
    when: `select count(*) > 0 as is_so from run where state = 'comparing'`,
    lock: 'lock table load_skip in access exclusive mode',
    isInTheMiddle: `select count(*) filter (where state = 'waiting') = 0 and count(*) > 0 as is_so from compare_chunk`,
  },
];

test.each(holds)(
  'a run killed $name ends as if it had not been (I9)',
  async (hold) => {
    const database = await createTestDatabase();
    keepOnFailure(database);
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    const killed = startCli(cli.entry, ['-c', config, 'run', '2026-10'], variables(database));
    try {
      const early = killed.ended.then((result) => {
        throw new Error(`the run ended before it could be killed: ${JSON.stringify(result)}`);
      });
      await Promise.race([early, holdAndWait(holder, database.pool, hold)]);
      killed.child.kill('SIGKILL');
      await Promise.allSettled([early]);
      expect((await killed.ended).code).toBeNull();
      await holder.query('rollback');
      const [left] = (await database.pool.query<{ id: string; state: string }>('select id, state from run')).rows;
      expect(left?.state).not.toBe('finished');

      const output = await runAndList(database);
      expect(output.run).toBe(left?.id);
      expect({ ...output, run: undisturbed.run }).toEqual(undisturbed);
      const { rows } = await database.pool.query<{ runs: string; loads: string; leaves: string }>(
        `select (select count(*) from run) as runs, (select count(*) from load) as loads,
        (select count(*) from pg_class where relkind = 'r' and relname ~ '^(document|line)_l') as leaves`,
      );
      expect(rows).toEqual([{ runs: '1', loads: '2', leaves: '4' }]);
    } finally {
      killed.child.kill('SIGKILL');
      await holder.end();
      await database.drop();
    }
  },
  timeout,
);

const pollMs = 3;
const mostPolls = 15_000;

/** Takes the lock when its moment has come, and waits until somebody else waits for it in the middle of the run. */
async function holdAndWait(holder: pg.Client, watcher: pg.Pool, hold: Hold): Promise<void> {
  // Asked outside the holding transaction, which would see the same activity for ever.
  const answers = async (question: string) =>
    (await watcher.query<{ is_so: boolean }>(question)).rows[0]?.is_so === true;
  await until(() => answers(hold.when));
  await holder.query('begin');
  await holder.query(hold.lock);
  await until(async () => (await answers(someoneWaits)) && (await answers(hold.isInTheMiddle)));
}

const someoneWaits = `select count(*) > 0 as is_so from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let poll = 0; poll < mostPolls; poll += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  throw new Error('what was waited for did not come');
}

test(
  'from source, a run over unreadable invoices ends with exit code 4 and says which they are (I10)',
  async () => {
    const database = await createTestDatabase();
    keepOnFailure(database);
    const broken = writeSmallCycle(path.join(work, 'broken'), { customers: 12, chunkSize: 4, unreadable: [2] });
    const result = await runCli(sourceCli, ['-c', broken, 'run', '2026-10'], variables(database));
    expect([result.code, result.stdout.includes('legacy: 1 document could not be read')], result.stderr).toEqual([
      4,
      true,
    ]);
    expect(result.stdout).toMatch(/legacy\.csv:\d+ amount "30\.0O"/);
    await database.drop();
  },
  timeout,
);
