import { parseCurrency } from '../../model/currency.js';
import { displayText, parseDecimalText } from '../../model/money.js';

/** An amount for a sentence: "EUR 1234.50"; without a currency, or one that we do not know, the digits as they are. */
export function amountWords(text: string, currency: string | null): string {
  const decimal = parseDecimalText(text);
  const known = currency === null ? undefined : parseCurrency(currency);
  if (decimal === undefined || known === undefined) return `${text}${currency === null ? '' : ` ${currency}`}`;
  return `${known} ${displayText(decimal, known)}`;
}
