import type { CurrencyCode } from './currency.js';
import type { CustomerKey } from './ids.js';
import type { DecimalText } from './money.js';
import type { Cause, ComponentName, Level } from './verdict.js';

/** How much may differ in one direction: whole minor units, an amount in major units, or a percentage of the legacy amount. */
export type ToleranceLimit =
  | { readonly kind: 'minor_units'; readonly value: DecimalText }
  | { readonly kind: 'amount'; readonly value: DecimalText }
  | { readonly kind: 'percent'; readonly value: DecimalText };

/** One tolerance. The first rule whose `when` fits applies; without any, amounts must be equal to the minor unit. */
export type ToleranceRule = {
  readonly name: string;
  readonly when: {
    readonly cause?: Cause;
    readonly level?: Level;
    readonly customer?: CustomerKey;
    readonly currency?: CurrencyCode;
    /** All of the difference is this component of it, and nothing else. */
    readonly component?: ComponentName;
  };
  readonly over: ToleranceLimit;
  readonly under: ToleranceLimit;
  /** Most that may be tolerated per customer and cycle in total (absolute, major units); null: no budget. */
  readonly budget: DecimalText | null;
  readonly reason: string;
};

/** What is compared, and how much may differ. */
export type CompareRules = {
  readonly quantity: boolean;
  readonly unitPrice: boolean;
  /** `line`: tax of each line; `document`: only the document's tax; `off`: net amounts only. */
  readonly tax: 'line' | 'document' | 'off';
  /** `exact` instants, `date` calendar dates in `timezone`, or `off`. */
  readonly period: 'exact' | 'date' | 'off';
  /** Zone of the cycle, for date arithmetic in proration hypotheses. */
  readonly timezone: string;
  readonly tolerance: readonly ToleranceRule[];
};

export const exactRules: CompareRules = {
  quantity: true,
  unitPrice: true,
  tax: 'line',
  period: 'exact',
  timezone: 'UTC',
  tolerance: [],
};
