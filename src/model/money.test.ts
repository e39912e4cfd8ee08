import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { currency } from './currency.js';
import {
  addText,
  Decimal,
  decimalText,
  displayText,
  fromMinorUnits,
  negateText,
  parseDecimalText,
  roundTo,
  subtractText,
  sumText,
  toDecimal,
  toDecimalText,
  toMinorUnits,
} from './money.js';

/** Decimal text as systems write it: padded, signed, long, tiny; near-misses of zero and of a carry. */
const written = fc.oneof(
  fc
    .record({
      sign: fc.constantFrom('', '-', '+'),
      whole: fc.stringMatching(/^\d{1,30}$/),
      fraction: fc.option(fc.stringMatching(/^\d{1,25}$/)),
    })
    .map(({ sign, whole, fraction }) => `${sign}${whole}${fraction === null ? '' : `.${fraction}`}`),
  fc.constantFrom('0', '-0', '0.00', '9.99', '-9.99', '0.01', '-0.01', '99999999999999.99', '1', '-1', '10', '100.10'),
);
const canonical = written.map((text) => decimalText(text));

describe('reading decimal text', () => {
  test.each([
    ['12.340', '12.34'],
    ['-0.50', '-0.5'],
    ['+7', '7'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['000', '0'],
    ['-0.000', '0'],
    ['0012', '12'],
    ['100', '100'],
  ])('%s is read as %s', (text, expected) => {
    expect(parseDecimalText(text)).toBe(expected);
  });

  test.each([
    '',
    '.',
    '-',
    '1e5',
    '1E-7',
    '1,5',
    '1 000',
    'NaN',
    'Infinity',
    '0x10',
    ' 1',
    '1 ',
    '--1',
    '1.2.3',
    '١',
    '1'.repeat(201),
  ])('"%s" is refused and not guessed at', (text) => {
    expect(parseDecimalText(text)).toBeUndefined();
  });

  test('equal numbers have equal text, whatever way they were written', () => {
    fc.assert(
      fc.property(written, (text) => {
        const read = decimalText(text);
        expect(read).toBe(new Decimal(text).isZero() ? '0' : new Decimal(text).toFixed());
        expect(decimalText(read)).toBe(read);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('sums of text', () => {
  test('agree with the sum in Decimal, to the last digit (I12)', () => {
    fc.assert(
      fc.property(fc.array(canonical, { maxLength: 12 }), (texts) => {
        const expected = texts.reduce((sum, text) => sum.plus(text), new Decimal(0));
        expect(sumText(texts)).toBe(toDecimalText(expected));
      }),
      { numRuns: 3000 },
    );
  });

  test('adding, taking away and negating agree with Decimal', () => {
    fc.assert(
      fc.property(canonical, canonical, (a, b) => {
        expect(addText(a, b)).toBe(toDecimalText(toDecimal(a).plus(b)));
        expect(subtractText(a, b)).toBe(toDecimalText(toDecimal(a).minus(b)));
        expect(negateText(a)).toBe(toDecimalText(toDecimal(a).negated()));
      }),
      { numRuns: 3000 },
    );
  });

  test('nothing adds up to zero, not to minus zero', () => {
    expect(sumText([])).toBe('0');
    expect(addText(decimalText('-1.5'), decimalText('1.5'))).toBe('0');
    expect(negateText(decimalText('0'))).toBe('0');
  });
});

describe('minor units', () => {
  test.each([
    ['10.005', 'EUR', 1001n],
    ['-10.005', 'EUR', -1001n],
    ['10.0049999', 'EUR', 1000n],
    ['10.5', 'JPY', 11n],
    ['-10.5', 'JPY', -11n],
    ['1.0005', 'KWD', 1001n],
    ['12', 'EUR', 1200n],
    ['-0.01', 'EUR', -1n],
    ['0.00005', 'CLF', 1n],
  ])('%s %s are %s', (text, code, expected) => {
    expect(toMinorUnits(decimalText(text), currency(code))).toBe(expected);
    expect(toMinorUnits(toDecimal(decimalText(text)), currency(code))).toBe(expected);
  });

  test('come back as the text they came from', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }),
        fc.constantFrom('JPY', 'EUR', 'KWD', 'CLF'),
        (minor, code) => {
          const text = fromMinorUnits(minor, currency(code));
          expect(decimalText(text)).toBe(text);
          expect(toMinorUnits(text, currency(code))).toBe(minor);
        },
      ),
    );
  });
});

describe('rounding', () => {
  test.each([
    ['half_up', ['3', '-3', '2', '3']],
    ['half_even', ['2', '-2', '2', '3']],
    ['half_down', ['2', '-2', '2', '3']],
    ['down', ['2', '-2', '2', '2']],
    ['up', ['3', '-3', '3', '3']],
  ] as const)('%s takes 2.5, -2.5, 2.4 and 2.6 to %j', (mode, expected) => {
    expect(['2.5', '-2.5', '2.4', '2.6'].map((text) => roundTo(new Decimal(text), 0, mode).toFixed())).toEqual(
      expected,
    );
  });

  test('negative digits round to tens', () => {
    expect(roundTo(new Decimal('125'), -1, 'half_up').toFixed()).toBe('130');
    expect(roundTo(new Decimal('125'), -1, 'half_even').toFixed()).toBe('120');
  });
});

test('an amount is shown with its currency’s digits, and with more when it has them', () => {
  expect(displayText(decimalText('10'), currency('EUR'))).toBe('10.00');
  expect(displayText(decimalText('10'), currency('JPY'))).toBe('10');
  expect(displayText(decimalText('10.1234'), currency('EUR'))).toBe('10.1234');
  expect(displayText(decimalText('0'), currency('KWD'))).toBe('0.000');
});
