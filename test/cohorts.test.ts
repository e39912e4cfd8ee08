import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderStories } from '../src/cli/render/gates.js';
import { createFromRoster } from '../src/run/cohort-members.js';
import { evaluateCohorts } from '../src/run/evaluate-cohorts.js';
import type { Evaluation } from '../src/run/evaluate-cohort.js';
import {
  confidenceContext,
  matched,
  names,
  rosterEntry,
  rosterFile,
  storeRun,
  type TestPair,
} from './support/cohort-data.js';
import { createTestDatabase, keepOnFailure, type TestDatabase } from './support/test-database.js';

const now = new Date('2026-11-24T03:00:00Z');

/** Four cohorts over two closed cycles: a big clean one, a small clean one, a proven cause, and harm nobody can explain. */
const big = names('big', 80);
const small = names('small', 12);
const fix = names('fix', 30);
const harm = names('harm', 30);
const rest = names('rest', 300);

const everybody = [
  ...big.map((customer) => rosterEntry(customer, { cohort: 'clean-big' })),
  ...small.map((customer) => rosterEntry(customer, { cohort: 'clean-small' })),
  ...fix.map((customer) => rosterEntry(customer, { cohort: 'known-cause' })),
  ...harm.map((customer) => rosterEntry(customer, { cohort: 'harm' })),
  ...rest.map((customer, index) => rosterEntry(customer, { events: index < 6 ? ['renewal'] : [] })),
];

const proven = (customer: string): TestPair => ({
  customer,
  state: 'mismatch',
  legacy: '100.00',
  solvimon: '98.00',
  mismatches: [{ cause: 'proration.day_count', confidence: 'proven', delta: '-2.00', components: { proration: '-2' } }],
});
const unknown = (customer: string): TestPair => ({
  customer,
  state: 'mismatch',
  legacy: '100.00',
  solvimon: '109.00',
  mismatches: [{ cause: 'unexplained', confidence: 'unknown', delta: '9.00', components: { unexplained: '9' } }],
});

const cyclePairs = (): readonly TestPair[] => [
  ...big.map((customer) => matched(customer)),
  ...small.map((customer) => matched(customer)),
  ...fix.map((customer, index) => (index < 10 ? proven(customer) : matched(customer))),
  ...harm.map((customer, index) => (index < 8 ? unknown(customer) : matched(customer))),
  ...rest.map((customer) => matched(customer)),
];

let database: TestDatabase;
let evaluations: readonly Evaluation[];
const of = (id: string) => {
  const found = evaluations.find(({ cohort }) => cohort.id === id);
  if (found === undefined) throw new Error(`no evaluation of ${id}`);
  return found;
};

beforeAll(async () => {
  database = await createTestDatabase();
  for (const cycle of ['2026-09', '2026-10']) await storeRun(database.db, { cycle, pairs: cyclePairs(), now });
  const context = confidenceContext(database.db, { now: () => now, roster: rosterFile(everybody) });
  await createFromRoster(context, {
    selection: 'random',
    seed: 'soft-launch-1',
    steps: new Map([
      ['clean-big', 's5'],
      ['clean-small', 'pilot'],
      ['known-cause', 's5'],
      ['harm', 's5'],
    ]),
    by: 'ada',
  });
  evaluations = await evaluateCohorts(context);
});
afterAll(() => database.drop());

describe('the four cohorts of a soft launch', () => {
  test('the big clean cohort may expand', () => {
    keepOnFailure(database);
    const { decision, snapshot } = of('clean-big');
    expect([decision.decision, decision.reason]).toEqual(['EXPAND', 'ALL_GATES_PASSED']);
    expect(snapshot.evidence).toMatchObject({ customers: 80, badCustomers: 0, cyclesObserved: 2, cleanCycles: 2 });
  });

  test('the small clean cohort is held for lack of evidence and says how much more it needs', () => {
    const { decision, outlook } = of('clean-small');
    expect([decision.decision, decision.reason]).toEqual(['HOLD', 'SAMPLE']);
    // Pilot asks for a 15 % tolerance: 21 clean customers (statistics 3.2), 12 are there; nobody else matures by waiting.
    expect(outlook).toMatchObject({ moreCustomers: 9, moreCycles: null });
  });

  test('a proven cause is fixed forward', () => {
    const { decision } = of('known-cause');
    expect([decision.decision, decision.reason]).toEqual(['FIX_FORWARD', 'SEVERE_CAUSE_KNOWN']);
  });

  test('the bad customers of a lasting cause are told as coming again, and as one cause', () => {
    const { diagnostics } = of('known-cause');
    expect(diagnostics.recurrence).toMatchObject({ fresh: [], resolved: [], rate: 1 });
    expect(diagnostics.recurrence?.recurring).toHaveLength(10);
    expect(diagnostics.concentration).toEqual({ herfindahl: 1, effectiveCauses: 1, topShare: 1 });
    expect(diagnostics.events.find(({ event }) => event === 'renewal')).toEqual({
      event: 'renewal',
      cleanSightings: 6,
      isEnough: true,
    });
  });

  test('the stories tell each recommendation with what decided it and what is missing', () => {
    const text = renderStories(evaluations);
    expect(text).toContain('clean-big: EXPAND ALL_GATES_PASSED');
    expect(text).toContain('clean-small: HOLD SAMPLE');
    expect(text).toContain('missing: 9 more clean customers; waiting does not bring them');
    expect(text).toContain('they count after 2 more cycles');
    expect(text).toContain('known-cause: FIX_FORWARD SEVERE_CAUSE_KNOWN');
    expect(text).toContain('✗ triggered  SEVERE cause.customersShare: 0.333333');
    expect(text).toContain('harm: ROLLBACK SEVERE_UNEXPLAINED_REPEATED');
  });

  test('harm that nobody can explain for two cycles is rolled back', () => {
    const { decision, snapshot } = of('harm');
    expect([decision.decision, decision.reason]).toEqual(['ROLLBACK', 'SEVERE_UNEXPLAINED_REPEATED']);
    expect(snapshot.severeCycles).toBe(2);
  });
});
