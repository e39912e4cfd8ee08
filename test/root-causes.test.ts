import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { currency } from '../src/model/currency.js';
import type { Document } from '../src/model/document.js';
import type { CycleId } from '../src/model/ids.js';
import type { KnownDifference } from '../src/model/known.js';
import { decimalText } from '../src/model/money.js';
import { cyclePeriod } from '../src/model/period.js';
import { reconcileCustomer } from '../src/reconcile/reconcile-customer.js';
import { decide } from '../src/run/root-causes.js';
import { runCycle } from '../src/run/run-cycle.js';
import type { RunSummary } from '../src/run/summarise.js';
import { eventsOf, listRootCauses, rootCauseStatus, trendOf } from '../src/store/root-cause-views.js';
import { findRun, startRun, type StoredRun } from '../src/store/runs.js';
import { listMismatches } from '../src/store/views.js';
import { documentOf } from './support/build-lines.js';
import { createTestDatabase, keepOnFailure, type TestDatabase } from './support/test-database.js';
import { testContext } from './support/test-run.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const now = new Date('2026-11-24T12:00:00.000Z');
const undated = { until: null, today: '2026-11-24', now };
const dated = { ...undated, until: '2026-12-24' };
let runs = 0;

/** What Solvimon charges for a seat (legacy: 5.00), which customers it forgets, and whose usage it counts too high. */
type Cycle = { readonly seat?: string; readonly forgets?: readonly number[]; readonly overcounts?: readonly number[] };

const customers = 12;

function documents(side: 'legacy' | 'solvimon', cycle: string, what: Cycle): readonly Document[] {
  const period = cyclePeriod(cycle as CycleId, 'UTC');
  return Array.from({ length: customers }, (_unused, index) => index)
    .filter((index) => side === 'legacy' || what.forgets?.includes(index) !== true)
    .map((index) => {
      const price = side === 'solvimon' ? (what.seat ?? '5') : '5';
      const calls =
        100 * (index + 1) + (side === 'solvimon' && what.overcounts?.includes(index) === true ? 10 + index : 0);
      const id = `${side}-${cycle}-${index}`;
      return documentOf({
        id,
        customer: `c${index}`,
        lines: [
          {
            id: `${id}-1`,
            product: 'seats',
            quantity: '10',
            unitPrice: price,
            amount: price === '5' ? '50' : '55',
            period,
          },
          {
            id: `${id}-2`,
            product: 'calls',
            kind: 'usage',
            quantity: String(calls),
            unitPrice: '0.1',
            amount: `${Math.trunc(calls / 10)}.${calls % 10}`,
            period,
          },
        ],
      });
    });
}

async function judged(
  cycle: string,
  what: Cycle,
  known: readonly KnownDifference[] = [],
  at: Date = now,
): Promise<StoredRun> {
  runs += 1;
  const { run } = await startRun(database.db, {
    id: String(runs).padStart(26, '0'),
    cycle,
    timezone: 'UTC',
    configHash: String(runs),
    config: {},
    now,
  });
  const base = testContext(database, {
    legacy: { documents: documents('legacy', cycle, what) },
    solvimon: { documents: documents('solvimon', cycle, what) },
  });
  await runCycle(
    { ...base, now: () => at, settingsOf: async (one) => ({ ...(await base.settingsOf(one)), known }) },
    run,
    reconcileCustomer,
  );
  const found = await findRun(database.db, run.id);
  if (found === undefined) throw new Error('the run is gone');
  return found;
}

const brief = async (run: StoredRun) =>
  (await listRootCauses(database.db, run, 'money')).map((row) => [
    row.cause,
    row.mismatches,
    row.over,
    row.under,
    row.wouldMatch,
  ]);

describe('root causes over cycles', () => {
  let fingerprint = '';

  test('one wrong price at twelve customers is one root cause, and its fix would mend eleven of them alone', async () => {
    keepOnFailure(database);
    const run = await judged('2026-07', { seat: '5.5', overcounts: [3] });
    // Ten seats at 0.50 more each is 5.00 a customer; thirteen calls more at 0.10 is 1.30.
    expect(await brief(run)).toEqual([
      ['price.unit_price', 12, '60', '0', 11],
      ['usage.quantity', 1, '1.3', '0', 0],
    ]);
    fingerprint = (await listRootCauses(database.db, run, 'money'))[0]?.fingerprint ?? '';
    expect(await rootCauseStatus(database.db, fingerprint)).toEqual({ status: 'unknown' });
    const { covers, rounding } = run.summary as RunSummary;
    expect(covers?.byPairs.rules[0]).toMatchObject({ component: 'price', sign: '+', bad: 12, pairs: 12 });
    expect(rounding?.map((one) => [one.side, one.currency])).toEqual([
      ['legacy', 'EUR'],
      ['solvimon', 'EUR'],
    ]);
  });

  test('its examples are its smallest mismatches, each with a working to check by hand', async () => {
    const run = await judged('2026-07', { seat: '5.5', overcounts: [3] });
    const [row] = await listRootCauses(database.db, run, 'money');
    expect(row?.examples.length).toBe(3);
    const shown: string[] = [];
    for await (const view of listMismatches(database.db, run, { cause: 'price.unit_price' }))
      shown.push(JSON.stringify(view.detail));
    expect(shown.every((detail) => detail.includes('10 × 5.5 = 55.00'))).toBe(true);
  });

  test('judging a cycle again changes nothing, not even what is written down', async () => {
    const before = [await rootCauseStatus(database.db, fingerprint), await eventsOf(database.db, fingerprint)];
    await judged('2026-07', { seat: '5.5', overcounts: [3] });
    expect([await rootCauseStatus(database.db, fingerprint), await eventsOf(database.db, fingerprint)]).toEqual(before);
  });

  test('a declared fix that holds is verified, and the same cause coming back is a regression', async () => {
    keepOnFailure(database);
    await decide(database.db, {
      fingerprint,
      decision: 'declare_fixed',
      who: 'anna',
      note: 'price list corrected',
      ...undated,
    });
    await judged('2026-08', {});
    expect(await rootCauseStatus(database.db, fingerprint)).toEqual({ status: 'fix-verified' });
    await judged('2026-09', { seat: '5.5' });
    expect(await rootCauseStatus(database.db, fingerprint)).toEqual({ status: 'regressed' });
    expect((await eventsOf(database.db, fingerprint)).map((one) => [one.event, one.from, one.to, one.who])).toEqual([
      ['declare_fixed', 'unknown', 'fix-ready', 'anna'],
      ['gone', 'fix-ready', 'fix-verified', null],
      ['seen', 'fix-verified', 'regressed', null],
    ]);
    expect((await trendOf(database.db, [fingerprint], 12)).map((one) => [one.cycle, one.mismatches])).toEqual([
      ['2026-07', 12],
      ['2026-09', 12],
    ]);
  });

  test('judging an old cycle again does not move the life of today', async () => {
    await judged('2026-08', { seat: '5.5' });
    expect(await rootCauseStatus(database.db, fingerprint)).toEqual({ status: 'regressed' });
  });

  test('an acceptance holds while the cause looks the same and ends when its money doubles', async () => {
    keepOnFailure(database);
    const few = await judged('2026-10', { overcounts: [1] });
    const [row] = await listRootCauses(database.db, few, 'money');
    const usage = row?.fingerprint ?? '';
    await decide(database.db, { fingerprint: usage, decision: 'accept', who: 'ben', note: null, ...dated });
    await judged('2026-11', { overcounts: [1] });
    expect(await rootCauseStatus(database.db, usage)).toEqual({ status: 'accepted' });
    await judged('2026-12', { overcounts: [1, 2, 3, 4] });
    expect(await rootCauseStatus(database.db, usage)).toEqual({ status: 'unknown' });
  });

  test('an acceptance says when it ends, ends on that day, and ends once', async () => {
    keepOnFailure(database);
    const run = await judged('2027-02', { overcounts: [1] });
    const [row] = await listRootCauses(database.db, run, 'money');
    const accepted = row?.fingerprint ?? '';
    const accept = (until: string | null) =>
      decide(database.db, { fingerprint: accepted, decision: 'accept', who: 'ben', note: null, ...undated, until });
    for (const until of [null, '2026-11-24', '2027-02-23', '2026-02-30', 'soon'])
      await expect(accept(until), String(until)).rejects.toThrow(/a day after 2026-11-24 and no later than 2027-02-22/);
    await expect(
      decide(database.db, { fingerprint: accepted, decision: 'name', who: 'ben', note: null, ...dated }),
    ).rejects.toThrow(/belongs to accept, not to name/);
    expect(await accept('2026-12-24')).toBe('accepted');
    const statusOn = async (day: string) => {
      await judged('2027-02', { overcounts: [1] }, [], new Date(`${day}T12:00:00.000Z`));
      const found = (await listRootCauses(database.db, run, 'money')).find((one) => one.fingerprint === accepted);
      const cycle = await rootCauseStatus(database.db, accepted);
      return [cycle?.status, found?.acceptedUntil ?? null];
    };
    expect((await rootCauseStatus(database.db, accepted))?.status).toBe('accepted');
    expect((await statusOn('2026-12-23'))[0]).toBe('accepted');
    expect(await statusOn('2026-12-24')).toEqual(['known', null]);
    expect(await statusOn('2026-12-25')).toEqual(['known', null]);
    const ends = (await eventsOf(database.db, accepted)).filter((one) => one.event === 'expired');
    expect(ends).toMatchObject([{ from: 'accepted', to: 'known', who: null, cycle: null }]);
  });

  test('a decision that makes no sense is refused with its reason', async () => {
    await judged('2027-01', {});
    await expect(
      decide(database.db, { fingerprint, decision: 'accept', who: 'anna', note: null, ...dated }),
    ).rejects.toThrow(/accept makes no sense for a root cause that is fix-verified/);
    await expect(
      decide(database.db, {
        fingerprint: 'fp1-0000000000000000',
        decision: 'name',
        who: 'anna',
        note: null,
        ...undated,
      }),
    ).rejects.toThrow(/no such root cause/);
  });
});

describe('known differences', () => {
  const known = (more: Partial<KnownDifference> = {}): KnownDifference => ({
    id: 'KD-1',
    match: { cause: 'price.unit_price', currency: currency('EUR') },
    reason: 'the old price was a mistake',
    owner: 'anna',
    expires: '2027-06-01',
    maxAmount: decimalText('1000'),
    isLegacyWrong: true,
    ...more,
  });

  test('what they cover leaves the causes and stays on a line of its own, and the statement still foots', async () => {
    keepOnFailure(database);
    const run = await judged('2027-02', { seat: '5.5', overcounts: [3] }, [known()]);
    const summary = run.summary as RunSummary;
    expect(summary.causes.map((row) => [row.cause, row.over])).toEqual([['usage.quantity', '1.3']]);
    expect(summary.accepted).toMatchObject([
      { known: 'KD-1', currency: 'EUR', mismatches: 12, over: '60', under: '0', isLegacyWrong: true, beyondCap: 0 },
    ]);
    expect(summary.footing.map((row) => [row.explained, row.accepted, row.unexplained, row.foots])).toEqual([
      ['1.3', '60', '0', true],
    ]);
    expect(await brief(run)).toEqual([['usage.quantity', 1, '1.3', '0', 1]]);
  });

  test('the money cap covers the smallest differences first and leaves the rest open', async () => {
    const run = await judged('2027-03', { seat: '5.5' }, [known({ maxAmount: decimalText('14.99') })]);
    const summary = run.summary as RunSummary;
    // Two of 5.00 fit under 14.99, a third would not.
    expect(summary.accepted).toMatchObject([{ mismatches: 2, over: '10', beyondCap: 10 }]);
    expect(summary.causes.map((row) => [row.cause, row.mismatches, row.over])).toEqual([
      ['price.unit_price', 10, '50'],
    ]);
    expect(summary.footing[0]?.foots).toBe(true);
  });

  test('a single difference above max_abs is not covered', async () => {
    const run = await judged('2027-04', { seat: '5.5' }, [
      known({ match: { cause: 'price.unit_price', maxAbs: decimalText('4.99') } }),
    ]);
    expect((run.summary as RunSummary).accepted).toEqual([]);
  });
});
