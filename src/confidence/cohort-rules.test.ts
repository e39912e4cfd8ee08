import { describe, expect, test } from 'vitest';
import { stages } from '../model/cohort.js';
import { parseCycleId } from '../model/ids.js';
import { parseInstant } from '../model/period.js';
import { cutoverDates, workingDay } from './cutover-dates.js';
import { type CycleRecord, hasRegressed, isCleanCycle, isSevereCycle, runningAtEnd } from './cycle-record.js';
import { approvalRefusal, approvalsNeeded, proposalState } from './maker-checker.js';
import { pointOfNoReturn } from './point-of-no-return.js';
import { defaultPolicy } from './policy.js';
import { readiness } from './readiness.js';
import { moveStage, stageMoves } from './stages.js';
import { judgeStrata } from './strata.js';
import { frameValue, reviewBudget } from './value-frame.js';

const instant = (text: string) => {
  const parsed = parseInstant(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};
const cycle = (text: string) => {
  const parsed = parseCycleId(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};

const clean: CycleRecord = {
  cycle: '2026-10',
  mode: 'shadow',
  step: 's5',
  isFrozen: true,
  data: { freshnessHours: 0, pairCoverage: 1, usageCompleteness: 1, ambiguousShare: 0, pipelineErrors: 0 },
  census: {
    overShare: 0,
    underShare: 0,
    unexplainedGrossShare: 0,
    openCritical: 0,
    taxMismatchCustomers: 0,
    missingNew: 0,
    missingShare: 0,
    extraNew: 0,
    duplicates: 0,
  },
  cause: { status: 'none', customersShare: 0, customers: 0, regressed: false },
};

describe('cycles', () => {
  test('a cycle is clean only when it is frozen, trusted and below every maximum', () => {
    expect(isCleanCycle(clean, defaultPolicy)).toBe(true);
    expect(isCleanCycle({ ...clean, isFrozen: false }, defaultPolicy)).toBe(false);
    expect(isCleanCycle({ ...clean, data: { ...clean.data, pairCoverage: Number.NaN } }, defaultPolicy)).toBe(false);
    expect(isCleanCycle({ ...clean, census: { ...clean.census, missingNew: 1 } }, defaultPolicy)).toBe(false);
    const severe = { ...clean, census: { ...clean.census, missingShare: 0.005 } };
    expect([isCleanCycle(severe, defaultPolicy), isSevereCycle(severe, defaultPolicy)]).toEqual([false, true]);
  });

  test('only cycles at the end without a break count as a run of cycles', () => {
    const dirty = { ...clean, isFrozen: false };
    const isClean = (record: CycleRecord) => isCleanCycle(record, defaultPolicy);
    expect(runningAtEnd([clean, dirty, clean, clean], isClean)).toBe(2);
    expect(runningAtEnd([clean, clean, dirty], isClean)).toBe(0);
  });

  test('a cause regressed when it was there, was gone, and is there again', () => {
    const now = new Set(['tax.rate']);
    expect(hasRegressed([new Set(['tax.rate']), new Set<string>()], now)).toBe(true);
    expect(hasRegressed([new Set(['tax.rate']), new Set(['tax.rate'])], now)).toBe(false);
    expect(hasRegressed([new Set<string>(), new Set<string>()], now)).toBe(false);
  });
});

describe('value and strata', () => {
  test('the cap is the smallest that leaves no more large customers than people can review', () => {
    expect([reviewBudget(9), reviewBudget(80), reviewBudget(1000)]).toEqual([0, 8, 25]);
    const values = Array.from({ length: 20 }, (_unused, index) => ({
      customer: `c${index}`,
      baseMinor: BigInt(index + 1) * 100n,
      overMinor: index === 19 ? 5n : 0n,
    }));
    // A tenth of twenty: two may be larger, 1,900 and 2,000, so the cap is 1,800.
    expect(frameValue(values)).toMatchObject({ capMinor: 1_800n, topStratum: ['c18', 'c19'], topStratumBad: ['c19'] });
    expect(frameValue(values).items).toHaveLength(18);
    expect(frameValue([])).toMatchObject({ capMinor: 1n, items: [] });
  });

  test('a stratum passes at three times the tolerance or not at all', () => {
    const of = (count: number) => Array.from({ length: count }, () => ({ stratum: 'basic', isBad: false }));
    // 3 x 5 % is 15 %: 21 customers needed (statistics 2.3).
    expect(judgeStrata(of(20), 0.05, 0.05)[0]).toMatchObject({
      passes: false,
      tolerance: expect.closeTo(0.15, 12) as number,
    });
    expect(judgeStrata(of(21), 0.05, 0.05)[0]?.passes).toBe(true);
  });
});

describe('stages', () => {
  test('every stage answers every event, and only a live cohort is completed', () => {
    expect(Object.keys(stageMoves)).toEqual([...stages]);
    expect(stages.filter((stage) => stageMoves[stage].complete !== 'refused')).toEqual(['live']);
    expect(Object.values(stageMoves.complete)).toEqual(['refused', 'refused', 'refused']);
  });

  test('the way up the default ladder is pilot, ladder, live, and a rollback goes one rung back', () => {
    const { ladder } = defaultPolicy;
    const up = (standing: Parameters<typeof moveStage>[0]) => moveStage(standing, 'expand', ladder);
    expect(up({ stage: 'shadow', step: 'pilot' })).toEqual({ stage: 'pilot', step: 's5' });
    expect(up({ stage: 'pilot', step: 's5' })).toEqual({ stage: 'ladder', step: 's25' });
    expect(up({ stage: 'ladder', step: 's25' })).toEqual({ stage: 'live', step: 's25' });
    expect(up({ stage: 'live', step: 's25' })).toBe('refused');
    expect(moveStage({ stage: 'ladder', step: 's25' }, 'roll_back', ladder)).toEqual({ stage: 'pilot', step: 's5' });
    expect(moveStage({ stage: 'shadow', step: 'pilot' }, 'roll_back', ladder)).toEqual({
      stage: 'shadow',
      step: 'pilot',
    });
    expect(moveStage({ stage: 'shadow', step: 'gone' }, 'expand', ladder)).toBe('refused');
  });
});

describe('who must agree', () => {
  test('less care than recommended needs finance and engineering, more care needs no ceremony', () => {
    expect(approvalsNeeded('EXPAND', 'HOLD')).toEqual({
      isOverride: true,
      approvals: 2,
      roles: ['finance', 'engineering'],
    });
    expect(approvalsNeeded('HOLD', 'ROLLBACK')).toMatchObject({ isOverride: true, approvals: 2 });
    expect(approvalsNeeded('HOLD', 'EXPAND')).toMatchObject({ isOverride: false, approvals: 0 });
    expect(approvalsNeeded('EXPAND', 'EXPAND')).toMatchObject({ isOverride: false, approvals: 1 });
    expect(approvalsNeeded('ROLLBACK', 'EXPAND')).toMatchObject({ isOverride: false, approvals: 1 });
  });

  test('two approvals of one role do not make an override, and one no ends it', () => {
    const needed = approvalsNeeded('EXPAND', 'HOLD');
    const yes = (approver: string, role: 'finance' | 'engineering') => ({
      approver,
      role,
      verdict: 'approve' as const,
    });
    const state = (approvals: readonly ReturnType<typeof yes>[]) =>
      proposalState({ needed, approvals, expiresOn: '2026-12-01', today: '2026-11-24' });
    expect(state([yes('ada', 'finance'), yes('bob', 'finance')])).toBe('waiting');
    expect(state([yes('ada', 'finance'), yes('bob', 'engineering')])).toBe('approved');
    expect(
      proposalState({
        needed,
        approvals: [{ ...yes('ada', 'finance'), verdict: 'reject' }],
        expiresOn: null,
        today: '2026-11-24',
      }),
    ).toBe('rejected');
    expect(proposalState({ needed, approvals: [], expiresOn: '2026-11-23', today: '2026-11-24' })).toBe('expired');
  });

  test('who proposed may not approve, however the name is spelled', () => {
    const ask = (approver: string) => approvalRefusal({ proposedBy: 'ada', approver, state: 'waiting', approvals: [] });
    expect([ask(' ADA '), ask('Ada'), ask('')].every((refusal) => refusal !== null)).toBe(true);
    expect(ask('grace')).toBeNull();
  });
});

describe('the calendar of a cutover', () => {
  const calendar = {
    closeDays: 5,
    holidays: ['2027-01-01'],
    away: [{ from: '2027-01-28', to: '2027-02-02', who: 'change freeze' }],
    billRunDay: 1,
  };
  const dates = cutoverDates({
    after: cycle('2026-11'),
    today: '2026-11-24',
    count: 4,
    zone: 'Europe/Amsterdam',
    calendar,
  });

  test('every cutover is the first day of a cycle, with what stands in its way', () => {
    expect(dates.map(({ on }) => on)).toEqual(['2026-12-01', '2027-01-01', '2027-02-01', '2027-03-01']);
    expect(dates[0]?.obstacles).toEqual([]);
    expect(dates[1]?.obstacles).toEqual(['2027-01-01 is a holiday']);
    expect(dates[2]?.obstacles).toEqual(['change freeze from 2027-01-28 to 2027-02-02']);
  });

  test('the decision is due on the last working day before, and finance has five working days after', () => {
    expect(dates[0]).toMatchObject({ decideBy: '2026-11-30', closedOn: '2026-12-08', firstBillRunOn: '2027-01-01' });
    expect(dates[1]).toMatchObject({ decideBy: '2026-12-31', closedOn: '2027-01-08' });
    expect(workingDay('2026-11-28', 1, calendar)).toBe('2026-11-30');
  });

  test('the point of no return is the end of the second live cycle or whatever closes the way back before', () => {
    const input = {
      firstLiveCycle: cycle('2026-12'),
      rollbackCycles: 2,
      zone: 'Europe/Amsterdam',
      now: instant('2027-01-30T23:00:00Z'),
    };
    expect(pointOfNoReturn({ ...input, events: [] })).toMatchObject({
      at: '2027-01-31T23:00:00.000Z',
      isPassed: false,
      hoursLeft: 24,
    });
    const early = pointOfNoReturn({
      ...input,
      events: [{ event: 'legacy_usage_off', at: instant('2027-01-10T00:00:00Z') }],
    });
    expect(early).toMatchObject({ isPassed: true, because: 'the legacy usage feed was switched off' });
  });
});

test('nothing on the checklist is ready before somebody or something has shown it', () => {
  const nothing = readiness({ setupComplaints: ['no roster'], completeRuns: [], cyclesWanted: 2, shown: new Map() });
  expect(nothing.map(({ state }) => state)).toEqual([
    'not_ready',
    'unknown',
    'unknown',
    'unknown',
    'unknown',
    'unknown',
  ]);
  const all = readiness({
    setupComplaints: [],
    completeRuns: [
      { runId: 'r2', cycle: '2026-10' },
      { runId: 'r1', cycle: '2026-09' },
    ],
    cyclesWanted: 2,
    shown: new Map(
      ['alerts_tested', 'rollback_rehearsed', 'timeline_communicated'].map((id) => [
        id,
        { outcome: 'pass' as const, link: 'https://wiki/x', by: 'ada' },
      ]),
    ),
  });
  expect(all.every(({ state, link }) => state === 'ready' && link !== null)).toBe(true);
});
