import { type CurrencyCode, currencyDigits } from '../../model/currency.js';

/*
 * Chargebee's own scale of whole-number amounts: https://apidocs.chargebee.com/docs/api/currencies. Zero-decimal
 * currencies come in whole units, and every other currency times 100, those with three decimals included.
 */
const zeroDecimal: ReadonlySet<string> = new Set(['JPY', 'KRW', 'XAF', 'XOF']);

/**
 * Digits after the point of a whole-number amount in this currency; `undefined` for the other currencies without decimals,
 * which the list of zero-decimal currencies in Chargebee's documents does not name, unless the configuration
 * (`currency_digits`) does. A wrong guess would be wrong by a factor of a hundred.
 */
export function chargebeeDigits(
  currency: CurrencyCode,
  overrides: Readonly<Record<string, number>>,
): number | undefined {
  const known = overrides[currency] ?? (zeroDecimal.has(currency) ? 0 : undefined);
  if (known !== undefined) return known;
  const digits = currencyDigits(currency);
  return digits === 2 || digits === 3 ? 2 : undefined;
}
