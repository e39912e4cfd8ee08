import type { CurrencyCode } from '../../model/currency.js';
import type { Place } from '../../model/document.js';
import { type DecimalText, fromMinorUnits, parseDecimalText } from '../../model/money.js';
import {
  endOfDate,
  instantOfMs,
  instantOfSeconds,
  msOfInstant,
  type Instant,
  parseInstant,
  parseLocal,
  startOfDate,
} from '../../model/period.js';
import { problem, type Problem } from '../../model/problem.js';
import type { RowField, RowOptions, TextRow } from './shape.js';

const escaped: Readonly<Record<string, string>> = { '.': '\\.', ',': ',', ' ': ' ', "'": "'" };

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
    const column = this.#options.columns[field];
    const shown =
      column === undefined || column === field
        ? field
        : `${field} (column ${Array.isArray(column) ? column.join(' or ') : column})`;
    this.problems.push(problem(code, this.#place, shown, value, expected));
  }

  /** An id; one that a spreadsheet has turned into a rounded number is refused, because it names another customer. */
  id(field: RowField): string | null {
    const value = this.text(field);
    if (value === null) return null;
    if (/^\d([.,]\d+)?E\+\d+$/i.test(value) || /^\d{15}0+$/.test(value)) {
      this.note('id_damaged', field, value, 'the id as text; a spreadsheet has rounded this one to 15 digits');
      return null;
    }
    return value;
  }

  /** A plain decimal by the configured marks: quantities, prices, rates. */
  decimal(field: RowField): DecimalText | null {
    const value = this.text(field);
    if (value === null) return null;
    const read = this.#number(value);
    if (read === undefined)
      this.note(
        'amount_malformed',
        field,
        value,
        `a number with ${this.#options.decimal_mark === ',' ? 'a decimal comma' : 'a decimal point'} and ${this.#options.thousands_mark === 'none' ? 'no' : `"${this.#options.thousands_mark}" as`} thousands mark`,
      );
    return read ?? null;
  }

  /** An amount of money in major units, converted from minor units when configured. */
  money(field: RowField, currency: CurrencyCode | null): DecimalText | null {
    const read = this.decimal(field);
    if (read === null || this.#options.currency_scale === 'major' || currency === null) return read;
    if (read.includes('.')) {
      this.note('amount_out_of_scale', field, read, 'whole minor units, as currency_scale: minor says');
      return null;
    }
    return fromMinorUnits(BigInt(read), currency);
  }

  #number(value: string): DecimalText | undefined {
    const { decimal_mark: decimal, thousands_mark: thousands } = this.#options;
    let text = value;
    let isNegative = false;
    const wrapped = /^\((.*)\)$/.exec(text) ?? /^([^-]*)-$/.exec(text);
    if (wrapped !== null) {
      text = wrapped[1] ?? '';
      isNegative = true;
    }
    if (thousands !== 'none') {
      const grouped = new RegExp(`^[+-]?\\d{1,3}(${escaped[thousands]}\\d{3})+(${escaped[decimal]}\\d+)?$`);
      if (grouped.test(text)) text = text.replaceAll(thousands, '');
    }
    if (decimal === ',') {
      if (text.includes('.')) return undefined;
      text = text.replace(',', '.');
    }
    return parseDecimalText(isNegative ? `-${text}` : text);
  }

  /** Start of a period, or a point in time: a date is its local midnight. */
  instant(field: RowField): Instant | null {
    return this.#time(
      field,
      (date) => startOfDate(date, this.#options.timezone),
      (at) => at,
    );
  }

  /** Half-open end of a period by the configured kind of end. */
  end(field: RowField): Instant | null {
    const kind = this.#options.period_end;
    const ofDate = (date: string) =>
      kind === 'inclusive_day' ? endOfDate(date, this.#options.timezone) : startOfDate(date, this.#options.timezone);
    return this.#time(field, ofDate, (at) =>
      kind === 'inclusive_second' ? instantOfMs(Math.floor(msOfInstant(at) / 1000) * 1000 + 1000) : at,
    );
  }

  #time(
    field: RowField,
    ofDate: (date: string) => Instant | undefined,
    ofInstant: (at: Instant) => Instant,
  ): Instant | null {
    const value = this.text(field);
    if (value === null) return null;
    const date = this.#calendarDate(value);
    const local = date === undefined ? parseLocal(value, this.#options.timezone) : undefined;
    const at =
      date === undefined
        ? (parseInstant(value) ??
          (this.#options.date_format === 'iso' || this.#options.date_format === 'YYYY-MM-DD' ? local : undefined))
        : undefined;
    const read = date === undefined ? (at === undefined ? this.#epoch(value, ofInstant) : ofInstant(at)) : ofDate(date);
    if (read === undefined) this.note('date_malformed', field, value, `a date as ${this.#options.date_format}`);
    return read ?? null;
  }

  #epoch(value: string, ofInstant: (at: Instant) => Instant): Instant | undefined {
    return this.#options.date_format === 'epoch_seconds' && /^\d{1,12}$/.test(value)
      ? ofInstant(instantOfSeconds(Number(value)))
      : undefined;
  }

  /** "YYYY-MM-DD" of a value in the configured order of day and month; a value in any other order is not guessed at. */
  #calendarDate(value: string): string | undefined {
    const orders: Readonly<Record<string, RegExp>> = {
      'YYYY-MM-DD': /^(?<y>\d{4})-(?<m>\d{2})-(?<d>\d{2})$/,
      iso: /^(?<y>\d{4})-(?<m>\d{2})-(?<d>\d{2})$/,
      'DD-MM-YYYY': /^(?<d>\d{1,2})-(?<m>\d{1,2})-(?<y>\d{4})$/,
      'MM/DD/YYYY': /^(?<m>\d{1,2})\/(?<d>\d{1,2})\/(?<y>\d{4})$/,
      'DD/MM/YYYY': /^(?<d>\d{1,2})\/(?<m>\d{1,2})\/(?<y>\d{4})$/,
      'DD.MM.YYYY': /^(?<d>\d{1,2})\.(?<m>\d{1,2})\.(?<y>\d{4})$/,
    };
    const found = orders[this.#options.date_format]?.exec(value)?.groups;
    if (found === undefined) return undefined;
    return `${found['y']}-${(found['m'] ?? '').padStart(2, '0')}-${(found['d'] ?? '').padStart(2, '0')}`;
  }
}
