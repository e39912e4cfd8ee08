import { Decimal, toDecimal } from '../../../model/money.js';
import { plain, reproduces, round, show, type SideFacts } from '../facts.js';
import { bothWays, each, type Fit, isEqual, isSameDiscount, product, type Sides, step } from './hypothesis.js';

/** The same quantity; the other side's price alone gives the other side's amount. */
export function unitPrice(sides: Sides): Fit | null {
  const { legacy, solvimon, currency } = sides;
  const count = sameQuantity(legacy, solvimon);
  if (
    count === null ||
    legacy.unitPrice === null ||
    solvimon.unitPrice === null ||
    legacy.unitPrice.equals(solvimon.unitPrice) ||
    !isSameDiscount(sides)
  )
    return null;
  const recomputed = count.times(solvimon.unitPrice);
  if (
    !reproduces(recomputed, solvimon.amount, currency) ||
    !reproduces(count.times(legacy.unitPrice), legacy.amount, currency)
  )
    return null;
  return {
    cause: 'price.unit_price',
    isStated: true,
    specialises: [],
    working: [
      product('legacy', count, legacy.unitPrice, legacy.amount, currency),
      product('solvimon', count, solvimon.unitPrice, solvimon.amount, currency),
      step('test', `legacy at the price of solvimon: ${show(round(recomputed, currency), currency)} ✓ equals solvimon`),
    ],
  };
}

/** The quantity both bill, stated by one of them at least; null when they differ. */
export function sameQuantity(legacy: SideFacts, solvimon: SideFacts): Decimal | null {
  if (legacy.quantity === null || solvimon.quantity === null) return legacy.quantity ?? solvimon.quantity;
  return legacy.quantity.equals(solvimon.quantity) ? legacy.quantity : null;
}

/** One side bills its minimum, the other what was used; or both bill a minimum, and not the same. */
export function minimum(sides: Sides): Fit | null {
  const { legacy, solvimon, currency } = sides;
  const [left, right] = [leastOf(legacy), leastOf(solvimon)];
  if (
    left !== null &&
    right !== null &&
    !left.equals(right) &&
    reproduces(left, legacy.amount, currency) &&
    reproduces(right, solvimon.amount, currency)
  )
    return {
      cause: 'price.minimum_commitment',
      isStated: true,
      specialises: ['price.unit_price'],
      working: each(`minimum ${show(left, currency)}`, `minimum ${show(right, currency)}`),
    };
  for (const { owner, other, ownerName, otherName } of bothWays(sides)) {
    const least = leastOf(owner);
    if (least === null || !reproduces(least, owner.amount, currency) || !other.amount.lessThan(least)) continue;
    const count = other.quantity ?? owner.quantity;
    const price = other.unitPrice ?? owner.unitPrice;
    const used = count === null || price === null ? null : count.times(price);
    const isUsed = used !== null && reproduces(used, other.amount, currency);
    return {
      cause: 'price.minimum_commitment',
      isStated: isUsed || leastOf(other) === null,
      specialises: ['price.unit_price', 'usage.quantity'],
      working: [
        step(ownerName, `bills its minimum of ${show(least, currency)}`),
        step(
          otherName,
          count !== null && price !== null && isUsed
            ? `${plain(count)} × ${plain(price)} = ${show(other.amount, currency)}, below the minimum and not lifted to it`
            : `bills ${show(other.amount, currency)} without a minimum`,
        ),
      ],
    };
  }
  return null;
}

function leastOf(side: SideFacts): Decimal | null {
  const least = side.facts?.minimumAmount ?? null;
  return least === null ? null : toDecimal(least);
}

/** One side leaves out an included volume, the other does not, or leaves out another one. */
export function includedVolume(sides: Sides): Fit | null {
  const { currency } = sides;
  if (!isSameDiscount(sides)) return null;
  for (const { owner, other, ownerName, otherName } of bothWays(sides)) {
    const included = includedOf(owner);
    const price = owner.unitPrice ?? other.unitPrice;
    if (included === null || price === null || (other.unitPrice !== null && !other.unitPrice.equals(price))) continue;
    const otherIncluded = includedOf(other) ?? new Decimal(0);
    if (otherIncluded.equals(included)) continue;
    const bill = (count: Decimal, free: Decimal) => Decimal.max(count.minus(free), 0).times(price);
    const counts = [other.quantity, owner.quantity, owner.quantity?.plus(included) ?? null].filter(
      (count) => count !== null,
    );
    const count = counts.find(
      (candidate) =>
        reproduces(bill(candidate, included), owner.amount, currency) &&
        reproduces(bill(candidate, otherIncluded), other.amount, currency),
    );
    if (count === undefined) continue;
    return {
      cause: 'price.included_volume',
      isStated: true,
      specialises: ['usage.quantity', 'price.unit_price'],
      working: [
        step(
          ownerName,
          `(${plain(count)} − ${plain(included)} included) × ${plain(price)} = ${show(owner.amount, currency)}`,
        ),
        step(
          otherName,
          `(${plain(count)} − ${plain(otherIncluded)} included) × ${plain(price)} = ${show(other.amount, currency)}`,
        ),
      ],
    };
  }
  return null;
}

function includedOf(side: SideFacts): Decimal | null {
  const included = side.facts?.includedVolume ?? null;
  return included === null ? null : toDecimal(included);
}

/** One side rounds the quantity up to whole blocks, or to blocks of another size. The price is that of a block. */
export function blockSize(sides: Sides): Fit | null {
  const { currency } = sides;
  if (!isSameDiscount(sides)) return null;
  for (const { owner, other, ownerName, otherName } of bothWays(sides)) {
    const block = blockOf(owner);
    const count = other.quantity ?? owner.quantity;
    const price = owner.unitPrice;
    if (block === null || block.isZero() || count === null || price === null) continue;
    // A begun block is billed whole: rounded up.
    const blocks = count.div(block).ceil();
    if (!reproduces(blocks.times(price), owner.amount, currency)) continue;
    const alternative = otherBlocks(other, block, count, price, currency);
    if (alternative === null) continue;
    return {
      cause: 'price.block_size',
      isStated: true,
      specialises: ['usage.quantity', 'price.unit_price'],
      working: [
        step(
          ownerName,
          `${plain(count)} in blocks of ${plain(block)} = ${plain(blocks)} × ${plain(price)} = ${show(owner.amount, currency)}`,
        ),
        step(otherName, `${alternative} = ${show(other.amount, currency)}`),
      ],
    };
  }
  return null;
}

function blockOf(side: SideFacts): Decimal | null {
  const block = side.facts?.blockSize ?? null;
  return block === null ? null : toDecimal(block);
}

/** How the side without this block arrives at its amount: parts of a block, another block, or whole blocks rounded down. */
function otherBlocks(
  other: SideFacts,
  block: Decimal,
  count: Decimal,
  price: Decimal,
  currency: Sides['currency'],
): string | null {
  const own = blockOf(other);
  const perBlock = other.unitPrice ?? price;
  if (own !== null && !own.isZero() && !own.equals(block)) {
    const blocks = count.div(own).ceil();
    return reproduces(blocks.times(perBlock), other.amount, currency)
      ? `${plain(count)} in blocks of ${plain(own)} = ${plain(blocks)} × ${plain(perBlock)}`
      : null;
  }
  if (reproduces(count.div(block).times(price), other.amount, currency))
    return `${plain(count)} ÷ ${plain(block)} × ${plain(price)}, begun blocks in part`;
  if (
    other.unitPrice !== null &&
    reproduces(count.times(other.unitPrice), other.amount, currency) &&
    isEqual(other.unitPrice.times(block), price)
  )
    return `${plain(count)} × ${plain(other.unitPrice)}, unit by unit`;
  const floor = count.div(block).floor();
  if (reproduces(floor.times(price), other.amount, currency))
    return `${plain(floor)} whole blocks × ${plain(price)}, the begun one free`;
  return null;
}
