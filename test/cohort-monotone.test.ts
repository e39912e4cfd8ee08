import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFromRoster } from '../src/run/cohort-members.js';
import type { ConfidenceContext } from '../src/run/confidence-context.js';
import { evaluateCohort } from '../src/run/evaluate-cohort.js';
import {
  confidenceContext,
  matched,
  names,
  rosterEntry,
  rosterFile,
  storeRun,
  type TestPair,
} from './support/cohort-data.js';
import { createTestDatabase, type TestDatabase } from './support/test-database.js';

const now = new Date('2026-11-24T03:00:00Z');
const members = names('big', 80);
const everybody = [
  ...members.map((customer) => rosterEntry(customer, { cohort: 'big' })),
  ...names('rest', 200).map((customer) => rosterEntry(customer)),
];

let database: TestDatabase;
let context: ConfidenceContext;
beforeAll(async () => {
  database = await createTestDatabase();
  context = confidenceContext(database.db, { now: () => now, roster: rosterFile(everybody) });
  await createFromRoster(context, { selection: 'random', seed: 's', steps: new Map([['big', 's5']]), by: 'ada' });
  await storeRun(database.db, { cycle: '2026-09', pairs: everybody.map(({ customer }) => matched(customer)), now });
});
afterAll(() => database.drop());

const off = (customer: string, solvimon: string, delta: string, confidence: 'proven' | 'unknown'): TestPair => ({
  customer,
  state: 'mismatch',
  legacy: '100.00',
  solvimon,
  mismatches: [
    {
      cause: confidence === 'proven' ? 'price.unit_price' : 'unexplained',
      confidence,
      delta,
      components: confidence === 'proven' ? { price: delta } : { unexplained: delta },
    },
  ],
});

/** Ways in which one customer's cycle can be worse than a match. */
const flaws: Readonly<Record<string, (customer: string) => readonly TestPair[]>> = {
  'not ready': (customer) => [{ customer, state: 'not_ready', legacy: '100.00', solvimon: '100.00' }],
  unreadable: (customer) => [{ customer, state: 'error', legacy: null, solvimon: '100.00' }],
  'missing in solvimon': (customer) => [{ customer, state: 'only_legacy', legacy: '100.00', solvimon: null }],
  'extra in solvimon': (customer) => [
    matched(customer),
    { customer, state: 'only_solvimon', legacy: null, solvimon: '100.00' },
  ],
  ambiguous: (customer) => [{ customer, state: 'ambiguous', legacy: '100.00', solvimon: '100.00' }],
  'in neither system': () => [],
  'over, proven': (customer) => [off(customer, '101.00', '1.00', 'proven')],
  'over, unknown': (customer) => [off(customer, '104.00', '4.00', 'unknown')],
  'under, proven': (customer) => [off(customer, '90.00', '-10.00', 'proven')],
  'two currencies': (customer) => [
    { customer, currency: null, state: 'mismatch', legacy: '100.00', solvimon: '100.00' },
  ],
};

async function decisionWith(broken: ReadonlyMap<string, readonly TestPair[]>): Promise<string> {
  const pairs = everybody.flatMap(({ customer }) => broken.get(customer) ?? [matched(customer)]);
  await storeRun(database.db, { cycle: '2026-10', pairs, now });
  return (await evaluateCohort(context, { cohortId: 'big', isRehearsal: true })).decision.decision;
}

test('from stored pairs to the decision: no flaw expands, and a further flaw never turns another decision into EXPAND', async () => {
  expect(await decisionWith(new Map())).toBe('EXPAND');
  let checked = 0;
  for (const [first, breakFirst] of Object.entries(flaws)) {
    const [one = '', two = ''] = members;
    expect([first, await decisionWith(new Map([[one, breakFirst(one)]]))]).not.toContain('EXPAND');
    for (const [second, breakSecond] of Object.entries(flaws)) {
      const broken = new Map([
        [one, breakFirst(one)],
        [two, breakSecond(two)],
      ]);
      expect([first, second, await decisionWith(broken)]).not.toContain('EXPAND');
      checked += 1;
    }
  }
  expect(checked).toBe(100);
}, 120_000);
