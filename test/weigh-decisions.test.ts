import { sql } from 'kysely';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { approveDecision } from '../src/run/approve-decision.js';
import { createFromRoster } from '../src/run/cohort-members.js';
import type { ConfidenceContext } from '../src/run/confidence-context.js';
import { evaluateCohort } from '../src/run/evaluate-cohort.js';
import { proposeDecision } from '../src/run/propose-decision.js';
import { weighDecisions } from '../src/run/weigh-decisions.js';
import { findCohort } from '../src/store/cohorts.js';
import { listEvaluations } from '../src/store/evaluations.js';
import { liveOnSolvimon } from '../src/store/golive-rows.js';
import { issuedInvoices } from '../src/store/issued.js';
import { isWorded } from '../src/web/pages/gate-words.js';
import { confidenceContext, matched, names, rosterEntry, rosterFile, storeRun } from './support/cohort-data.js';
import { createTestDatabase, keepOnFailure, type TestDatabase } from './support/test-database.js';

const members = names('m', 80);
const others = names('o', 300);
const roster = rosterFile([
  ...members.map((customer) => rosterEntry(customer, { cohort: 'first' })),
  ...others.map((customer) => rosterEntry(customer)),
]);
const databases: TestDatabase[] = [];
let database: TestDatabase;
let clock: Date;
let context: ConfidenceContext;

beforeEach(async () => {
  database = await createTestDatabase();
  databases.push(database);
  clock = new Date('2026-11-24T03:00:00Z');
  context = confidenceContext(database.db, { now: () => clock, roster });
  for (const cycle of ['2026-09', '2026-10'])
    await storeRun(database.db, { cycle, pairs: [...members, ...others].map((one) => matched(one)), now: clock });
  await createFromRoster(context, { selection: 'random', seed: 's', steps: new Map([['first', 's5']]), by: 'ada' });
});
afterAll(async () => {
  for (const one of databases) await one.drop();
});

const weighed = async (kind: string) => {
  const found = await weighDecisions(context, 'first');
  const one = found.decisions.find(({ decision }) => decision === kind);
  if (one === undefined) throw new Error(`nothing was weighed for ${kind}`);
  return { found, one };
};

describe('what each decision would do', () => {
  test('an EXPAND does what was said of it: the same customers, the same day, the same place, and saying so wrote no look', async () => {
    keepOnFailure(database);
    const { found, one } = await weighed('EXPAND');
    expect(await listEvaluations(database.db, { cohortId: 'first', limit: 1 })).toEqual([]);
    expect(found.decisions.map(({ decision }) => decision)).toEqual(['EXPAND', 'HOLD', 'FIX_FORWARD', 'ROLLBACK']);
    expect(one).toMatchObject({ isRecommended: true, isOverride: false, approvals: 1, refusal: null });
    expect(found.live).toEqual({ all: 0, members: 0 });
    expect(found.boundaries).toHaveLength(3);
    const { proposal } = await proposeDecision(context, {
      cohortId: 'first',
      decision: 'EXPAND',
      reason: 'clean',
      by: 'ada',
    });
    await approveDecision(context, {
      proposalId: proposal.id,
      approver: 'grace',
      role: 'finance',
      verdict: 'approve',
    });
    const live = await liveOnSolvimon(database.db, found.boundaries[0]?.cycle ?? '');
    expect(live.map(({ customer }) => customer)).toEqual([...one.moves].sort());
    expect(live.length).toBeGreaterThan(0);
    expect(one.effectiveOn).toBe(proposal.effectiveOn);
    const after = await findCohort(database.db, 'first');
    expect({ stage: after?.stage, step: after?.step }).toEqual(one.standing);
    // And from there the way back names the same people.
    const back = await weighed('ROLLBACK');
    expect([...back.one.moves].sort()).toEqual([...one.moves].sort());
    expect(back.found.live.members).toBe(live.length);
  });

  test('an EXPAND that nobody may propose is weighed with the very reason that proposing it gives', async () => {
    await storeRun(database.db, {
      cycle: '2026-10',
      now: clock,
      pairs: [...members, ...others].map((customer) => ({
        customer,
        state: 'mismatch',
        legacy: '100.00',
        solvimon: '150.00',
        mismatches: [
          { cause: 'unexplained', confidence: 'unknown', delta: '50.00', components: { unexplained: '50' } },
        ],
      })),
    });
    const { one } = await weighed('EXPAND');
    expect(one.isOverride).toBe(true);
    expect(one.refusal).toMatch(/nobody of cohort first may go live/);
    await expect(
      proposeDecision(context, {
        cohortId: 'first',
        decision: 'EXPAND',
        reason: 'because',
        by: 'ada',
        expiresOn: '2026-12-24',
      }),
    ).rejects.toThrow(one.refusal ?? 'a reason');
  });

  test('an issued invoice stays when its period ends by the boundary, must be credited when it reaches beyond, and is looked at without a period', async () => {
    const run = await storeRun(database.db, { cycle: '2026-11', pairs: [], now: clock });
    const put = (no: number, customer: string, period: string | null, state = 'final') =>
      sql`insert into document (load_id, doc_no, document_id, customer, customer_ref, is_customer_mapped, in_cycle, currency, kind,
            state, raw_status, period, tax_mode, net, tax, gross, not_ready, is_clearable, digest, detail)
          select id, ${no}, ${`S-${no}`}, ${customer}, ${customer}, true, true, 'EUR', 'invoice', ${state}, 'FINAL',
            ${period}::tstzrange, 'exclusive', 10.10, 0, 10.10, '{}', false, gen_random_uuid(), '{}'
          from load where run_id = ${run.id} and side = 'solvimon'`.execute(database.db);
    await sql`create table document_t partition of document default`.execute(database.db);
    await put(1, 'm-001', '[2026-11-01T00:00:00Z,2026-11-30T23:00:00Z)');
    await put(2, 'm-002', '[2026-11-15T00:00:00Z,2026-12-15T00:00:00Z)');
    await put(3, 'm-003', null);
    await put(4, 'm-004', '[2026-11-01T00:00:00Z,2026-11-30T23:00:00Z)', 'draft');
    await put(5, 'o-001', null);
    const found = await issuedInvoices(database.db, {
      runIds: [run.id],
      customers: members,
      boundary: '2026-11-30T23:00:00Z',
      shown: 2,
    });
    expect(found.totals).toEqual([
      { currency: 'EUR', fate: 'credit', count: 1, gross: '10.10' },
      { currency: 'EUR', fate: 'look', count: 1, gross: '10.10' },
      { currency: 'EUR', fate: 'stays', count: 1, gross: '10.10' },
    ]);
    // Those that want a person come first when not all are shown.
    expect(found.rows.map(({ document, fate }) => `${document} ${fate}`)).toEqual(['S-2 credit', 'S-3 look']);
  });
});

test('every check of a look has words of its own on the page', async () => {
  const { decision } = await evaluateCohort(context, { cohortId: 'first', isRehearsal: true });
  const checks = decision.chain.map(({ rule, field }) => ({ id: rule, field }));
  expect(checks.length).toBeGreaterThan(25);
  expect(checks.filter((one) => !isWorded(one))).toEqual([]);
  expect(isWorded({ id: 'CYCLES', field: 'evidence.unheardOf' })).toBe(false);
});
