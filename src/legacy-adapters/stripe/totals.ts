import { type Document, type IdentityCheck, type Line, type TaxMode, unsummedKinds } from '../../model/document.js';
import { type DecimalText, sumText, toDecimal, toDecimalText, zero } from '../../model/money.js';
import { type JsonObject, objectsOf } from '../http/json.js';
import type { Reader } from '../http/reader.js';

export type StatedTax = { readonly amount: DecimalText; readonly mode: TaxMode } | null;

/** The header's tax, in either shape; null when it states none. */
export function statedTax(object: JsonObject, reader: Reader): StatedTax {
  const slices = [object['total_taxes'], object['total_tax_amounts'], object['tax_amounts']].find((one) =>
    Array.isArray(one),
  );
  if (slices === undefined) {
    const plain = reader.amount(object, 'tax', '');
    return plain === null ? null : { amount: plain, mode: plain === zero ? 'none' : 'exclusive' };
  }
  const taxes = objectsOf(slices);
  const amount = sumText(taxes.map((tax, index) => reader.required(tax, 'amount', `total_taxes[${index}].`)));
  const modes = taxes.map((tax) =>
    tax['inclusive'] === true || tax['tax_behavior'] === 'inclusive' ? 'inclusive' : 'exclusive',
  );
  return { amount, mode: modeOf(modes) };
}

export function taxModeOf(lines: readonly Line[], stated: StatedTax): TaxMode {
  const modes = lines.flatMap((line) => line.taxes.map((tax) => tax.behaviour));
  return modes.length === 0 ? (stated?.mode ?? 'none') : modeOf(modes);
}

function modeOf(modes: readonly ('inclusive' | 'exclusive')[]): TaxMode {
  const distinct = new Set(modes);
  if (distinct.size === 0) return 'none';
  return distinct.size === 2 ? 'mixed' : modes[0] === 'inclusive' ? 'inclusive' : 'exclusive';
}

/**
 * Totals from the lines, and whether Stripe's own totals agree. Not `subtotal - discounts + tax`: the subtotal already
 * contains the discounts of items, which the list of discounts contains again (contract 3.1).
 */
export function totalsOf(
  draft: { readonly lines: readonly Line[]; readonly total: DecimalText; readonly statedTax: StatedTax },
  reported: Readonly<Record<string, DecimalText>>,
  object: JsonObject,
  reader: Reader,
): { readonly totals: Document['totals']; readonly checks: readonly IdentityCheck[] } {
  const summed = draft.lines.filter((line) => !unsummedKinds.has(line.kind));
  const net = sumText(summed.map((line) => line.net));
  const lineTaxes = summed.map((line) => line.tax).filter((tax) => tax !== null);
  const tax = lineTaxes.length > 0 ? sumText(lineTaxes) : (draft.statedTax?.amount ?? zero);
  const gross = sumText([net, tax]);
  const grants = sumText(draft.lines.filter((line) => line.kind === 'prepaid_drawdown').map((line) => line.amount));
  // Whether billing credits are taken off `total` or only off what is due is not documented: both readings are accepted.
  const afterGrants = sumText([gross, grants]);
  const isAfterGrants = draft.total === afterGrants;
  const checks = [check('lines - discounts + exclusive tax = total', draft.total, isAfterGrants ? afterGrants : gross)];
  if (draft.statedTax !== null) checks.push(check('line taxes = total tax', draft.statedTax.amount, tax));
  const statedNet = reader.amount(object, 'total_excluding_tax', '');
  if (statedNet !== null && grants === zero) checks.push(check('lines net = total excluding tax', statedNet, net));
  return {
    totals: { net, discount: sumText(summed.map((line) => line.discount)), tax, gross, asReported: reported },
    checks,
  };
}

const check = (name: string, expected: DecimalText, actual: DecimalText): IdentityCheck => ({
  name,
  holds: expected === actual,
  expected,
  actual,
});

const headerAmounts = [
  'subtotal',
  'subtotal_excluding_tax',
  'total',
  'total_excluding_tax',
  'tax',
  'amount',
  'amount_due',
  'amount_paid',
  'amount_shipping',
  'starting_balance',
  'ending_balance',
  'pre_payment_credit_notes_amount',
  'post_payment_credit_notes_amount',
] as const;

/** Header amounts under Stripe's names with Stripe's sign. */
export function asReported(object: JsonObject, reader: Reader): Readonly<Record<string, DecimalText>> {
  return Object.fromEntries(
    headerAmounts.flatMap((name) => {
      const read = reader.amount(object, name, '');
      return read === null
        ? []
        : [[name, reader.sign === 1 ? read : toDecimalText(toDecimal(read).negated())] as const];
    }),
  );
}
