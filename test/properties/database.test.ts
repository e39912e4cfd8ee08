import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CompareRules } from '../../src/model/compare-rules.js';
import type { PairVerdict } from '../../src/model/verdict.js';
import { reconcileCustomer } from '../../src/reconcile/reconcile-customer.js';
import { collectSide } from '../../src/run/collect.js';
import { compareChunk } from '../../src/run/compare.js';
import { pairRun } from '../../src/run/pair.js';
import { runCycle } from '../../src/run/run-cycle.js';
import { summariseRun } from '../../src/run/summarise.js';
import { findRun, type StoredRun } from '../../src/store/runs.js';
import { createTestDatabase, keepOnFailure, type TestDatabase } from '../support/test-database.js';
import { newTestRun, testContext, type TestRunInput, verdictsOf } from '../support/test-run.js';
import { caseArb, type CaseOptions, type GeneratedCase, ofCustomer, rulesArb, toCase } from './arbitraries.js';
import { holdsAsync } from './counting.js';
import { inFull } from './judging.js';
import { showCase } from './show.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** Names that sort differently by code unit, by byte and by locale. */
const names = ['a', 'B', 'b', 'é', 'z', '1', '10', '2', '_', '-', 'Ä', 'ß'].map((name) => `customer ${name}`);

/** A cycle of a dozen customers. Half of the cases agree, as in life, so that the digests have something to settle. */
function cycleArb(options: CaseOptions = {}): fc.Arbitrary<readonly GeneratedCase[]> {
  const agreeing = ['same', 'same', 'lines swapped', 'discount detached', 'zero line', 'billed twice', 'void'] as const;
  const oneCase = fc.oneof(
    { weight: 2, arbitrary: caseArb({ misses: agreeing, maxDocuments: 3 }) },
    { weight: 1, arbitrary: caseArb({ ...options, maxDocuments: 3 }) },
  );
  return fc
    .array(oneCase, { minLength: 4, maxLength: names.length, size: 'max' })
    .map((cases) => cases.map((one, index) => ofCustomer(one, names[index] ?? `customer ${index}`)));
}

const inputOf = (cases: readonly GeneratedCase[], rules: CompareRules): TestRunInput => ({
  legacy: {
    documents: cases.flatMap((one) => one.legacy),
    rejected: cases.flatMap((one) => one.legacyRejected),
  },
  solvimon: {
    documents: cases.flatMap((one) => one.solvimon),
    rejected: cases.flatMap((one) => one.solvimonRejected),
  },
  rules,
});

async function judged(input: TestRunInput): Promise<StoredRun> {
  const run = await newTestRun(database);
  await runCycle(testContext(database, input), run, reconcileCustomer);
  return finished(run);
}

async function finished(run: StoredRun): Promise<StoredRun> {
  const found = await findRun(database.db, run.id);
  if (found === undefined) throw new Error(`run ${run.id} is gone`);
  return found;
}

/** What the engine says with every line looked at, in the shape of the stored pairs. */
function expected(cases: readonly GeneratedCase[], rules: CompareRules): readonly string[] {
  const row = (verdict: PairVerdict) =>
    JSON.stringify([
      verdict.customer,
      verdict.currency,
      verdict.state,
      verdict.legacy,
      verdict.solvimon,
      verdict.legacyGross,
      verdict.solvimonGross,
      verdict.mismatches.map((one) => one.delta).sort(),
    ]);
  return cases.flatMap((one) => inFull(toCase(one, rules), rules).map(row)).sort();
}

async function stored(run: StoredRun): Promise<readonly string[]> {
  const { pairs, mismatches } = await verdictsOf(database, run);
  return pairs
    .map((pair) =>
      JSON.stringify([
        pair.customer,
        pair.currency,
        pair.state,
        pair.legacy,
        pair.solvimon,
        pair.legacyGross,
        pair.solvimonGross,
        mismatches
          .filter((one) => one.pair.id === pair.id)
          .map((one) => one.delta)
          .sort(),
      ]),
    )
    .sort();
}

async function count(table: ReturnType<typeof sql>): Promise<number> {
  const result = await sql<{ count: string }>`select count(*) as count from ${table}`.execute(database.db);
  return Number(result.rows[0]?.count);
}

const shownCycle = ([cases, rules]: readonly [readonly GeneratedCase[], CompareRules]) =>
  [JSON.stringify(rules), ...cases.map((one) => `${one.customer}\n${showCase(one)}`)].join('\n');

test('pairs settled by digest in SQL are those that the engine finds, to the cent (digest path)', async () => {
  keepOnFailure(database);
  const cycles = fc.tuple(cycleArb({ hasRejected: true }), rulesArb);
  await holdsAsync(
    cycles,
    { runs: 40, floor: 48 },
    async ([cases, rules], seen) => {
      const run = await judged(inputOf(cases, rules));
      expect(await stored(run)).toEqual(expected(cases, rules));
      seen(await count(sql`pair where run_seq = ${sql.lit(run.seq)} and chunk = -1`));
    },
    shownCycle,
  );
});

test('every step done twice, or by twins at once, changes nothing (I9)', async () => {
  keepOnFailure(database);
  await holdsAsync(
    fc.tuple(cycleArb({ hasRejected: true }), rulesArb),
    { runs: 8, floor: 2 },
    async ([cases, rules], seen) => {
      const context = testContext(database, inputOf(cases, rules));
      const run = await newTestRun(database);
      await Promise.all([
        runCycle(context, run, reconcileCustomer),
        // A twin may find the run already closed; what counts is what stands in the tables.
        runCycle(context, run, reconcileCustomer),
      ]);
      const once = { ...(await snapshot(run)), verdicts: await verdictsOf(database, run) };
      for (const side of ['legacy', 'solvimon', 'legacy'] as const) await collectSide(context, run, side);
      await pairRun(context, run);
      const chunks = await sql<{
        chunk: number;
      }>`select chunk from compare_chunk where run_seq = ${sql.lit(run.seq)}`.execute(database.db);
      for (const { chunk } of chunks.rows) await compareChunk(context, run, chunk, reconcileCustomer);
      await summariseRun(context, run);
      expect({ ...(await snapshot(run)), verdicts: await verdictsOf(database, run) }).toEqual(once);
      if (once.verdicts.mismatches.length > 0) seen();
    },
    shownCycle,
  );
});

/** How many rows each table holds for a run, and what the run says of itself. */
async function snapshot(run: StoredRun): Promise<Readonly<Record<string, unknown>>> {
  const loads = sql`(select id from load where run_id = ${run.id})`;
  const seq = sql.lit(run.seq);
  return {
    run: await finished(run),
    loads: await count(sql`load where run_id = ${run.id}`),
    documents: await count(sql`document where load_id in ${loads}`),
    lines: await count(sql`line where load_id in ${loads}`),
    rejected: await count(sql`rejected_document where load_id in ${loads}`),
    residue: await count(sql`residue where run_seq = ${seq}`),
    pairs: await count(sql`pair where run_seq = ${seq}`),
    mismatches: await count(sql`mismatch where run_seq = ${seq}`),
  };
}

test('the same cycle run again, its documents in another order, gives the same hash and the same rows (I5, I8, I9)', async () => {
  keepOnFailure(database);
  await holdsAsync(
    fc.tuple(cycleArb({ hasRejected: true }), rulesArb),
    { runs: 10, floor: 5 },
    async ([cases, rules], seen) => {
      const first = await judged(inputOf(cases, rules));
      const turned = cases.map((one) => ({
        ...one,
        legacy: one.legacy.toReversed(),
        solvimon: one.solvimon.toReversed(),
        legacyRejected: one.legacyRejected.toReversed(),
      }));
      const second = await judged({ ...inputOf(turned.toReversed(), rules), chunkSize: 100 });
      expect(second.resultHash).toBe(first.resultHash);
      expect(await verdictsOf(database, second)).toEqual(await verdictsOf(database, first));
      if (first.resultHash !== null) seen();
    },
    shownCycle,
  );
});
