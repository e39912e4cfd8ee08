import { attemptAlpha } from '../confidence/attempt-spending.js';
import {
  type CountedEvidence,
  countEvidence,
  type EvidenceMode,
  groupByCustomer,
  type Observation,
} from '../confidence/count-evidence.js';
import type { Policy } from '../confidence/policy.js';
import {
  featureCoverage,
  type FrameCustomer,
  proposeCohort,
  type CohortProposal,
  sumRevenue,
} from '../confidence/propose-cohort.js';
import { seededOrder } from '../confidence/seeded-order.js';
import { judgeStrata, type Stratum } from '../confidence/strata.js';
import { type CustomerValue, frameValue, type ValueFrame } from '../confidence/value-frame.js';
import { parseCurrency } from '../model/currency.js';
import {
  floorRational,
  ceilRational,
  multiplyRational,
  rational,
  rationalFromText,
  rationalToNumber,
} from '../model/rational.js';
import type { CustomerFacts } from '../store/cohort-facts.js';
import type { Epoch } from '../store/policies.js';
import { type CohortCycle, minorOf } from './cohort-cycle.js';
import type { ConfidenceContext } from './confidence-context.js';

/** Everything of the inference, with what it stands on. */
export type CohortEvidence = {
  readonly counted: CountedEvidence;
  readonly value: ValueFrame;
  /** Customers whom over-billing alone lifted above the cap: critical by itself. */
  readonly lifted: readonly string[];
  readonly strata: readonly Stratum[];
  readonly strataOk: boolean;
  readonly featureCoverage: number;
  /** Who would go live next, under the caps, and the live share of revenue after it. */
  readonly next: CohortProposal | null;
  readonly nextRevenueShare: number;
  readonly eligible: readonly string[];
  readonly alpha: number;
  readonly attempt: number;
  /** Counted from 1: policy restarts, fixes and changes of configuration so far. */
  readonly epoch: number;
  readonly evidenceFrom: string | null;
};

export type EvidenceInput = {
  readonly cycles: readonly CohortCycle[];
  readonly members: readonly { readonly customer: string; readonly part: 'random' | 'core' | 'convenience' }[];
  readonly seed: string;
  readonly step: string;
  readonly policy: Policy;
  readonly epochs: readonly Epoch[];
  /** First cycles of stretches with another rating-relevant configuration. */
  readonly configChanges: readonly string[];
  readonly frame: readonly FrameCustomer[];
  readonly live: ReadonlySet<string>;
  /** Customers, of this cohort or any, whom the newest closed cycle's run saw agree: their features are covered. */
  readonly seenToWork: ReadonlySet<string>;
  readonly reporting: ConfidenceContext['reporting'];
};

/** The inference of a cohort from its closed cycles. Only members drawn at random feed n, k and the value test. */
export function gatherEvidence(input: EvidenceInput): CohortEvidence {
  const { policy, step } = input;
  const isLastRung = policy.ladder.at(-1) === step;
  const mode: EvidenceMode = isLastRung ? policy.evidence.modeLastRung : policy.evidence.mode;
  const restarts = input.epochs.filter(({ kind }) => kind === 'policy').map(({ startsWith }) => startsWith);
  const changes = [
    ...input.epochs.filter(({ kind }) => kind !== 'policy').map(({ startsWith }) => startsWith),
    ...input.configChanges,
  ];
  const evidenceFrom = [...restarts].sort().at(-1) ?? null;
  const fixes = [...new Set(changes)].filter((cycle) => evidenceFrom === null || cycle >= evidenceFrom).sort();
  // A closed cycle with some customers not final still observed those who are; countEvidence drops the others.
  const closed = input.cycles.filter(({ isClosed }) => isClosed);
  const order = seededOrder(
    input.members.filter(({ part }) => part === 'random').map(({ customer }) => customer),
    input.seed,
  );
  const observations = closed.flatMap(({ record, customers }) => observationsOf(record.cycle, customers));
  const counted = countEvidence({
    observations,
    order,
    mode,
    minObserved: policy.cycles.minObserved,
    minFreshSinceFix: policy.evidence.minFreshSinceFix,
    evidenceFrom,
    fixes,
  });
  const epoch = 1 + new Set(restarts).size + fixes.length;
  const attempt = counted.mode === 'strict' ? epoch : 1 + restarts.length;
  const alpha = attemptAlpha({ alpha: policy.riskLimit, attempt, spending: policy.attemptSpending });
  const value = frameValue(valuesOf(closed, new Set(counted.mature), input.reporting));
  const pTol = policy.steps[step]?.pTol ?? 0;
  const stratumOf = new Map(input.frame.map(({ id, stratum }) => [id, stratum]));
  const bad = new Set(counted.bad);
  const strata = judgeStrata(
    counted.mature.map((customer) => ({
      stratum: stratumOf.get(customer) ?? 'not in the roster',
      isBad: bad.has(customer),
    })),
    pTol,
    alpha,
  );
  return {
    counted,
    value,
    lifted: value.topStratumBad.filter((customer) => isLifted(customer, closed, value, input.reporting)),
    strata,
    alpha,
    attempt,
    epoch,
    evidenceFrom,
    ...nextStep(input, observations, strata, stratumOf),
  };
}

/** One observation per customer: clean and frozen only when that holds in every currency. */
export function observationsOf(cycle: string, customers: readonly CustomerFacts[]): readonly Observation[] {
  const byCustomer = new Map<string, Observation>();
  for (const one of customers) {
    const known = byCustomer.get(one.customer);
    byCustomer.set(one.customer, {
      customer: one.customer,
      cycle,
      isFrozen: one.isFrozen && (known?.isFrozen ?? true),
      isClean: one.isClean && (known?.isClean ?? true),
      fingerprints: one.isClean ? (known?.fingerprints ?? one.fingerprints) : one.fingerprints,
      isExplained: one.isExplained && (known?.isExplained ?? true),
    });
  }
  return [...byCustomer.values()];
}

/** Money of each counted customer over the closed cycles, minor units of the reporting currency: base down, over up. */
function valuesOf(
  cycles: readonly CohortCycle[],
  counted: ReadonlySet<string>,
  reporting: ConfidenceContext['reporting'],
): readonly CustomerValue[] {
  const sums = new Map<string, { base: bigint; over: bigint }>();
  for (const { customers } of cycles) {
    for (const one of customers) {
      if (!counted.has(one.customer)) continue;
      const code = one.currency === null ? undefined : parseCurrency(one.currency);
      if (code === undefined) continue;
      const rate = rationalFromText(
        reporting === null || code === reporting.currency ? '1' : (reporting.rates.get(code) ?? '0'),
      );
      const sum = sums.get(one.customer) ?? { base: 0n, over: 0n };
      const base = sum.base + ceilRational(multiplyRational(minorOf(one.base, code), rate));
      const over = sum.over + ceilRational(multiplyRational(minorOf(one.over, code), rate));
      sums.set(one.customer, { base, over: over > base ? base : over });
    }
  }
  return [...sums].map(([customer, { base, over }]) => ({ customer, baseMinor: base, overMinor: over }));
}

function isLifted(
  customer: string,
  cycles: readonly CohortCycle[],
  { capMinor }: ValueFrame,
  reporting: ConfidenceContext['reporting'],
): boolean {
  const [own] = valuesOf(cycles, new Set([customer]), reporting);
  return own !== undefined && own.baseMinor > capMinor && own.baseMinor - own.overMinor <= capMinor;
}

/** Coverage, who may go live next, and how much of the revenue would then be live. */
function nextStep(
  input: EvidenceInput,
  observations: readonly Observation[],
  strata: readonly Stratum[],
  stratumOf: ReadonlyMap<string, string>,
): Pick<CohortEvidence, 'strataOk' | 'featureCoverage' | 'next' | 'nextRevenueShare' | 'eligible'> {
  const { frame, policy, live } = input;
  const step = policy.steps[input.step];
  const members = new Set(input.members.map(({ customer }) => customer));
  const wanted = policy.liveEligibility.individuallyCleanCycles;
  const passing = new Set(strata.filter(({ passes }) => passes).map(({ name }) => name));
  const byCustomer = groupByCustomer(observations);
  const eligible = [...members].filter(
    (customer) => trailingClean(byCustomer.get(customer) ?? []) >= wanted && passing.has(stratumOf.get(customer) ?? ''),
  );
  const coverage = featureCoverage(
    frame,
    frame.filter(({ id }) => input.seenToWork.has(id)),
  );
  const total = sumRevenue(frame);
  const liveRevenue = sumRevenue(frame.filter(({ id }) => live.has(id)));
  const isKnown = frame.length > 0 && frame.every(({ revenueMinor }) => revenueMinor !== null) && total > 0n;
  if (step === undefined || !isKnown)
    return {
      strataOk: passing.size > 0,
      featureCoverage: coverage ?? Number.NaN,
      next: null,
      nextRevenueShare: Number.NaN,
      eligible,
    };
  const cap = floorRational(multiplyRational(rationalFromText(String(step.maxNextRevenueShare)), rational(total)));
  const next = proposeCohort({
    frame,
    taken: live,
    eligible: new Set(eligible),
    seats: members.size,
    revenueCapMinor: cap - liveRevenue,
    perCustomerCapMinor: total,
    seed: input.seed,
  });
  const chosen = next.core.length + next.random.length;
  return {
    strataOk: passing.size > 0,
    featureCoverage: coverage ?? Number.NaN,
    next,
    // Nobody to move is no small step; it is no step.
    nextRevenueShare:
      chosen === 0 ? Number.NaN : rationalToNumber(rational(liveRevenue + next.report.revenueMinor, total)),
    eligible: eligible.sort(),
  };
}

/** Clean closed cycles of one customer up to its newest one, without a break. */
export function trailingClean(own: readonly Observation[]): number {
  const newestFirst = [...own].sort((a, b) => (a.cycle < b.cycle ? 1 : -1));
  const firstBad = newestFirst.findIndex(({ isClean, isFrozen }) => !isClean || !isFrozen);
  return firstBad < 0 ? own.length : firstBad;
}
