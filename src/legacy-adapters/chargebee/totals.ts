import { type Document, type IdentityCheck, type Line, unsummedKinds } from '../../model/document.js';
import { type DecimalText, negateText, sumText, zero } from '../../model/money.js';
import { type JsonObject, objectsOf } from '../http/json.js';
import type { Reader } from '../http/reader.js';
import { sumOfKind } from './extra-lines.js';

/** The header's tax: an invoice states it, a credit note only the rows that it is made of; null when neither is there. */
export function statedTax(object: JsonObject, reader: Reader): DecimalText | null {
  const plain = reader.amount(object, 'tax', '');
  if (plain !== null || !Array.isArray(object['taxes'])) return plain;
  return sumText(objectsOf(object['taxes']).map((tax, index) => reader.required(tax, 'amount', `taxes[${index}].`)));
}

/**
 * Totals from the lines, and whether Chargebee's own header agrees:
 * `sum(lines) - discounts + exclusive tax + rounding = total`, and the same without tax and rounding for `sub_total`.
 */
export function totalsOf(
  draft: { readonly lines: readonly Line[]; readonly total: DecimalText; readonly statedTax: DecimalText | null },
  object: JsonObject,
  reader: Reader,
): { readonly totals: Document['totals']; readonly checks: readonly IdentityCheck[] } {
  const summed = draft.lines.filter((line) => !unsummedKinds.has(line.kind));
  const net = sumText(summed.map((line) => line.net));
  const tax = sumText(summed.map((line) => line.tax ?? zero));
  const gross = sumText([net, tax]);
  const detached = sumOfKind(summed, 'discount');
  const discount = sumText([...summed.map((line) => line.discount), detached]);
  const promotional = sumOfKind(draft.lines, 'prepaid_drawdown');
  const checks = [
    // Whether promotional credits are taken off `total` or only off what is due is not documented: both are accepted.
    check('lines - discounts + exclusive tax + rounding = total', draft.total, [gross, sumText([gross, promotional])]),
  ];
  if (draft.statedTax !== null) checks.push(check('line taxes = tax', draft.statedTax, [tax]));
  const subTotal = reader.amount(object, 'sub_total', '');
  if (subTotal !== null) checks.push(check('lines - discounts = sub_total', subTotal, subTotals(summed, promotional)));
  return { totals: { net, discount, tax, gross, asReported: asReported(object, reader) }, checks };
}

/** What `sub_total` may be: after discounts (type definitions of chargebee 3), or, on older invoices, before them. */
function subTotals(summed: readonly Line[], promotional: DecimalText): readonly DecimalText[] {
  const billed = summed.filter((line) => line.kind !== 'rounding' && line.kind !== 'tax');
  const after = sumText(billed.flatMap((line) => [line.amount, line.discount]));
  const charges = billed.filter((line) => line.kind !== 'discount');
  return [after, sumText([after, promotional]), sumText(charges.map((line) => line.amount))];
}

const check = (name: string, expected: DecimalText, candidates: readonly DecimalText[]): IdentityCheck => {
  const holds = candidates.includes(expected);
  return { name, holds, expected, actual: holds ? expected : (candidates[0] ?? zero) };
};

const headerAmounts = [
  'sub_total',
  'tax',
  'total',
  'amount_due',
  'amount_paid',
  'amount_adjusted',
  'credits_applied',
  'write_off_amount',
  'round_off_amount',
  'fractional_correction',
  'amount_allocated',
  'amount_refunded',
  'amount_available',
] as const;

/** Header amounts under Chargebee's names with Chargebee's sign, in major units. */
function asReported(object: JsonObject, reader: Reader): Readonly<Record<string, DecimalText>> {
  return Object.fromEntries(
    headerAmounts.flatMap((name) => {
      const read = reader.amount(object, name, '');
      return read === null ? [] : [[name, reader.sign === 1 ? read : negateText(read)] as const];
    }),
  );
}
