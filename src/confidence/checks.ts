import { confidenceOf, logEvidenceCount, logEvidenceValue, meetsRiskLimit, type ValueSample } from './e-process.js';
import type { Policy, PolicyStep } from './policy.js';
import type { CauseStatus, Snapshot } from './snapshot.js';

/**
 * One comparison of the chain. Trust, census and gate checks `pass` or `fail`; severe and catastrophic limits are
 * `triggered` when reached, else `quiet`. A value that is not a number fails, and never counts as quiet news.
 */
export type Check = {
  /** The reason code of a failing check; SEVERE and CATASTROPHIC for triggers. */
  readonly rule: string;
  /** The field that was looked at. */
  readonly field: string;
  readonly observed: number | string | boolean;
  readonly required: string;
  readonly outcome: 'pass' | 'fail' | 'triggered' | 'quiet';
};

/** The cause as decide() takes it: one that came back after its fix is unknown again. */
export function causeStatusOf({ cause }: Snapshot): CauseStatus {
  return cause.regressed ? 'unknown' : cause.status;
}

/** Rule 1: may the numbers be believed at all? */
export function trustChecks({ data, step }: Snapshot, { dataTrust, steps }: Policy): readonly Check[] {
  const rule = 'DATA_NOT_TRUSTED';
  return [
    atMost(rule, 'data.freshnessHours', data.freshnessHours, dataTrust.maxFreshnessHours),
    atLeast(rule, 'data.pairCoverage', data.pairCoverage, dataTrust.minPairCoverage),
    atLeast(rule, 'data.usageCompleteness', data.usageCompleteness, dataTrust.minUsageCompleteness),
    atMost(rule, 'data.ambiguousShare', data.ambiguousShare, dataTrust.maxAmbiguousShare),
    atMost(rule, 'data.pipelineErrors', data.pipelineErrors, dataTrust.maxPipelineErrors),
    holds(rule, 'step', step, Object.hasOwn(steps, step), 'a step of the policy'),
  ];
}

/** Rules 2 and 3: the severe triggers of this mode, then the catastrophic ones. */
export function severeChecks({ mode, census, cause }: Snapshot, { severe, catastrophic }: Policy): readonly Check[] {
  const isWide = cause.customersShare >= severe.causeCustomersShare && cause.customers >= severe.causeCustomersMin;
  const taxLimit = mode === 'live' ? severe.taxCustomersLive : severe.taxCustomersShadow;
  const checks: Check[] = [
    reaches('SEVERE', 'census.overShare', census.overShare, severe.overShare),
    {
      rule: 'SEVERE',
      field: 'cause.customersShare',
      observed: cause.customersShare,
      required: `below ${severe.causeCustomersShare}, or below ${severe.causeCustomersMin} customers`,
      outcome: isWide ? 'triggered' : 'quiet',
    },
    reaches('SEVERE', 'census.missingShare', census.missingShare, severe.missingShare),
    reaches('SEVERE', 'census.taxMismatchCustomers', census.taxMismatchCustomers, taxLimit),
  ];
  if (mode === 'live') checks.push(reaches('SEVERE', 'census.duplicates', census.duplicates, severe.duplicatesLive));
  checks.push(reaches('CATASTROPHIC', 'census.overShare', census.overShare, catastrophic.overShare));
  checks.push(reaches('CATASTROPHIC', 'cause.customersShare', cause.customersShare, catastrophic.causeCustomersShare));
  return checks;
}

/** Rules 4 and 5: every census maximum, the unexplained share first. */
export function censusChecks({ census: facts, cause }: Snapshot, { census: limits }: Policy): readonly Check[] {
  const rule = 'OPEN_VIOLATION';
  return [
    atMost(
      'UNEXPLAINED_VARIANCE',
      'census.unexplainedGrossShare',
      facts.unexplainedGrossShare,
      limits.maxUnexplainedGrossShare,
    ),
    atMost(rule, 'census.overShare', facts.overShare, limits.maxOverShare),
    atMost(rule, 'census.underShare', facts.underShare, limits.maxUnderShare),
    atMost(rule, 'census.openCritical', facts.openCritical, limits.maxOpenCritical),
    atMost(rule, 'census.taxMismatchCustomers', facts.taxMismatchCustomers, limits.maxTaxMismatchCustomers),
    atMost(rule, 'census.missingNew', facts.missingNew, limits.maxMissingNew),
    atMost(rule, 'census.extraNew', facts.extraNew, limits.maxExtraNew),
    // These four have no maximum of their own here; an unmeasured one must still not be green (I10).
    measured(rule, 'census.missingShare', facts.missingShare),
    measured(rule, 'census.duplicates', facts.duplicates),
    measured(rule, 'cause.customersShare', cause.customersShare),
    measured(rule, 'cause.customers', cause.customers),
  ];
}

/** Rule 6: the gates in their order; the first failing one names the HOLD. */
export function gateChecks(snapshot: Snapshot, policy: Policy, alpha: number): readonly Check[] {
  const { evidence } = snapshot;
  const { cycles } = policy;
  const step = Object.hasOwn(policy.steps, snapshot.step) ? policy.steps[snapshot.step] : undefined;
  const cleanRequired = cycles.cleanRequired + (snapshot.lastActionWasRollback ? cycles.extraCleanAfterRollback : 0);
  const unknownStep = Number.NaN;
  return [
    atLeast('CYCLES', 'evidence.cyclesObserved', evidence.cyclesObserved, cycles.minObserved),
    atLeast('CLEAN_CYCLES', 'evidence.cleanCycles', evidence.cleanCycles, cleanRequired),
    atLeast('SAMPLE', 'evidence.customers', evidence.customers, step?.minCustomers ?? unknownStep),
    countCheck(evidence, step, alpha),
    valueCheck(evidence, step, alpha),
    holds(
      'STRATA',
      'evidence.strataOk',
      evidence.strataOk,
      evidence.strataOk,
      'every stratum that goes live next passes',
    ),
    atLeast('COVERAGE', 'evidence.featureCoverage', evidence.featureCoverage, step?.minFeatureCoverage ?? unknownStep),
    atMost(
      'BLAST_RADIUS',
      'evidence.nextRevenueShare',
      evidence.nextRevenueShare,
      step?.maxNextRevenueShare ?? unknownStep,
    ),
    atLeast('AGREEMENT', 'evidence.agreeNights', evidence.agreeNights, cycles.agreeNights),
    holds('BOUNDARY', 'atCycleBoundary', snapshot.atCycleBoundary, snapshot.atCycleBoundary, 'at a cycle boundary'),
  ];
}

function countCheck(evidence: Snapshot['evidence'], step: PolicyStep | undefined, alpha: number): Check {
  const { customers: n, badCustomers: k } = evidence;
  const isCountable = Number.isSafeInteger(n) && Number.isSafeInteger(k) && 0 <= k && k <= n;
  const logE = step === undefined || !isCountable ? Number.NaN : logEvidenceCount({ n, k }, step.pTol);
  return evidenceCheck('COUNT_EVIDENCE', `bad customers at ${step?.pTol ?? 'an unknown tolerance'}`, logE, alpha);
}

function valueCheck(evidence: Snapshot['evidence'], step: PolicyStep | undefined, alpha: number): Check {
  if (step?.overTol === null)
    return holds('VALUE_EVIDENCE', 'over-billed value', 'no claim', true, 'no claim at this step');
  if ((evidence.topStratumBad ?? 0) !== 0) {
    const observed = evidence.topStratumBad ?? Number.NaN;
    return { rule: 'VALUE_EVIDENCE', field: 'evidence.topStratumBad', observed, required: '0', outcome: 'fail' };
  }
  const sample = { items: evidence.valueItems, capMinor: evidence.J };
  const logE = step === undefined || !isUsable(sample) ? Number.NaN : logEvidenceValue(sample, step.overTol);
  return evidenceCheck(
    'VALUE_EVIDENCE',
    `over-billed value at ${step?.overTol ?? 'an unknown tolerance'}`,
    logE,
    alpha,
  );
}

function isUsable({ items, capMinor }: ValueSample): boolean {
  if (capMinor <= 0n) return false;
  return items.every(
    ([count, base, misstated]) =>
      Number.isSafeInteger(count) && count >= 0 && 0n <= misstated && misstated <= base && base <= capMinor,
  );
}

function evidenceCheck(rule: string, field: string, logE: number, alpha: number): Check {
  return {
    rule,
    field,
    observed: confidenceOf(logE),
    required: `any-look confidence at least ${1 - alpha}`,
    outcome: meetsRiskLimit(logE, alpha) ? 'pass' : 'fail',
  };
}

// The comparisons are written so that NaN on either side fails.

function atMost(rule: string, field: string, observed: number, limit: number): Check {
  return { rule, field, observed, required: `at most ${limit}`, outcome: observed <= limit ? 'pass' : 'fail' };
}

function atLeast(rule: string, field: string, observed: number, limit: number): Check {
  return { rule, field, observed, required: `at least ${limit}`, outcome: observed >= limit ? 'pass' : 'fail' };
}

function reaches(rule: string, field: string, observed: number, limit: number): Check {
  return { rule, field, observed, required: `below ${limit}`, outcome: observed >= limit ? 'triggered' : 'quiet' };
}

function measured(rule: string, field: string, observed: number): Check {
  return { rule, field, observed, required: 'measured', outcome: Number.isNaN(observed) ? 'fail' : 'pass' };
}

function holds(rule: string, field: string, observed: string | boolean, isHeld: boolean, required: string): Check {
  return { rule, field, observed, required, outcome: isHeld ? 'pass' : 'fail' };
}
