import { attemptAlpha } from './attempt-spending.js';
import { logEvidenceCount, meetsRiskLimit } from './e-process.js';
import type { Policy } from './policy.js';
import {
  cyclesNeeded,
  moreCustomersAtRate,
  moreCustomersIfClean,
  moreValueMinor,
  type RateForecast,
} from './required-size.js';
import type { Snapshot } from './snapshot.js';
import { upperLimitCount } from './upper-limit.js';

/** What is still missing before a cohort's gate can pass, in the units that people can add: customers, value, cycles. */
export type Outlook = {
  readonly tolerance: number;
  /** Any-look upper limit of the bad-customer rate at this attempt's risk. */
  readonly upperLimit: number;
  readonly confidenceNeeded: number;
  /** Best case: nobody further is bad. */
  readonly moreCustomers: number;
  /** At the rate seen so far; `remove_causes_first` when more data cannot help. */
  readonly atRate: RateForecast;
  /** Clean value still to be reconciled, minor units of the reporting currency; null when the step claims nothing. */
  readonly moreValueMinor: bigint | null;
  /** Cycles until the gate can pass, by time, clean cycles and customers; null when waiting does not bring them. */
  readonly moreCycles: number | null;
};

/**
 * "How much more?" (statistics 2.8) for a snapshot. `maturePerCycle` is how many further customers mature in each cycle;
 * with 0 and customers missing, waiting does not help: add customers.
 */
export function howMuchMore(snapshot: Snapshot, policy: Policy, maturePerCycle: number): Outlook | null {
  const step = policy.steps[snapshot.step];
  const { evidence } = snapshot;
  const { customers: n, badCustomers: k, attempt } = evidence;
  if (step === undefined || !(k <= n)) return null;
  const alpha = attemptAlpha({ alpha: policy.riskLimit, attempt, spending: policy.attemptSpending });
  const claim = { m: step.pTol, alpha };
  const isEnough = meetsRiskLimit(logEvidenceCount({ n, k }, claim.m), alpha);
  const moreCustomers = Math.max(isEnough ? 0 : moreCustomersIfClean({ n, k }, claim), step.minCustomers - n, 0);
  const cleanRequired =
    policy.cycles.cleanRequired + (snapshot.lastActionWasRollback ? policy.cycles.extraCleanAfterRollback : 0);
  const forTime = cyclesNeeded({
    moreCustomers,
    maturePerCycle,
    minObserved: policy.cycles.minObserved,
    cyclesObserved: evidence.cyclesObserved,
  });
  const forClean = Math.max(0, cleanRequired - evidence.cleanCycles);
  return {
    tolerance: step.pTol,
    upperLimit: upperLimitCount({ n, k }, alpha),
    confidenceNeeded: 1 - alpha,
    moreCustomers,
    atRate: moreCustomersAtRate({ n, k }, claim),
    moreValueMinor: step.overTol === null ? null : valueMissing(snapshot, step.overTol, alpha),
    moreCycles: forTime.kind === 'cycles' ? Math.max(forTime.cycles, forClean) : null,
  };
}

function valueMissing({ evidence }: Snapshot, overTol: number, alpha: number): bigint {
  const reconciledMinor = evidence.valueItems.reduce((sum, [count, base]) => sum + BigInt(count) * base, 0n);
  return moreValueMinor({ reconciledMinor, capMinor: evidence.J, claim: { m: overTol, alpha } });
}
