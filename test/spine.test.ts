import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig, runContext } from '../src/app.js';
import { enqueueCycle, startCycleWorker } from '../src/jobs/cycle-jobs.js';
import { openQueues, type QueueHandle } from '../src/jobs/queue.js';
import { createLogger } from '../src/log.js';
import { reconcileCustomer } from '../src/reconcile/reconcile-customer.js';
import { collectSide } from '../src/run/collect.js';
import type { RunContext } from '../src/run/context.js';
import { waitForRun } from '../src/run/execute.js';
import { startRun, type StoredRun } from '../src/store/runs.js';
import { planOf, plans, type SmallCycle, writeSmallCycle } from './support/small-cycle.js';
import { createTestDatabase, keepOnFailure, type TestDatabase } from './support/test-database.js';
import { verdictsOf } from './support/test-run.js';

/*
 * A small cycle from files to verdicts through the jobs, on a real Postgres; the queue is BullMQ's Postgres backend, or
 * Redis when REDIS_URL is set.
 */

let database: TestDatabase;
let work: string;
beforeAll(async () => {
  database = await createTestDatabase();
  work = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-spine-'));
});
afterAll(async () => {
  await database.drop();
  rmSync(work, { recursive: true, force: true });
});

const prefix = `spine_${randomBytes(6).toString('hex')}`;
const openTestQueues = () =>
  openQueues({
    redisUrl: process.env['REDIS_URL'],
    databaseUrl: database.url,
    prefix,
    onError: () => undefined,
  });

/** A context over the files of a cycle, as the composition root makes it. */
function contextFor(dir: string): RunContext {
  return runContext({
    store: database,
    log: createLogger({ level: 'silent', component: 'test' }),
    signal: AbortSignal.timeout(50_000),
    baseDir: dir,
    progress: () => undefined,
  });
}

async function begin(context: RunContext, file: string): Promise<StoredRun> {
  const loaded = readConfig(file, new Date('2026-11-24T12:00:00.000Z'));
  const { run } = await startRun(database.db, {
    id: randomBytes(13).toString('hex'),
    cycle: '2026-10',
    timezone: loaded.config.timezone,
    configHash: loaded.hash,
    config: { config: loaded.config, baseDir: loaded.baseDir },
    now: context.now(),
  });
  return run;
}

/** Works on a run with this many workers, each with queues of its own, until it has ended. */
async function workOn(context: RunContext, run: StoredRun, workers: number, flows = 1): Promise<StoredRun> {
  const handles: QueueHandle[] = [];
  try {
    for (let index = 0; index < workers; index += 1) {
      const queues = await openTestQueues();
      handles.push(queues);
      startCycleWorker(
        queues,
        context,
        { reconcile: reconcileCustomer, collect: collectSide, evaluate: async () => undefined },
        { concurrency: 4 },
      );
    }
    const [first] = handles;
    if (first === undefined) throw new Error('a worker is needed');
    for (let flow = 0; flow < flows; flow += 1) await enqueueCycle(first, run, randomBytes(4).toString('hex'));
    return await waitForRun(context, run.id);
  } finally {
    for (const queues of handles) await queues.close();
  }
}

async function runOnce(cycle: SmallCycle & { readonly name: string }, workers = 1, flows = 1): Promise<StoredRun> {
  const file = writeSmallCycle(path.join(work, cycle.name), cycle);
  const context = contextFor(path.dirname(file));
  return workOn(context, await begin(context, file), workers, flows);
}

async function rowCounts(run: StoredRun): Promise<Readonly<Record<string, string>>> {
  const seq = sql.lit(run.seq);
  const loads = sql`(select id from load where run_id = ${run.id})`;
  const result = await sql<Record<string, string>>`
    select (select count(*) from load where run_id = ${run.id}) as loads,
      (select count(*) from document where load_id in ${loads}) as documents,
      (select count(*) from line where load_id in ${loads}) as lines,
      (select count(*) from pair where run_seq = ${seq}) as pairs,
      (select count(*) from mismatch where run_seq = ${seq}) as mismatches`.execute(database.db);
  return result.rows[0] ?? {};
}

test('a small cycle goes from two systems to verdicts as one flow, and every customer ends as planned', async () => {
  keepOnFailure(database);
  const run = await runOnce({ name: 'small', customers: 24, chunkSize: 3 });
  expect([run.state, run.isComplete, run.incompleteBecause]).toEqual(['finished', true, []]);
  const { pairs, mismatches } = await verdictsOf(database, run);
  const states = new Map(pairs.map((pair) => [pair.customer, pair.state]));
  for (let customer = 0; customer < 24; customer += 1) {
    const name = `C${String(customer).padStart(4, '0')}`;
    expect([name, planOf(customer), states.get(name)]).toEqual([
      name,
      planOf(customer),
      plans[customer % plans.length]?.[1][0],
    ]);
  }
  // By hand, gross with 21 %: one cent on 30.00 of seats; ten calls, 0.50 + 0.11 of tax; 6.29 of calls gone for C0004.
  const deltas = new Map(mismatches.map((one) => [one.customer, [one.cause, one.delta]]));
  expect(deltas.get('C0002')).toEqual(['rounding.level', '0.01']);
  expect(deltas.get('C0008')).toEqual(['usage.quantity', '0.61']);
  expect(deltas.get('C0004')).toEqual(['line.missing_in_solvimon', '-6.29']);
});

test('the same cycle once more gives the same hash and the same rows, and its flow once more changes nothing (I9)', async () => {
  keepOnFailure(database);
  const first = await runOnce({ name: 'twice', customers: 36, chunkSize: 4 });
  const counts = await rowCounts(first);
  const second = await runOnce({ name: 'twice', customers: 36, chunkSize: 4 });
  expect(second.id).not.toBe(first.id);
  expect(second.resultHash).toBe(first.resultHash);
  expect(await rowCounts(second)).toEqual(counts);
  expect(await verdictsOf(database, second)).toEqual(await verdictsOf(database, first));
  const before = await verdictsOf(database, first);
  const again = await workOn(contextFor(path.join(work, 'twice')), first, 1);
  expect([again.resultHash, await rowCounts(again)]).toEqual([first.resultHash, counts]);
  expect(await verdictsOf(database, again)).toEqual(before);
});

test('two workers at once, and two flows of one run at once, give what one gives (I8, I9)', async () => {
  keepOnFailure(database);
  const alone = await runOnce({ name: 'alone', customers: 36, chunkSize: 2 });
  const together = await runOnce({ name: 'together', customers: 36, chunkSize: 2 }, 2);
  const twins = await runOnce({ name: 'twins', customers: 36, chunkSize: 2 }, 2, 2);
  expect([together.resultHash, twins.resultHash]).toEqual([alone.resultHash, alone.resultHash]);
  expect([await rowCounts(together), await rowCounts(twins)]).toEqual([await rowCounts(alone), await rowCounts(alone)]);
  expect(await verdictsOf(database, twins)).toEqual(await verdictsOf(database, alone));
});

test('unreadable invoices end in error and the run incomplete, and everything else is compared as without them (I10)', async () => {
  keepOnFailure(database);
  const whole = await runOnce({ name: 'whole', customers: 24, chunkSize: 3 });
  const broken = await runOnce({ name: 'broken', customers: 24, chunkSize: 3, unreadable: [3, 8] });
  expect([broken.isComplete, broken.incompleteBecause]).toEqual([false, ['legacy: 2 documents could not be read']]);
  const of = async (run: StoredRun) => (await verdictsOf(database, run)).pairs;
  const isBroken = (customer: string | null) => customer === 'C0003' || customer === 'C0008';
  const errors = (await of(broken)).filter((pair) => isBroken(pair.customer));
  expect(errors.map((pair) => [pair.state, pair.legacy, pair.solvimon, pair.legacyGross])).toEqual([
    ['error', ['in-3'], ['invo-3'], null],
    ['error', ['in-8'], ['invo-8'], null],
  ]);
  const rest = (await of(whole)).filter((pair) => !isBroken(pair.customer));
  expect((await of(broken)).filter((pair) => !isBroken(pair.customer))).toEqual(rest);
});
