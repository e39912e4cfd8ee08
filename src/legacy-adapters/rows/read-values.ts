import { type CurrencyCode, currencyDigits } from '../../model/currency.js';
import type { Place } from '../../model/document.js';
import { Decimal, type DecimalText, parseDecimalText, toDecimal, toDecimalText } from '../../model/money.js';
import {
  endOfDate,
  type Instant,
  instantOfMs,
  instantOfSeconds,
  isRealDate,
  msOfInstant,
  parseInstant,
  parseLocal,
  startOfDate,
} from '../../model/period.js';
import { problem, type Problem } from '../../model/problem.js';
import { numberForm, readNumber } from './read-number.js';
import { type RowField, type RowOptions, shownField, type TextRow } from './shape.js';

/** Significant decimal digits that a double always keeps, and the most that a spreadsheet shows (IEEE 754; ECMA-376 18.18). */
const spreadsheetDigits = 15;

/** Dates in the configured order of day and month. */
const dateForms = {
  'YYYY-MM-DD': /^(?<y>\d{4})-(?<m>\d{2})-(?<d>\d{2})$/,
  iso: /^(?<y>\d{4})-(?<m>\d{2})-(?<d>\d{2})$/,
  'DD-MM-YYYY': /^(?<d>\d{1,2})-(?<m>\d{1,2})-(?<y>\d{4})$/,
  'MM/DD/YYYY': /^(?<m>\d{1,2})\/(?<d>\d{1,2})\/(?<y>\d{4})$/,
  'DD/MM/YYYY': /^(?<d>\d{1,2})\/(?<m>\d{1,2})\/(?<y>\d{4})$/,
  'DD.MM.YYYY': /^(?<d>\d{1,2})\.(?<m>\d{1,2})\.(?<y>\d{4})$/,
  epoch_seconds: undefined,
} as const satisfies Record<RowOptions['date_format'], RegExp | undefined>;

/** A time as read: a calendar date, or a point in time. */
type ReadTime = { readonly kind: 'date'; readonly date: string } | { readonly kind: 'instant'; readonly at: Instant };

/** A cycle names the same few days a million times: what they mean is read once for each set of options. */
const times = new WeakMap<RowOptions, Map<string, ReadTime | null>>();
const mostTimes = 4096;

function timesOf(options: RowOptions): Map<string, ReadTime | null> {
  const known = times.get(options);
  if (known !== undefined) return known;
  const made = new Map<string, ReadTime | null>();
  times.set(options, made);
  return made;
}

/** Reads the cells of one row by the configured formats and notes every fault. Class, because it gathers. */
export class RowReader {
  readonly problems: Problem[];
  readonly #row: TextRow;
  readonly #options: RowOptions;
  readonly #place: Place;

  constructor(row: TextRow, options: RowOptions, place: Place, problems: Problem[]) {
    this.#row = row;
    this.#options = options;
    this.#place = place;
    this.problems = problems;
  }

  /** Text of a cell; null when empty or without a column. */
  text(field: RowField): string | null {
    const value = this.#row.cells.get(field)?.trim();
    return value === undefined || value === '' ? null : value;
  }

  note(code: Problem['code'], field: RowField, value: string | null, expected: string): void {
    this.problems.push(problem(code, this.#place, shownField(field, this.#options.columns), value, expected));
  }

  /** An id; one that a spreadsheet has turned into a rounded number is refused, because it names something else. */
  id(field: RowField): string | null {
    const value = this.text(field);
    if (value === null) return null;
    const type = this.#row.typed?.get(field);
    if (type === 'double' && value.length > spreadsheetDigits)
      return this.#damaged(field, value, 'the id as a text cell; a number keeps 15 digits of it');
    if (type === 'date')
      return this.#damaged(field, value, 'the id as a text cell; a spreadsheet has made a date of this one');
    if (/^\d([.,]\d+)?E\+\d+$/i.test(value))
      return this.#damaged(field, value, 'the id as text; a spreadsheet has made a rounded number of this one');
    if (this.#options.long_ids === 'refuse' && /^\d{15}0+$/.test(value))
      return this.#damaged(
        field,
        value,
        'the id as text; a spreadsheet keeps 15 digits and may have put zeros for the rest. If it never was in one, say long_ids: accept',
      );
    return value;
  }

  #damaged(field: RowField, value: string, expected: string): null {
    this.note('id_damaged', field, value, expected);
    return null;
  }

  /** A plain decimal by the configured marks: quantities and rates. Exponents and other marks are refused. */
  decimal(field: RowField): DecimalText | null {
    const value = this.text(field);
    if (value === null) return null;
    const type = this.#row.typed?.get(field);
    const read =
      type === undefined ? readNumber(value, this.#options) : type === 'date' ? undefined : parseDecimalText(value);
    if (read === undefined) {
      this.note('amount_malformed', field, value, numberForm(this.#options));
      return null;
    }
    if (type === 'double' && significantDigits(value) > spreadsheetDigits) {
      this.note(
        'amount_malformed',
        field,
        value,
        'at most 15 digits; a number cell keeps no more. Make it a text cell',
      );
      return null;
    }
    return read;
  }

  /** An amount of money in major units; in minor units it must be whole. */
  money(field: RowField, currency: CurrencyCode | null): DecimalText | null {
    const read = this.decimal(field);
    if (read !== null && this.#options.currency_scale === 'minor' && read.includes('.')) {
      this.note('amount_out_of_scale', field, read, 'whole minor units, as currency_scale: minor says');
      return null;
    }
    return this.#inMajorUnits(read, currency);
  }

  /** A price for one unit in major units; in minor units it may have fractions (half a cent for a call). */
  price(field: RowField, currency: CurrencyCode | null): DecimalText | null {
    return this.#inMajorUnits(this.decimal(field), currency);
  }

  /** Exact: a division by a power of ten only moves the point. */
  #inMajorUnits(read: DecimalText | null, currency: CurrencyCode | null): DecimalText | null {
    if (read === null || this.#options.currency_scale === 'major' || currency === null) return read;
    const digits = this.#options.minorDigits?.[currency] ?? currencyDigits(currency);
    return toDecimalText(toDecimal(read).div(new Decimal(10).pow(digits)));
  }

  /** Start of a period, or a point in time: a date is its local midnight. */
  instant(field: RowField): Instant | null {
    const time = this.#time(field);
    if (time === null) return null;
    if (time.kind === 'instant') return time.at;
    return startOfDate(time.date, this.#options.timezone) ?? null;
  }

  /** Half-open end of a period by the configured kind of end: a last day, a last second, or the first moment after it. */
  end(field: RowField): Instant | null {
    const time = this.#time(field);
    const { period_end: kind, timezone } = this.#options;
    if (time === null) return null;
    if (kind === 'exclusive') return time.kind === 'instant' ? time.at : (startOfDate(time.date, timezone) ?? null);
    if (kind === 'inclusive_day' && time.kind === 'date') return endOfDate(time.date, timezone) ?? null;
    if (kind === 'inclusive_second' && time.kind === 'instant')
      return instantOfMs(Math.floor(msOfInstant(time.at) / 1000) * 1000 + 1000);
    this.note(
      'date_ambiguous',
      field,
      this.text(field),
      kind === 'inclusive_day'
        ? 'a date without a time, as period_end: inclusive_day says'
        : 'a date with a time, as period_end: inclusive_second says',
    );
    return null;
  }

  /** Whether a cell holds a date without a time, so that the zone decided its instant. */
  isDate(field: RowField): boolean {
    return this.text(field) !== null && this.#time(field)?.kind === 'date';
  }

  #time(field: RowField): ReadTime | null {
    const value = this.text(field);
    if (value === null) return null;
    const isTyped = this.#row.typed?.get(field) === 'date';
    const known = timesOf(this.#options);
    const key = isTyped ? `date ${value}` : value;
    let time = known.get(key);
    if (time === undefined) {
      time = this.#readTime(field, value);
      if (known.size >= mostTimes) known.clear();
      known.set(key, time);
    }
    if (time === null) this.note('date_malformed', field, value, `a date as ${this.#options.date_format}`);
    return time;
  }

  #readTime(field: RowField, value: string): ReadTime | null {
    const date = this.#calendarDate(field, value);
    if (date !== undefined) return isRealDate(date) ? { kind: 'date', date } : null;
    const at = this.#instantOf(field, value);
    return at === undefined ? null : { kind: 'instant', at };
  }

  /** A time with its offset always; one without only where the format is ISO, read in the configured zone. */
  #instantOf(field: RowField, value: string): Instant | undefined {
    const { date_format: format, timezone } = this.#options;
    const isIso = format === 'iso' || format === 'YYYY-MM-DD' || this.#row.typed?.get(field) === 'date';
    if (format === 'epoch_seconds' && /^\d{1,12}$/.test(value)) return instantOfSeconds(Number(value));
    return parseInstant(value) ?? (isIso ? parseLocal(value, timezone) : undefined);
  }

  /** "YYYY-MM-DD" of a value in the configured order of day and month; a value in any other order is not guessed at. */
  #calendarDate(field: RowField, value: string): string | undefined {
    const form = this.#row.typed?.get(field) === 'date' ? dateForms.iso : dateForms[this.#options.date_format];
    const found = form?.exec(value)?.groups;
    if (found === undefined) return undefined;
    return `${found['y']}-${(found['m'] ?? '').padStart(2, '0')}-${(found['d'] ?? '').padStart(2, '0')}`;
  }
}

/** Digits of plain decimal text without leading zeros, and of a whole number without trailing ones. */
function significantDigits(text: string): number {
  const digits = text.replace(/^[+-]/, '').replace('.', '').replace(/^0+/, '');
  return (text.includes('.') ? digits : digits.replace(/0+$/, '')).length;
}
