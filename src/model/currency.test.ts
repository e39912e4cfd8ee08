import currencyCodes from 'currency-codes';
import { expect, test } from 'vitest';
import { allCurrencies, currency, currencyDigits, parseCurrency } from './currency.js';

const withoutMinorUnit = new Set('XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX'.split(' '));
const newerThanTheLibrary = new Set(['XCG', 'XAD', 'HRK', 'SLL', 'VEF', 'ZWL']);

test('every billable currency of currency-codes is known with the same digits', () => {
  const billable = currencyCodes.data.filter((row) => !withoutMinorUnit.has(row.code));
  expect(billable.length).toBeGreaterThan(150);
  for (const row of billable) expect([row.code, currencyDigits(currency(row.code))]).toEqual([row.code, row.digits]);
});

test('the table has no code that the library lacks, apart from those named here', () => {
  const theirs = new Set(currencyCodes.codes());
  expect(allCurrencies().filter((code) => !theirs.has(code) && !newerThanTheLibrary.has(code))).toEqual([]);
});

test('lower case, metals and invented codes are unknown', () => {
  for (const code of ['eur', 'XAU', 'XXX', 'ZZZ', '']) expect(parseCurrency(code)).toBeUndefined();
});
