import { isLosslessNumber, LosslessNumber, parse } from 'lossless-json';
import { type CurrencyCode, parseCurrency } from '../model/currency.js';
import type { Place } from '../model/document.js';
import { type DecimalText, parseDecimalText } from '../model/money.js';
import { type Instant, parseInstant } from '../model/period.js';
import { isWellFormed, problem, type Problem } from '../model/problem.js';

/*
 * Solvimon's schemas mark almost nothing as required and send every number as text (contract 3, facts 1 and 2). So we
 * read field by field: what the comparison needs must be there and well formed, everything else is ignored, and each
 * fault is noted with its path, all of them at once.
 */

export type Json =
  | string
  | boolean
  | null
  | LosslessNumber
  | number
  | readonly Json[]
  | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Parses JSON without touching a digit: number tokens keep their text. Throws SyntaxError. */
export function parseJson(text: string): Json {
  return parse(text) as Json;
}

/**
 * Parses JSON at the platform's own speed. Numbers may lose digits, so nothing may be taken from one: every amount of
 * Solvimon is text, and a bare number where text is expected is refused either way.
 */
export function parseFast(text: string): Json {
  return JSON.parse(text) as Json;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isLosslessNumber(value);
}

/** JSON text of a value with every number as it was read, for identity and raw records. Key order as read. */
export function jsonText(value: Json): string {
  if (isLosslessNumber(value)) return value.toString();
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  if (isObject(value))
    return `{${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}:${jsonText(item)}`)
      .join(',')}}`;
  return JSON.stringify(value);
}

export type Amount = { readonly quantity: DecimalText; readonly currency: CurrencyCode };

/** Amounts that are added up, and so must be in the currency that the invoice is billed in. Prices may be in another. */
const billedKeys: ReadonlySet<string> = new Set([
  'amount_excluding_tax',
  'amount_including_tax',
  'invoice_amount_including_tax',
  'base_amount',
  'tax_amount',
]);

/** Reads fields of one invoice and notes every problem with its path. Class, because it gathers. */
export class Reader {
  readonly problems: Problem[] = [];
  /** The currency of the invoice, once it is known. */
  currency: CurrencyCode | null = null;
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  note(code: Problem['code'], path: string, value: Json | undefined, expected: string): void {
    this.problems.push(problem(code, this.#place, path, value === undefined ? null : jsonText(value), expected));
  }

  /** Text; null when absent or empty. A NUL or half a character, which no database keeps, is noted and read as absent. */
  text(from: JsonObject, key: string): string | null {
    const value = from[key];
    if (typeof value !== 'string' || value === '') return null;
    if (!value.includes('\0') && isWellFormed(value)) return value;
    this.note('encoding_broken', key, value, 'text without NUL and half characters');
    return null;
  }

  isTrue(from: JsonObject, key: string): boolean {
    return from[key] === true;
  }

  object(from: JsonObject, key: string): JsonObject | null {
    const value = from[key];
    return isObject(value) ? value : null;
  }

  /** The objects of an array; anything in it that is no object is noted. Missing and null are an empty list. */
  objects(from: JsonObject, key: string, path: string): readonly JsonObject[] {
    const value = from[key];
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) {
      this.note('field_malformed', `${path}${key}`, value, 'a list');
      return [];
    }
    return value.filter((item: Json, index): item is JsonObject => {
      if (isObject(item)) return true;
      this.note('field_malformed', `${path}${key}[${index}]`, item, 'an object');
      return false;
    });
  }

  /** Decimal text. Null when absent; a JSON number is refused: its scale is not Solvimon's to choose (contract 3.1). */
  decimal(from: JsonObject, key: string, path: string): DecimalText | null {
    const value = from[key];
    if (value === undefined || value === null || value === '') return null;
    const read = typeof value === 'string' ? parseDecimalText(value) : undefined;
    if (read !== undefined) return read;
    this.note(
      'amount_malformed',
      `${path}${key}`,
      value,
      isLosslessNumber(value) || typeof value === 'number'
        ? 'decimal text in quotes; a bare number may have lost digits'
        : 'decimal text such as "10.50"',
    );
    return null;
  }

  /** `{quantity, currency}`; null when absent or faulty (then noted). */
  amount(from: JsonObject, key: string, path: string): Amount | null {
    const value = from[key];
    if (value === undefined || value === null) return null;
    if (!isObject(value)) {
      this.note('amount_malformed', `${path}${key}`, value, 'an amount {quantity, currency}');
      return null;
    }
    const quantity = this.decimal(value, 'quantity', `${path}${key}.`);
    const code = this.text(value, 'currency');
    const currency = code === null ? undefined : parseCurrency(code);
    if (currency === undefined)
      this.note('currency_unknown', `${path}${key}.currency`, value['currency'], 'an ISO 4217 code such as EUR');
    // An empty quantity is as missing as none: an amount that is there and says nothing must not vanish unsaid.
    if (quantity === null && [undefined, null, ''].some((nothing) => value['quantity'] === nothing))
      this.note('field_missing', `${path}${key}.quantity`, undefined, 'decimal text');
    if (currency !== undefined && this.currency !== null && currency !== this.currency && billedKeys.has(key))
      this.note('currency_mixed', `${path}${key}.currency`, currency, `${this.currency}, as the invoice is billed in`);
    return quantity === null || currency === undefined ? null : { quantity, currency };
  }

  /** An instant with its offset; null when absent. */
  instant(from: JsonObject, key: string, path: string): Instant | null {
    const value = from[key];
    if (value === undefined || value === null || value === '') return null;
    const read = typeof value === 'string' ? instantOf(value) : undefined;
    if (read === undefined) this.note('date_malformed', `${path}${key}`, value, 'an ISO 8601 time with its offset');
    return read ?? null;
  }
}

/** The invoices of a cycle name the same few moments: what a text means is read once. */
const instants = new Map<string, Instant | undefined>();
const mostInstants = 4096;

function instantOf(text: string): Instant | undefined {
  if (instants.has(text)) return instants.get(text);
  if (instants.size >= mostInstants) instants.clear();
  const read = parseInstant(text);
  instants.set(text, read);
  return read;
}
