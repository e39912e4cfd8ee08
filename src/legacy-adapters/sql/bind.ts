import { TZDate } from '@date-fns/tz';
import { widened } from '../../model/cycle-rule.js';
import { invariant } from '../../model/invariant.js';
import { dateInZone, endOfDate, type Instant, instantOfMs, msOfInstant, type Period } from '../../model/period.js';
import type { Statement } from './statement.js';

/** A piece of a statement: its text, one value, or the values of an `in (…)`. Values never become part of the text. */
export type Part = string | { readonly value: string } | { readonly list: readonly string[] };

export type Bindings = Readonly<Record<string, string | readonly string[]>>;

/** A statement with its parameters replaced. An empty list matches nothing, as `in ()` is no SQL. */
export function bind(statement: Statement, values: Bindings): readonly Part[] {
  return statement.texts.flatMap((text, index): readonly Part[] => {
    const name = statement.names[index];
    if (name === undefined) return [text];
    const value = values[name];
    invariant(value !== undefined, 'every parameter of a checked statement has a value', { name });
    return [text, typeof value === 'string' ? { value } : { list: value }];
  });
}

/** Dates far enough apart for any invoice, and near enough for every database and column type. */
const allTime: Period = { start: instantOfMs(Date.UTC(1971, 0, 2)), end: instantOfMs(Date.UTC(2099, 11, 30)) };

/**
 * Values of the period parameters. `cycle` null: any period, to find one document by its id. Instants are written the
 * way the database reads them; the window is the cycle with `slackDays` more on both ends. Ends are exclusive: an end
 * within a day becomes the date after it, so that dates never leave out what instants would let in.
 */
export function periodBindings(
  cycle: Period | null,
  options: {
    readonly slackDays: number;
    readonly timezone: string;
    readonly timestampZone: string;
    readonly instantText: (at: Instant) => string;
  },
): Bindings {
  const period = cycle ?? allTime;
  const window = cycle === null ? allTime : widened(cycle, options.slackDays);
  const forms = (name: string, at: Instant, date: string): [string, string][] => [
    [name, options.instantText(at)],
    [`${name}_local`, localText(at, options.timestampZone)],
    [`${name}_date`, date],
  ];
  const both = (name: string, { start, end }: Period) => [
    ...forms(`${name}_start`, start, dateInZone(start, options.timezone)),
    ...forms(`${name}_end`, end, dateAtOrAfter(end, options.timezone)),
  ];
  return Object.fromEntries([...both('cycle', period), ...both('window', window)]);
}

/** The first date whose midnight is not before `at`. */
function dateAtOrAfter(at: Instant, zone: string): string {
  const last = dateInZone(instantOfMs(msOfInstant(at) - 1), zone);
  const midnight = endOfDate(last, zone);
  invariant(midnight !== undefined, 'the date of an instant is real', { at, zone });
  return dateInZone(midnight, zone);
}

/** "2026-10-01 00:00:00.000": the wall clock of `zone`. */
function localText(at: Instant, zone: string): string {
  const local = new TZDate(msOfInstant(at), zone);
  const two = (value: number) => String(value).padStart(2, '0');
  const time = `${two(local.getHours())}:${two(local.getMinutes())}:${two(local.getSeconds())}`;
  return `${dateInZone(at, zone)} ${time}.${String(local.getMilliseconds()).padStart(3, '0')}`;
}
