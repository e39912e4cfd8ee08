import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exactRules } from '../src/model/compare-rules.js';
import type { Document } from '../src/model/document.js';
import { decimalText } from '../src/model/money.js';
import { problem, type RejectedDocument } from '../src/model/problem.js';
import { reconcileCustomer } from '../src/reconcile/reconcile-customer.js';
import { runCycle } from '../src/run/run-cycle.js';
import { type RunSummary, summariseRun } from '../src/run/summarise.js';
import { findRun, type StoredRun } from '../src/store/runs.js';
import { aDocument, aLine } from './support/documents.js';
import { createTestDatabase, keepOnFailure, type TestDatabase } from './support/test-database.js';
import { newTestRun, testContext, type TestRunInput, verdictsOf } from './support/test-run.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const bill = (id: string, customer: string, net: string, more: Partial<Document> = {}) =>
  aDocument(id, customer, [aLine('1', net)], more);

const unreadable = (id: string, customerRef: string | null, line: number): RejectedDocument => ({
  id,
  customerRef,
  currency: null,
  problems: [problem('amount_malformed', { file: 'legacy.csv', line }, 'amount', '1O', 'a decimal')],
  place: { file: 'legacy.csv', line },
});

async function judged(input: TestRunInput): Promise<{ readonly run: StoredRun; readonly summary: RunSummary }> {
  const begun = await newTestRun(database);
  const summary = await runCycle(testContext(database, input), begun, reconcileCustomer);
  const run = await findRun(database.db, begun.id);
  if (run === undefined) throw new Error('the run is gone');
  return { run, summary };
}

/** `customer: legacy | solvimon state chunk` for each pair; chunk -1 was settled by digest. */
async function pairsOf(run: StoredRun): Promise<readonly string[]> {
  const { rows } = await sql<{ text: string }>`
    select concat(customer, ': ', array_to_string(legacy, '+'), ' | ', array_to_string(solvimon, '+'), ' ', state, case when chunk = -1 then ' settled' end) as text
    from pair where run_seq = ${sql.lit(run.seq)} order by 1`.execute(database.db);
  return rows.map((row) => row.text);
}

test('an unreadable document of one customer leaves the equal documents of that customer matched and the run incomplete', async () => {
  keepOnFailure(database);
  const { run } = await judged({
    legacy: {
      documents: [bill('in-1', 'a', '10'), bill('in-2', 'b', '20')],
      rejected: [unreadable('in-3', 'a', 4)],
    },
    solvimon: { documents: [bill('invo-1', 'a', '10'), bill('invo-2', 'b', '20')] },
  });
  expect(await pairsOf(run)).toEqual([
    'a: in-1 | invo-1 matched',
    'a: in-3 |  error',
    'b: in-2 | invo-2 matched settled',
  ]);
  expect([run.isComplete, run.incompleteBecause]).toEqual([false, ['legacy: 1 document could not be read']]);
});

test('an unreadable document stands with the one that pairing left alone, not with the counterpart of another', async () => {
  keepOnFailure(database);
  const { run } = await judged({
    legacy: { documents: [bill('in-2', 'a', '20')], rejected: [unreadable('in-1', 'a', 2)] },
    solvimon: { documents: [bill('invo-1', 'a', '10'), bill('invo-2', 'a', '20')] },
  });
  expect(await pairsOf(run)).toEqual(['a: in-1 | invo-1 error', 'a: in-2 | invo-2 matched']);
});

test('documents that share an id, or have none and no customer, each keep a pair of their own (I1)', async () => {
  keepOnFailure(database);
  const { run } = await judged({
    legacy: {
      documents: [bill('in-1', 'a', '10'), bill('in-1', 'a', '11'), bill('in-2', 'b', '20')],
      rejected: [unreadable('', null, 7), unreadable('', null, 9)],
    },
    solvimon: { documents: [bill('invo-2', 'b', '20')] },
  });
  expect(await pairsOf(run)).toEqual([
    ': (no id) |  error',
    ': (no id) |  error',
    'a: in-1 (copy 2) |  error',
    'a: in-1 |  error',
    'b: in-2 | invo-2 matched settled',
  ]);
  const again = await judged({
    legacy: {
      documents: [bill('in-2', 'b', '20'), bill('in-1', 'a', '11'), bill('in-1', 'a', '10')],
      rejected: [unreadable('', null, 9), unreadable('', null, 7)],
    },
    solvimon: { documents: [bill('invo-2', 'b', '20')] },
  });
  expect(again.run.resultHash).toBe(run.resultHash);
});

test('where tax is left out, documents that differ in tax alone are settled by their net and the statement foots', async () => {
  keepOnFailure(database);
  const taxed = (id: string, tax: string) => aDocument(id, 'a', [aLine('1', '100', { tax: decimalText(tax) })]);
  const { run, summary } = await judged({
    legacy: { documents: [taxed('in-1', '21')] },
    solvimon: { documents: [taxed('invo-1', '9')] },
    rules: { ...exactRules, tax: 'off' },
  });
  expect(await pairsOf(run)).toEqual(['a: in-1 | invo-1 matched settled']);
  expect(summary.footing).toEqual([
    { currency: 'EUR', legacy: '100', explained: '0', accepted: '0', unexplained: '0', solvimon: '100', foots: true },
  ]);
});

test('amounts that the database adds up come out as canonical text: 10.50 and 9.50 are 20, and no delta is 0.00 (I12)', async () => {
  keepOnFailure(database);
  const { run, summary } = await judged({
    legacy: { documents: [bill('in-1', 'a', '10.50'), bill('in-2', 'b', '9.50'), bill('in-3', 'c', '1.25')] },
    solvimon: { documents: [bill('invo-1', 'a', '10.50'), bill('invo-2', 'b', '9.50'), bill('invo-3', 'c', '2.25')] },
  });
  expect(summary.footing.map((row) => [row.legacy, row.explained, row.solvimon])).toEqual([['21.25', '1', '22.25']]);
  expect(summary.states.map((row) => [row.state, row.legacy, row.over])).toEqual([
    ['matched', '20', '0'],
    ['mismatch', '1.25', '1'],
  ]);
  expect(summary.causes.map((row) => [row.over, row.under])).toEqual([['1', '0']]);
  const { pairs } = await verdictsOf(database, run);
  expect(pairs.map((pair) => pair.delta)).toEqual(['0', '0', '1']);
});

test('a run in which one document took the place of another is refused, though the counts agree (I1)', async () => {
  keepOnFailure(database);
  const input: TestRunInput = {
    legacy: { documents: [bill('in-1', 'a', '10'), bill('in-2', 'b', '20')] },
    solvimon: { documents: [bill('invo-1', 'a', '10'), bill('invo-2', 'b', '20')] },
  };
  const { run } = await judged(input);
  await sql`update pair set legacy = array['in-1'] where run_seq = ${sql.lit(run.seq)} and customer = 'b'`.execute(
    database.db,
  );
  await expect(summariseRun(testContext(database, input), run)).rejects.toThrow(/exactly one pair \(I1\)/);
});

test('a side that is empty, or that cannot prove it was read whole, leaves the run incomplete: unknown is never green (I10)', async () => {
  const both = { documents: [bill('in-1', 'a', '10')] };
  const reasons = async (input: TestRunInput) => (await judged(input)).run;
  const empty = await reasons({ legacy: both, solvimon: { documents: [] } });
  expect([empty.isComplete, empty.incompleteBecause]).toEqual([
    false,
    ['solvimon: no document was found for this cycle'],
  ]);
  const cut = await reasons({ legacy: both, solvimon: { ...both, incompleteBecause: ['1 of 2 pages are there'] } });
  expect([cut.isComplete, cut.incompleteBecause]).toEqual([false, ['solvimon: 1 of 2 pages are there']]);
  expect((await reasons({ legacy: both, solvimon: both })).isComplete).toBe(true);
});
