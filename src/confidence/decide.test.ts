import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide, reasonCodes } from './decide.js';
import type { ValueItem } from './e-process.js';
import { defaultPolicy } from './policy.js';
import { policyHash } from './policy-hash.js';
import type { CauseStatus, Snapshot } from './snapshot.js';

/** Passes every gate of s25 with every field exactly at its threshold. */
const atThresholds: Snapshot = {
  mode: 'shadow',
  step: 's25',
  severeCycles: 0,
  lastActionWasRollback: false,
  atCycleBoundary: true,
  harmConfirmed: false,
  data: { freshnessHours: 36, pairCoverage: 0.995, usageCompleteness: 0.999, ambiguousShare: 0.005, pipelineErrors: 0 },
  census: {
    overShare: 0.0005,
    underShare: 0.002,
    unexplainedGrossShare: 0.00025,
    openCritical: 0,
    taxMismatchCustomers: 0,
    missingNew: 0,
    missingShare: 0,
    extraNew: 0,
    duplicates: 0,
  },
  cause: { status: 'none', customersShare: 0, customers: 0, regressed: false },
  live: null,
  evidence: {
    attempt: 1,
    cyclesObserved: 2,
    cleanCycles: 2,
    customers: 339,
    badCustomers: 0,
    valueItems: [[67, 100n, 0n]],
    J: 100n,
    strataOk: true,
    featureCoverage: 0.99,
    nextRevenueShare: 1,
    agreeNights: 3,
  },
};
const liveFacts = {
  rollbackWindowOpen: true,
  legacyInSync: true,
  invoicesSent: true,
  fixDeployHours: 24,
  hoursToNextBillRun: 48,
};

type Patch = Partial<Omit<Snapshot, 'data' | 'census' | 'cause' | 'evidence'>> & {
  readonly data?: Partial<Snapshot['data']>;
  readonly census?: Partial<Snapshot['census']>;
  readonly cause?: Partial<Snapshot['cause']>;
  readonly evidence?: Partial<Snapshot['evidence']>;
};

function patched(base: Snapshot, patch: Patch): Snapshot {
  return {
    ...base,
    ...patch,
    data: { ...base.data, ...patch.data },
    census: { ...base.census, ...patch.census },
    cause: { ...base.cause, ...patch.cause },
    evidence: { ...base.evidence, ...patch.evidence },
  };
}

const outcome = (patch: Patch) => {
  const { decision, reason } = decide(patched(atThresholds, patch), defaultPolicy);
  return `${decision} ${reason}`;
};

/** The next double above a positive number. */
function ulpAbove(value: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigUint64(0, view.getBigUint64(0) + 1n);
  return view.getFloat64(0);
}
function ulpBelow(value: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigUint64(0, view.getBigUint64(0) - 1n);
  return view.getFloat64(0);
}

describe('thresholds', () => {
  test('with every field exactly at its threshold the cohort may expand', () => {
    expect(outcome({})).toBe('EXPAND ALL_GATES_PASSED');
  });

  const beyond: readonly (readonly [string, Patch, string])[] = [
    ['freshness', { data: { freshnessHours: ulpAbove(36) } }, 'HOLD DATA_NOT_TRUSTED'],
    ['pair coverage', { data: { pairCoverage: ulpBelow(0.995) } }, 'HOLD DATA_NOT_TRUSTED'],
    ['usage completeness', { data: { usageCompleteness: ulpBelow(0.999) } }, 'HOLD DATA_NOT_TRUSTED'],
    ['ambiguous share', { data: { ambiguousShare: ulpAbove(0.005) } }, 'HOLD DATA_NOT_TRUSTED'],
    ['pipeline errors', { data: { pipelineErrors: 1 } }, 'HOLD DATA_NOT_TRUSTED'],
    ['unexplained', { census: { unexplainedGrossShare: ulpAbove(0.00025) } }, 'HOLD UNEXPLAINED_VARIANCE'],
    ['over', { census: { overShare: ulpAbove(0.0005) } }, 'HOLD OPEN_VIOLATION_NO_CAUSE'],
    ['under', { census: { underShare: ulpAbove(0.002) } }, 'HOLD OPEN_VIOLATION_NO_CAUSE'],
    ['open critical', { census: { openCritical: 1 } }, 'HOLD OPEN_VIOLATION_NO_CAUSE'],
    ['tax', { census: { taxMismatchCustomers: 1 } }, 'HOLD OPEN_VIOLATION_NO_CAUSE'],
    ['missing', { census: { missingNew: 1 } }, 'HOLD OPEN_VIOLATION_NO_CAUSE'],
    ['extra', { census: { extraNew: 1 } }, 'HOLD OPEN_VIOLATION_NO_CAUSE'],
    ['cycles', { evidence: { cyclesObserved: 1 } }, 'HOLD CYCLES'],
    ['clean cycles', { evidence: { cleanCycles: 1 } }, 'HOLD CLEAN_CYCLES'],
    ['clean cycles after a rollback', { lastActionWasRollback: true }, 'HOLD CLEAN_CYCLES'],
    ['sample', { evidence: { customers: 299 } }, 'HOLD SAMPLE'],
    ['count evidence', { evidence: { customers: 338 } }, 'HOLD COUNT_EVIDENCE'],
    ['value evidence', { evidence: { valueItems: [[66, 100n, 0n]] } }, 'HOLD VALUE_EVIDENCE'],
    ['top stratum', { evidence: { topStratumBad: 1 } }, 'HOLD VALUE_EVIDENCE'],
    ['strata', { evidence: { strataOk: false } }, 'HOLD STRATA'],
    ['coverage', { evidence: { featureCoverage: ulpBelow(0.99) } }, 'HOLD COVERAGE'],
    ['blast radius', { evidence: { nextRevenueShare: ulpAbove(1) } }, 'HOLD BLAST_RADIUS'],
    ['agreement', { evidence: { agreeNights: 2 } }, 'HOLD AGREEMENT'],
    ['boundary', { atCycleBoundary: false }, 'HOLD BOUNDARY'],
    ['severe over share, at the threshold', { census: { overShare: 0.005 } }, 'HOLD SEVERE_UNEXPLAINED'],
    ['severe over share, just below', { census: { overShare: ulpBelow(0.005) } }, 'HOLD OPEN_VIOLATION_NO_CAUSE'],
    ['severe missing share, at the threshold', { census: { missingShare: 0.005 } }, 'HOLD SEVERE_UNEXPLAINED'],
    ['severe missing share, just below', { census: { missingShare: ulpBelow(0.005) } }, 'EXPAND ALL_GATES_PASSED'],
    ['a wide cause, at both thresholds', { cause: { customersShare: 0.05, customers: 3 } }, 'HOLD SEVERE_UNEXPLAINED'],
    ['a wide cause of two customers', { cause: { customersShare: 0.05, customers: 2 } }, 'EXPAND ALL_GATES_PASSED'],
    ['wrong tax in shadow, at the threshold', { census: { taxMismatchCustomers: 3 } }, 'HOLD SEVERE_UNEXPLAINED'],
    [
      'a duplicate in live',
      { mode: 'live', live: liveFacts, census: { duplicates: 1 } },
      'ROLLBACK SEVERE_NO_FIX_IN_TIME',
    ],
    [
      'a fix exactly in time',
      { mode: 'live', live: liveFacts, census: { duplicates: 1 }, cause: { status: 'fix-verified' } },
      'FIX_FORWARD SEVERE_FIX_IN_TIME',
    ],
    [
      'a fix just too late',
      {
        mode: 'live',
        live: { ...liveFacts, hoursToNextBillRun: ulpBelow(48) },
        census: { duplicates: 1 },
        cause: { status: 'fix-verified' },
      },
      'ROLLBACK SEVERE_NO_FIX_IN_TIME',
    ],
    [
      'catastrophic, at the threshold',
      { mode: 'live', live: liveFacts, census: { overShare: 0.02 }, cause: { status: 'fix-verified' } },
      'ROLLBACK CATASTROPHIC',
    ],
    [
      'catastrophic, just below',
      { mode: 'live', live: liveFacts, census: { overShare: ulpBelow(0.02) }, cause: { status: 'fix-verified' } },
      'FIX_FORWARD SEVERE_FIX_IN_TIME',
    ],
    ['live without live facts', { mode: 'live', census: { duplicates: 1 } }, 'FIX_FORWARD SEVERE_NO_WAY_BACK'],
    ['an unknown step', { step: 's50' }, 'HOLD DATA_NOT_TRUSTED'],
    ['an object member as a step', { step: 'constructor' }, 'HOLD DATA_NOT_TRUSTED'],
    [
      'harm confirmed on untrusted data',
      { mode: 'live', live: liveFacts, harmConfirmed: true, data: { pairCoverage: 0.5 } },
      'HOLD DATA_NOT_TRUSTED',
    ],
    ['more bad customers than customers', { evidence: { badCustomers: 400 } }, 'HOLD COUNT_EVIDENCE'],
    ['a misstatement above its base', { evidence: { valueItems: [[400, 100n, 101n]] } }, 'HOLD VALUE_EVIDENCE'],
    ['attempt zero', { evidence: { attempt: 0 } }, 'HOLD COUNT_EVIDENCE'],
  ];
  test.each(beyond)('%s decides as the rule says', (_name, patch, expected) => {
    expect(outcome(patch)).toBe(expected);
  });

  test('a decision carries its whole chain, its risk limit, and the hashes of policy and inputs', () => {
    const decided = decide(atThresholds, defaultPolicy);
    expect(decided).toMatchObject({ alpha: 0.05, policyHash: policyHash(defaultPolicy), gridVersion: 'eprocess-v1' });
    expect(decided.inputsHash).not.toBe(decide(patched(atThresholds, { severeCycles: 1 }), defaultPolicy).inputsHash);
    expect(decided.chain.map((check) => check.rule)).toEqual(
      expect.arrayContaining(['DATA_NOT_TRUSTED', 'SEVERE', 'CATASTROPHIC', 'BOUNDARY']),
    );
    expect(decided.chain.find((check) => check.rule === 'COUNT_EVIDENCE')).toMatchObject({
      outcome: 'pass',
      required: 'any-look confidence at least 0.95',
    });
  });
});

const shareNear = (limits: readonly number[]) =>
  fc.oneof(fc.constantFrom(0, ...limits, ...limits.map(ulpAbove)), fc.constantFrom(0, 0, 1));
const fewBad = fc.constantFrom(0, 0, 0, 1, 2, 3);
const snapshots: fc.Arbitrary<Snapshot> = fc.record({
  mode: fc.constantFrom('shadow', 'live'),
  step: fc.constantFrom('pilot', 's5', 's25'),
  severeCycles: fc.integer({ min: 0, max: 3 }),
  lastActionWasRollback: fc.boolean(),
  atCycleBoundary: fc.constantFrom(true, true, true, false),
  harmConfirmed: fc.constantFrom(false, false, true),
  data: fc.record({
    freshnessHours: fc.constantFrom(1, 12, 36, 36, 40),
    pairCoverage: fc.constantFrom(1, 0.999, 0.995, 0.99),
    usageCompleteness: fc.constantFrom(1, 1, 0.999, 0.99),
    ambiguousShare: fc.constantFrom(0, 0, 0.005, 0.1),
    pipelineErrors: fc.constantFrom(0, 0, 0, 0, 1),
  }),
  census: fc.record({
    overShare: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(0, 0.0005) },
      { weight: 1, arbitrary: shareNear([0.0005, 0.005, 0.02]) },
    ),
    underShare: fc.constantFrom(0, 0, 0, 0.002, 0.01),
    unexplainedGrossShare: fc.constantFrom(0, 0, 0, 0.00025, 0.001),
    openCritical: fc.constantFrom(0, 0, 0, 0, 1),
    taxMismatchCustomers: fc.constantFrom(0, 0, 0, 0, 1, 3),
    missingNew: fc.constantFrom(0, 0, 0, 0, 1),
    missingShare: fc.constantFrom(0, 0, 0, 0.001, 0.005),
    extraNew: fc.constantFrom(0, 0, 0, 0, 1),
    duplicates: fc.constantFrom(0, 0, 0, 0, 1),
  }),
  cause: fc.record({
    status: fc.constantFrom<CauseStatus>('none', 'unknown', 'known', 'fix-ready', 'fix-verified'),
    customersShare: fc.constantFrom(0, 0, 0.01, 0.05, 0.25),
    customers: fewBad,
    regressed: fc.constantFrom(false, false, true),
  }),
  live: fc.option(
    fc.record({
      rollbackWindowOpen: fc.boolean(),
      legacyInSync: fc.boolean(),
      invoicesSent: fc.boolean(),
      fixDeployHours: fc.constantFrom(1, 24, 100),
      hoursToNextBillRun: fc.constantFrom(1, 48, 240),
    }),
    { nil: null },
  ),
  evidence: fc.record({
    attempt: fc.constantFrom(1, 1, 2, 3),
    cyclesObserved: fc.constantFrom(3, 3, 2, 1),
    cleanCycles: fc.constantFrom(3, 3, 2, 1),
    customers: fc.constantFrom(20, 21, 66, 67, 339, 700, 2000),
    badCustomers: fewBad,
    valueItems: fc.constantFrom<readonly ValueItem[]>([[500, 90n, 0n]], [[67, 100n, 0n]], [[300, 50n, 1n]], []),
    J: fc.constant(100n),
    topStratumBad: fc.constantFrom(0, 0, 0, 1),
    strataOk: fc.constantFrom(true, true, true, false),
    featureCoverage: fc.constantFrom(1, 0.99, 0.95, 0.5),
    nextRevenueShare: fc.constantFrom(0.04, 0.05, 0.2, 0.9, 1.1),
    agreeNights: fc.constantFrom(3, 3, 5, 2),
  }),
});

/** A snapshot biased towards passing: half of the time the passing one with one drawn part exchanged. */
const nearMisses = fc.oneof(
  snapshots,
  fc
    .tuple(
      snapshots,
      fc.constantFrom<keyof Snapshot>('mode', 'step', 'data', 'census', 'cause', 'evidence', 'harmConfirmed', 'live'),
    )
    .map(([drawn, part]): Snapshot => ({ ...atThresholds, [part]: drawn[part] })),
);

/** One input made worse, each by its own meaning. */
const worsenings: Readonly<Record<string, (s: Snapshot, by: number) => Snapshot>> = {
  freshness: (s, by) => patched(s, { data: { freshnessHours: s.data.freshnessHours + 40 * by } }),
  coverage: (s, by) => patched(s, { data: { pairCoverage: s.data.pairCoverage - by } }),
  usage: (s, by) => patched(s, { data: { usageCompleteness: s.data.usageCompleteness - by } }),
  ambiguous: (s, by) => patched(s, { data: { ambiguousShare: s.data.ambiguousShare + by } }),
  errors: (s) => patched(s, { data: { pipelineErrors: s.data.pipelineErrors + 1 } }),
  over: (s, by) => patched(s, { census: { overShare: s.census.overShare + by } }),
  under: (s, by) => patched(s, { census: { underShare: s.census.underShare + by } }),
  unexplained: (s, by) => patched(s, { census: { unexplainedGrossShare: s.census.unexplainedGrossShare + by } }),
  critical: (s) => patched(s, { census: { openCritical: s.census.openCritical + 1 } }),
  tax: (s) => patched(s, { census: { taxMismatchCustomers: s.census.taxMismatchCustomers + 1 } }),
  missing: (s) => patched(s, { census: { missingNew: s.census.missingNew + 1 } }),
  missingShare: (s, by) => patched(s, { census: { missingShare: s.census.missingShare + by } }),
  extra: (s) => patched(s, { census: { extraNew: s.census.extraNew + 1 } }),
  duplicates: (s) => patched(s, { census: { duplicates: s.census.duplicates + 1 } }),
  causeShare: (s, by) => patched(s, { cause: { customersShare: s.cause.customersShare + by } }),
  causeCustomers: (s) => patched(s, { cause: { customers: s.cause.customers + 1 } }),
  causeUnknown: (s) => patched(s, { cause: { status: 'unknown' } }),
  regressed: (s) => patched(s, { cause: { regressed: true } }),
  severeCycles: (s) => patched(s, { severeCycles: s.severeCycles + 1 }),
  rollback: (s) => patched(s, { lastActionWasRollback: true }),
  boundary: (s) => patched(s, { atCycleBoundary: false }),
  harm: (s) => patched(s, { harmConfirmed: true }),
  window: (s) => (s.live === null ? s : { ...s, live: { ...s.live, rollbackWindowOpen: false } }),
  sync: (s) => (s.live === null ? s : { ...s, live: { ...s.live, legacyInSync: false } }),
  attempt: (s) => patched(s, { evidence: { attempt: s.evidence.attempt + 1 } }),
  cycles: (s) => patched(s, { evidence: { cyclesObserved: s.evidence.cyclesObserved - 1 } }),
  cleanCycles: (s) => patched(s, { evidence: { cleanCycles: s.evidence.cleanCycles - 1 } }),
  fewer: (s) => patched(s, { evidence: { customers: s.evidence.customers - 1 } }),
  bad: (s) => patched(s, { evidence: { badCustomers: s.evidence.badCustomers + 1 } }),
  badMoney: (s) =>
    patched(s, {
      evidence: {
        valueItems: s.evidence.valueItems.map(
          ([count, base, bad]): ValueItem => [count, base, bad < base ? bad + 1n : bad],
        ),
      },
    }),
  cap: (s) => patched(s, { evidence: { J: s.evidence.J * 2n } }),
  top: (s) => patched(s, { evidence: { topStratumBad: (s.evidence.topStratumBad ?? 0) + 1 } }),
  strata: (s) => patched(s, { evidence: { strataOk: false } }),
  features: (s, by) => patched(s, { evidence: { featureCoverage: s.evidence.featureCoverage - by } }),
  blast: (s, by) => patched(s, { evidence: { nextRevenueShare: s.evidence.nextRevenueShare + by } }),
  nights: (s) => patched(s, { evidence: { agreeNights: s.evidence.agreeNights - 1 } }),
};

describe('laws of the decision', () => {
  test('making any single input worse never turns another decision into EXPAND', () => {
    const policies = [defaultPolicy, { ...defaultPolicy, attemptSpending: 'telescoping' as const }];
    let [moved, expanded] = [0, 0];
    fc.assert(
      fc.property(
        nearMisses,
        fc.constantFrom(...policies),
        fc.constantFrom(0.0001, 0.01, 0.3),
        (snapshot, policy, by) => {
          const before = decide(snapshot, policy).decision;
          if (before === 'EXPAND') expanded += 1;
          for (const [name, worsen] of Object.entries(worsenings)) {
            const after = decide(worsen(snapshot, by), policy).decision;
            if (after !== before) moved += 1;
            if (before !== 'EXPAND') expect(after, `worse ${name}`).not.toBe('EXPAND');
          }
        },
      ),
      { numRuns: 400 },
    );
    expect(moved).toBeGreaterThan(200);
    expect(expanded).toBeGreaterThan(20);
  });

  test('every snapshot gets one decision, the same each time, and EXPAND never with a census maximum exceeded', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(nearMisses, (snapshot) => {
        const decided = decide(snapshot, defaultPolicy);
        expect(decide(structuredClone(snapshot), defaultPolicy)).toEqual(decided);
        expect(reasonCodes).toContain(decided.reason);
        seen.add(decided.decision);
        if (decided.decision !== 'EXPAND') return;
        const { census } = snapshot;
        const counts = [census.openCritical, census.taxMismatchCustomers, census.missingNew, census.extraNew];
        expect(
          census.overShare <= 0.0005 && census.underShare <= 0.002 && census.unexplainedGrossShare <= 0.00025,
        ).toBe(true);
        expect(counts).toEqual([0, 0, 0, 0]);
      }),
      { numRuns: 1000 },
    );
    expect([...seen].sort()).toEqual(['EXPAND', 'FIX_FORWARD', 'HOLD', 'ROLLBACK']);
  });

  test('ROLLBACK and FIX_FORWARD do not depend on the evidence', () => {
    let safety = 0;
    fc.assert(
      fc.property(snapshots, snapshots, (snapshot, other) => {
        const before = decide(snapshot, defaultPolicy);
        const after = decide({ ...snapshot, evidence: other.evidence }, defaultPolicy);
        if (before.decision !== 'ROLLBACK' && before.decision !== 'FIX_FORWARD') return;
        safety += 1;
        expect([after.decision, after.reason]).toEqual([before.decision, before.reason]);
      }),
      { numRuns: 1000 },
    );
    expect(safety).toBeGreaterThan(50);
  });

  test('a number that could not be measured is never green (I10)', () => {
    let checked = 0;
    for (const part of ['data', 'census', 'cause', 'evidence'] as const) {
      for (const [field, value] of Object.entries(atThresholds[part])) {
        if (typeof value !== 'number') continue;
        checked += 1;
        const unknown = { ...atThresholds, [part]: { ...atThresholds[part], [field]: Number.NaN } } as Snapshot;
        for (const mode of ['shadow', 'live'] as const) {
          for (const harmConfirmed of [false, true]) {
            expect(
              decide({ ...unknown, mode, harmConfirmed, live: liveFacts }, defaultPolicy).decision,
              `${part}.${field}`,
            ).not.toBe('EXPAND');
          }
        }
      }
    }
    expect(checked).toBe(24);
  });
});
