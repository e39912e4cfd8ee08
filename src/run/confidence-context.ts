import type { Kysely } from 'kysely';
import type { Policy } from '../confidence/policy.js';
import type { CutoverCalendar } from '../confidence/cutover-dates.js';
import type { CurrencyCode } from '../model/currency.js';
import type { DecimalText } from '../model/money.js';
import type { Database } from '../store/tables.js';
import type { RosterFile } from './read-roster.js';

/** A cohort as the configuration describes it: who is in, and what it asks beyond the policy. */
export type CohortSettings = {
  readonly id: string;
  readonly step: string | null;
  readonly selection: 'random' | 'convenience';
  readonly seed: string | null;
  readonly select: {
    readonly customers: readonly string[] | null;
    readonly country: string | null;
    readonly plans: readonly string[] | null;
    readonly hasUsage: boolean | null;
    /** Largest monthly amount, major units. */
    readonly maxMrr: DecimalText | null;
  };
  readonly requirements: {
    /** Shares of 1. */
    readonly minCoverage: number | null;
    readonly minExplained: number | null;
    readonly maxUsageVariance: number | null;
    readonly cleanCycles: number | null;
    /** Major units of the reporting currency per cycle. */
    readonly maxOver: DecimalText | null;
    readonly maxUnder: DecimalText | null;
  };
};

export type GoliveSettings = CutoverCalendar & {
  readonly fixDeployHours: number;
  readonly rollbackCycles: number;
  readonly events: readonly { readonly on: string; readonly what: string }[];
};

/** Everything that the cohort use cases get from outside. The clock is passed in so that tests own it. */
export type ConfidenceContext = {
  readonly db: Kysely<Database>;
  now(): Date;
  /** Zone whose midnights cut cycles and nights. */
  readonly zone: string;
  /** The policy of the file, or the defaults. */
  readonly policy: Policy;
  /** Null when the configuration names no roster: nothing is then expected, and nothing can expand. */
  readonly roster: RosterFile | null;
  /** Null when the configuration names none: then only cohorts of one currency can be judged. */
  readonly reporting: {
    readonly currency: CurrencyCode;
    readonly rates: ReadonlyMap<CurrencyCode, DecimalText>;
  } | null;
  readonly cohorts: readonly CohortSettings[];
  readonly golive: GoliveSettings;
};

export const defaultGolive: GoliveSettings = {
  closeDays: 5,
  holidays: [],
  away: [],
  billRunDay: 1,
  fixDeployHours: 24,
  rollbackCycles: 2,
  events: [],
};
