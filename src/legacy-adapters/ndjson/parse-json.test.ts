import fc from 'fast-check';
import { isLosslessNumber, parse } from 'lossless-json';
import { describe, expect, test } from 'vitest';
import { type JsonValue, NumberText, parseJson } from './parse-json.js';

/** Both readers' values in one form that can be compared: numbers as marked text. */
function plain(value: unknown): unknown {
  if (value instanceof NumberText) return { number: value.text };
  if (isLosslessNumber(value)) return { number: value.toString() };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  return value;
}

function outcome(read: () => unknown): unknown {
  try {
    return { value: plain(read()) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : 'not an error' };
  }
}

const number = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.stringMatching(/^(0|[1-9]\d{0,20})$/),
    fc.option(fc.stringMatching(/^\d{1,20}$/)),
    fc.option(fc.constantFrom('e5', 'E-7', 'e+0')),
  )
  .map(
    ([sign, whole, fraction, exponent]) => `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${exponent ?? ''}`,
  );
const text = fc
  .oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\\', '"', '\\"', 'a\\\\"b', '\u2028', '\ud800', '__proto__'),
  )
  .map((value) => JSON.stringify(value));
const json = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    number,
    text,
    fc.constantFrom('true', 'false', 'null', '[]', '{}', '{ }', '[ ]'),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(' , ')}]`),
    fc
      .array(fc.tuple(fc.oneof(text, fc.constantFrom('"a"', '"b"')), tie('value')), { maxLength: 4 })
      .map((entries) => `{${entries.map(([key, value]) => `${key}:${value}`).join(',')}}`),
  ),
})).value;

describe('reading JSON', () => {
  test('gives what lossless-json gives, digit for digit, for any JSON text', () => {
    fc.assert(
      fc.property(json, (source) => {
        expect(outcome(() => parseJson(source))).toEqual(outcome(() => parse(source)));
      }),
      { numRuns: 5000 },
    );
  });

  test('fails where and as lossless-json fails, for text that is nearly JSON', () => {
    const damaged = fc
      .tuple(json, fc.nat(), fc.constantFrom('', ',', '"', '{', ']', '0', 'e', '.', '\\', '\n', '\u0000', ' ', 'null'))
      .map(([source, at, put]) => {
        const cut = at % (source.length + 1);
        return source.slice(0, cut) + put + source.slice(cut + (put === '' ? 1 : 0));
      });
    fc.assert(
      fc.property(damaged, (source) => {
        expect(outcome(() => parseJson(source))).toEqual(outcome(() => parse(source)));
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    '',
    ' ',
    '01',
    '-',
    '1.',
    '.5',
    '+1',
    '{"a":1,"a":2}',
    '{"a":1,"a":1}',
    '[1,]',
    '{"a":1,}',
    '"\t"',
    '"\\x"',
    'nul',
    '[1 2]',
    '{"a" 1}',
    '1 1',
    '"abc',
  ])('%s is read or refused as the library does', (source) => {
    expect(outcome(() => parseJson(source))).toEqual(outcome(() => parse(source)));
  });

  test('a number of 40 digits keeps them all', () => {
    const value = parseJson('{"amount":1234567890123456789012345678901234567890.10}') as { amount: JsonValue };
    expect(value.amount).toEqual(new NumberText('1234567890123456789012345678901234567890.10'));
  });
});
