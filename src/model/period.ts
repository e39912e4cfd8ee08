import { TZDate, tzOffset } from '@date-fns/tz';
// By its own path: the index loads three hundred files.
import { addMonths } from 'date-fns/addMonths';
import type { CycleId } from './ids.js';
import { invariant } from './invariant.js';

declare const instantBrand: unique symbol;

/** A UTC instant as fixed-width ISO text, "2026-10-01T00:00:00.000Z": text order is time order. */
export type Instant = string & { readonly [instantBrand]: 'Instant' };

/** A half-open period [start, end). */
export type Period = { readonly start: Instant; readonly end: Instant };

const withOffset = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2}|[+-]\d{2})$/;
const calendarDate = /^(\d{4})-(\d{2})-(\d{2})$/;
const localDateTime = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3})\d*)?)?$/;

/** The instant of epoch milliseconds (UTC). */
export function instantOfMs(ms: number): Instant {
  invariant(Number.isFinite(ms), 'finite epoch milliseconds are expected', { ms });
  return new Date(ms).toISOString() as Instant;
}

/** The instant of whole epoch seconds (UTC), as Stripe and Chargebee send them. */
export function instantOfSeconds(seconds: number): Instant {
  return instantOfMs(seconds * 1000);
}

/** Epoch milliseconds of an instant. */
export function msOfInstant(instant: Instant): number {
  return Date.parse(instant);
}

/** Reads an ISO 8601 timestamp that carries its offset; `undefined` when malformed, impossible, or without an offset. */
export function parseInstant(text: string): Instant | undefined {
  if (!withOffset.test(text) || !isRealDate(text.slice(0, 10))) return undefined;
  const ms = Date.parse(
    text
      .replace(' ', 'T')
      .replace(/([+-]\d{2})(\d{2})$/, '$1:$2')
      .replace(/([+-]\d{2})$/, '$1:00'),
  );
  return Number.isNaN(ms) ? undefined : instantOfMs(ms);
}

/** Whether an IANA zone name is known to this Node. */
export function isZone(zone: string): boolean {
  const known = zones.get(zone);
  if (known !== undefined) return known;
  const found = isZoneOfNode(zone);
  if (zones.size >= mostZones) zones.clear();
  zones.set(zone, found);
  return found;
}

const zones = new Map<string, boolean>();
const mostZones = 1024;

function isZoneOfNode(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** Local midnight at the start of calendar date "YYYY-MM-DD" in `zone`; `undefined` for an impossible date. Survives DST. */
export function startOfDate(date: string, zone: string): Instant | undefined {
  return midnight(date, zone, 0);
}

/** Local midnight after calendar date "YYYY-MM-DD" in `zone`: the half-open end of an inclusive last day. */
export function endOfDate(date: string, zone: string): Instant | undefined {
  return midnight(date, zone, 1);
}

/** A cycle names the same few dates a million times, and each costs a search through the zone's clock changes. */
const midnights = new Map<string, Instant>();
const mostMidnights = 4096;

function midnight(date: string, zone: string, daysLater: 0 | 1): Instant | undefined {
  const key = `${date} ${daysLater} ${zone}`;
  const known = midnights.get(key);
  if (known !== undefined) return known;
  if (!isRealDate(date)) return undefined;
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  const found = instantOfMs(new TZDate(year, month - 1, day + daysLater, zone).getTime());
  if (midnights.size >= mostMidnights) midnights.clear();
  midnights.set(key, found);
  return found;
}

/** A local date-time without offset ("2026-10-01 00:00:00") read in `zone`; `undefined` when malformed. */
export function parseLocal(text: string, zone: string): Instant | undefined {
  const match = localDateTime.exec(text);
  if (match === null || !isRealDate(text.slice(0, 10))) return undefined;
  const [hour, minute, second] = [Number(match[4]), Number(match[5]), Number(match[6] ?? '0')];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return fromLocal(text.slice(0, 10), hour, minute, second, Number((match[7] ?? '0').padEnd(3, '0')), zone);
}

/** What a local time without an offset can mean: one instant, two of them, or none. */
export type LocalMeaning =
  | { readonly kind: 'one'; readonly at: Instant }
  | { readonly kind: 'doubled'; readonly first: Instant; readonly second: Instant }
  | { readonly kind: 'skipped' };

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** Every known change of a zone's offset happens on a whole quarter of an hour of local time, so a quarter has one meaning. */
const quarterMs = 15 * minuteMs;
/** Zone → quarter of local time → the offsets in milliseconds that can hold in it, the larger (earlier) one first. */
const quarters = new Map<string, Map<number, readonly number[]>>();
const mostQuarters = 100_000;

/**
 * What calendar time `localMs` (the clock's reading taken as if it were UTC) means in `zone`. When clocks go back an hour
 * happens twice, and when they go forward one never does; which of two was meant is not guessed.
 */
function meaningOfLocal(localMs: number, zone: string): LocalMeaning {
  const known = quarters.get(zone) ?? new Map<number, readonly number[]>();
  quarters.set(zone, known);
  const quarter = Math.floor(localMs / quarterMs);
  let offsets = known.get(quarter);
  if (offsets === undefined) {
    offsets = offsetsOfLocal(localMs, zone);
    if (known.size >= mostQuarters) known.clear();
    known.set(quarter, offsets);
  }
  const [first, second] = offsets;
  if (first === undefined) return { kind: 'skipped' };
  const at = instantOfMs(localMs - first);
  return second === undefined
    ? { kind: 'one', at }
    : { kind: 'doubled', first: at, second: instantOfMs(localMs - second) };
}

function offsetsOfLocal(localMs: number, zone: string): readonly number[] {
  const offsetAt = (ms: number) => tzOffset(zone, new Date(ms)) * minuteMs;
  // The offsets a day before and after are all that can hold here: no zone changes twice in two days.
  const offsets = new Set([offsetAt(localMs - dayMs), offsetAt(localMs + dayMs)]);
  return [...offsets].filter((offset) => offsetAt(localMs - offset) === offset).sort((a, b) => b - a);
}

/** Reads a local date-time as `parseLocal` does, and says when its hour happened twice or never; `undefined` when malformed. */
export function readLocal(text: string, zone: string): LocalMeaning | undefined {
  const match = localDateTime.exec(text);
  if (match === null || !isRealDate(text.slice(0, 10))) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? '0')) as number[];
  if (hour === undefined || minute === undefined || second === undefined) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const ms = Number((match[7] ?? '0').padEnd(3, '0'));
  return meaningOfLocal(Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second, ms), zone);
}

function fromLocal(date: string, hour: number, minute: number, second: number, ms: number, zone: string): Instant {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  return instantOfMs(new TZDate(year, month - 1, day, hour, minute, second, ms, zone).getTime());
}

/** Whether "YYYY-MM-DD" names a day that exists. */
export function isRealDate(date: string): boolean {
  const match = calendarDate.exec(date);
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const utc = new Date(Date.UTC(year, month - 1, day));
  return utc.getUTCFullYear() === year && utc.getUTCMonth() === month - 1 && utc.getUTCDate() === day;
}

/** The local calendar date "YYYY-MM-DD" of an instant in `zone`. */
export function dateInZone(instant: Instant, zone: string): string {
  const key = `${instant} ${zone}`;
  const known = localDates.get(key);
  if (known !== undefined) return known;
  const date = readDateInZone(instant, zone);
  if (localDates.size >= mostMidnights) localDates.clear();
  localDates.set(key, date);
  return date;
}

const localDates = new Map<string, string>();

function readDateInZone(instant: Instant, zone: string): string {
  const local = new TZDate(msOfInstant(instant), zone);
  return `${local.getFullYear()}-${pad(local.getMonth() + 1)}-${pad(local.getDate())}`;
}

/**
 * The half-open period of a cycle in `zone`: "2026-10" is the calendar month, "2026-10-05" the month that starts on that
 * day. Boundaries are local midnights, so a cycle with a clock change is an hour longer or shorter.
 */
export function cyclePeriod(cycle: CycleId, zone: string): Period {
  const key = `${cycle} ${zone}`;
  const known = cyclePeriods.get(key);
  if (known !== undefined) return known;
  const period = readCyclePeriod(cycle, zone);
  if (cyclePeriods.size >= mostCyclePeriods) cyclePeriods.clear();
  cyclePeriods.set(key, period);
  return period;
}

const cyclePeriods = new Map<string, Period>();
const mostCyclePeriods = 256;

function readCyclePeriod(cycle: CycleId, zone: string): Period {
  const [year, month, day] = cycle.split('-').map(Number);
  invariant(year !== undefined && month !== undefined, 'a cycle id is expected', { cycle });
  const start = new TZDate(year, month - 1, day ?? 1, zone);
  return { start: instantOfMs(start.getTime()), end: instantOfMs(addMonths(start, 1).getTime()) };
}

/** The cycle after (`by` > 0) or before (`by` < 0) a monthly cycle. */
export function shiftCycle(cycle: CycleId, by: number): CycleId {
  const [year, month, day] = cycle.split('-').map(Number);
  invariant(year !== undefined && month !== undefined, 'a cycle id is expected', { cycle });
  const index = year * 12 + (month - 1) + by;
  const monthText = `${String(Math.floor(index / 12)).padStart(4, '0')}-${pad((index % 12) + 1)}`;
  return (day === undefined ? monthText : `${monthText}-${pad(day)}`) as CycleId;
}

export function contains(period: Period, instant: Instant): boolean {
  return period.start <= instant && instant < period.end;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
