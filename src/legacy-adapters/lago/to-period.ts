import type { Line } from '../../model/document.js';
import {
  endOfDate,
  type Instant,
  instantOfMs,
  isZone,
  msOfInstant,
  parseInstant,
  parseLocal,
  startOfDate,
} from '../../model/period.js';
import { isObject, type Json, type JsonObject, textOf } from '../http/json.js';

/** The zone in which Lago cuts a customer's periods and dates his invoices; UTC is the server's own default. */
export function zoneOf(object: JsonObject, invoice: JsonObject | null): string {
  for (const one of [object['customer'], invoice?.['customer']]) {
    const zone = isObject(one) ? (textOf(one['applicable_timezone']) ?? textOf(one['timezone'])) : null;
    if (zone !== null && isZone(zone)) return zone;
  }
  return 'UTC';
}

/** The day of issue at its beginning in the customer's zone; of an older credit note, which has none, its making. */
export function issuedAtOf(object: JsonObject, invoice: JsonObject | null): Instant | null {
  const day = textOf(object['issuing_date']);
  if (day !== null) return startOfDate(day, zoneOf(object, invoice)) ?? null;
  return instantOf(object['created_at']);
}

/** A point in time that Lago writes with Z, or without anything and then in UTC. */
export function instantOf(value: Json | undefined): Instant | null {
  const text = textOf(value);
  return text === null ? null : (parseInstant(text) ?? parseLocal(text, 'UTC') ?? null);
}

type Quality = Pick<Line, 'period' | 'periodQuality'>;

/**
 * The half-open period between `from_date` and `to_date`. Lago cuts periods at the customer's midnight and sends the last
 * second as their end: as points in time (21:59:59Z is midnight in Amsterdam), as days, or, in some releases, as the
 * customer's own clock with a Z that does not belong there (23:59:59Z). Which it is shows: only one of them begins at
 * midnight for this customer. Null when a text is no time at all.
 */
export function toPeriod(from: string, to: string, zone: string): Quality | null {
  const days = { start: startOfDate(from, zone), end: endOfDate(to, zone) };
  if (days.start !== undefined && days.end !== undefined)
    return judged(days.start, days.end, days.end < days.start, 'date_in_zone');
  const [start, last] = [parseInstant(from), parseInstant(to)];
  if (start === undefined || last === undefined) return null;
  if (!isMidnight(start, zone) && isMidnight(start, 'UTC')) {
    const [local, localLast] = [parseLocal(clockOf(from), zone), parseLocal(clockOf(to), zone)];
    if (local !== undefined && localLast !== undefined)
      return judged(local, afterLast(localLast), localLast < local, 'shifted');
  }
  const end = afterLast(last);
  return judged(start, end, last < start, end === last ? 'exact' : 'closed_end_fixed');
}

function judged(start: Instant, end: Instant, isInverted: boolean, quality: Line['periodQuality']): Quality {
  return { period: { start, end }, periodQuality: isInverted ? 'inverted' : quality };
}

/** A period that ends with a day ends at second 59, or 59.999; one that was ended early does so at any other moment. */
function afterLast(last: Instant): Instant {
  if (!/:59\.(000|999)Z$/.test(last)) return last;
  return instantOfMs(msOfInstant(last) + (last.endsWith('.000Z') ? 1000 : 1));
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function isMidnight(instant: Instant, zone: string): boolean {
  const clock = clocks.get(zone) ?? new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'medium' });
  clocks.set(zone, clock);
  return clock.format(msOfInstant(instant)) === '00:00:00';
}

/** The clock without the offset behind it. */
const clockOf = (text: string): string => text.replace(/(Z|[+-]\d{2}:?\d{2})$/, '');
