import { expect, test } from 'vitest';
import { amountText, signedText, wayOf } from './money-text.js';

test('an amount gets the digits of its currency and never loses one', () => {
  expect(amountText('1884210.5', 'EUR')).toBe('1,884,210.50');
  expect(amountText('3300', 'JPY')).toBe('3,300');
  expect(amountText('38.495', 'KWD')).toBe('38.495');
  expect(amountText('-0.0049', 'EUR')).toBe('−0.0049');
  expect(amountText('12345678901234567890.125', 'EUR')).toBe('12,345,678,901,234,567,890.125');
});

test('an amount that is missing is a dash and not a zero', () => {
  expect(amountText(null, 'EUR')).toBe('–');
  expect(amountText('0', 'EUR')).toBe('0.00');
});

test('a delta says which way it goes, and zero goes no way', () => {
  expect([wayOf('0.01'), wayOf('-0.01'), wayOf('0'), wayOf('0.00')]).toEqual(['over', 'under', 'none', 'none']);
  expect([signedText('12.3', 'EUR'), signedText('-4', 'EUR'), signedText('0', 'EUR')]).toEqual([
    '+12.30',
    '−4.00',
    '0.00',
  ]);
});
