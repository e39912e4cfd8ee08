import { currencyDigits, parseCurrency } from '../model/currency.js';

/** Decimal text with at least the digits of its currency and thousands marks, U+2212 for minus: "−1,884.50". Digits are added, never cut: nothing is rounded for the screen. "–" for an amount that is not there. */
export function amountText(text: string | null, currency: string | null): string {
  if (text === null) return '–';
  const isNegative = text.startsWith('-');
  const [whole = '', fraction = ''] = (isNegative ? text.slice(1) : text).split('.');
  const known = currency === null ? undefined : parseCurrency(currency);
  const digits = fraction.padEnd(known === undefined ? 0 : currencyDigits(known), '0');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return `${isNegative ? '−' : ''}${grouped}${digits === '' ? '' : `.${digits}`}`;
}

export type Way = 'over' | 'under' | 'none';

/** Which way a delta goes: Solvimon bills more is over. */
export function wayOf(delta: string): Way {
  if (/^-?0+(\.0+)?$/.test(delta)) return 'none';
  return delta.startsWith('-') ? 'under' : 'over';
}

/** With its sign: "+12.30", "−4.00", "0.00". */
export function signedText(text: string, currency: string | null): string {
  return `${wayOf(text) === 'over' ? '+' : ''}${amountText(text, currency)}`;
}

/** "price.tier_mode" and "only_legacy" as words that may wrap. */
export function words(id: string): string {
  return id.replaceAll('_', ' ');
}

/** "2026-10" as "October 2026". */
export function cycleName(cycle: string): string {
  const [year = '', month = ''] = cycle.split('-');
  const names = 'January February March April May June July August September October November December'.split(' ');
  return `${names[Number(month) - 1] ?? month} ${year}`;
}

/** An instant in the reader's own zone, to the minute: "24 Nov 2026, 13:44". */
export function timeText(instant: string): string {
  const read = new Date(instant);
  return Number.isNaN(read.getTime())
    ? instant
    : read.toLocaleString('en-GB', {
        day: 'numeric',
        month: 'short',
        year: 'numeric',
        hour: '2-digit',
        minute: '2-digit',
      });
}
