import { addDays } from '../../confidence/cutover-dates.js';
import { invariant } from '../../model/invariant.js';
import { dateInZone, instantOfMs, msOfInstant, parseLocal } from '../../model/period.js';

/** Hours of the day in which people are not written to, "HH:MM" in a zone; `to` is the first minute after them. */
export type QuietHours = { readonly from: string; readonly to: string };

/**
 * When somebody may be written to: now, or the end of the quiet hours that hold now. Hours that begin before midnight end on
 * the next day. On a day of a clock change they end at the same time of the clock, an hour earlier or later.
 */
export function afterQuiet(now: Date, quiet: QuietHours | null, zone: string): Date {
  if (quiet === null) return now;
  const today = dateInZone(instantOfMs(now.getTime()), zone);
  // Quiet hours that hold now began yesterday or today.
  for (const day of [addDays(today, -1), today]) {
    const from = momentOf(day, quiet.from, zone);
    const to = momentOf(quiet.from < quiet.to ? day : addDays(day, 1), quiet.to, zone);
    if (from <= now.getTime() && now.getTime() < to) return new Date(to);
  }
  return now;
}

function momentOf(day: string, time: string, zone: string): number {
  const instant = parseLocal(`${day} ${time}`, zone);
  invariant(instant !== undefined, 'a time of the configuration is one of the clock', { day, time });
  return msOfInstant(instant);
}
