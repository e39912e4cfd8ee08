/*
 * The arithmetic of the generators: fractions of bigints, written apart from the product's own so that a mistake in one
 * cannot hide in the other.
 */
export type Fraction = readonly [bigint, bigint];
export type Mode = 'half_up' | 'half_even' | 'down';

/** The fraction of decimal text. */
export function frac(text: string): Fraction {
  const negative = text.startsWith('-');
  const [whole = '0', part = ''] = text.replace('-', '').split('.');
  const top = BigInt(whole + part);
  return [negative ? -top : top, 10n ** BigInt(part.length)];
}

export const times = (a: Fraction, b: Fraction): Fraction => [a[0] * b[0], a[1] * b[1]];
/** Sum over the larger denominator where one divides the other, so that long sums of decimals stay short. */
export function plus(a: Fraction, b: Fraction): Fraction {
  if (a[1] % b[1] === 0n) return [a[0] + b[0] * (a[1] / b[1]), a[1]];
  if (b[1] % a[1] === 0n) return [a[0] * (b[1] / a[1]) + b[0], b[1]];
  return [a[0] * b[1] + b[0] * a[1], a[1] * b[1]];
}
export const over = (a: Fraction, b: Fraction): Fraction =>
  b[0] < 0n ? [-a[0] * b[1], a[1] * -b[0]] : [a[0] * b[1], a[1] * b[0]];
export const negate = (a: Fraction): Fraction => [-a[0], a[1]];
export const isSame = (a: Fraction, b: Fraction) => a[0] * b[1] === b[0] * a[1];
export const isLess = (a: Fraction, b: Fraction) => a[0] * b[1] < b[0] * a[1];

/** Rounded to `digits` fraction digits as decimal text; ties away from zero, to even, or everything towards zero. */
export function rounded(value: Fraction, digits: number, mode: Mode = 'half_up'): string {
  const scale = 10n ** BigInt(digits);
  const negative = value[0] < 0n;
  const top = (negative ? -value[0] : value[0]) * scale;
  let units = top / value[1];
  const twice = (top % value[1]) * 2n;
  if (mode !== 'down' && (twice > value[1] || (twice === value[1] && (mode === 'half_up' || units % 2n === 1n))))
    units += 1n;
  return unitsText(negative ? -units : units, digits);
}

/** "12.30" of 1230 units with two digits. */
export function unitsText(units: bigint, digits: number): string {
  const text = (units < 0n ? -units : units).toString().padStart(digits + 1, '0');
  const body = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
  return units < 0n ? `-${body}` : body;
}
