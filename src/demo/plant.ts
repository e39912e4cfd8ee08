import type { Cause } from '../model/verdict.js';
import type { CohortId } from './business.js';
import type { Case } from './case.js';
import type { Random } from './random.js';

/**
 * One way in which the two systems come to differ, or something harmless that a reconciler must not take for a
 * difference. What it does to the money is not said here: that is computed from the two bills afterwards.
 */
export type Plant = {
  readonly name: string;
  /** null: not a difference. */
  readonly cause: Cause | null;
  /** What happened, as whoever did it would say. */
  readonly sentence: string;
  /**
   * `lasting`: the same customers in both cycles, as a wrong setting does. `each_cycle`: others every time, as mishaps
   * do. `everybody`: everyone whom it concerns, whether or not it changes an amount this time.
   */
  readonly who: 'lasting' | 'each_cycle' | 'everybody';
  /** How many customers; ignored for `everybody`. */
  readonly count: number;
  /** Whose members it strikes; without one, only customers of no cohort are touched. */
  readonly cohort?: CohortId;
  /** True when both systems bill the same all the same: shown as a note, or not at all. */
  readonly isWithoutMoney?: boolean;
  /** Whether a customer's month is of the kind that this can happen to. */
  fits(one: Case): boolean;
  /** Makes it happen. Called once per cycle; `first` is the same customer's month in the first cycle. */
  apply(one: Case, random: Random, first: Case): Case;
};
