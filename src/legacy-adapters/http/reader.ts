import type { CurrencyCode } from '../../model/currency.js';
import type { Place } from '../../model/document.js';
import { Decimal, type DecimalText, parseDecimalText, toDecimalText } from '../../model/money.js';
import { type Instant, instantOfSeconds } from '../../model/period.js';
import { problem, type Problem } from '../../model/problem.js';
import { decimalOf, type Json, type JsonObject, jsonText } from './json.js';

/** Reads fields of one document and notes every problem with its path. Class, because it gathers. */
export class Reader {
  readonly problems: Problem[] = [];
  readonly #place: Place;
  readonly #currency: CurrencyCode | null;
  readonly #unit: Decimal | null;
  readonly #sign: 1 | -1;

  /** `digits` is the scale of amounts; null when the currency is unknown, and then no amount is read. `sign` turns credit notes. */
  constructor(place: Place, currency: CurrencyCode | null, digits: number | null, sign: 1 | -1) {
    this.#place = place;
    this.#currency = currency;
    this.#unit = digits === null ? null : new Decimal(10).pow(digits);
    this.#sign = sign;
  }

  /** A fault that is met twice, because a field is read for two purposes, is noted once. */
  note(code: Problem['code'], path: string, value: Json | undefined, expected: string): void {
    const found = problem(code, this.#place, path, value === undefined ? null : jsonText(value), expected);
    const isKnown = this.problems.some((one) => one.code === code && one.field === path && one.value === found.value);
    if (!isKnown) this.problems.push(found);
  }

  /** A whole number of minor units as signed major units; null when absent or faulty (then noted). */
  amount(from: JsonObject, key: string, path: string): DecimalText | null {
    const value = from[key];
    if (value === undefined || value === null || this.#unit === null) return null;
    const minor = decimalOf(value);
    if (minor === undefined || minor.includes('.')) {
      this.note('amount_malformed', `${path}${key}`, value, 'a whole number of minor units');
      return null;
    }
    return toDecimalText(new Decimal(minor).div(this.#unit).times(this.#sign));
  }

  /** An amount that must be there; "0" stands in for one that is not, which is noted, so that nothing is emitted. */
  required(from: JsonObject, key: string, path: string): DecimalText {
    const read = this.amount(from, key, path);
    if (read === null && (from[key] === undefined || from[key] === null))
      this.note('field_missing', `${path}${key}`, undefined, 'an amount in minor units; missing is not zero');
    return read ?? toDecimalText(new Decimal(0));
  }

  /** A price in minor units with up to twelve decimals, as unsigned major units. */
  price(from: JsonObject, keys: readonly string[], path: string): DecimalText | null {
    for (const key of keys) {
      const minor = this.decimal(from, key, path);
      if (minor !== null && this.#unit !== null) return toDecimalText(new Decimal(minor).div(this.#unit));
    }
    return null;
  }

  /** A plain decimal such as a quantity or a rate; null when absent or faulty (then noted). */
  decimal(from: JsonObject, key: string, path: string): DecimalText | null {
    const value = from[key];
    if (value === undefined || value === null) return null;
    const read = decimalOf(value);
    if (read === undefined) this.note('amount_malformed', `${path}${key}`, value, 'a decimal number');
    return read ?? null;
  }

  /** Epoch seconds; null when absent or faulty (then noted). */
  seconds(from: JsonObject, key: string, path: string): Instant | null {
    const value = from[key];
    if (value === undefined || value === null) return null;
    const read = decimalOf(value);
    const seconds = read !== undefined && /^-?\d{1,11}$/.test(read) ? parseDecimalText(read) : undefined;
    if (seconds === undefined) {
      this.note('date_malformed', `${path}${key}`, value, 'a time in whole seconds since 1970');
      return null;
    }
    return instantOfSeconds(Number(seconds));
  }

  get currency(): CurrencyCode | null {
    return this.#currency;
  }

  get sign(): 1 | -1 {
    return this.#sign;
  }
}
