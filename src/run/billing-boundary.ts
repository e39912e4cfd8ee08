import { type CutoverDate, cutoverDates } from '../confidence/cutover-dates.js';
import { invariant } from '../model/invariant.js';
import { type CycleId, parseCycleId } from '../model/ids.js';
import { cyclePeriod, dateInZone, instantOfMs } from '../model/period.js';
import type { ConfidenceContext } from './confidence-context.js';

/** The monthly cycle that a calendar day lies in. */
export function cycleOfDay(day: string): CycleId {
  const cycle = parseCycleId(day.slice(0, 7));
  invariant(cycle !== undefined, 'a calendar day lies in a cycle', { day });
  return cycle;
}

/** The cycle that begins on a billing boundary. */
export function cycleBeginningOn(day: string, zone: string): CycleId {
  const cycle = cycleOfDay(day);
  invariant(dateInZone(cyclePeriod(cycle, zone).start, zone) === day, 'a boundary begins a cycle', { day });
  return cycle;
}

/** The calendar day of now in the zone of the configuration. */
export function todayOf({ now, zone }: Pick<ConfidenceContext, 'now' | 'zone'>): string {
  return dateInZone(instantOfMs(now().getTime()), zone);
}

/** The next billing boundaries, each with what stands in its way. */
export function nextBoundaries(
  context: Pick<ConfidenceContext, 'now' | 'zone' | 'golive'>,
  count: number,
): readonly CutoverDate[] {
  const today = todayOf(context);
  return cutoverDates({ after: cycleOfDay(today), today, count, zone: context.zone, calendar: context.golive });
}
