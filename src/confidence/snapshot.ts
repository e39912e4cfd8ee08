import type { ValueItem } from './e-process.js';

/** State of the worst open cause. `fix-verified`: replay of every affected customer came out clean. */
export type CauseStatus = 'none' | 'unknown' | 'known' | 'fix-ready' | 'fix-verified';

/** Everything decide() looks at, frozen (statistics 3.3). Shares are fractions of 1; a number that could not be measured is NaN. */
export type Snapshot = {
  readonly mode: 'shadow' | 'live';
  /** Name of the rung whose gate is asked. */
  readonly step: string;
  /** Cycles running with a severe trigger, this one included. */
  readonly severeCycles: number;
  readonly lastActionWasRollback: boolean;
  readonly atCycleBoundary: boolean;
  /** A named person confirmed harm on a really sent document. */
  readonly harmConfirmed: boolean;
  readonly data: {
    readonly freshnessHours: number;
    readonly pairCoverage: number;
    readonly usageCompleteness: number;
    readonly ambiguousShare: number;
    readonly pipelineErrors: number;
  };
  readonly census: {
    readonly overShare: number;
    readonly underShare: number;
    readonly unexplainedGrossShare: number;
    readonly openCritical: number;
    readonly taxMismatchCustomers: number;
    readonly missingNew: number;
    readonly missingShare: number;
    readonly extraNew: number;
    readonly duplicates: number;
  };
  readonly cause: {
    readonly status: CauseStatus;
    readonly customersShare: number;
    readonly customers: number;
    readonly regressed: boolean;
  };
  readonly live: null | {
    readonly rollbackWindowOpen: boolean;
    readonly legacyInSync: boolean;
    readonly invoicesSent: boolean;
    readonly fixDeployHours: number;
    readonly hoursToNextBillRun: number;
  };
  readonly evidence: {
    /** Attempt of this epoch, counted from 1. */
    readonly attempt: number;
    readonly cyclesObserved: number;
    readonly cleanCycles: number;
    readonly customers: number;
    readonly badCustomers: number;
    /** Over-billing per customer below the cap; see ValueItem. */
    readonly valueItems: readonly ValueItem[];
    /** Cap of the frame in minor units. */
    readonly J: bigint;
    /** Bad customers above the cap; absent means 0. */
    readonly topStratumBad?: number;
    readonly strataOk: boolean;
    readonly featureCoverage: number;
    readonly nextRevenueShare: number;
    /** Nights running on which the recommendation was the same. */
    readonly agreeNights: number;
  };
};
