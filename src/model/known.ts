import type { CurrencyCode } from './currency.js';
import type { CustomerKey } from './ids.js';
import type { DecimalText } from './money.js';
import type { Cause, Level } from './verdict.js';

/**
 * A difference that somebody accepts for a while: which mismatches it covers, who answers, until when, and how much money
 * it may cover per cycle and currency. What it covers leaves the totals and stays visible on a line of its own.
 */
export type KnownDifference = {
  readonly id: string;
  /** Every field given must fit. */
  readonly match: {
    readonly cause?: Cause;
    readonly level?: Level;
    readonly customer?: CustomerKey;
    readonly currency?: CurrencyCode;
    readonly fingerprint?: string;
    /** Largest single difference it covers, major units. */
    readonly maxAbs?: DecimalText;
  };
  readonly reason: string;
  readonly owner: string;
  /** "YYYY-MM-DD": first day on which it no longer holds. */
  readonly expires: string;
  /** Most money it may cover per cycle and currency (absolute, major units). */
  readonly maxAmount: DecimalText;
  /** The verdict that Solvimon is right: what it covers is what the old system billed wrongly. */
  readonly isLegacyWrong: boolean;
};
