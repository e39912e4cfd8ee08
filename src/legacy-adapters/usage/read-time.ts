import {
  type Instant,
  instantOfMs,
  instantOfSeconds,
  isRealDate,
  type LocalMeaning,
  parseInstant,
  readLocal,
} from '../../model/period.js';
import type { ProblemCode } from '../../model/problem.js';
import type { TimeFormat, UsageRowOptions } from './shape.js';

/** A time as read, or why it is none, in the terms of a problem. */
export type ReadTime =
  | { readonly at: Instant }
  | { readonly at: null; readonly code: ProblemCode; readonly expected: string };

/** Date at the start of a text, in the configured order of day and month; the time follows after a blank. */
const dateOrders = {
  'DD-MM-YYYY': /^(?<d>\d{2})-(?<m>\d{2})-(?<y>\d{4})(?<rest>[T ].*)?$/,
  'MM/DD/YYYY': /^(?<m>\d{2})\/(?<d>\d{2})\/(?<y>\d{4})(?<rest>[T ].*)?$/,
  'DD/MM/YYYY': /^(?<d>\d{2})\/(?<m>\d{2})\/(?<y>\d{4})(?<rest>[T ].*)?$/,
  'DD.MM.YYYY': /^(?<d>\d{2})\.(?<m>\d{2})\.(?<y>\d{4})(?<rest>[T ].*)?$/,
} as const satisfies Partial<Record<TimeFormat, RegExp>>;

/** The moment of an event. A time without an offset is read in the configured zone, and refused when there is none. */
export function readTime(
  text: string,
  options: Pick<UsageRowOptions, 'time_format' | 'timezone' | 'doubled_hour'>,
): ReadTime {
  const { time_format: format, timezone } = options;
  if (format === 'epoch_seconds' || format === 'epoch_millis') return readEpoch(text, format);
  const iso = isoOf(text, format);
  if (iso === undefined) return { at: null, code: 'date_malformed', expected: `a time as ${shownForm(format)}` };
  const withOffset = parseInstant(iso);
  if (withOffset !== undefined) return { at: withOffset };
  const meaning = readLocal(iso, timezone ?? 'UTC');
  if (meaning === undefined)
    return { at: null, code: 'date_malformed', expected: `a time that exists, as ${shownForm(format)}` };
  if (timezone === undefined)
    return {
      at: null,
      code: 'timestamp_without_zone',
      expected: 'a time with its offset (2026-10-01T00:30:00+02:00), or the zone of the export under timezone',
    };
  return settle(meaning, timezone, options.doubled_hour);
}

function readEpoch(text: string, format: 'epoch_seconds' | 'epoch_millis'): ReadTime {
  const digits = format === 'epoch_seconds' ? /^\d{1,11}$/ : /^\d{1,14}$/;
  if (!digits.test(text)) return { at: null, code: 'date_malformed', expected: `a time as ${shownForm(format)}` };
  return { at: format === 'epoch_seconds' ? instantOfSeconds(Number(text)) : instantOfMs(Number(text)) };
}

function settle(meaning: LocalMeaning, timezone: string, doubled: UsageRowOptions['doubled_hour']): ReadTime {
  if (meaning.kind === 'one') return { at: meaning.at };
  if (meaning.kind === 'skipped')
    return {
      at: null,
      code: 'date_malformed',
      expected: `a time that exists in ${timezone}; clocks went forward over this one`,
    };
  if (doubled !== 'refuse') return { at: doubled === 'first' ? meaning.first : meaning.second };
  return {
    at: null,
    code: 'date_ambiguous',
    expected: `a time with its offset; in ${timezone} this hour happened twice. doubled_hour: first or second says which is meant`,
  };
}

function isoOf(text: string, format: TimeFormat): string | undefined {
  if (format === 'iso' || format === 'epoch_seconds' || format === 'epoch_millis') return text;
  const found = dateOrders[format].exec(text)?.groups;
  if (found === undefined) return parseInstant(text) === undefined ? undefined : text;
  return `${found['y']}-${found['m']}-${found['d']}${found['rest'] ?? ''}`;
}

function shownForm(format: TimeFormat): string {
  if (format === 'iso') return '2026-10-01T00:30:00+02:00';
  if (format === 'epoch_seconds') return 'whole seconds since 1970';
  if (format === 'epoch_millis') return 'whole milliseconds since 1970';
  return `${format} HH:MM:SS`;
}

/** "YYYY-MM-DD" of a day in the configured order; `undefined` when it is none. */
export function readDay(text: string, format: TimeFormat): string | undefined {
  const iso = isoOf(text, format);
  return iso !== undefined && isRealDate(iso) ? iso : undefined;
}
