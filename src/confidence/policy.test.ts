import { describe, expect, test } from 'vitest';
import { changePolicy, weakenedThresholds } from './change-policy.js';
import { defaultPolicy, materialityShares, type Policy } from './policy.js';
import { canonicalJson, contentHash, policyHash } from './policy-hash.js';
import { lintPolicy } from './policy-lint.js';
import { readPolicy } from './read-policy.js';

function policyOf(input: unknown): Policy {
  const read = readPolicy(input);
  if (read.kind === 'problems') throw new Error(JSON.stringify(read.problems));
  return read.policy;
}

function problemPaths(input: unknown): readonly string[] {
  const read = readPolicy(input);
  return read.kind === 'problems' ? read.problems.map((problem) => problem.path) : [];
}

describe('reading a policy', () => {
  test('an empty policy is the default one, and numbers may stand as text', () => {
    expect(policyOf({})).toEqual(defaultPolicy);
    expect(policyOf({ riskLimit: '0.05', census: { maxOverShare: '5e-4' } })).toEqual(defaultPolicy);
  });

  test('every mistake comes back at once, each with its place', () => {
    const read = readPolicy({
      riskLimt: 0.05,
      census: { maxOverShare: 'lots', maxUnderShare: -1 },
      steps: { s5: { pTol: 0 } },
      cycles: 3,
    });
    expect(read).toMatchObject({
      kind: 'problems',
      problems: expect.arrayContaining([
        expect.objectContaining({ path: 'riskLimt', expected: expect.stringContaining('riskLimit') as string }),
        { path: 'census.maxOverShare', value: 'lots', expected: 'a share from 0 to 1' },
        { path: 'census.maxUnderShare', value: -1, expected: 'a share from 0 to 1' },
        { path: 'steps.s5.pTol', value: 0, expected: 'a rate between 0 and 1, both excluded' },
        { path: 'cycles', value: 3, expected: 'a map of settings' },
      ]) as unknown[],
    });
    expect(problemPaths([])).toEqual(['']);
    expect(problemPaths({ riskLimit: Number.NaN })).toEqual(['riskLimit']);
  });

  test('a blank tolerance limit is an error, null says on purpose that there is none', () => {
    expect(problemPaths({ toleranceKeys: { TAX: { over: { abs: 1 }, under: { abs: 1, pct: null } } } })).toEqual([
      'toleranceKeys.TAX.over.pct',
    ]);
    expect(problemPaths({ toleranceKeys: { TAX: { over: { abs: 1, pct: null } } } })).toEqual([
      'toleranceKeys.TAX.under',
    ]);
    expect(
      policyOf({ toleranceKeys: { TAX: { over: { abs: 2, pct: null }, under: { abs: '1', pct: 'null' } } } })
        .toleranceKeys.TAX.over.abs,
    ).toBe(2);
  });

  test('naming a default step changes that step only; another name makes the given steps the whole ladder', () => {
    const changed = policyOf({ steps: { s5: { minCustomers: 80 } } });
    expect(changed.ladder).toEqual(['pilot', 's5', 's25']);
    expect(changed.steps['s5']).toEqual({ ...defaultPolicy.steps['s5'], minCustomers: 80 });
    const step = { minCustomers: 10, pTol: 0.2, overTol: null, minFeatureCoverage: 0.5, maxNextRevenueShare: 0.1 };
    expect(policyOf({ steps: { pilot: step, s10: { ...step, pTol: 0.1 } } }).ladder).toEqual(['pilot', 's10']);
    expect(problemPaths({ steps: { s10: { pTol: 0.1 } } })).toEqual([
      'steps.s10.minCustomers',
      'steps.s10.overTol',
      'steps.s10.minFeatureCoverage',
      'steps.s10.maxNextRevenueShare',
    ]);
    expect(problemPaths({ steps: {} })).toEqual(['steps']);
    expect(problemPaths({ steps: { '10': step } })).toEqual(['steps.10']);
  });

  test('the materiality chain derives the clearly trivial share that gates unexplained gross', () => {
    expect(materialityShares(defaultPolicy).clearlyTrivial).toBeCloseTo(
      defaultPolicy.census.maxUnexplainedGrossShare,
      15,
    );
    expect(materialityShares(defaultPolicy).performance).toBeCloseTo(0.00375, 15);
  });
});

describe('linting a policy', () => {
  test('the default policy has nothing to complain about', () => {
    expect(lintPolicy(defaultPolicy)).toEqual([]);
  });

  test('thresholds out of order are errors', () => {
    const policy = policyOf({ census: { maxOverShare: 0.006 }, catastrophic: { overShare: 0.004 } });
    expect(lintPolicy(policy).map((each) => each.path)).toEqual(['census.maxOverShare', 'severe.overShare']);
    expect(lintPolicy(policyOf({ severe: { overShare: 0 } })).map((each) => each.path)).toContain('severe.overShare');
  });

  test('a tolerance that does not fall along the ladder is an error', () => {
    expect(lintPolicy(policyOf({ steps: { s5: { pTol: 0.15 } } }))).toEqual([
      { severity: 'error', path: 'steps.s5.pTol', message: 'pTol must strictly fall from pilot to s5' },
    ]);
    expect(
      lintPolicy(
        policyOf({ steps: { s25: { overTol: null, minFeatureCoverage: 0.1, maxNextRevenueShare: 0.2 } } }),
      ).map((each) => each.path),
    ).toEqual(['steps.s25.minFeatureCoverage', 'steps.s25.maxNextRevenueShare']);
  });

  test('a claim that the rung can never prove is reported with what it needs', () => {
    expect(
      lintPolicy(
        defaultPolicy,
        new Map([
          ['s25', 250],
          ['s5', 67],
        ]),
      ),
    ).toEqual([
      {
        severity: 'error',
        path: 'steps.s25.pTol',
        message: "needs 339, rung has 250: lower the rung's tolerance claim, add a rung, or use finite-base mode",
      },
    ]);
    // Telescoping spends half the risk on the first attempt, so 67 are no longer enough at 5 percent.
    expect(lintPolicy(policyOf({ attemptSpending: 'telescoping' }), new Map([['s5', 67]]))).toHaveLength(1);
  });

  test('an unexplained share above the clearly trivial one is a warning for the people who sign', () => {
    expect(lintPolicy(policyOf({ census: { maxUnexplainedGrossShare: 0.001 } }))).toMatchObject([
      { severity: 'warning', path: 'census.maxUnexplainedGrossShare' },
    ]);
  });
});

describe('the hash of a policy', () => {
  test('does not depend on the order of keys, and changes with any threshold and with the order of the ladder', () => {
    const reversed = Object.fromEntries(Object.entries(defaultPolicy).reverse());
    expect(contentHash(reversed)).toBe(policyHash(defaultPolicy));
    expect(policyHash({ ...defaultPolicy, riskLimit: 0.1 })).not.toBe(policyHash(defaultPolicy));
    expect(policyHash({ ...defaultPolicy, ladder: ['s5', 'pilot', 's25'] })).not.toBe(policyHash(defaultPolicy));
    expect(policyHash(defaultPolicy)).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test('canonical JSON writes bigint as text, leaves out undefined, and tells NaN from null', () => {
    expect(canonicalJson({ b: [1n, null, Number.NaN], a: undefined, A: 'x' })).toBe('{"A":"x","b":["1",null,"NaN"]}');
  });
});

describe('changing a policy', () => {
  const weaker = policyOf({ census: { maxOverShare: 0.001 } });
  const stricter = policyOf({ census: { maxOverShare: 0.0001 }, evidence: { mode: 'strict' } });

  test('a weaker threshold after data was seen needs two people and restarts the evidence', () => {
    const change = { before: defaultPolicy, after: weaker, hasSeenData: true };
    expect(changePolicy({ ...change, approvers: ['Ada', ' ada ', ''] })).toEqual({
      kind: 'refused',
      reason: 'two_people_needed',
      weakened: [{ path: 'census.maxOverShare', before: 0.0005, after: 0.001 }],
    });
    expect(changePolicy({ ...change, approvers: ['Ada', 'Grace'] })).toMatchObject({
      kind: 'accepted',
      restartsEvidence: true,
    });
  });

  test('before data was seen, or towards stricter, nobody is asked and nothing restarts', () => {
    expect(changePolicy({ before: defaultPolicy, after: weaker, hasSeenData: false, approvers: [] })).toMatchObject({
      kind: 'accepted',
      restartsEvidence: false,
    });
    expect(changePolicy({ before: defaultPolicy, after: stricter, hasSeenData: true, approvers: [] })).toMatchObject({
      kind: 'accepted',
      weakened: [],
      restartsEvidence: false,
    });
  });

  test('each kind of threshold has its own weak direction', () => {
    const paths = (after: unknown, before: Policy = defaultPolicy) =>
      weakenedThresholds(before, policyOf(after)).map((each) => each.path);
    expect(paths({ dataTrust: { minPairCoverage: 0.9, maxFreshnessHours: 10 } })).toEqual([
      'dataTrust.minPairCoverage',
    ]);
    expect(paths({ severe: { overShare: 0.01 }, live: { fixMarginHours: 1 } })).toEqual([
      'severe.overShare',
      'live.fixMarginHours',
    ]);
    expect(paths({ steps: { s25: { overTol: null, pTol: 0.02 } } })).toEqual(['steps.s25.pTol', 'steps.s25.overTol']);
    expect(paths({}, stricter)).toEqual(['evidence.mode', 'census.maxOverShare']);
    expect(paths({ toleranceKeys: { QTY: { over: { abs: null, pct: 0 }, under: { abs: 0, pct: 0 } } } })).toEqual([
      'toleranceKeys.QTY.over.abs',
    ]);
    expect(paths({ liveEligibility: { excludeIfOpenDispute: 'false' } })).toEqual([
      'liveEligibility.excludeIfOpenDispute',
    ]);
    expect(paths({ eventCoverage: { events: ['new'] } })).toEqual(['eventCoverage.events']);
  });
});
