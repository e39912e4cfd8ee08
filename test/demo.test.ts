import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig, runContext } from '../src/app.js';
import { checkPairs, type ReportedPair } from '../src/demo/check.js';
import { demoCycles, makeDemo, writeDemo } from '../src/demo/generate.js';
import type { TruthFile, TruthPair } from '../src/demo/truth.js';
import { createLogger } from '../src/log.js';
import type { CycleId } from '../src/model/ids.js';
import { decimalText, sumText } from '../src/model/money.js';
import { cyclePeriod } from '../src/model/period.js';
import { type Cause, causes } from '../src/model/verdict.js';
import { reconcileCustomer } from '../src/reconcile/reconcile-customer.js';
import { runCycle } from '../src/run/run-cycle.js';
import { findRun, startRun, type StoredRun } from '../src/store/runs.js';
import { listMismatches, listPairs, type MismatchView, type PairView } from '../src/store/views.js';
import { createTestDatabase, type TestDatabase } from './support/test-database.js';

const seed = 2026;

type Found = {
  readonly run: StoredRun;
  readonly pairs: readonly PairView[];
  readonly mismatches: readonly MismatchView[];
};

describe('the demo', () => {
  let dir: string;
  let database: TestDatabase;
  let truth: TruthFile;
  const found = new Map<string, Found>();

  beforeAll(async () => {
    dir = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-demo-'));
    database = await createTestDatabase();
    truth = await writeDemo({ dir, seed });
    for (const cycle of demoCycles) found.set(cycle, await runOf(cycle));
  }, 120_000);

  afterAll(async () => {
    await database?.drop();
    rmSync(dir, { recursive: true, force: true });
  });

  async function runOf(cycle: (typeof demoCycles)[number]): Promise<Found> {
    const loaded = readConfig(path.join(dir, 'shadowbill.yml'), new Date('2026-11-24T12:00:00Z'));
    const context = runContext({
      store: database,
      log: createLogger({ level: 'silent', component: 'test' }),
      signal: new AbortController().signal,
      baseDir: loaded.baseDir,
      progress: () => undefined,
    });
    const { run } = await startRun(context.db, {
      id: `demo${cycle.replace('-', '')}`.padEnd(26, '0'),
      cycle,
      timezone: loaded.config.timezone,
      configHash: loaded.hash,
      config: { config: loaded.config, baseDir: loaded.baseDir },
      now: context.now(),
    });
    await runCycle(context, run, reconcileCustomer);
    const finished = await findRun(database.db, run.id);
    if (finished === undefined) throw new Error('the run is there');
    return {
      run: finished,
      pairs: await gather(listPairs(database.db, finished, {})),
      mismatches: await gather(listMismatches(database.db, finished, {})),
    };
  }

  const foundIn = (cycle: string): Found => {
    const one = found.get(cycle);
    if (one === undefined) throw new Error(`no run of ${cycle}`);
    return one;
  };
  const truthsIn = (cycle: string) => truth.planted.filter((one) => one.cycle === cycle);

  test('both cycles are read completely: nothing is rejected and the control totals hold', () => {
    for (const cycle of demoCycles) {
      const { run } = foundIn(cycle);
      expect(run.incompleteBecause).toEqual([]);
      expect(run.isComplete).toBe(true);
    }
  });

  test('every planted pair is found with the state and the delta that the generator computed, and no other pair differs', () => {
    for (const cycle of demoCycles) {
      const { pairs } = foundIn(cycle);
      const { planted, missed, unplanted } = checkPairs(truth, cycle, pairs.map(reported));
      expect({ missed, unplanted }).toEqual({ missed: [], unplanted: [] });
      expect(planted).toBeGreaterThan(100);
      // The other pairs were compared as well, and agree.
      expect(pairs.filter((pair) => pair.state === 'matched').length).toBeGreaterThan(800);
    }
  });

  test('the check against the known answers notices one cent, one other state, one pair too few and one too many', () => {
    const cycle = demoCycles[0] ?? '';
    const pairs = foundIn(cycle).pairs.map(reported);
    const at = pairs.findIndex((pair) => pair.state === 'mismatch' && pair.delta !== null);
    const wrong = pairs.map((pair, index) => (index === at ? { ...pair, delta: `${pair.delta ?? ''}1` } : pair));
    expect(checkPairs(truth, cycle, wrong)).toMatchObject({
      missed: [expect.any(String)],
      unplanted: [expect.any(String)],
    });
    const agreeing = pairs.map((pair, index) => (index === at ? { ...pair, state: 'matched' } : pair));
    expect(checkPairs(truth, cycle, agreeing)).toMatchObject({ missed: [expect.any(String)], unplanted: [] });
    const stranger = { state: 'only_legacy', currency: 'EUR', legacy: ['X'], solvimon: [], delta: '-1' };
    expect(checkPairs(truth, cycle, [...pairs, stranger])).toMatchObject({
      missed: [],
      unplanted: [expect.any(String)],
    });
  });

  test('every difference of a pair stands on the lines it was planted on, to the last digit', () => {
    let checked = 0;
    for (const cycle of demoCycles) {
      const { mismatches } = foundIn(cycle);
      for (const one of truthsIn(cycle))
        for (const pair of one.pairs.filter(({ state }) => state !== 'ambiguous')) {
          const actual = mismatches.filter((view) => isOf(view, pair)).map(differenceRow);
          const expected = pair.differences.map(({ level, legacyLines, solvimonLines, legacy, solvimon, delta }) =>
            JSON.stringify([level, legacyLines.toSorted(), solvimonLines.toSorted(), legacy, solvimon, delta]),
          );
          expect({ plant: one.plant, customer: one.customer, found: actual.sort(byText) }).toEqual({
            plant: one.plant,
            customer: one.customer,
            found: expected.sort(byText),
          });
          checked += expected.length;
        }
    }
    expect(checked).toBeGreaterThan(220);
  });

  test('every cause is planted at least twice, and about a tenth of the customers differ', () => {
    for (const cause of causes)
      expect([cause, truth.planted.filter((one) => one.cause === cause).length >= 2]).toEqual([cause, true]);
    for (const { customersThatDiffer } of truth.cycles) {
      expect(customersThatDiffer).toBeGreaterThan((truth.customers * 8) / 100);
      expect(customersThatDiffer).toBeLessThan((truth.customers * 12) / 100);
    }
    expect(truth.customers).toBeGreaterThanOrEqual(400);
  });

  test('each difference is reported with the cause that was planted, as far as invoices alone can tell', () => {
    let told = 0;
    for (const cycle of demoCycles)
      for (const one of truthsIn(cycle).filter(({ cause }) => cause !== null))
        for (const pair of one.pairs)
          for (const view of foundIn(cycle).mismatches.filter((each) => isOf(each, pair))) {
            const accepted: readonly unknown[] = [one.cause, ...(notToldYet[one.plant] ?? [])];
            expect({
              plant: one.plant,
              id: view.id,
              isAccepted: accepted.includes(view.cause),
              cause: view.cause,
            }).toEqual({
              plant: one.plant,
              id: view.id,
              isAccepted: true,
              cause: view.cause,
            });
            if (view.cause === one.cause) told += 1;
          }
    expect(told).toBeGreaterThan(200);
  });

  test('invoices and lines that are cut in another way agree and carry a note that says so', () => {
    const noted = (cause: string) =>
      demoCycles.flatMap((cycle) =>
        truthsIn(cycle)
          .filter((one) => one.cause === cause)
          .flatMap((one) => one.pairs.map((pair) => notesOf(foundIn(cycle).pairs.find((each) => isSame(each, pair))))),
      );
    for (const cause of [
      'structure.split_line',
      'structure.merged_line',
      'structure.split_invoice',
      'structure.merged_invoice',
    ])
      expect(noted(cause)).toEqual([[cause], [cause]]);
  });

  test('the same seed gives the same bytes, another seed another business', () => {
    const again = makeDemo(seed).files;
    expect(again.length).toBeGreaterThan(40);
    for (const file of again) {
      const isSame = Buffer.from(file.content).equals(readFileSync(path.join(dir, file.path)));
      expect([file.path, isSame]).toEqual([file.path, true]);
    }
    const other = makeDemo(seed + 1).files.find((file) => file.path === 'roster.csv');
    expect(other?.content).not.toBe(again.find((file) => file.path === 'roster.csv')?.content);
  });

  test('the old system bills exactly what its usage log adds up to', () => {
    let checked = 0;
    for (const cycle of demoCycles) {
      const read = (file: string) =>
        parse(readFileSync(path.join(dir, 'legacy', cycle, file), 'latin1'), {
          columns: true,
          delimiter: ';',
        }) as Record<string, string>[];
      const number = (text = '') => decimalText(text === '' ? '0' : text.replaceAll('.', '').replace(',', '.'));
      const logged = groupBy(read('usage.csv'), (row) => `${row['ACCOUNT']} ${row['METER']}`);
      const live = read('invoices.csv').filter((row) => row['KIND'] === 'MTR' && row['STATUS'] === 'POSTED');
      for (const [key, rows] of groupBy(live, (row) => `${row['INVOICE']} ${row['ACCOUNT']} ${row['ITEM']}`)) {
        const [, account = '', item = ''] = key.split(' ');
        const events = logged.get(`${account} ${meterOfItem[item] ?? ''}`) ?? [];
        const billed = sumText([...rows.map((row) => number(row['QTY'])), number(rows[0]?.['FREE'])]);
        expect([key, billed]).toEqual([
          key,
          sumText(events.map((row) => decimalText((row['QTY'] ?? '').replace(',', '.')))),
        ]);
        checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(1500);
  });

  test('the events of both systems show why usage differs where the invoices cannot', () => {
    type SolvimonEvent = {
      readonly reference: string;
      readonly customer_reference: string;
      readonly created_at: string;
      readonly processed_details: { readonly type: string };
    };
    let checked = 0;
    for (const cycle of demoCycles) {
      const lines = readFileSync(path.join(dir, 'solvimon', 'events.ndjson'), 'utf8')
        .trimEnd()
        .split('\n');
      const taken = lines.map((line) => JSON.parse(line) as SolvimonEvent);
      const log = readFileSync(path.join(dir, 'legacy', cycle, 'usage.csv'), 'latin1');
      for (const one of truthsIn(cycle).filter(({ cause }) => cause?.endsWith('_events') === true)) {
        const month = `ev-${cycle.replace('-', '')}-`;
        const own = taken.filter(
          (event) => event.customer_reference === one.solvimonCustomer && event.reference.startsWith(month),
        );
        const sent = log
          .split('\r\n')
          .filter((row) => row.includes(`;${one.customer};`))
          .map((row) => row.split(';')[0]);
        const close = cyclePeriod(cycle as CycleId, 'Europe/Amsterdam').end;
        const evidence: Readonly<Record<string, number>> = {
          'usage.missing_events': sent.filter((reference) => !own.some((event) => event.reference === reference))
            .length,
          'usage.duplicate_events': own.filter((event) => event.reference.endsWith('-retry')).length,
          'usage.late_events': own.filter((event) => event.created_at > close).length,
          'usage.unmatched_events': own.filter((event) => event.processed_details.type === 'NOT_MATCHED').length,
        };
        for (const [cause, count] of Object.entries(evidence))
          expect([one.plant, cause, count > 0]).toEqual([one.plant, cause, cause === one.cause]);
        checked += 1;
      }
    }
    expect(checked).toBe(8);
  });

  test('the cohorts are what they are for: two without a flaw, one with one proven cause, one that bills far too much', () => {
    const inCohort = (cohort: string) => truth.planted.filter((one) => one.cohort === cohort);
    expect(inCohort('nl-basic')).toEqual([]);
    expect(inCohort('jp-team')).toEqual([]);
    expect(new Set(inCohort('ireland').map((one) => one.cause))).toEqual(new Set(['tax.missing']));
    expect(new Set(inCohort('de-growth').map((one) => one.cause))).toEqual(
      new Set(['invoice.duplicate_in_solvimon', 'unexplained', null]),
    );
    const members = parse(readFileSync(path.join(dir, 'roster.csv')), { columns: true }) as Record<string, string>[];
    const size = (cohort: string) => members.filter((row) => row['cohort'] === cohort).length;
    expect(members).toHaveLength(truth.customers);
    expect(size('nl-basic')).toBeGreaterThan(339);
    expect(size('jp-team')).toBeLessThan(20);
    for (const row of members.filter(({ cohort }) => cohort === 'nl-basic'))
      expect(row).toMatchObject({ country: 'NL', currency: 'EUR', is_usage: 'false' });
  });
});

async function gather<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const meterOfItem: Readonly<Record<string, string>> = {
  API: 'APICALL',
  STOR: 'STORGB',
  SMS: 'SMSOUT',
  EXPT: 'EXPROW',
  WORKF: 'WFRUN',
};

/**
 * What the engine says instead where invoices alone, or the rules of today, do not tell the planted cause. An entry may go
 * when its cause is told; the planted cause is always accepted.
 */
const notToldYet: Readonly<Record<string, readonly Cause[]>> = {
  'french-tier-boundary': ['unexplained'],
  'prices-with-tax-inside': ['unexplained'],
  'coupons-in-another-order': ['discount.rate'],
  'coupon-on-everything': ['discount.missing'],
  'old-seat-price': ['rounding.price_precision'],
  'customer-not-in-the-mapping': ['invoice.missing_in_legacy', 'invoice.missing_in_solvimon'],
  // Neighbouring cycles are not read from files yet.
  'one-time-charge-a-month-late': ['line.missing_in_solvimon', 'line.missing_in_legacy'],
  // A meter cut at another midnight shows as another quantity until the events are compared.
  'usage-cut-in-utc': ['usage.quantity'],
};

function reported(pair: PairView): ReportedPair {
  return { ...pair, delta: pair.delta === null ? null : decimalText(pair.delta) };
}

function isSame(pair: PairView, expected: TruthPair): boolean {
  return (
    pair.legacy.toSorted().join() === expected.legacy.join() &&
    pair.solvimon.toSorted().join() === expected.solvimon.join()
  );
}

function notesOf(pair: PairView | undefined): readonly string[] {
  const { notes = [] } = (pair?.detail ?? {}) as { readonly notes?: readonly { readonly cause: string }[] };
  return notes.map((note) => note.cause);
}

function isOf(view: MismatchView, pair: TruthPair): boolean {
  return (
    view.pair.legacy.toSorted().join() === pair.legacy.join() &&
    view.pair.solvimon.toSorted().join() === pair.solvimon.join()
  );
}

function differenceRow(view: MismatchView): string {
  const amount = (text: string | null) => (text === null ? null : decimalText(text));
  return JSON.stringify([
    view.level,
    view.lines.legacy.toSorted(),
    view.lines.solvimon.toSorted(),
    amount(view.legacy),
    amount(view.solvimon),
    decimalText(view.delta),
  ]);
}
