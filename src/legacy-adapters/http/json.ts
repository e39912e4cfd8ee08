import { isLosslessNumber, type LosslessNumber, parse } from 'lossless-json';
import { AppError } from '../../errors.js';
import { Decimal, type DecimalText, parseDecimalText, toDecimalText } from '../../model/money.js';

/** JSON in which a number is the text it was written with. */
export type Json = string | boolean | null | LosslessNumber | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** Parses JSON without touching a digit. Throws AppError `source_reply_invalid` that names `what`. */
export function parseJson(text: string, what: string): Json {
  try {
    return parse(text) as Json;
  } catch (cause) {
    const isPage = /^\s*</.test(text);
    const found = isPage ? 'a web page and not JSON' : 'no whole JSON';
    throw new AppError('source_reply_invalid', {
      detail: `${what} is ${found}`,
      cause,
      context: { length: text.length },
    });
  }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isLosslessNumber(value);
}

/** JSON text of a value with every number as it was read. Keys in the order they were read in. */
export function jsonText(value: Json): string {
  if (isLosslessNumber(value)) return value.toString();
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  if (isObject(value))
    return `{${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}:${jsonText(item)}`)
      .join(',')}}`;
  return JSON.stringify(value);
}

/** The objects of a list; anything else in it, or no list at all, gives none. */
export function objectsOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter((item: Json): item is JsonObject => isObject(item)) : [];
}

export function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The id in a field that holds an id or, expanded, the object with that id. */
export function idOf(value: Json | undefined): string | null {
  return isObject(value) ? textOf(value['id']) : textOf(value);
}

/** A decimal that is sent as text or as a number, also with an exponent; `undefined` when it is neither. */
export function decimalOf(value: Json | undefined): DecimalText | undefined {
  const written = typeof value === 'string' ? value : isLosslessNumber(value) ? value.toString() : undefined;
  if (written === undefined) return undefined;
  // Only a JSON number may carry an exponent: JSON's own grammar, so the conversion guesses nothing. Bounded against 1e999999.
  if (/^-?\d+(\.\d+)?[eE][+-]?\d{1,2}$/.test(written)) return toDecimalText(new Decimal(written));
  return parseDecimalText(written);
}
