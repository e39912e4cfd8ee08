import type { Policy } from './policy.js';

/** In which direction a change makes the policy weaker: promote more easily, or notice harm later. */
export type Weakening = 'up' | 'down' | 'any';

/** What one value of the policy must be, and when a change of it weakens the policy. */
export type Leaf =
  | {
      readonly kind: 'share' | 'openShare' | 'count' | 'hours' | 'days';
      readonly weakens: Weakening;
      readonly isNullable?: boolean;
    }
  | {
      readonly kind: 'choice';
      readonly choices: readonly (string | number)[];
      readonly weakens: Weakening;
      readonly weakest?: string;
    }
  | { readonly kind: 'flag'; readonly weakens: Weakening }
  | { readonly kind: 'names'; readonly weakens: Weakening };

export type Schema = { readonly [key: string]: Schema | Leaf };

const share = (weakens: Weakening): Leaf => ({ kind: 'share', weakens });
const count = (weakens: Weakening): Leaf => ({ kind: 'count', weakens });

const limit: Schema = {
  abs: { kind: 'count', weakens: 'up', isNullable: true },
  pct: { kind: 'share', weakens: 'up', isNullable: true },
};
const toleranceKey: Schema = { over: limit, under: limit };

/** One step of the ladder. */
export const stepSchema: Schema = {
  minCustomers: count('down'),
  pTol: { kind: 'openShare', weakens: 'up' },
  overTol: { kind: 'openShare', weakens: 'up', isNullable: true },
  minFeatureCoverage: share('down'),
  maxNextRevenueShare: share('up'),
};

/**
 * The whole policy but its steps, as data: reading, checking and judging a change all walk this one table, so a new
 * threshold cannot be read without also being guarded.
 */
export const policySchema = {
  version: { kind: 'choice', choices: [1], weakens: 'any' },
  riskLimit: { kind: 'openShare', weakens: 'up' },
  attemptSpending: { kind: 'choice', choices: ['none', 'telescoping'], weakens: 'up', weakest: 'none' },
  maxAttemptsBeforeReview: count('up'),
  evidence: {
    method: { kind: 'choice', choices: ['eprocess-v1'], weakens: 'any' },
    unit: { kind: 'choice', choices: ['customer'], weakens: 'any' },
    mode: { kind: 'choice', choices: ['discovery', 'strict'], weakens: 'up', weakest: 'discovery' },
    modeLastRung: { kind: 'choice', choices: ['discovery', 'strict'], weakens: 'up', weakest: 'discovery' },
    minFreshSinceFix: count('down'),
  },
  materiality: {
    benchmark: { kind: 'choice', choices: ['legacyCycleRevenue'], weakens: 'any' },
    overall: share('up'),
    performance: share('up'),
    clearlyTrivial: share('up'),
  },
  toleranceKeys: {
    ROUND_LINE: toleranceKey,
    ROUND_INV: toleranceKey,
    TAX: toleranceKey,
    QTY: toleranceKey,
    PERIOD: { boundaryDays: { kind: 'days', weakens: 'up' } },
    cap: { toleratedGrossShare: share('up'), signTestP: share('down'), minSigned: count('up') },
  },
  dataTrust: {
    maxFreshnessHours: { kind: 'hours', weakens: 'up' },
    minPairCoverage: share('down'),
    minUsageCompleteness: share('down'),
    maxAmbiguousShare: share('up'),
    maxPipelineErrors: count('up'),
  },
  census: {
    maxOverShare: share('up'),
    maxUnderShare: share('up'),
    maxUnexplainedGrossShare: share('up'),
    maxOpenCritical: count('up'),
    maxTaxMismatchCustomers: count('up'),
    maxMissingNew: count('up'),
    maxExtraNew: count('up'),
  },
  severe: {
    overShare: share('up'),
    causeCustomersShare: share('up'),
    causeCustomersMin: count('up'),
    missingShare: share('up'),
    taxCustomersLive: count('up'),
    taxCustomersShadow: count('up'),
    duplicatesLive: count('up'),
  },
  catastrophic: { overShare: share('up'), causeCustomersShare: share('up') },
  live: { fixMarginHours: { kind: 'hours', weakens: 'down' } },
  cycles: {
    minObserved: count('down'),
    cleanRequired: count('down'),
    extraCleanAfterRollback: count('down'),
    agreeNights: count('down'),
  },
  eventCoverage: { minCleanSightings: count('down'), events: { kind: 'names', weakens: 'any' } },
  liveEligibility: {
    individuallyCleanCycles: count('down'),
    share: share('down'),
    excludeIfOpenDispute: { kind: 'flag', weakens: 'down' },
  },
} as const satisfies Schema & Record<Exclude<keyof Policy, 'ladder' | 'steps'>, Schema | Leaf>;

/** Whether a node of the schema is a leaf. */
export function isLeaf(node: Schema | Leaf): node is Leaf {
  return typeof node['kind'] === 'string';
}
