import { dateInZone, isZone, msOfInstant, type Period } from '../../../model/period.js';
import { each, type Fit, type Sides, step } from './hypothesis.js';

const dayMs = 86_400_000;

/**
 * The two periods are the same calendar days cut at other midnights, or one day longer at the end, and the quantity
 * follows. Which events fell between the boundaries nobody states, so this is never more than likely.
 */
export function boundaryShift({ legacy, solvimon, difference }: Sides): Fit | null {
  const [left, right] = [legacy.period, solvimon.period];
  if (left === null || right === null || (left.start === right.start && left.end === right.end)) return null;
  if (legacy.quantity === null || solvimon.quantity === null || legacy.quantity.equals(solvimon.quantity)) return null;
  const why = shiftText(left, right, [legacy.zone, solvimon.zone, difference.context.rules.timezone, 'UTC']);
  if (why === null) return null;
  return {
    cause: 'period.boundary_shift',
    isStated: false,
    specialises: ['usage.quantity'],
    working: [
      ...each(`${left.start} to ${left.end}`, `${right.start} to ${right.end}`),
      step('test', `${why}; usage near the boundary falls on different sides of it`),
    ],
  };
}

/** "same days in Europe/Amsterdam and in UTC", "end one day later", or null when neither says it. */
function shiftText(left: Period, right: Period, zones: readonly (string | null)[]): string | null {
  const known = [...new Set(zones)].filter((zone): zone is string => zone !== null && isZone(zone));
  for (const zone of known)
    for (const other of known) {
      if (zone === other) continue;
      const isSame =
        isMidnight(left, zone) &&
        isMidnight(right, other) &&
        dateInZone(left.start, zone) === dateInZone(right.start, other) &&
        dateInZone(left.end, zone) === dateInZone(right.end, other);
      if (isSame) return `the same days, cut in ${zone} and in ${other}`;
    }
  const ends = msOfInstant(right.end) - msOfInstant(left.end);
  const starts = msOfInstant(right.start) - msOfInstant(left.start);
  if (starts === 0 && Math.abs(ends) <= dayMs) return 'one of them ends a day or less later';
  return Math.abs(starts) <= dayMs && Math.abs(ends) <= dayMs ? 'the boundaries differ by a day or less' : null;
}

function isMidnight(period: Period, zone: string): boolean {
  return (
    dateInZone(period.start, zone) !== dateInZone(before(period.start), zone) &&
    dateInZone(period.end, zone) !== dateInZone(before(period.end), zone)
  );
}

function before(instant: Period['start']): Period['start'] {
  return new Date(msOfInstant(instant) - 1).toISOString() as Period['start'];
}
