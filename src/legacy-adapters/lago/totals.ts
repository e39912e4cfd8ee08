import { type Document, type IdentityCheck, type Line, unsummedKinds } from '../../model/document.js';
import { type Decimal, type DecimalText, negateText, sumText, toDecimal, zero } from '../../model/money.js';
import type { JsonObject } from '../http/json.js';
import type { Reader } from '../http/reader.js';

/** Before this version coupons were taken off after tax, so that the subtotals still contain them. */
const couponsBeforeTax = 3;

/**
 * Totals from the lines, and whether Lago's own header agrees: what is due is the gross less what pays for it, and the
 * subtotal is what its version says. Taxes and spread coupons are rounded apart from the fees, by at most one subunit for
 * each of them.
 */
export function totalsOf(
  draft: { readonly lines: readonly Line[]; readonly total: DecimalText; readonly unit: Decimal },
  object: JsonObject,
  reader: Reader,
): { readonly totals: Document['totals']; readonly checks: readonly IdentityCheck[] } {
  const summed = draft.lines.filter((line) => !unsummedKinds.has(line.kind));
  const net = sumText(summed.map((line) => line.net));
  const tax = sumText(summed.map((line) => line.tax ?? zero));
  const gross = sumText([net, tax]);
  const paid = sumText(draft.lines.filter((line) => unsummedKinds.has(line.kind)).map((line) => line.amount));
  const checks = [
    check('fees - coupons + taxes - credits = total', draft.total, [sumText([gross, paid])]),
    roundingCheck(draft.lines, draft.unit),
    ...subTotalChecks(draft.lines, net, object, reader),
    ...progressiveChecks(draft.lines),
  ];
  const detached = sumText(summed.filter((line) => line.kind === 'discount').map((line) => line.amount));
  const discount = sumText([...summed.map((line) => line.discount), detached]);
  return { totals: { net, discount, tax, gross, asReported: asReported(object, reader) }, checks };
}

/** `sub_total_excluding_taxes` by version; with no version either meaning is taken. */
function subTotalChecks(
  lines: readonly Line[],
  net: DecimalText,
  object: JsonObject,
  reader: Reader,
): readonly IdentityCheck[] {
  const stated = reader.amount(object, 'sub_total_excluding_taxes_amount_cents', '');
  if (stated === null) return [];
  const progressive = sumOf(lines, (line) => line.rawKind === 'progressive_billing_credit');
  const fees = sumOf(lines, (line) => !unsummedKinds.has(line.kind) && !line.rawKind.startsWith('coupon'));
  const after = sumText([net, progressive]);
  const version = reader.decimal(object, 'version_number', '');
  const isOlder = version !== null && toDecimal(version).lt(couponsBeforeTax);
  // A credit note has no version, and one meaning.
  const candidates = version === null ? [after, fees] : isOlder ? [fees] : [after];
  return [check('fees - coupons = subtotal before tax', stated, candidates)];
}

const sumOf = (lines: readonly Line[], is: (line: Line) => boolean): DecimalText =>
  sumText(lines.filter(is).map((line) => line.amount));

/** What was rounded apart may differ by a subunit for each line; more is a fault of the source. */
function roundingCheck(lines: readonly Line[], unit: Decimal): IdentityCheck {
  const off = lines.filter((line) => line.kind === 'rounding').flatMap((line) => [line.amount, line.tax ?? zero]);
  const most = unit.times(Math.max(1, lines.length));
  const largest = off.find((one) => toDecimal(one).abs().gt(most));
  return {
    name: 'taxes and coupons of the fees = those of the document, up to rounding',
    holds: largest === undefined,
    expected: zero,
    actual: largest ?? zero,
  };
}

/**
 * Usage that was billed progressively comes back as a credit before tax, so the tax of this document covers only what was
 * left: its gross cannot be compared, and it is not judged.
 */
function progressiveChecks(lines: readonly Line[]): readonly IdentityCheck[] {
  const credit = sumOf(lines, (line) => line.rawKind === 'progressive_billing_credit');
  if (credit === zero) return [];
  return [{ name: 'the tax covers all of the usage', holds: false, expected: zero, actual: negateText(credit) }];
}

const check = (name: string, expected: DecimalText, candidates: readonly DecimalText[]): IdentityCheck => {
  const holds = candidates.includes(expected);
  return { name, holds, expected, actual: holds ? expected : (candidates[0] ?? zero) };
};

const headerAmounts = [
  'fees_amount_cents',
  'coupons_amount_cents',
  'taxes_amount_cents',
  'credit_notes_amount_cents',
  'prepaid_credit_amount_cents',
  'progressive_billing_credit_amount_cents',
  'sub_total_excluding_taxes_amount_cents',
  'sub_total_including_taxes_amount_cents',
  'total_amount_cents',
  'total_due_amount_cents',
  'coupons_adjustment_amount_cents',
  'credit_amount_cents',
  'refund_amount_cents',
  'balance_amount_cents',
] as const;

/** Header amounts under Lago's names with Lago's sign, in major units. */
function asReported(object: JsonObject, reader: Reader): Readonly<Record<string, DecimalText>> {
  return Object.fromEntries(
    headerAmounts.flatMap((name) => {
      const read = reader.amount(object, name, '');
      return read === null ? [] : [[name, reader.sign === 1 ? read : negateText(read)] as const];
    }),
  );
}
