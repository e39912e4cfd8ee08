import { sql } from 'kysely';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { defaultPolicy, type Policy } from '../src/confidence/policy.js';
import { approveDecision } from '../src/run/approve-decision.js';
import { adoptPolicy } from '../src/run/adopt-policy.js';
import { addMembers, createCohort, createFromRoster, growCohort, removeMember } from '../src/run/cohort-members.js';
import type { ConfidenceContext } from '../src/run/confidence-context.js';
import { evaluateCohort } from '../src/run/evaluate-cohort.js';
import { checkGolive, goliveTimeline, recordGolive } from '../src/run/golive.js';
import { previewExpansion } from '../src/run/preview-expansion.js';
import { proposeDecision } from '../src/run/propose-decision.js';
import { findCohort, membersOf } from '../src/store/cohorts.js';
import { listProposals } from '../src/store/decisions.js';
import { listEvaluations } from '../src/store/evaluations.js';
import { doubleBillers, insertLiveBillers, liveOnSolvimon } from '../src/store/golive-rows.js';
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

const big = names('big', 80);
const rest = names('rest', 300);
const roster = rosterFile([
  ...big.map((customer) => rosterEntry(customer, { cohort: 'big' })),
  ...rest.map((customer) => rosterEntry(customer)),
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
});
afterAll(async () => {
  for (const one of databases) await one.drop();
});

async function shadowed(pairsOf: (customer: string) => TestPair = (customer) => matched(customer)): Promise<void> {
  for (const cycle of ['2026-09', '2026-10'])
    await storeRun(database.db, { cycle, pairs: [...big, ...rest].map(pairsOf), now: clock });
  await createFromRoster(context, { selection: 'random', seed: 's', steps: new Map([['big', 's5']]), by: 'ada' });
}
const expand = (by: string, over: Partial<Parameters<typeof proposeDecision>[1]> = {}) =>
  proposeDecision(context, { cohortId: 'big', decision: 'EXPAND', reason: 'two clean cycles', by, ...over });
const approve = (proposalId: string, approver: string, role: 'finance' | 'engineering' = 'finance') =>
  approveDecision(context, { proposalId, approver, role, verdict: 'approve' });
const over = (customer: string): TestPair =>
  big.indexOf(customer) >= 0 && big.indexOf(customer) < 30
    ? {
        customer,
        state: 'mismatch',
        legacy: '100.00',
        solvimon: '150.00',
        mismatches: [
          { cause: 'unexplained', confidence: 'unknown', delta: '50.00', components: { unexplained: '50' } },
        ],
      }
    : matched(customer);

describe('maker and checker', () => {
  test('who proposes may not approve, by any spelling; another person may, and then the cohort moves once', async () => {
    keepOnFailure(database);
    await shadowed();
    const { proposal, needed } = await expand('Ada');
    expect([proposal.recommendation, needed.approvals, proposal.effectiveOn]).toEqual(['EXPAND', 1, '2026-12-01']);
    await expect(approve(proposal.id, ' ADA ')).rejects.toMatchObject({ code: 'not_allowed', exitCode: 6 });
    expect((await findCohort(database.db, 'big'))?.stage).toBe('shadow');
    await approve(proposal.id, 'grace');
    expect(await findCohort(database.db, 'big')).toMatchObject({ stage: 'pilot', step: 's25' });
    await expect(approve(proposal.id, 'linus')).rejects.toMatchObject({ code: 'conflict' });
    const live = await liveOnSolvimon(database.db, '2026-12');
    expect(live.map(({ customer }) => customer)).toEqual([...proposal.affected].sort());
    expect(live.length).toBeGreaterThan(20);
    expect(await liveOnSolvimon(database.db, '2026-11')).toEqual([]);
  });

  test('the database refuses a maker as checker, whoever writes the row, and a proposer that is made up', async () => {
    await shadowed();
    const { proposal } = await expand('ada');
    const insert = (maker: string, approver: string) =>
      sql`insert into decision_approval values (${proposal.id}, ${maker}, ${approver}, 'finance', 'approve', null, now())`.execute(
        database.db,
      );
    await expect(insert('ada', 'ada')).rejects.toThrow(/maker_is_not_checker/);
    await expect(insert('bob', 'ada')).rejects.toThrow(/foreign key/);
    await expect(insert('ada', 'Ada')).rejects.toThrow(/check constraint/);
    await expect(insert('ada', 'bob')).resolves.toBeDefined();
  });

  test('looks, proposals, approvals and policies cannot be changed or deleted', async () => {
    await shadowed();
    await expand('ada');
    for (const table of [
      'evaluation',
      'decision_proposal',
      'decision_approval',
      'policy_version',
      'epoch',
      'golive_record',
      'stage_change',
    ]) {
      await expect(sql`delete from ${sql.id(table)}`.execute(database.db)).rejects.toThrow(/append-only/);
      await expect(sql`truncate ${sql.id(table)} cascade`.execute(database.db)).rejects.toThrow(/append-only/);
    }
    await expect(sql`update evaluation set decision = 'EXPAND'`.execute(database.db)).rejects.toThrow(/append-only/);
    expect(await listEvaluations(database.db, { cohortId: 'big', limit: 10 })).toHaveLength(1);
  });

  test('two people who approve at the same moment give one effect', async () => {
    await shadowed();
    const { proposal } = await expand('ada');
    const results = await Promise.allSettled([approve(proposal.id, 'grace'), approve(proposal.id, 'linus')]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await findCohort(database.db, 'big')).toMatchObject({ stage: 'pilot', step: 's25' });
  });

  test('expanding against the recommendation needs an end and two people, one of finance and one of engineering', async () => {
    await shadowed();
    // One night has agreed and three are asked, so the recommendation is HOLD.
    context = { ...context, policy: defaultPolicy };
    await expect(expand('ada')).rejects.toMatchObject({ code: 'usage' });
    const { proposal, needed } = await expand('ada', { expiresOn: '2026-11-30' });
    expect([proposal.isOverride, needed.approvals]).toEqual([true, 2]);
    await approve(proposal.id, 'grace', 'finance');
    await approve(proposal.id, 'linus', 'finance');
    expect((await findCohort(database.db, 'big'))?.stage).toBe('shadow');
    await approve(proposal.id, 'edsger', 'engineering');
    expect((await findCohort(database.db, 'big'))?.stage).toBe('pilot');
  });

  test('no override makes a customer live who is not clean', async () => {
    await shadowed(over);
    await expect(expand('ada', { expiresOn: '2026-11-30' })).rejects.toMatchObject({ code: 'not_allowed' });
  });

  test('what was safe when it was proposed must still be safe when it is approved', async () => {
    await shadowed();
    const { proposal } = await expand('ada');
    await storeRun(database.db, { cycle: '2026-10', pairs: [...big, ...rest].map(over), now: clock });
    await evaluateCohort(context, { cohortId: 'big' });
    await expect(approve(proposal.id, 'grace')).rejects.toMatchObject({ code: 'conflict' });
    const [stored] = await listProposals(database.db, { id: proposal.id, limit: 1 });
    expect(stored?.approvals).toEqual([]);
    expect((await findCohort(database.db, 'big'))?.stage).toBe('shadow');
  });

  test('an effective day that is no billing boundary is refused, and so is one that has passed at approval', async () => {
    await shadowed();
    await expect(expand('ada', { effectiveOn: '2026-12-15' })).rejects.toMatchObject({ code: 'usage' });
    const { proposal } = await expand('ada');
    clock = new Date('2026-12-02T03:00:00Z');
    await expect(approve(proposal.id, 'grace')).rejects.toMatchObject({ code: 'conflict' });
  });

  test('HOLD is in force without anybody, and is in the log with its hashes', async () => {
    await shadowed();
    const { needed } = await proposeDecision(context, {
      cohortId: 'big',
      decision: 'HOLD',
      reason: 'audit week',
      by: 'ada',
    });
    expect(needed.approvals).toBe(0);
    const [logged] = await listProposals(database.db, { cohortId: 'big', limit: 5 });
    expect(logged).toMatchObject({
      decision: 'HOLD',
      recommendation: 'EXPAND',
      proposedBy: 'ada',
      reason: 'audit week',
    });
    expect(logged?.inputsHash).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
});

describe('live', () => {
  async function goLive(): Promise<void> {
    await shadowed();
    const { proposal } = await expand('ada');
    await approve(proposal.id, 'grace');
    clock = new Date('2027-01-02T03:00:00Z');
    for (const cycle of ['2026-11', '2026-12'])
      await storeRun(database.db, {
        cycle,
        pairs: [...big, ...rest].map(cycle === '2026-12' ? over : (one) => matched(one)),
        now: clock,
      });
  }

  test('harm in a live cohort with a rehearsed way back is rolled back, and everybody has one biller again', async () => {
    await goLive();
    await recordGolive(context, {
      cohortId: 'big',
      item: 'rollback_rehearsed',
      outcome: 'pass',
      link: 'https://wiki/rehearsal',
      note: null,
      by: 'ada',
    });
    const look = await evaluateCohort(context, { cohortId: 'big' });
    expect(look.snapshot.mode).toBe('live');
    expect([look.decision.decision, look.decision.reason]).toEqual(['ROLLBACK', 'SEVERE_NO_FIX_IN_TIME']);
    // Live from December, two live cycles: the way back closes when January ends, in Amsterdam.
    expect(look.pointOfNoReturn).toMatchObject({ at: '2027-01-31T23:00:00.000Z', isPassed: false });
    expect(look.tree.at(-1)).toMatchObject({ isOnPath: true, leadsTo: 'ROLLBACK at the boundary' });
    const { proposal } = await proposeDecision(context, {
      cohortId: 'big',
      decision: 'ROLLBACK',
      reason: 'harm',
      by: 'ada',
    });
    await approve(proposal.id, 'grace');
    expect(await liveOnSolvimon(database.db, '2027-02')).toEqual([]);
    expect(await doubleBillers(database.db, null)).toEqual([]);
    expect(await findCohort(database.db, 'big')).toMatchObject({ stage: 'shadow', step: 's5' });
    expect((await evaluateCohort(context, { cohortId: 'big' })).snapshot.lastActionWasRollback).toBe(true);
  });

  test('a rollback that was never rehearsed is no way back', async () => {
    await goLive();
    const { decision, snapshot } = await evaluateCohort(context, { cohortId: 'big' });
    expect(snapshot.live).toMatchObject({ rollbackWindowOpen: true, legacyInSync: false });
    expect([decision.decision, decision.reason]).toEqual(['FIX_FORWARD', 'SEVERE_NO_WAY_BACK']);
  });

  test('a closing event moves the point of no return before now', async () => {
    await goLive();
    await recordGolive(context, {
      cohortId: 'big',
      item: 'legacy_usage_off',
      outcome: 'pass',
      link: 'https://wiki/off',
      note: null,
      by: 'ada',
    });
    const { pointOfNoReturn } = await checkGolive(context, 'big');
    expect(pointOfNoReturn).toMatchObject({ isPassed: true, because: 'the legacy usage feed was switched off' });
  });

  test('a customer live in two systems blocks the cohort and every expansion of it', async () => {
    await shadowed();
    await insertLiveBillers(database.db, {
      billers: [
        { customer: 'big-001', system: 'legacy', fromCycle: '2026-01', toCycle: null },
        { customer: 'big-001', system: 'solvimon', fromCycle: '2027-05', toCycle: null },
        { customer: 'rest-001', system: 'legacy', fromCycle: '2026-01', toCycle: '2026-10' },
        { customer: 'rest-001', system: 'solvimon', fromCycle: '2026-11', toCycle: null },
      ],
      source: 'import',
      by: 'ada',
      now: clock,
    });
    expect(await doubleBillers(database.db, null)).toEqual([{ customer: 'big-001', cycle: '2027-05' }]);
    const { decision, critical } = await evaluateCohort(context, { cohortId: 'big' });
    expect([decision.decision, decision.reason]).toEqual(['HOLD', 'OPEN_VIOLATION_NO_CAUSE']);
    expect(critical).toEqual(['single biller: 1 customers live in two systems']);
    await expect(expand('ada', { expiresOn: '2026-12-30' })).rejects.toMatchObject({ code: 'not_allowed' });
  });
});

describe('bad input is refused or held, never expanded', () => {
  test('a cohort may not take a stranger, somebody else’s member, or a customer in two live systems', async () => {
    await shadowed();
    const create = (customer: string) =>
      createCohort(context, {
        id: 'next',
        step: null,
        selection: 'convenience',
        seed: null,
        frame: 'named',
        members: [{ customer, part: 'convenience' }],
        by: 'ada',
      });
    await expect(create('nobody')).rejects.toMatchObject({ code: 'usage' });
    await expect(create('big-001')).rejects.toMatchObject({ code: 'conflict' });
    await insertLiveBillers(database.db, {
      billers: (['legacy', 'solvimon'] as const).map((system) => ({
        customer: 'rest-001',
        system,
        fromCycle: '2026-01',
        toCycle: null,
      })),
      source: 'import',
      by: 'ada',
      now: clock,
    });
    await expect(create('rest-001')).rejects.toMatchObject({ code: 'not_allowed' });
    await expect(addMembers(context, { cohortId: 'big', customers: ['rest-001'], by: 'ada' })).rejects.toMatchObject({
      code: 'not_allowed',
    });
    expect(await findCohort(database.db, 'next')).toBeUndefined();
  });

  test('without a roster, without a run, and with members that nobody drew, a cohort is held with the reason', async () => {
    const noRun = await evaluateCohort(await withCohort(), { cohortId: 'named' });
    expect([noRun.decision.decision, noRun.decision.reason]).toEqual(['HOLD', 'DATA_NOT_TRUSTED']);
    expect(noRun.notes.join(' ')).toContain('no run has finished');
    for (const cycle of ['2026-09', '2026-10'])
      await storeRun(database.db, { cycle, pairs: [...big, ...rest].map((customer) => matched(customer)), now: clock });
    const drawnByNobody = await evaluateCohort(context, { cohortId: 'named' });
    expect([drawnByNobody.decision.decision, drawnByNobody.decision.reason]).toEqual(['HOLD', 'SAMPLE']);
    expect(drawnByNobody.notes.join(' ')).toContain('nobody feeds the bound');
    const noRoster = await evaluateCohort({ ...context, roster: null }, { cohortId: 'named' });
    expect([noRoster.decision.decision, noRoster.decision.reason]).toEqual(['HOLD', 'DATA_NOT_TRUSTED']);
    expect(noRoster.notes.join(' ')).toContain('no roster');
  });

  async function withCohort(): Promise<ConfidenceContext> {
    await createCohort(context, {
      id: 'named',
      step: 's5',
      selection: 'convenience',
      seed: null,
      frame: 'named',
      members: big.map((customer) => ({ customer, part: 'convenience' as const })),
      by: 'ada',
    });
    return context;
  }

  test('a cycle that is not frozen, an incomplete run and stale data are held', async () => {
    await shadowed();
    const open: TestPair = { customer: 'big-001', state: 'not_ready', legacy: '100.00', solvimon: '100.00' };
    const others = [...big.slice(1), ...rest].map((customer) => matched(customer));
    await storeRun(database.db, { cycle: '2026-10', pairs: [open, ...others], now: clock });
    const notFrozen = await evaluateCohort(context, { cohortId: 'big' });
    expect([notFrozen.decision.decision, notFrozen.decision.reason]).toEqual(['HOLD', 'CYCLES']);
    await storeRun(database.db, {
      cycle: '2026-10',
      pairs: [...big, ...rest].map((one) => matched(one)),
      now: clock,
      isComplete: false,
    });
    expect((await evaluateCohort(context, { cohortId: 'big' })).decision.reason).toBe('DATA_NOT_TRUSTED');
    await storeRun(database.db, { cycle: '2026-10', pairs: [...big, ...rest].map((one) => matched(one)), now: clock });
    expect((await evaluateCohort(context, { cohortId: 'big' })).decision.decision).toBe('EXPAND');
    clock = new Date('2026-11-26T03:00:00Z');
    expect((await evaluateCohort(context, { cohortId: 'big' })).decision.reason).toBe('DATA_NOT_TRUSTED');
  });

  test('a cycle that is still running is no boundary, and a cycle that was skipped breaks the row of clean ones', async () => {
    await shadowed();
    await storeRun(database.db, { cycle: '2026-11', pairs: [...big, ...rest].map((one) => matched(one)), now: clock });
    expect((await evaluateCohort(context, { cohortId: 'big' })).decision.reason).toBe('BOUNDARY');
    clock = new Date('2027-02-02T03:00:00Z');
    await storeRun(database.db, { cycle: '2027-01', pairs: [...big, ...rest].map((one) => matched(one)), now: clock });
    const gap = await evaluateCohort(context, { cohortId: 'big' });
    expect(gap.snapshot.evidence.cyclesObserved).toBe(1);
    expect(gap.decision.reason).toBe('CYCLES');
  });

  test('nights must agree one after the other', async () => {
    await shadowed();
    context = { ...context, policy: defaultPolicy };
    const look = async (day: string) => {
      clock = new Date(`${day}T03:00:00Z`);
      await storeRun(database.db, {
        cycle: '2026-10',
        pairs: [...big, ...rest].map((one) => matched(one)),
        now: clock,
      });
      return evaluateCohort(context, { cohortId: 'big' });
    };
    const looks = [
      await look('2026-11-24'),
      await look('2026-11-25'),
      await look('2026-11-27'),
      await look('2026-11-28'),
      await look('2026-11-29'),
    ];
    expect(looks.map(({ snapshot }) => snapshot.evidence.agreeNights)).toEqual([1, 2, 1, 2, 3]);
    expect(looks.map(({ decision }) => decision.reason)).toEqual([
      'AGREEMENT',
      'AGREEMENT',
      'AGREEMENT',
      'AGREEMENT',
      'ALL_GATES_PASSED',
    ]);
  });

  test('a policy that got weaker after a look is refused until two people adopt it, and then the evidence restarts', async () => {
    await shadowed();
    expect((await evaluateCohort(context, { cohortId: 'big' })).decision.decision).toBe('EXPAND');
    const weaker: Policy = { ...context.policy, census: { ...context.policy.census, maxOverShare: 0.001 } };
    context = { ...context, policy: weaker };
    await expect(evaluateCohort(context, { cohortId: 'big' })).rejects.toMatchObject({ code: 'not_allowed' });
    await expect(
      adoptPolicy(database.db, { policy: weaker, people: ['Ada', ' ada '], now: clock }),
    ).rejects.toMatchObject({ code: 'not_allowed' });
    const adopted = await adoptPolicy(database.db, { policy: weaker, people: ['ada', 'grace'], now: clock });
    expect(adopted.stored.restartsEvidence).toBe(true);
    const after = await evaluateCohort(context, { cohortId: 'big' });
    expect([
      after.decision.reason,
      after.evidence.counted.n,
      after.snapshot.evidence.cyclesObserved,
      after.snapshot.evidence.attempt,
    ]).toEqual(['CYCLES', 0, 0, 2]);
    await expect(
      sql`insert into policy_version (hash, policy, weakened, restarts_evidence, adopted_by, adopted_at) values ('x', '{}', '[]', true, '{ada,ada}', now())`.execute(
        database.db,
      ),
    ).rejects.toThrow(/check constraint/);
  });

  test('a bad member who leaves after a look goes on counting', async () => {
    await shadowed((customer) => (customer === 'big-001' ? over(customer) : matched(customer)));
    const before = await evaluateCohort(context, { cohortId: 'big' });
    expect(before.evidence.counted.k).toBe(1);
    expect(await removeMember(context, { cohortId: 'big', customer: 'big-001', reason: 'odd', by: 'ada' })).toBe(
      'left',
    );
    const after = await evaluateCohort(context, { cohortId: 'big' });
    expect([after.evidence.counted.k, after.decision.decision]).toEqual([1, before.decision.decision]);
    expect(after.notes).toContain('1 members left and still count');
  });

  test('a cohort grows by its own seed, and whom nobody billed does not count as clean', async () => {
    await shadowed();
    expect(await growCohort(context, { cohortId: 'big', seats: 40, by: 'ada' })).toBe(40);
    const parts = (await membersOf(database.db, 'big')).map(({ part }) => part);
    expect([parts.filter((part) => part === 'core').length, parts.filter((part) => part === 'random').length]).toEqual([
      0, 120,
    ]);
    const look = await evaluateCohort(context, { cohortId: 'big' });
    expect([look.evidence.counted.n, look.decision.decision]).toEqual([120, 'EXPAND']);
    await storeRun(database.db, { cycle: '2026-09', pairs: big.map((one) => matched(one)), now: clock });
    // The roster expected the forty in September, and neither system billed them then: that is no clean cycle.
    const forgotten = await evaluateCohort(context, { cohortId: 'big' });
    expect(forgotten.evidence.counted).toMatchObject({ n: 120, k: 40, mode: 'strict' });
    expect(forgotten.decision.decision).toBe('HOLD');
    context = {
      ...context,
      roster: rosterFile(roster.entries.map((one) => ({ ...one, starts: one.cohort === 'big' ? null : '2026-10' }))),
    };
    const waiting = await evaluateCohort(context, { cohortId: 'big' });
    expect(waiting.evidence.counted).toMatchObject({ n: 80, k: 0, immature: 40 });
  });

  test('a step that the whole roster could never prove says what it needs', async () => {
    await shadowed();
    context = {
      ...context,
      policy: {
        ...context.policy,
        steps: {
          ...context.policy.steps,
          s5: { ...(context.policy.steps['s5'] ?? fail()), pTol: 0.005 },
          s25: { ...(context.policy.steps['s25'] ?? fail()), pTol: 0.001 },
        },
      },
    };
    const { decision, notes } = await evaluateCohort(context, { cohortId: 'big' });
    expect(decision.decision).toBe('HOLD');
    expect(notes.join(' ')).toContain('step s5 cannot be met here: needs 680, rung has 380');
  });
});

function fail(): never {
  throw new Error('the step is there');
}

describe('before and around a go-live', () => {
  test('the expansion preview says who would have passed and who was never observed', async () => {
    await shadowed(over);
    const preview = await previewExpansion(context, [...big, 'nobody']);
    expect([preview.wouldPass, preview.wouldFail, preview.notObserved]).toEqual([50, 30, 1]);
    expect(preview.customers.find(({ customer }) => customer === 'big-001')).toMatchObject({
      verdict: 'would_fail',
      failedIn: '2026-10',
      fingerprints: ['fp1-unexplained'],
    });
  });

  test('the checklist is computed from runs, and people add the rest with links', async () => {
    await shadowed();
    const first = await checkGolive(context, 'big');
    expect(first.items.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'setup_validated ready',
      'pipeline_dry_run ready',
      'backfill_verified ready',
      'alerts_tested unknown',
      'rollback_rehearsed unknown',
      'timeline_communicated unknown',
    ]);
    await expect(
      recordGolive(context, {
        cohortId: 'big',
        item: 'alerts_tested',
        outcome: 'pass',
        link: ' ',
        note: null,
        by: 'ada',
      }),
    ).rejects.toMatchObject({ code: 'usage' });
    for (const item of ['alerts_tested', 'rollback_rehearsed', 'timeline_communicated'] as const)
      await recordGolive(context, {
        cohortId: 'big',
        item,
        outcome: 'pass',
        link: `https://wiki/${item}`,
        note: null,
        by: 'ada',
      });
    expect((await checkGolive(context, 'big')).isReady).toBe(true);
    await recordGolive(context, {
      cohortId: 'big',
      item: 'alerts_tested',
      outcome: 'fail',
      link: 'https://wiki/broken',
      note: null,
      by: 'bob',
    });
    expect((await checkGolive(context, 'big')).isReady).toBe(false);
  });

  test('a full cutover has a timeline too, on the first boundary that nothing obstructs', async () => {
    context = { ...context, golive: { ...context.golive, holidays: ['2026-12-01'] } };
    const { cutover, entries } = await goliveTimeline(context, { cohortId: null });
    expect(cutover.on).toBe('2027-01-01');
    expect(entries.map(({ on }) => on)).toEqual(entries.map(({ on }) => on).sort());
    expect(entries.find(({ what }) => what.startsWith('Point of no return'))?.on).toBe('2027-03-01');
    await expect(goliveTimeline(context, { cohortId: null, on: '2026-12-24' })).rejects.toMatchObject({
      code: 'usage',
    });
  });
});
