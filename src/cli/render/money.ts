import { parseCurrency } from '../../model/currency.js';
import { type DecimalText, displayText, parseDecimalText } from '../../model/money.js';

/** An amount with the digits of its currency and thousands marks: "1,884,210.55"; "–" for an amount that is not there. Missing is not zero. */
export function amount(text: string | null, currency: string | null): string {
  if (text === null) return '–';
  const decimal = parseDecimalText(text);
  if (decimal === undefined) return text;
  const known = currency === null ? undefined : parseCurrency(currency);
  const shown: string = known === undefined ? decimal : displayText(decimal, known);
  const [whole = '', fraction] = shown.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** A delta with its sign, its arrow and its word, so that over and under are told apart without colour. */
export function delta(text: string | null, currency: string | null): string {
  if (text === null) return '–';
  const decimal: DecimalText | undefined = parseDecimalText(text);
  if (decimal === undefined || decimal === '0') return `= ${amount('0', currency)}`;
  return decimal.startsWith('-') ? `▼ ${amount(decimal, currency)} under` : `▲ +${amount(decimal, currency)} over`;
}

/** A delta for a column: padded behind the word, so that the digits of all rows stand under one another. */
export function deltaCell(text: string | null, currency: string | null): string {
  const shown = delta(text, currency);
  return shown.endsWith(' under') || text === null ? shown : shown.endsWith(' over') ? `${shown} ` : `${shown}      `;
}

/** An amount with its sign in front, "+12.30" or "-4.00"; zero has none. For columns whose head says which way they go. */
export function signed(text: string, currency: string | null): string {
  const decimal = parseDecimalText(text);
  const isRise = decimal !== undefined && decimal !== '0' && !decimal.startsWith('-');
  return `${isRise ? '+' : ''}${amount(text, currency)}`;
}
