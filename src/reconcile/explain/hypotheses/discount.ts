import { Decimal, toDecimal, zero } from '../../../model/money.js';
import type { FormRow, PreparedDocument } from '../../../model/prepared.js';
import { plain, reproduces, round, sameMoney, show, type SideFacts } from '../facts.js';
import { bothWays, each, type Fit, isSameShare, type Sides, step } from './hypothesis.js';

/** Charges before discount are equal; the discount alone is the difference: missing on one side, or of another size. */
export function discount({ legacy, solvimon, currency }: Sides): Fit | null {
  if (!isDiscountOnly(legacy, solvimon, currency)) return null;
  const isMissing = legacy.discount.isZero() || solvimon.discount.isZero();
  const rate = (side: SideFacts) => (side.discountRate === null ? '' : ` (${plain(side.discountRate)} %)`);
  return {
    cause: isMissing ? 'discount.missing' : 'discount.rate',
    isStated: true,
    specialises: [],
    working: [
      ...each(
        `${show(legacy.amount, currency)} before discount, discount ${show(legacy.discount, currency)}${rate(legacy)}`,
        `${show(solvimon.amount, currency)} before discount, discount ${show(solvimon.discount, currency)}${rate(solvimon)}`,
      ),
      step(
        'test',
        `${show(legacy.amount, currency)} with the discount of solvimon = ${show(legacy.amount.plus(solvimon.discount), currency)} ✓ equals solvimon`,
      ),
    ],
  };
}

function isDiscountOnly(legacy: SideFacts, solvimon: SideFacts, currency: Sides['currency']): boolean {
  return (
    sameMoney(legacy.amount, solvimon.amount, currency) && !sameMoney(legacy.discount, solvimon.discount, currency)
  );
}

/**
 * The side without a discount here gives the very same one (rate, or amount) elsewhere in the same documents: the coupon
 * is there and applies to other lines.
 */
export function discountScope(sides: Sides): Fit | null {
  const { legacy, solvimon, currency, difference } = sides;
  if (!isDiscountOnly(legacy, solvimon, currency)) return null;
  for (const { owner, other, ownerName, otherName } of bothWays(sides)) {
    if (owner.discount.isZero() || !other.discount.isZero()) continue;
    const documents =
      otherName === 'legacy' ? difference.context.legacyDocuments : difference.context.solvimonDocuments;
    const own = otherName === 'legacy' ? difference.legacy : difference.solvimon;
    const elsewhere = discountedRows(documents, own?.document).find(
      (row) => row.chargeKey !== own?.row.chargeKey && isSameDiscountRow(row, owner, currency),
    );
    if (elsewhere === undefined) continue;
    return {
      cause: 'discount.scope',
      isStated: true,
      specialises: ['discount.missing'],
      working: [
        step(ownerName, `discount ${show(owner.discount, currency)} on ${show(owner.amount, currency)}`),
        step(
          otherName,
          `none here, but ${show(toDecimal(elsewhere.discount), currency)} on ${elsewhere.chargeKey}: the same discount on other lines`,
        ),
      ],
    };
  }
  return null;
}

/** Rows of the difference's own document that are discounted; found once however many of its lines differ. */
function discountedRows(documents: readonly PreparedDocument[], own: PreparedDocument | undefined): readonly FormRow[] {
  if (own === undefined || !documents.includes(own)) return [];
  const known = discounted.get(own);
  if (known !== undefined) return known;
  const rows = own.form.rows.filter((row) => row.discount !== zero);
  discounted.set(own, rows);
  return rows;
}

const discounted = new WeakMap<PreparedDocument, readonly FormRow[]>();

function isSameDiscountRow(row: FormRow, owner: SideFacts, currency: Sides['currency']): boolean {
  const given = toDecimal(row.discount);
  if (given.isZero()) return false;
  if (given.equals(owner.discount)) return true;
  const amount = toDecimal(row.net).minus(given);
  if (owner.discountRate !== null) return reproduces(amount.times(owner.discountRate).div(-100), given, currency);
  return isSameShare(given, amount, owner.discount, owner.amount, currency);
}

/**
 * A percentage and a fixed amount, taken off in two orders: (A − f) × (1 − r) against A × (1 − r) − f. Both are stated by
 * lines of their own on one side at least.
 */
export function discountOrder(sides: Sides): Fit | null {
  const { legacy, solvimon, currency } = sides;
  if (!isDiscountOnly(legacy, solvimon, currency)) return null;
  const parts = partsOf(legacy) ?? partsOf(solvimon);
  if (parts !== null) {
    const { rate, fixed } = parts;
    const percentFirst = legacy.amount.times(rate).plus(fixed).negated();
    const fixedFirst = legacy.amount.minus(fixed).times(rate).plus(fixed).negated();
    const isFirst = (side: SideFacts) => reproduces(percentFirst, side.discount, currency);
    const isLast = (side: SideFacts) => reproduces(fixedFirst, side.discount, currency);
    if ((isFirst(legacy) && isLast(solvimon)) || (isLast(legacy) && isFirst(solvimon))) {
      const percent = plain(rate.times(100));
      const text = (side: SideFacts) =>
        isFirst(side)
          ? `${show(side.amount, currency)} − ${percent} % of it, then − ${show(fixed, currency)} = ${show(round(side.net, currency), currency)}`
          : `${show(side.amount, currency)} − ${show(fixed, currency)} first, then − ${percent} % of the rest = ${show(round(side.net, currency), currency)}`;
      return {
        cause: 'discount.order',
        isStated: true,
        specialises: ['discount.rate'],
        working: each(text(legacy), text(solvimon)),
      };
    }
  }
  return null;
}

/** The rate (a share) and the fixed amount (positive) when a side states exactly one discount of each kind. */
function partsOf(side: SideFacts): { readonly rate: Decimal; readonly fixed: Decimal } | null {
  const rates = side.discounts.filter((line) => line.facts.discountRate !== null);
  const fixed = side.discounts.filter((line) => line.facts.discountRate === null);
  const [percent] = rates;
  const [amount] = fixed;
  if (rates.length !== 1 || fixed.length !== 1 || percent === undefined || amount === undefined) return null;
  if (side.charges.some((line) => !toDecimal(line.discount).isZero())) return null;
  return {
    rate: toDecimal(percent.facts.discountRate ?? ('0' as never)).div(100),
    fixed: new Decimal(amount.net).abs(),
  };
}

/** The minimum applied before the discount on one side and after it on the other. */
export function discountBeforeMinimum(sides: Sides): Fit | null {
  const { legacy, solvimon, currency } = sides;
  const least = [legacy, solvimon].map((side) => side.facts?.minimumAmount ?? null).find((value) => value !== null);
  const rate = legacy.discountRate ?? solvimon.discountRate;
  const count = legacy.quantity ?? solvimon.quantity;
  const price = legacy.unitPrice ?? solvimon.unitPrice;
  if (least === undefined || rate === null || count === null || price === null) return null;
  if (legacy.quantity !== null && solvimon.quantity !== null && !legacy.quantity.equals(solvimon.quantity)) return null;
  const used = count.times(price);
  const keep = new Decimal(100).minus(rate).div(100);
  const before = Decimal.max(used.times(keep), least);
  const after = Decimal.max(used, least).times(keep);
  const isBefore = (side: SideFacts) => reproduces(before, side.net, currency);
  const isAfter = (side: SideFacts) => reproduces(after, side.net, currency);
  if (!((isBefore(legacy) && isAfter(solvimon)) || (isAfter(legacy) && isBefore(solvimon)))) return null;
  if (sameMoney(before, after, currency)) return null;
  const text = (side: SideFacts) =>
    isBefore(side)
      ? `${show(round(used, currency), currency)} − ${plain(rate)} %, then at least ${least} = ${show(side.net, currency)}`
      : `at least ${least}, then − ${plain(rate)} % = ${show(side.net, currency)}`;
  return {
    cause: 'discount.order',
    isStated: true,
    specialises: ['discount.rate', 'discount.missing', 'price.minimum_commitment'],
    working: each(text(legacy), text(solvimon)),
  };
}
