import type { CycleId } from '../model/ids.js';
import { cyclePeriod, dateInZone, shiftCycle } from '../model/period.js';

/** What the calendar of a cutover knows. Dates are "YYYY-MM-DD" in the zone of the configuration. */
export type CutoverCalendar = {
  readonly closeDays: number;
  readonly holidays: readonly string[];
  readonly away: readonly { readonly from: string; readonly to: string; readonly who: string }[];
  readonly billRunDay: number;
};

/** One billing boundary on which customers could change systems, and what stands in its way. */
export type CutoverDate = {
  /** The first cycle that Solvimon would bill. */
  readonly cycle: CycleId;
  readonly on: string;
  /** Last working day before the boundary: the decision must be approved by its end. */
  readonly decideBy: string;
  /** First day on or after the boundary's month-turn on which Solvimon bills. */
  readonly firstBillRunOn: string;
  /** Day on which finance has closed the last legacy cycle. */
  readonly closedOn: string;
  readonly obstacles: readonly string[];
};

/**
 * The next `count` billing boundaries after `today`. A cutover is always a boundary, so nobody is billed by two systems
 * for one period; a boundary with an obstacle is shown with it and not hidden.
 */
export function cutoverDates(input: {
  readonly after: CycleId;
  readonly today: string;
  readonly count: number;
  readonly zone: string;
  readonly calendar: CutoverCalendar;
}): readonly CutoverDate[] {
  const found: CutoverDate[] = [];
  // One boundary per cycle: the bound only guards against a cycle far in the past.
  for (let step = 1; found.length < input.count && step <= 1200; step += 1) {
    const cycle = shiftCycle(input.after, step);
    const on = dateInZone(cyclePeriod(cycle, input.zone).start, input.zone);
    if (on <= input.today) continue;
    found.push(toCutoverDate(cycle, on, input.zone, input.today, input.calendar));
  }
  return found;
}

function toCutoverDate(
  cycle: CycleId,
  on: string,
  zone: string,
  today: string,
  calendar: CutoverCalendar,
): CutoverDate {
  const decideBy = workingDay(on, -1, calendar);
  const closedOn = workingDay(on, calendar.closeDays, calendar);
  const obstacles = [
    ...(isHoliday(on, calendar) ? [`${on} is a holiday`] : []),
    ...calendar.away
      .filter(({ from, to }) => from <= closedOn && to >= decideBy)
      .map(({ from, to, who }) => `${who} from ${from} to ${to}`),
    ...calendar.holidays
      .filter((day) => day > on && day <= closedOn)
      .map((day) => `holiday ${day} before finance has closed`),
    ...(decideBy <= today ? [`the decision would have to be approved by ${decideBy}`] : []),
  ];
  const end = dateInZone(cyclePeriod(cycle, zone).end, zone);
  const billed = `${end.slice(0, 8)}${String(calendar.billRunDay).padStart(2, '0')}`;
  return { cycle, on, decideBy, closedOn, firstBillRunOn: billed >= end ? billed : addDays(end, 1), obstacles };
}

/** The day `count` working days after (negative: before) a date; 0 gives the date itself. */
export function workingDay(date: string, count: number, calendar: Pick<CutoverCalendar, 'holidays'>): string {
  let [day, left] = [date, Math.abs(count)];
  while (left > 0) {
    day = addDays(day, Math.sign(count));
    if (!isWeekend(day) && !isHoliday(day, calendar)) left -= 1;
  }
  return day;
}

/** Calendar arithmetic on "YYYY-MM-DD": no zone takes part, so no clock change can move a day. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

function isWeekend(date: string): boolean {
  const day = new Date(`${date}T00:00:00Z`).getUTCDay();
  return day === 0 || day === 6;
}

function isHoliday(date: string, { holidays }: Pick<CutoverCalendar, 'holidays'>): boolean {
  return holidays.includes(date);
}
