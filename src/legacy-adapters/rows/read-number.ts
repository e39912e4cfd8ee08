import { type DecimalText, parseDecimalText } from '../../model/money.js';

/** The marks of written numbers, as the configuration names them. */
export type NumberMarks = { readonly decimal_mark: '.' | ','; readonly thousands_mark: 'none' | '.' | ',' | ' ' | "'" };

/** Reads a number as it is written: with the marks configured, and negative as -12, (12) or 12-. `undefined` when it is none. */
export function readNumber(value: string, marks: NumberMarks): DecimalText | undefined {
  const { decimal_mark: decimal, thousands_mark: thousands } = marks;
  let text = value;
  // Accountants write a negative amount as (12.00) or 12.00-.
  const wrapped = /^\(([^()+-]*)\)$/.exec(text) ?? /^([^+-]*)-$/.exec(text);
  const isNegative = wrapped !== null;
  if (wrapped !== null) text = wrapped[1] ?? '';
  if (thousands !== 'none') text = withoutThousands(text, thousands, decimal);
  if (decimal === ',') {
    if (text.includes('.')) return undefined;
    text = text.replace(',', '.');
  }
  return parseDecimalText(isNegative ? `-${text}` : text);
}

/** How a number is written by these marks, for whoever has to mend one. */
export function numberForm(marks: NumberMarks): string {
  const { decimal_mark: decimal, thousands_mark: thousands } = marks;
  return `a number with ${decimal === ',' ? 'a decimal comma' : 'a decimal point'} and ${thousands === 'none' ? 'no' : `"${thousands}" as`} thousands mark`;
}

/** Takes the marks out when they stand exactly where thousands end; otherwise leaves the text for the parser to refuse. */
function withoutThousands(text: string, thousands: string, decimal: string): string {
  // Excel in French writes a narrow or a wide no-break space where people type a blank.
  const plain = thousands === ' ' ? text.replaceAll(/[\u00a0\u202f]/g, ' ') : text;
  const [whole = '', ...fraction] = plain.split(decimal);
  const [head = '', ...groups] = whole.split(thousands);
  const isGrouped = groups.length > 0 && /^[+-]?\d{1,3}$/.test(head) && groups.every((group) => /^\d{3}$/.test(group));
  return isGrouped ? [head + groups.join(''), ...fraction].join(decimal) : plain;
}
