import type { Snapshot } from '../confidence/snapshot.js';
import {
  type ClosingEvent,
  closingEvents,
  type PointOfNoReturn,
  pointOfNoReturn,
} from '../confidence/point-of-no-return.js';
import { addDays } from '../confidence/cutover-dates.js';
import { type CycleId, parseCycleId } from '../model/ids.js';
import { invariant } from '../model/invariant.js';
import { dateInZone, type Instant, instantOfMs, msOfInstant, parseInstant, startOfDate } from '../model/period.js';
import { type GoliveRecord, hasFinalDocuments } from '../store/golive-rows.js';
import type { ConfidenceContext } from './confidence-context.js';

export type LiveFacts = {
  readonly live: Snapshot['live'];
  readonly pointOfNoReturn: PointOfNoReturn | null;
};

/**
 * What is known of members who are live: whether the way back is open, and the time to the next bill run. A rollback that
 * was never rehearsed counts as no way back.
 */
export async function liveFacts(
  context: Pick<ConfidenceContext, 'db' | 'zone' | 'golive'>,
  input: {
    readonly live: readonly { readonly customer: string; readonly since: string }[];
    readonly runId: string | null;
    readonly records: readonly GoliveRecord[];
    readonly asOf: Date;
  },
): Promise<LiveFacts> {
  if (input.live.length === 0) return { live: null, pointOfNoReturn: null };
  const now = instantOfMs(input.asOf.getTime());
  const first = parseCycleId(input.live.map(({ since }) => since).sort()[0] ?? '');
  invariant(first !== undefined, 'a live customer has a first cycle');
  const point = returnPoint(context, first, input.records, now);
  const happened = (item: string) => input.records.some((one) => one.item === item && one.outcome === 'pass');
  return {
    pointOfNoReturn: point,
    live: {
      rollbackWindowOpen: !point.isPassed,
      legacyInSync: happened('rollback_rehearsed') && !happened('legacy_usage_off') && !happened('legacy_state_stale'),
      invoicesSent:
        input.runId !== null &&
        (await hasFinalDocuments(
          context.db,
          input.runId,
          input.live.map(({ customer }) => customer),
        )),
      fixDeployHours: context.golive.fixDeployHours,
      hoursToNextBillRun: hoursToBillRun(now, context.zone, context.golive.billRunDay),
    },
  };
}

/** The point of no return of customers who went live with `first`. */
export function returnPoint(
  { zone, golive }: Pick<ConfidenceContext, 'zone' | 'golive'>,
  first: CycleId,
  records: readonly GoliveRecord[],
  now: Instant,
): PointOfNoReturn {
  const events = records.flatMap(({ item, outcome, at }) => {
    const instant = parseInstant(at);
    return outcome === 'pass' && Object.hasOwn(closingEvents, item) && instant !== undefined
      ? [{ event: item as ClosingEvent, at: instant }]
      : [];
  });
  return pointOfNoReturn({ firstLiveCycle: first, rollbackCycles: golive.rollbackCycles, zone, events, now });
}

/** Hours until the next bill run begins: local midnight of the bill-run day. */
export function hoursToBillRun(now: Instant, zone: string, billRunDay: number): number {
  const today = dateInZone(now, zone);
  const day = String(billRunDay).padStart(2, '0');
  const thisMonth = `${today.slice(0, 8)}${day}`;
  const nextMonth = addDays(`${today.slice(0, 8)}28`, 4);
  const date = thisMonth > today ? thisMonth : `${nextMonth.slice(0, 8)}${day}`;
  const start = startOfDate(date, zone);
  invariant(start !== undefined, 'a bill-run day exists in every month', { date });
  return (msOfInstant(start) - msOfInstant(now)) / 3_600_000;
}
