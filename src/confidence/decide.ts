import type { DecisionKind } from '../model/cohort.js';
import { attemptAlpha } from './attempt-spending.js';
import { causeStatusOf, censusChecks, type Check, gateChecks, severeChecks, trustChecks } from './checks.js';
import { gridVersion } from './e-process.js';
import type { Policy } from './policy.js';
import { contentHash, policyHash } from './policy-hash.js';
import type { Snapshot } from './snapshot.js';

export const reasonCodes = [
  'DATA_NOT_TRUSTED',
  'CATASTROPHIC',
  'SEVERE_FIX_IN_TIME',
  'SEVERE_NO_FIX_IN_TIME',
  'SEVERE_NO_WAY_BACK',
  'SEVERE_CAUSE_KNOWN',
  'SEVERE_UNEXPLAINED_REPEATED',
  'SEVERE_UNEXPLAINED',
  'UNEXPLAINED_VARIANCE',
  'OPEN_VIOLATION_NO_CAUSE',
  'KNOWN_ISSUE',
  'CYCLES',
  'CLEAN_CYCLES',
  'SAMPLE',
  'COUNT_EVIDENCE',
  'VALUE_EVIDENCE',
  'STRATA',
  'COVERAGE',
  'BLAST_RADIUS',
  'AGREEMENT',
  'BOUNDARY',
  'ALL_GATES_PASSED',
] as const;
export type ReasonCode = (typeof reasonCodes)[number];

/** The recommendation with one reason code and every check behind it. Nothing is carried out without a person. */
export type Decision = {
  readonly decision: DecisionKind;
  readonly reason: ReasonCode;
  /** All checks in the order of the rules, also those after the one that decided. */
  readonly chain: readonly Check[];
  /** The risk limit that this attempt may spend. */
  readonly alpha: number;
  readonly policyHash: string;
  readonly inputsHash: string;
  readonly gridVersion: string;
};

/**
 * The decision function of statistics 3.3, first match wins. Total and deterministic: any snapshot gives a decision, and
 * a number that could not be measured (NaN) fails every check that reads it, so unknown is never EXPAND (I10). ROLLBACK
 * and FIX_FORWARD never look at the evidence: safety does not wait for significance.
 *
 * One addition to the letter of 3.3: confirmed harm lets untrusted data reach the safety rules, but never the gates.
 * Without it, confirming harm could turn a HOLD into an EXPAND, which invariant 6.4.6 forbids.
 */
export function decide(snapshot: Snapshot, policy: Policy): Decision {
  const { attempt } = snapshot.evidence;
  const alpha =
    Number.isSafeInteger(attempt) && attempt >= 1
      ? attemptAlpha({ alpha: policy.riskLimit, attempt, spending: policy.attemptSpending })
      : Number.NaN;
  const trust = trustChecks(snapshot, policy);
  const severe = severeChecks(snapshot, policy);
  const census = censusChecks(snapshot, policy);
  const gates = gateChecks(snapshot, policy, alpha);
  const [decision, reason] = firstMatch({ snapshot, policy, trust, severe, census, gates });
  return {
    decision,
    reason,
    chain: [...trust, ...severe, ...census, ...gates],
    alpha,
    policyHash: policyHash(policy),
    inputsHash: contentHash(snapshot),
    gridVersion,
  };
}

type Rules = {
  readonly snapshot: Snapshot;
  readonly policy: Policy;
  readonly trust: readonly Check[];
  readonly severe: readonly Check[];
  readonly census: readonly Check[];
  readonly gates: readonly Check[];
};

function firstMatch({ snapshot, policy, trust, severe, census, gates }: Rules): readonly [DecisionKind, ReasonCode] {
  const isLive = snapshot.mode === 'live';
  const isTrusted = trust.every(isPassed);
  const isSevere = severe.some((check) => check.rule === 'SEVERE' && check.outcome === 'triggered');
  if (!isTrusted && !(isLive && snapshot.harmConfirmed)) return ['HOLD', 'DATA_NOT_TRUSTED'];
  if (isSevere) return isLive ? liveHarm(snapshot, policy, severe) : shadowHarm(snapshot);
  if (census.some((check) => check.rule === 'UNEXPLAINED_VARIANCE' && !isPassed(check)))
    return ['HOLD', 'UNEXPLAINED_VARIANCE'];
  if (!census.every(isPassed)) {
    return hasCause(snapshot) ? ['FIX_FORWARD', 'KNOWN_ISSUE'] : ['HOLD', 'OPEN_VIOLATION_NO_CAUSE'];
  }
  if (!isTrusted) return ['HOLD', 'DATA_NOT_TRUSTED'];
  const failing = gates.find((check) => !isPassed(check));
  return failing === undefined ? ['EXPAND', 'ALL_GATES_PASSED'] : ['HOLD', failing.rule as ReasonCode];
}

function liveHarm(snapshot: Snapshot, policy: Policy, severe: readonly Check[]): readonly [DecisionKind, ReasonCode] {
  // Live without live facts: no way back can be shown, so none is claimed.
  const { live } = snapshot;
  if (live === null) return ['FIX_FORWARD', 'SEVERE_NO_WAY_BACK'];
  const hasWayBack = live.rollbackWindowOpen && live.legacyInSync;
  const isFixInTime =
    causeStatusOf(snapshot) === 'fix-verified' &&
    live.fixDeployHours + policy.live.fixMarginHours <= live.hoursToNextBillRun;
  const isCatastrophic = severe.some((check) => check.rule === 'CATASTROPHIC' && check.outcome === 'triggered');
  if (isCatastrophic && live.invoicesSent && hasWayBack) return ['ROLLBACK', 'CATASTROPHIC'];
  if (isFixInTime) return ['FIX_FORWARD', 'SEVERE_FIX_IN_TIME'];
  return hasWayBack ? ['ROLLBACK', 'SEVERE_NO_FIX_IN_TIME'] : ['FIX_FORWARD', 'SEVERE_NO_WAY_BACK'];
}

function shadowHarm(snapshot: Snapshot): readonly [DecisionKind, ReasonCode] {
  if (hasCause(snapshot)) return ['FIX_FORWARD', 'SEVERE_CAUSE_KNOWN'];
  const isRepeated = snapshot.severeCycles >= 2 && snapshot.step !== 'pilot';
  return isRepeated ? ['ROLLBACK', 'SEVERE_UNEXPLAINED_REPEATED'] : ['HOLD', 'SEVERE_UNEXPLAINED'];
}

function hasCause(snapshot: Snapshot): boolean {
  const status = causeStatusOf(snapshot);
  return status === 'known' || status === 'fix-ready' || status === 'fix-verified';
}

function isPassed(check: Check): boolean {
  return check.outcome === 'pass';
}
