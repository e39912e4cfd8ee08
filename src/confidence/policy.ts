/** Limits of one direction of a tolerance key: both apply. `null` states on purpose that there is no limit of that kind. */
export type ToleranceLimit = {
  /** Whole minor units of the document's currency. */
  readonly abs: number | null;
  /** Share of the legacy amount. */
  readonly pct: number | null;
};

/** Limits when the customer pays more (over) and when the customer pays less (under). */
export type ToleranceKey = { readonly over: ToleranceLimit; readonly under: ToleranceLimit };

/** One rung of the ladder. Its gate guards the move to the NEXT rung. */
export type PolicyStep = {
  readonly minCustomers: number;
  /** Tolerated rate of bad customers. */
  readonly pTol: number;
  /** Tolerated over-billed share of value; `null` when the step makes no claim about value. */
  readonly overTol: number | null;
  readonly minFeatureCoverage: number;
  /** Largest live share of monthly revenue after the step. */
  readonly maxNextRevenueShare: number;
};

/** The declarative gate policy (statistics 3.1). Shares are fractions of 1, times are hours or billing cycles. */
export type Policy = {
  readonly version: 1;
  /** alpha: the largest chance of EXPAND on a system that is at or over tolerance, whatever the number of looks. */
  readonly riskLimit: number;
  readonly attemptSpending: 'none' | 'telescoping';
  readonly maxAttemptsBeforeReview: number;
  readonly evidence: {
    readonly method: 'eprocess-v1';
    readonly unit: 'customer';
    readonly mode: 'discovery' | 'strict';
    readonly modeLastRung: 'discovery' | 'strict';
    readonly minFreshSinceFix: number;
  };
  readonly materiality: {
    readonly benchmark: 'legacyCycleRevenue';
    readonly overall: number;
    readonly performance: number;
    readonly clearlyTrivial: number;
  };
  readonly toleranceKeys: {
    readonly ROUND_LINE: ToleranceKey;
    readonly ROUND_INV: ToleranceKey;
    readonly TAX: ToleranceKey;
    readonly QTY: ToleranceKey;
    readonly PERIOD: { readonly boundaryDays: number };
    readonly cap: { readonly toleratedGrossShare: number; readonly signTestP: number; readonly minSigned: number };
  };
  readonly dataTrust: {
    readonly maxFreshnessHours: number;
    readonly minPairCoverage: number;
    readonly minUsageCompleteness: number;
    readonly maxAmbiguousShare: number;
    readonly maxPipelineErrors: number;
  };
  readonly census: {
    readonly maxOverShare: number;
    readonly maxUnderShare: number;
    readonly maxUnexplainedGrossShare: number;
    readonly maxOpenCritical: number;
    readonly maxTaxMismatchCustomers: number;
    readonly maxMissingNew: number;
    readonly maxExtraNew: number;
  };
  readonly severe: {
    readonly overShare: number;
    readonly causeCustomersShare: number;
    readonly causeCustomersMin: number;
    readonly missingShare: number;
    readonly taxCustomersLive: number;
    readonly taxCustomersShadow: number;
    readonly duplicatesLive: number;
  };
  readonly catastrophic: { readonly overShare: number; readonly causeCustomersShare: number };
  readonly live: { readonly fixMarginHours: number };
  readonly cycles: {
    readonly minObserved: number;
    readonly cleanRequired: number;
    readonly extraCleanAfterRollback: number;
    readonly agreeNights: number;
  };
  /** Names of the steps from the first rung to the last. */
  readonly ladder: readonly string[];
  readonly steps: Readonly<Record<string, PolicyStep>>;
  readonly eventCoverage: { readonly minCleanSightings: number; readonly events: readonly string[] };
  readonly liveEligibility: {
    readonly individuallyCleanCycles: number;
    readonly share: number;
    readonly excludeIfOpenDispute: boolean;
  };
};

/** The defaults of statistics 3.1: proposals that finance and operations sign, above all the materiality line. */
export const defaultPolicy: Policy = {
  version: 1,
  riskLimit: 0.05,
  attemptSpending: 'none',
  maxAttemptsBeforeReview: 3,
  evidence: {
    method: 'eprocess-v1',
    unit: 'customer',
    mode: 'discovery',
    modeLastRung: 'strict',
    minFreshSinceFix: 20,
  },
  materiality: { benchmark: 'legacyCycleRevenue', overall: 0.005, performance: 0.75, clearlyTrivial: 0.05 },
  toleranceKeys: {
    ROUND_LINE: { over: { abs: 1, pct: null }, under: { abs: 1, pct: null } },
    ROUND_INV: { over: { abs: 2, pct: 0.0001 }, under: { abs: 5, pct: 0.0005 } },
    TAX: { over: { abs: 1, pct: null }, under: { abs: 1, pct: null } },
    QTY: { over: { abs: 0, pct: 0 }, under: { abs: 0, pct: 0.001 } },
    PERIOD: { boundaryDays: 0 },
    cap: { toleratedGrossShare: 0.0001, signTestP: 0.001, minSigned: 30 },
  },
  dataTrust: {
    maxFreshnessHours: 36,
    minPairCoverage: 0.995,
    minUsageCompleteness: 0.999,
    maxAmbiguousShare: 0.005,
    maxPipelineErrors: 0,
  },
  census: {
    maxOverShare: 0.0005,
    maxUnderShare: 0.002,
    maxUnexplainedGrossShare: 0.00025,
    maxOpenCritical: 0,
    maxTaxMismatchCustomers: 0,
    maxMissingNew: 0,
    maxExtraNew: 0,
  },
  severe: {
    overShare: 0.005,
    causeCustomersShare: 0.05,
    causeCustomersMin: 3,
    missingShare: 0.005,
    taxCustomersLive: 1,
    taxCustomersShadow: 3,
    duplicatesLive: 1,
  },
  catastrophic: { overShare: 0.02, causeCustomersShare: 0.25 },
  live: { fixMarginHours: 24 },
  cycles: { minObserved: 2, cleanRequired: 2, extraCleanAfterRollback: 1, agreeNights: 3 },
  ladder: ['pilot', 's5', 's25'],
  steps: {
    pilot: { minCustomers: 20, pTol: 0.15, overTol: null, minFeatureCoverage: 0.6, maxNextRevenueShare: 0.05 },
    s5: { minCustomers: 60, pTol: 0.05, overTol: null, minFeatureCoverage: 0.9, maxNextRevenueShare: 0.25 },
    s25: { minCustomers: 300, pTol: 0.01, overTol: 0.05, minFeatureCoverage: 0.99, maxNextRevenueShare: 1 },
  },
  eventCoverage: {
    minCleanSightings: 5,
    events: [
      'new',
      'renewal',
      'upgradeMidCycle',
      'downgrade',
      'cancel',
      'creditNote',
      'trueUp',
      'tierCrossing',
      'coupon',
      'dunning',
      'taxExempt',
      'fxInvoice',
    ],
  },
  liveEligibility: { individuallyCleanCycles: 2, share: 1, excludeIfOpenDispute: true },
};

/** Amounts that follow from a cohort's revenue by the materiality chain (ISA 320 and 450), as shares of that revenue. */
export function materialityShares(policy: Policy): {
  readonly overall: number;
  readonly performance: number;
  readonly clearlyTrivial: number;
} {
  const { overall, performance, clearlyTrivial } = policy.materiality;
  return { overall, performance: overall * performance, clearlyTrivial: overall * clearlyTrivial };
}
