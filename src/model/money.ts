import { Decimal as DecimalJs } from 'decimal.js';
import { currencyDigits, type CurrencyCode } from './currency.js';
import { invariant } from './invariant.js';

/**
 * Our own Decimal clone: 80 significant digits, so that no product of a 30-digit amount and a 30-digit rate is ever
 * cut, and exponents never appear in text because we only ever call `toFixed()`.
 */
export const Decimal = DecimalJs.clone({
  precision: 80,
  rounding: DecimalJs.ROUND_HALF_UP,
  toExpNeg: -9e15,
  toExpPos: 9e15,
});
export type Decimal = DecimalJs;

declare const decimalTextBrand: unique symbol;

/**
 * Canonical decimal text in MAJOR units: optional minus, no leading zeros, no trailing fraction zeros, no exponent, no
 * plus sign, never "-0". Two equal numbers have the same canonical text, so text equality is number equality.
 */
export type DecimalText = string & { readonly [decimalTextBrand]: 'DecimalText' };

/** Rounding modes that billing systems use. `down` truncates towards zero. */
export type RoundingMode = 'half_up' | 'half_even' | 'half_down' | 'down' | 'up';

const plain = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/;
/** Longer texts than this are refused: no billing system sends them, and they cost quadratic time. */
const maxTextLength = 200;

export const zero = '0' as DecimalText;

/**
 * Reads plain decimal text ("12.340", "-0.5", "+7", ".5") into its canonical form; `undefined` when it is not plain
 * decimal text. Exponents, grouping, blanks, NaN and empty text are all refused: an adapter must convert them
 * deliberately or reject the record.
 */
export function parseDecimalText(text: string): DecimalText | undefined {
  if (text.length === 0 || text.length > maxTextLength || !plain.test(text)) return undefined;
  const negative = text.charCodeAt(0) === 45;
  let start = negative || text.charCodeAt(0) === 43 ? 1 : 0;
  let end = text.length;
  const point = text.indexOf('.');
  if (point >= 0) {
    while (text.charCodeAt(end - 1) === 48) end -= 1;
    if (end - 1 === point) end -= 1;
  }
  const integerEnd = point >= 0 && point < end ? point : end;
  while (start < integerEnd - 1 && text.charCodeAt(start) === 48) start += 1;
  const body = text.slice(start, end);
  const digits = body === '' ? '0' : body.startsWith('.') ? `0${body}` : body;
  return (digits === '0' || !negative ? digits : `-${digits}`) as DecimalText;
}

/** Canonical decimal text, or an invariant failure: for text that was already checked at the door. */
export function decimalText(text: string): DecimalText {
  const parsed = parseDecimalText(text);
  invariant(parsed !== undefined, 'decimal text expected', { text });
  return parsed;
}

/** Canonical text of a Decimal. Throws on NaN and infinities. */
export function toDecimalText(value: Decimal): DecimalText {
  invariant(value.isFinite(), 'a finite decimal is expected', { value: value.toString() });
  return decimalText(value.toFixed());
}

/** Reading text is the dearest step of decimal arithmetic, and explaining a difference reads the same few amounts many times. */
const decimals = new Map<DecimalText, Decimal>();
const mostDecimals = 512;

/** Decimal of canonical text. Decimals never change, so the same text may give the same object. */
export function toDecimal(text: DecimalText): Decimal {
  const known = decimals.get(text);
  if (known !== undefined) return known;
  const decimal = new Decimal(text);
  if (decimals.size >= mostDecimals) decimals.clear();
  decimals.set(text, decimal);
  return decimal;
}

const decimalJsMode = {
  half_up: Decimal.ROUND_HALF_UP,
  half_even: Decimal.ROUND_HALF_EVEN,
  half_down: Decimal.ROUND_HALF_DOWN,
  down: Decimal.ROUND_DOWN,
  up: Decimal.ROUND_UP,
} as const satisfies Record<RoundingMode, DecimalJs.Rounding>;

/** Rounds to `digits` fraction digits (negative digits round to tens, hundreds…); half_up and half_down are symmetric around zero. */
export function roundTo(value: Decimal, digits: number, mode: RoundingMode): Decimal {
  if (digits >= 0) return value.toDecimalPlaces(digits, decimalJsMode[mode]);
  const unit = new Decimal(10).pow(-digits);
  return value.div(unit).toDecimalPlaces(0, decimalJsMode[mode]).times(unit);
}

/** An amount of one currency, in major units. Made only here; arithmetic across currencies throws (keeps I7). */
export type Money = { readonly amount: Decimal; readonly currency: CurrencyCode };

/** Money from canonical text. */
export function money(amount: DecimalText | Decimal, currency: CurrencyCode): Money {
  return { amount: typeof amount === 'string' ? toDecimal(amount) : amount, currency };
}

/** a + b; an invariant failure when the currencies differ. */
export function addMoney(a: Money, b: Money): Money {
  sameCurrency(a, b);
  return { amount: a.amount.plus(b.amount), currency: a.currency };
}

/** a - b; an invariant failure when the currencies differ. */
export function subtractMoney(a: Money, b: Money): Money {
  sameCurrency(a, b);
  return { amount: a.amount.minus(b.amount), currency: a.currency };
}

function sameCurrency(a: Money, b: Money): void {
  invariant(a.currency === b.currency, 'amounts of different currencies never add (I7)', {
    a: a.currency,
    b: b.currency,
  });
}

/** Sum of canonical texts, exact. The empty sum is "0". */
export function sumText(texts: Iterable<DecimalText>): DecimalText {
  const terms: DecimalText[] = [];
  let scale = 0;
  for (const text of texts) {
    if (text === zero) continue;
    terms.push(text);
    scale = Math.max(scale, scaleOf(text));
  }
  const [only] = terms;
  if (only === undefined) return zero;
  if (terms.length === 1) return only;
  let sum = 0n;
  for (const term of terms) sum += unscaled(term, scale);
  return scaledText(sum, scale);
}

/** a + b, exact. */
export function addText(a: DecimalText, b: DecimalText): DecimalText {
  if (b === zero) return a;
  if (a === zero) return b;
  const scale = Math.max(scaleOf(a), scaleOf(b));
  return scaledText(unscaled(a, scale) + unscaled(b, scale), scale);
}

/** a - b, exact. */
export function subtractText(a: DecimalText, b: DecimalText): DecimalText {
  return addText(a, negateText(b));
}

/** Negative, zero or positive as a is less than, equal to or more than b, whatever their signs. */
export function compareSize(a: DecimalText, b: DecimalText): number {
  const scale = Math.max(scaleOf(a), scaleOf(b));
  const [left, right] = [unscaled(a, scale), unscaled(b, scale)];
  const gap = (left < 0n ? -left : left) - (right < 0n ? -right : right);
  return gap < 0n ? -1 : gap > 0n ? 1 : 0;
}

/** -a. */
export function negateText(text: DecimalText): DecimalText {
  if (text === zero) return zero;
  return (text.startsWith('-') ? text.slice(1) : `-${text}`) as DecimalText;
}

/*
 * Whole numbers of a common power of ten, as bigint: exact like Decimal and several times cheaper where a million
 * invoices are only added up. Texts are canonical, so they hold nothing but a minus, digits and at most one point.
 */

/** Fraction digits of canonical text. */
function scaleOf(text: DecimalText): number {
  const point = text.indexOf('.');
  return point < 0 ? 0 : text.length - point - 1;
}

/** text × 10^scale; `scale` is at least the text's own. */
function unscaled(text: DecimalText, scale: number): bigint {
  const point = text.indexOf('.');
  const own = point < 0 ? 0 : text.length - point - 1;
  const digits = point < 0 ? text : text.slice(0, point) + text.slice(point + 1);
  return BigInt(own === scale ? digits : digits + '0'.repeat(scale - own));
}

/** value ÷ 10^scale as canonical text. */
function scaledText(value: bigint, scale: number): DecimalText {
  const text = value.toString();
  if (scale === 0) return text as DecimalText;
  const sign = text.startsWith('-') ? '-' : '';
  const digits = (sign === '' ? text : text.slice(1)).padStart(scale + 1, '0');
  const point = digits.length - scale;
  let end = digits.length;
  while (end > point && digits.charCodeAt(end - 1) === 48) end -= 1;
  const whole = digits.slice(0, point);
  return (end === point ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(point, end)}`) as DecimalText;
}

/**
 * a ÷ b to so many significant digits, ties to even; b is not zero. In whole numbers, because a decimal division works out
 * eighty digits first.
 */
export function ratioText(a: DecimalText, b: DecimalText, significant: number): DecimalText {
  const scale = Math.max(scaleOf(a), scaleOf(b));
  const [top, bottom] = [unscaled(a, scale), unscaled(b, scale)];
  invariant(bottom !== 0n, 'nothing is divided by zero', { a, b });
  if (top === 0n) return zero;
  const [over, under] = [top < 0n ? -top : top, bottom < 0n ? -bottom : bottom];
  // The quotient's first digit stands at 10^lead or one below it.
  let lead = over.toString().length - under.toString().length;
  if (lead >= 0 ? over < under * tenTo(lead) : over * tenTo(-lead) < under) lead -= 1;
  const shift = significant - 1 - lead;
  const [shifted, divisor] = shift >= 0 ? [over * tenTo(shift), under] : [over, under * tenTo(-shift)];
  const whole = shifted / divisor;
  const twice = (shifted % divisor) * 2n;
  const rounded = twice > divisor || (twice === divisor && whole % 2n === 1n) ? whole + 1n : whole;
  const signed = top < 0n === bottom < 0n ? rounded : -rounded;
  return shift >= 0 ? scaledText(signed, shift) : scaledText(signed * tenTo(-shift), 0);
}

/**
 * Whole minor units of an amount (JPY 1, EUR 0.01, KWD 0.001) as bigint, rounded half-up, away from zero on ties: the
 * scale at which two amounts are judged equal.
 */
export function toMinorUnits(amount: Decimal | DecimalText, currency: CurrencyCode): bigint {
  const digits = currencyDigits(currency);
  const text = typeof amount === 'string' ? amount : (amount.toFixed() as DecimalText);
  const scale = scaleOf(text);
  if (scale <= digits) return unscaled(text, digits);
  const cut = tenTo(scale - digits);
  const exact = unscaled(text, scale);
  // Division cuts towards zero; half of the unit or more goes one further away from it.
  const whole = exact / cut;
  const rest = (exact - whole * cut) * 2n;
  return rest >= cut ? whole + 1n : -rest >= cut ? whole - 1n : whole;
}

/** 10^exponent. */
function tenTo(exponent: number): bigint {
  return smallTens[exponent] ?? 10n ** BigInt(exponent);
}

const smallTens = Array.from({ length: 20 }, (_unused, exponent) => 10n ** BigInt(exponent));

/** Canonical text in major units of whole minor units. */
export function fromMinorUnits(minor: bigint, currency: CurrencyCode): DecimalText {
  return scaledText(minor, currencyDigits(currency));
}

/**
 * Text for people and files with at least the currency's digits ("10.00" EUR, "10" JPY); more digits are kept when the
 * amount has them, never cut.
 */
export function displayText(amount: DecimalText | Decimal, currency: CurrencyCode): string {
  const text = typeof amount === 'string' ? amount : amount.isZero() ? zero : amount.toFixed();
  const point = text.indexOf('.');
  const missing = currencyDigits(currency) - (point < 0 ? 0 : text.length - point - 1);
  if (missing <= 0) return text;
  return `${text}${point < 0 ? '.' : ''}${'0'.repeat(missing)}`;
}
