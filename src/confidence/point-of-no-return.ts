import type { CycleId } from '../model/ids.js';
import { cyclePeriod, type Instant, msOfInstant, shiftCycle } from '../model/period.js';

/** What closes the way back, besides time. */
export const closingEvents = {
  legacy_usage_off: 'the legacy usage feed was switched off',
  legacy_state_stale: 'legacy state was not written for more than a cycle',
  payments_beyond_policy: 'payments were collected on new invoice numbers beyond the credit-note policy',
  tax_submitted: 'tax or e-invoices were submitted that cannot be voided',
} as const;
export type ClosingEvent = keyof typeof closingEvents;

export type PointOfNoReturn = {
  readonly at: Instant;
  readonly because: string;
  readonly isPassed: boolean;
  /** Hours until it, negative when it has passed. */
  readonly hoursLeft: number;
};

/**
 * The first of the events that close the way back and the end of the rollback window, which is the end of the
 * `rollbackCycles`-th live cycle (statistics 3.4).
 */
export function pointOfNoReturn(input: {
  readonly firstLiveCycle: CycleId;
  readonly rollbackCycles: number;
  readonly zone: string;
  readonly events: readonly { readonly event: ClosingEvent; readonly at: Instant }[];
  readonly now: Instant;
}): PointOfNoReturn {
  const last = shiftCycle(input.firstLiveCycle, input.rollbackCycles - 1);
  const window = {
    at: cyclePeriod(last, input.zone).end,
    because: `the rollback window ends with live cycle ${last}`,
  };
  const all = [window, ...input.events.map(({ event, at }) => ({ at, because: closingEvents[event] }))];
  const first = all.reduce((earliest, one) => (one.at < earliest.at ? one : earliest));
  const hoursLeft = (msOfInstant(first.at) - msOfInstant(input.now)) / 3_600_000;
  return { ...first, isPassed: first.at <= input.now, hoursLeft };
}
