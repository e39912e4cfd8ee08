import { invariant } from './invariant.js';

/** An exact fraction in lowest terms with a positive denominator. For shares, Shapley parts and exact ceilings; never rounded. */
export type Rational = { readonly numerator: bigint; readonly denominator: bigint };

const decimalForm = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,4}))?$/i;

/** The fraction numerator/denominator, reduced. Throws an invariant failure on a zero denominator. */
export function rational(numerator: bigint, denominator = 1n): Rational {
  invariant(denominator !== 0n, 'a fraction needs a denominator other than zero');
  if (denominator === 1n) return { numerator, denominator };
  if (numerator === 0n) return { numerator, denominator: 1n };
  const sign = denominator < 0n ? -1n : 1n;
  const divisor = greatestCommonDivisor(numerator < 0n ? -numerator : numerator, denominator * sign);
  return { numerator: (sign * numerator) / divisor, denominator: (sign * denominator) / divisor };
}

/** The exact value of decimal text ("0.05", "-12", "1e-7"). Throws an invariant failure on any other text. */
export function rationalFromText(text: string): Rational {
  if (plainForm.test(text)) return rationalFromPlain(text);
  const parts = decimalForm.exec(text);
  const digits = `${parts?.[2] ?? ''}${parts?.[3] ?? ''}`;
  invariant(parts !== null && digits !== '', 'decimal text is expected', { text });
  const exponent = Number(parts[4] ?? '0') - (parts[3] ?? '').length;
  const magnitude = BigInt(digits) * (parts[1] === '-' ? -1n : 1n);
  return exponent >= 0 ? rational(magnitude * 10n ** BigInt(exponent)) : rational(magnitude, 10n ** BigInt(-exponent));
}

const plainForm = /^-?\d+(?:\.\d+)?$/;

function rationalFromPlain(text: string): Rational {
  const point = text.indexOf('.');
  if (point < 0) return { numerator: BigInt(text), denominator: 1n };
  return rational(BigInt(text.slice(0, point) + text.slice(point + 1)), tenTo(text.length - point - 1));
}

const tens = Array.from({ length: 20 }, (_unused, exponent) => 10n ** BigInt(exponent));

function tenTo(exponent: number): bigint {
  return tens[exponent] ?? 10n ** BigInt(exponent);
}

/**
 * The decimal that a person wrote to get this double: 0.07 is taken as 7/100, not as the nearest binary fraction. For
 * rates and thresholds from a policy; money never comes through here.
 */
export function rationalFromRate(rate: number): Rational {
  invariant(Number.isFinite(rate), 'a finite rate is expected', { rate });
  return rationalFromText(String(rate));
}

export function addRational(a: Rational, b: Rational): Rational {
  if (a.numerator === 0n) return b;
  if (b.numerator === 0n) return a;
  if (a.denominator === b.denominator) return rational(a.numerator + b.numerator, a.denominator);
  return rational(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
}

export function subtractRational(a: Rational, b: Rational): Rational {
  if (b.numerator === 0n) return a;
  if (a.denominator === b.denominator) return rational(a.numerator - b.numerator, a.denominator);
  return rational(a.numerator * b.denominator - b.numerator * a.denominator, a.denominator * b.denominator);
}

export function multiplyRational(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.numerator, a.denominator * b.denominator);
}

/** Negative, zero or positive as a is less than, equal to or more than b. */
export function compareRational(a: Rational, b: Rational): number {
  const difference =
    a.denominator === b.denominator
      ? a.numerator - b.numerator
      : a.numerator * b.denominator - b.numerator * a.denominator;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Largest whole number not above the value (floor, also for negatives). */
export function floorRational(value: Rational): bigint {
  const quotient = value.numerator / value.denominator;
  return value.numerator < 0n && value.numerator % value.denominator !== 0n ? quotient - 1n : quotient;
}

/** Smallest whole number not below the value (ceiling, also for negatives). */
export function ceilRational(value: Rational): bigint {
  return -floorRational({ numerator: -value.numerator, denominator: value.denominator });
}

/**
 * The double nearest to the fraction (ties to even). The quotient is cut at 65 bits or more and a sticky bit keeps what
 * was cut, so that the one rounding is the correct one: 5/10000 gives exactly the double that `0.0005` gives.
 */
export function rationalToNumber(value: Rational): number {
  if (value.numerator === 0n) return 0;
  const magnitude = value.numerator < 0n ? -value.numerator : value.numerator;
  const shift = Math.max(0, 68 + bitLength(value.denominator) - bitLength(magnitude));
  const scaled = magnitude << BigInt(shift);
  const quotient = scaled / value.denominator;
  const sticky = scaled % value.denominator === 0n ? quotient : quotient | 1n;
  const result = Number(sticky) * 2 ** -shift;
  return value.numerator < 0n ? -result : result;
}

function bitLength(value: bigint): number {
  return value.toString(16).length * 4;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [left, right] = [a, b];
  while (right !== 0n) [left, right] = [right, left % right];
  return left;
}
