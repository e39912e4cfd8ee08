import { type CurrencyCode, currencyDigits } from '../../model/currency.js';

/*
 * Stripe's own scale of amounts, which is not ISO 4217's: https://docs.stripe.com/currencies#zero-decimal and the
 * paragraphs after it. Amounts are whole numbers of 10^-digits.
 */
const zeroDecimal = 'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF';
const threeDecimal = 'BHD JOD KWD OMR TND';
/** Without decimals for people, but sent in hundredths: 100 is one króna. */
const hundredthsOfWhole = 'ISK';

const digitsByCode: ReadonlyMap<string, number> = new Map([
  ...zeroDecimal.split(' ').map((code) => [code, 0] as const),
  ...threeDecimal.split(' ').map((code) => [code, 3] as const),
  [hundredthsOfWhole, 2] as const,
]);

/** Documented both as a zero-decimal currency and as one that is sent in hundredths: only the account's owner can say. */
const contradictory: ReadonlySet<string> = new Set(['UGX']);

/**
 * Digits after the point of an amount in this currency; `undefined` when Stripe's documents do not settle it and the
 * configuration (`currency_digits`) does not either. A wrong guess would be wrong by a factor of a hundred.
 */
export function stripeDigits(currency: CurrencyCode, overrides: Readonly<Record<string, number>>): number | undefined {
  const known = overrides[currency] ?? overrides[currency.toLowerCase()] ?? digitsByCode.get(currency);
  if (known !== undefined) return known;
  return contradictory.has(currency) || currencyDigits(currency) !== 2 ? undefined : 2;
}
