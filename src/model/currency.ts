import { invariant } from './invariant.js';

declare const currencyBrand: unique symbol;

/** An ISO 4217 alphabetic code of the table below. */
export type CurrencyCode = string & { readonly [currencyBrand]: 'CurrencyCode' };

/**
 * ISO 4217, list one, as amended to the end of 2025 (XCG in and ANG out on 2025-03-31, XAD in on 2025-05-12), grouped by
 * the number of minor-unit digits. Metals, test codes and other entries without a minor unit cannot be billed in and are
 * left out. Never taken from `Intl`, which reports other digits for sixteen real currencies.
 */
const codesByDigits = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2:
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY ' +
    'COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR ' +
    'IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD ' +
    'NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP ' +
    'SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
} as const;

/** Codes that left the list but still stand on old invoices and in `currency-codes` 2.2.0. */
const retired = { ANG: 2, CUC: 2, HRK: 2, SLL: 2, VEF: 2, ZWL: 2 } as const;

const digitsByCode = new Map<string, number>([
  ...Object.entries(codesByDigits).flatMap(([digits, codes]) =>
    codes.split(' ').map((code) => [code, Number(digits)] as const),
  ),
  ...Object.entries(retired),
]);

/** The currency of an upper-case ISO 4217 code, or `undefined` when the table does not know it. */
export function parseCurrency(code: string): CurrencyCode | undefined {
  return digitsByCode.has(code) ? (code as CurrencyCode) : undefined;
}

/** A known currency, or an invariant failure: for codes written in our own source. */
export function currency(code: string): CurrencyCode {
  const parsed = parseCurrency(code);
  invariant(parsed !== undefined, 'a known ISO 4217 code is expected', { code });
  return parsed;
}

/** Minor-unit digits by ISO 4217: JPY 0, EUR 2, KWD 3, CLF 4. A system's own scale may differ; see the adapters. */
export function currencyDigits(code: CurrencyCode): number {
  const digits = digitsByCode.get(code);
  invariant(digits !== undefined, 'a known ISO 4217 code is expected', { code });
  return digits;
}

/** Every code of the table, sorted. */
export function allCurrencies(): readonly CurrencyCode[] {
  return [...digitsByCode.keys()].sort() as CurrencyCode[];
}
