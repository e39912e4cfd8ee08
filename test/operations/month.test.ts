import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nextCronMs } from '../../src/jobs/schedule.js';
import { AppError } from '../../src/errors.js';
import type { Actor } from '../../src/model/access.js';
import { reconcileCustomer } from '../../src/reconcile/reconcile-customer.js';
import type { AlertContext } from '../../src/run/alerts/context.js';
import { watchForAlerts } from '../../src/run/alerts/watch.js';
import type { RunContext } from '../../src/run/context.js';
import { lookAtNights, type NightContext, type Schedule } from '../../src/run/nights.js';
import { runCycle } from '../../src/run/run-cycle.js';
import { prepareCycle, reviewCycle } from '../../src/run/sign-cycle.js';
import type { WorkContext } from '../../src/run/work-context.js';
import { beat } from '../../src/store/processes.js';
import { clearFailure, findRun, latestFinishedRun, noteFailure, startRun } from '../../src/store/runs.js';
import { cycleStateOf } from '../../src/store/signoffs.js';
import { aDocument, aLine } from '../support/documents.js';
import { createTestDatabase, keepOnFailure, type TestDatabase } from '../support/test-database.js';
import { testContext } from '../support/test-run.js';

/*
 * Five weeks of nights on a clock of our own, in Morocco in 2026: its clocks go back at 03:00 on 15 February, when Ramadan
 * nears, and forward at 02:00 on 22 March, so that 02:15 comes twice in one night and not at all in the other. Everything
 * but the clock, the two billing systems and the queue's delivery is the real thing; two processes look at the same moments.
 */

const zone = 'Africa/Casablanca';
const pattern = '15 2 * * *';
const schedule: Schedule = {
  zone,
  nextAfter: (afterMs) => nextCronMs(pattern, zone, afterMs),
  finishBy: '06:00',
  lookBack: 1,
  hasRunningCycle: false,
};
const minutes = 60_000;
const hours = 60 * minutes;
const february = '2026-02';

/** What goes wrong, by the local day of the night. */
const shortOutage = '2026-02-18';
const outages = ['2026-02-21', '2026-03-17'];
const lateFeed = '2026-03-01';
const deadWorker = '2026-03-06';
const lateUsage = '2026-03-10';

const world = {
  now: new Date('2026-02-13T12:00:00Z'),
  isDown: false,
  isFedLate: false,
  isUsageLate: false,
  isWorking: true,
};
const now = () => world.now;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const customers = ['acme', 'bolt', 'core', 'dune'];
const billed = (side: 'in' | 'so', extra: string) =>
  customers.map((customer) =>
    aDocument(`${side}-${customer}`, customer, [aLine('1', customer === 'dune' ? extra : '10.00')]),
  );

function systems() {
  const legacy = { documents: world.isFedLate ? [] : billed('in', '10.00') };
  return { legacy, solvimon: { documents: billed('so', world.isUsageLate ? '12.50' : '10.00') } };
}

/** The steps of a run as a worker takes them, against the systems as they are at this moment. */
function runner(): RunContext {
  const context = testContext(database, systems());
  return {
    ...context,
    now,
    settingsOf: async (run) => {
      const settings = await context.settingsOf(run);
      const openSource: typeof settings.openSource = async (side) => {
        if (world.isDown) throw new AppError('source_unreachable', { detail: 'no answer' });
        return settings.openSource(side);
      };
      return { ...settings, settleGraceMs: 48 * hours, openSource };
    },
  };
}

async function work(id: string): Promise<void> {
  const run = await findRun(database.db, id);
  if (run === undefined) throw new Error(`no run ${id}`);
  try {
    await runCycle(runner(), run, reconcileCustomer);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const failure = { code: error.code, detail: error.detail, step: 'collect', exitCode: error.exitCode };
    await noteFailure(database.db, id, { ...failure, at: now().toISOString() }, false);
  }
}

/** The queue: it keeps what nobody works on, and takes each attempt once. */
const queue = { waiting: [] as string[], seen: new Set<string>() };

async function deliver(): Promise<void> {
  if (!world.isWorking) return;
  await beat(database.db, { id: 'worker-1', kind: 'worker', host: 'a', pid: 1, state: 'working', now: now() });
  for (const id of queue.waiting.splice(0)) await work(id);
}

const newId = () => [...randomBytes(26)].map((byte) => '0123456789abcdefghijklmnopqrstuvwxyz'[byte % 36]).join('');

async function begin(db: Parameters<NightContext['begin']>[0] | TestDatabase['db'], cycle: string, wish: object) {
  const { run } = await startRun(db, {
    id: newId(),
    cycle,
    timezone: zone,
    configHash: 'same',
    config: {},
    now: now(),
    ...wish,
  });
  return run;
}

const nights: NightContext = {
  get db() {
    return database.db;
  },
  now,
  begin: (trx, cycle, isPreview) => begin(trx, cycle, { origin: 'schedule', isPreview }),
  enqueue: async (id, attempt) => {
    if (queue.seen.has(`${id} ${attempt}`)) return;
    queue.seen.add(`${id} ${attempt}`);
    await clearFailure(database.db, id);
    queue.waiting.push(id);
  },
  log: () => undefined,
};

const alerts: AlertContext = {
  get db() {
    return database.db;
  },
  now,
  routes: [],
  zone,
  includeNames: false,
  known: [],
  unexplainedAbove: {},
  quiet: null,
  baseUrl: null,
  signal: new AbortController().signal,
  log: () => undefined,
};

/** Both processes look at once; then the worker, if it lives, does what is queued, and both look at what came of it. */
async function look(at: Date, processes = 2): Promise<void> {
  world.now = at;
  const inEach = (act: () => Promise<unknown>) => Promise.all(Array.from({ length: processes }, act));
  await inEach(() => lookAtNights(nights, schedule));
  await deliver();
  await inEach(() => watchForAlerts(alerts));
}

const workContext = (): WorkContext => ({
  db: database.db,
  now,
  zone,
  acceptLimits: new Map(),
  reviewers: 1,
  certification: null,
});

async function sign(): Promise<void> {
  const run = await latestFinishedRun(database.db, february);
  const actor = (name: string): Actor => ({ name, via: 'cli' });
  const signing = { cycle: february, resultHash: run?.resultHash ?? '', certification: 'seen' };
  await prepareCycle(workContext(), { ...signing, actor: actor('anna') });
  await reviewCycle(workContext(), { ...signing, actor: actor('ben') });
}

const stateOf = async () => (await cycleStateOf(database.db, february)).state;

test('five weeks of nights: every alert once, no night lost or doubled, nothing green that is not known, the month signed', async () => {
  keepOnFailure(database);
  await look(world.now);
  const states: Record<string, string> = {};
  for (let due = nextCronMs(pattern, zone, now().getTime()) ?? 0; due < Date.parse('2026-03-24T00:00:00Z'); ) {
    const day = new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(due);
    world.isDown = day === shortOutage || outages.includes(day);
    world.isFedLate = day === lateFeed;
    if (day === lateUsage) world.isUsageLate = true;
    world.isWorking = day !== deadWorker;
    await look(new Date(due + minutes));
    if (day === shortOutage) world.isDown = false;
    await look(new Date(due + 12 * minutes), 1);
    await look(new Date(due + 5 * hours));
    // The people come: the worker is mended, and whatever waits is done.
    world.isDown = false;
    world.isWorking = true;
    await look(new Date(due + 7 * hours), 1);
    states[day] = await stateOf();
    if (day === '2026-03-05' || day === '2026-03-12') await sign();
    if (day === '2026-03-11') {
      // Somebody takes the late usage in, as the alert proposes.
      await work((await begin(database.db, february, {})).id);
      await watchForAlerts(alerts);
      expect(await stateOf()).toBe('suspended');
    }
    due = nextCronMs(pattern, zone, due) ?? Number.POSITIVE_INFINITY;
  }

  const { rows: due } = await database.pool.query<{ days: number; nights: number; begun: number }>(
    `select count(distinct due_on)::int as days, count(*)::int as nights, count(begun_at)::int as begun from night where due_at < '2026-03-24T00:00:00Z'`,
  );
  expect(due).toEqual([{ days: 38, nights: 38, begun: 38 }]);
  const { rows: told } = await database.pool.query<{ kind: string; days: string[] }>(
    `select kind, array_agg((raised_at at time zone '${zone}')::date::text order by seq) as days from alert group by kind order by kind`,
  );
  const counted = Object.fromEntries(told.map(({ kind, days }) => [kind, days]));
  expect(counted['run.missing']).toEqual([outages[0], deadWorker, outages[1]]);
  expect(counted['worker.silent']).toEqual([deadWorker]);
  expect(counted['run.late_data']).toEqual([lateUsage]);
  expect(counted['signoff.suspended']).toEqual(['2026-03-11']);
  // Each outage once, and the feed that had not come.
  expect(counted['run.incomplete']).toEqual([shortOutage, outages[0], lateFeed, outages[1]]);
  const { rows: finished } = await database.pool.query<{ id: string }>(`select id from run where state = 'finished'`);
  expect(counted['run.digest']).toHaveLength(finished.length);

  // Nothing of February counts before its feed came whole and the days for late usage were over.
  expect([states[lateFeed], states['2026-03-02'], states['2026-03-03'], states['2026-03-05']]).toEqual([
    'settling',
    'settling',
    'comparable',
    'comparable',
  ]);
  expect(await stateOf()).toBe('signed');
  const newest = await latestFinishedRun(database.db, february);
  expect((await cycleStateOf(database.db, february)).resultHash).toBe(newest?.resultHash);
}, 240_000);

test('the hour that comes twice and the hour that is left out have one night each', () => {
  const twice = nextCronMs(pattern, zone, Date.parse('2026-02-14T12:00:00Z')) ?? 0;
  expect(new Date(twice).toISOString()).toBe('2026-02-15T01:15:00.000Z');
  expect(new Date(nextCronMs(pattern, zone, twice) ?? 0).toISOString()).toBe('2026-02-16T02:15:00.000Z');
  const spring = nextCronMs(pattern, zone, Date.parse('2026-03-21T12:00:00Z')) ?? 0;
  expect(new Date(spring).toISOString()).toBe('2026-03-22T02:15:00.000Z');
  expect(new Date(nextCronMs(pattern, zone, spring) ?? 0).toISOString()).toBe('2026-03-23T01:15:00.000Z');
});
