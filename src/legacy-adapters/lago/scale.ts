import { type CurrencyCode, currencyDigits } from '../../model/currency.js';

/*
 * Lago counts `*_cents` in the subunits of the Ruby library "money" (config/currency_iso.json, 2026-03-29). They are those
 * of ISO 4217, three decimals included, but for these.
 */
const otherThanIso: ReadonlyMap<string, number | undefined> = new Map([
  ['HUF', 0],
  ['MGA', 0],
  // A fifth of an ouguiya is no decimal: whoever bills in it has to say.
  ['MRU', undefined],
]);

/** Digits after the point of `*_cents` in this currency; `undefined` when they are not settled and not configured. */
export function lagoDigits(currency: CurrencyCode, overrides: Readonly<Record<string, number>>): number | undefined {
  const told = overrides[currency];
  if (told !== undefined) return told;
  return otherThanIso.has(currency) ? otherThanIso.get(currency) : currencyDigits(currency);
}
