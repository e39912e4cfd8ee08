import { expect, test } from 'vitest';
import { hideValues, redacted, redactText, withoutHidden } from './redact.js';

const key = 'q9Zz/7+k"ey';
const secret = `${key}-of-a-billing-system`;

test('a value that was named a secret is shown nowhere: under any name, in an address, inside JSON', () => {
  const shown = [`refused: ${secret}`, `https://host/${encodeURIComponent(secret)}`, JSON.stringify({ note: secret })];
  expect(shown.map(redactText)).toEqual(shown);
  hideValues([secret]);
  for (const text of shown) {
    expect(redactText(text)).toContain(redacted);
    expect(redactText(text)).not.toContain('of-a-billing-system');
    expect(withoutHidden(text)).not.toContain('of-a-billing-system');
  }
});

test('ordinary words and amounts are shown, even when somebody made a password of one', () => {
  hideValues(['invoice', '', '123456789012.00']);
  const line = 'invoice IN-7: EUR 123456789012.00';
  expect(withoutHidden(line)).toBe(line);
});

test('the password of an address is hidden wherever the address begins', () => {
  expect(redactText('1postgres://u:pw@host/db')).toBe(`1postgres://u:${redacted}@host/db`);
});
