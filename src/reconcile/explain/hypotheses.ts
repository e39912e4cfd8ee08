import type { CurrencyCode } from '../../model/currency.js';
import { Decimal, type RoundingMode, roundTo, toMinorUnits } from '../../model/money.js';
import type { Cause, WorkingStep } from '../../model/verdict.js';
import { plain, priceTiers, round, sameMoney, show, type SideFacts, tierModes } from './facts.js';

/**
 * A hypothesis that reproduces both sides. `isStated`: every number it used is stated by one of the sides, none was
 * fitted to the delta; only such a one can prove.
 */
export type Fit = { readonly cause: Cause; readonly isStated: boolean; readonly working: readonly WorkingStep[] };

export type Sides = { readonly legacy: SideFacts; readonly solvimon: SideFacts; readonly currency: CurrencyCode };

type Hypothesis = (sides: Sides) => Fit | null;

/** The hypotheses about a difference in net money, the most specific first. */
const netHypotheses: readonly Hypothesis[] = [
  duplicateLine,
  minimum,
  includedVolume,
  tierMode,
  blockSize,
  proration,
  fxRate,
  pricePrecision,
  roundingMode,
  quantity,
  unitPrice,
  discount,
];

/** Every hypothesis that explains the difference in net money. */
export function fitNet(sides: Sides): readonly Fit[] {
  return netHypotheses.map((hypothesis) => hypothesis(sides)).filter((fit) => fit !== null);
}

/** Every hypothesis that explains a difference in tax alone. */
export function fitTax(sides: Sides): readonly Fit[] {
  return [taxMissing, taxRate, taxRounding].map((hypothesis) => hypothesis(sides)).filter((fit) => fit !== null);
}

const step = (label: string, text: string): WorkingStep => ({ label, text });
const equal = (a: Decimal | null, b: Decimal | null) => a !== null && b !== null && a.equals(b);

/** One side has the same line twice. */
function duplicateLine({ legacy, solvimon, currency }: Sides): Fit | null {
  const isTwice = (many: SideFacts, one: SideFacts) => {
    const [first] = many.charges;
    return (
      many.charges.length > one.charges.length &&
      one.charges.length === 1 &&
      first !== undefined &&
      many.charges.every((line) => line.net === first.net && line.quantity === first.quantity) &&
      sameMoney(new Decimal(first.net), one.amount, currency) &&
      sameMoney(one.amount.times(many.charges.length), many.amount, currency)
    );
  };
  const side = isTwice(solvimon, legacy) ? 'solvimon' : isTwice(legacy, solvimon) ? 'legacy' : null;
  if (side === null) return null;
  const [many, one] = side === 'solvimon' ? [solvimon, legacy] : [legacy, solvimon];
  return {
    cause: side === 'solvimon' ? 'line.duplicate_in_solvimon' : 'line.duplicate_in_legacy',
    isStated: true,
    working: [
      step(
        side,
        `${many.charges.length} equal lines of ${show(one.amount, currency)} = ${show(many.amount, currency)}`,
      ),
    ],
  };
}

/** Both state the price and it is equal; the other side's quantity alone gives the other side's amount. */
function quantity(sides: Sides): Fit | null {
  const { legacy, solvimon, currency } = sides;
  if (legacy.quantity === null || solvimon.quantity === null || legacy.quantity.equals(solvimon.quantity)) return null;
  const price = equal(legacy.unitPrice, solvimon.unitPrice) ? legacy.unitPrice : null;
  if (price !== null && legacy.discount.equals(solvimon.discount)) {
    const recomputed = solvimon.quantity.times(price).plus(legacy.discount);
    if (
      !sameMoney(recomputed, solvimon.net, currency) ||
      !sameMoney(legacy.quantity.times(price).plus(legacy.discount), legacy.net, currency)
    )
      return null;
    return {
      cause: 'usage.quantity',
      isStated: true,
      working: [
        step('legacy', `${plain(legacy.quantity)} × ${plain(price)} = ${show(legacy.amount, currency)}`),
        step('solvimon', `${plain(solvimon.quantity)} × ${plain(price)} = ${show(solvimon.amount, currency)}`),
        step(
          'test',
          `legacy with the quantity of solvimon: ${plain(solvimon.quantity)} × ${plain(price)} = ${show(round(recomputed.minus(legacy.discount), currency), currency)} ✓ equals solvimon`,
        ),
      ],
    };
  }
  return tieredQuantity(sides);
}

/** The tier table one side states prices the other side's quantity at the other side's amount. */
function tieredQuantity({ legacy, solvimon, currency }: Sides): Fit | null {
  const [table, owner, other] =
    solvimon.tiers.length > 0 ? [solvimon.tiers, solvimon, legacy] : [legacy.tiers, legacy, solvimon];
  if (table.length === 0 || owner.quantity === null || other.quantity === null) return null;
  const mode = owner.facts?.tierMode ?? 'graduated';
  const [own, recomputed] = [priceTiers(table, owner.quantity, mode), priceTiers(table, other.quantity, mode)];
  if (
    own === null ||
    recomputed === null ||
    !sameMoney(own, owner.amount, currency) ||
    !sameMoney(recomputed, other.amount, currency)
  )
    return null;
  return {
    cause: 'usage.quantity',
    isStated: true,
    working: [
      step(
        'tiers',
        `${mode}: ${table.map((tier) => `${tier.from}–${tier.to ?? '∞'} at ${tier.unitPrice ?? tier.flat ?? '?'}`).join(', ')}`,
      ),
      step('legacy', `${plain(legacy.quantity ?? new Decimal(0))} costs ${show(legacy.amount, currency)}`),
      step('solvimon', `${plain(solvimon.quantity ?? new Decimal(0))} costs ${show(solvimon.amount, currency)}`),
      step('test', `the same tiers price ${plain(other.quantity)} at ${show(round(recomputed, currency), currency)} ✓`),
    ],
  };
}

/** Both state the quantity and it is equal; the other side's price alone gives the other side's amount. */
function unitPrice({ legacy, solvimon, currency }: Sides): Fit | null {
  if (
    !equal(legacy.quantity, solvimon.quantity) ||
    legacy.unitPrice === null ||
    solvimon.unitPrice === null ||
    legacy.unitPrice.equals(solvimon.unitPrice)
  )
    return null;
  const count = legacy.quantity ?? new Decimal(0);
  const recomputed = count.times(solvimon.unitPrice).plus(legacy.discount);
  if (
    !sameMoney(recomputed, solvimon.net, currency) ||
    !sameMoney(count.times(legacy.unitPrice).plus(legacy.discount), legacy.net, currency)
  )
    return null;
  return {
    cause: 'price.unit_price',
    isStated: true,
    working: [
      step('legacy', `${plain(count)} × ${plain(legacy.unitPrice)} = ${show(legacy.amount, currency)}`),
      step('solvimon', `${plain(count)} × ${plain(solvimon.unitPrice)} = ${show(solvimon.amount, currency)}`),
      step('test', `legacy at the price of solvimon: ${show(round(recomputed, currency), currency)} ✓ equals solvimon`),
    ],
  };
}

/** Charges before discount are equal; the discount alone is the difference. */
function discount({ legacy, solvimon, currency }: Sides): Fit | null {
  if (!sameMoney(legacy.amount, solvimon.amount, currency) || sameMoney(legacy.discount, solvimon.discount, currency))
    return null;
  const isMissing = legacy.discount.isZero() || solvimon.discount.isZero();
  return {
    cause: isMissing ? 'discount.missing' : 'discount.rate',
    isStated: true,
    working: [
      step('legacy', `${show(legacy.amount, currency)} before discount, discount ${show(legacy.discount, currency)}`),
      step(
        'solvimon',
        `${show(solvimon.amount, currency)} before discount, discount ${show(solvimon.discount, currency)}`,
      ),
      step(
        'test',
        `${show(legacy.amount, currency)} with the discount of solvimon = ${show(legacy.amount.plus(solvimon.discount), currency)} ✓ equals solvimon`,
      ),
    ],
  };
}

/** One side bills its minimum, the other what was used. */
function minimum({ legacy, solvimon, currency }: Sides): Fit | null {
  for (const [owner, other, name] of [
    [solvimon, legacy, 'solvimon'],
    [legacy, solvimon, 'legacy'],
  ] as const) {
    const least = owner.facts?.minimumAmount;
    if (
      least === null ||
      least === undefined ||
      !sameMoney(new Decimal(least), owner.amount, currency) ||
      !other.amount.lessThan(least)
    )
      continue;
    return {
      cause: 'price.minimum_commitment',
      isStated: true,
      working: [
        step(name, `bills its minimum of ${show(new Decimal(least), currency)}`),
        step('the other side', `bills ${show(other.amount, currency)} without a minimum`),
      ],
    };
  }
  return null;
}

/** One side leaves out an included volume that it states, the other bills everything. */
function includedVolume({ legacy, solvimon, currency }: Sides): Fit | null {
  for (const [owner, other, name] of [
    [solvimon, legacy, 'solvimon'],
    [legacy, solvimon, 'legacy'],
  ] as const) {
    const included = owner.facts?.includedVolume;
    const price = owner.unitPrice ?? other.unitPrice;
    const count = other.quantity ?? owner.quantity;
    if (included === null || included === undefined || price === null || count === null) continue;
    const billable = Decimal.max(count.minus(included), 0);
    if (
      !sameMoney(billable.times(price), owner.amount, currency) ||
      !sameMoney(count.times(price), other.amount, currency)
    )
      continue;
    return {
      cause: 'price.included_volume',
      isStated: true,
      working: [
        step(name, `(${plain(count)} − ${included} included) × ${plain(price)} = ${show(owner.amount, currency)}`),
        step('the other side', `${plain(count)} × ${plain(price)} = ${show(other.amount, currency)}`),
      ],
    };
  }
  return null;
}

/** The tier table that one side states gives each side's amount, under two different modes. */
function tierMode({ legacy, solvimon, currency }: Sides): Fit | null {
  const owner = solvimon.tiers.length > 1 ? solvimon : legacy;
  const other = owner === solvimon ? legacy : solvimon;
  const count = owner.quantity;
  if (owner.tiers.length < 2 || count === null || (other.quantity !== null && !other.quantity.equals(count)))
    return null;
  const modesOf = (amount: Decimal) =>
    tierModes.filter((mode) => {
      const priced = priceTiers(owner.tiers, count, mode);
      return priced !== null && sameMoney(priced, amount, currency);
    });
  const [own, theirs] = [modesOf(owner.amount), modesOf(other.amount)];
  const stated = owner.facts?.tierMode;
  if (own.length === 0 || theirs.length === 0 || (stated !== null && stated !== undefined && !own.includes(stated)))
    return null;
  return {
    cause: 'price.tier_mode',
    isStated: theirs.length === 1,
    working: [
      step(
        'tiers',
        owner.tiers.map((tier) => `${tier.from}–${tier.to ?? '∞'} at ${tier.unitPrice ?? tier.flat ?? '?'}`).join(', '),
      ),
      step(
        owner === solvimon ? 'solvimon' : 'legacy',
        `${plain(count)} priced ${own.join(' or ')} = ${show(owner.amount, currency)}`,
      ),
      step(
        owner === solvimon ? 'legacy' : 'solvimon',
        `${plain(count)} priced ${theirs.join(' or ')} = ${show(other.amount, currency)}`,
      ),
    ],
  };
}

/** One side rounds the quantity up to whole blocks. */
function blockSize({ legacy, solvimon, currency }: Sides): Fit | null {
  for (const [owner, other, name] of [
    [solvimon, legacy, 'solvimon'],
    [legacy, solvimon, 'legacy'],
  ] as const) {
    const block = owner.facts?.blockSize;
    const count = other.quantity ?? owner.quantity;
    const price = owner.unitPrice;
    if (block === null || block === undefined || new Decimal(block).isZero() || count === null || price === null)
      continue;
    // Whole blocks: rounded up, because a begun block is billed.
    const blocks = count.div(block).ceil();
    if (
      !sameMoney(blocks.times(price), owner.amount, currency) ||
      !sameMoney(count.div(block).times(price), other.amount, currency)
    )
      continue;
    return {
      cause: 'price.block_size',
      isStated: true,
      working: [
        step(
          name,
          `${plain(count)} in blocks of ${block} = ${plain(blocks)} × ${plain(price)} = ${show(owner.amount, currency)}`,
        ),
        step('the other side', `${plain(count)} ÷ ${block} × ${plain(price)} = ${show(other.amount, currency)}`),
      ],
    };
  }
  return null;
}

/** The same full price under two stated shares of the period, or under none on one side. */
function proration({ legacy, solvimon, currency }: Sides): Fit | null {
  const factorOf = (side: SideFacts) =>
    side.facts?.prorationFactor === null || side.facts === null ? null : new Decimal(side.facts.prorationFactor);
  const [left, right] = [factorOf(legacy), factorOf(solvimon)];
  const full = [legacy.facts?.fullPrice, solvimon.facts?.fullPrice].find(
    (price) => price !== null && price !== undefined,
  );
  if (full === undefined || full === null || (left === null && right === null)) return null;
  const [one, other] = [left ?? new Decimal(1), right ?? new Decimal(1)];
  const count = legacy.quantity ?? solvimon.quantity ?? new Decimal(1);
  const [a, b] = [count.times(full).times(one), count.times(full).times(other)];
  if (one.equals(other) || !sameMoney(a, legacy.amount, currency) || !sameMoney(b, solvimon.amount, currency))
    return null;
  const cause: Cause =
    left === null || one.equals(1)
      ? 'proration.extra'
      : right === null || other.equals(1)
        ? 'proration.missing'
        : 'proration.day_count';
  return {
    cause,
    isStated: true,
    working: [
      step('legacy', `${plain(one)} of ${show(new Decimal(full), currency)} = ${show(legacy.amount, currency)}`),
      step('solvimon', `${plain(other)} of ${show(new Decimal(full), currency)} = ${show(solvimon.amount, currency)}`),
    ],
  };
}

/** The same price in another currency, converted at two stated rates. */
function fxRate({ legacy, solvimon, currency }: Sides): Fit | null {
  const [left, right] = [legacy.facts?.pricing ?? null, solvimon.facts?.pricing ?? null];
  if (
    left === null ||
    right === null ||
    left.rate === null ||
    right.rate === null ||
    left.currency !== right.currency ||
    left.amount !== right.amount ||
    left.rate === right.rate
  )
    return null;
  const [a, b] = [new Decimal(left.amount).times(left.rate), new Decimal(right.amount).times(right.rate)];
  if (!sameMoney(a, legacy.amount, currency) || !sameMoney(b, solvimon.amount, currency)) return null;
  return {
    cause: 'fx.rate',
    isStated: true,
    working: [
      step('legacy', `${left.amount} ${left.currency} × ${left.rate} = ${show(round(a, currency), currency)}`),
      step('solvimon', `${right.amount} ${right.currency} × ${right.rate} = ${show(round(b, currency), currency)}`),
    ],
  };
}

/** One side multiplies with a price that is the other's, rounded to fewer decimals. */
function pricePrecision({ legacy, solvimon, currency }: Sides): Fit | null {
  if (
    !equal(legacy.quantity, solvimon.quantity) ||
    legacy.unitPrice === null ||
    solvimon.unitPrice === null ||
    legacy.unitPrice.equals(solvimon.unitPrice)
  )
    return null;
  const [fine, coarse] =
    legacy.unitPrice.decimalPlaces() > solvimon.unitPrice.decimalPlaces() ? [legacy, solvimon] : [solvimon, legacy];
  const [precise, cut] = [fine.unitPrice ?? new Decimal(0), coarse.unitPrice ?? new Decimal(0)];
  const count = legacy.quantity ?? new Decimal(0);
  const isCut = (['half_up', 'half_even', 'down'] as const).some((mode) =>
    roundTo(precise, cut.decimalPlaces(), mode).equals(cut),
  );
  if (
    !isCut ||
    !sameMoney(count.times(precise).plus(fine.discount), fine.net, currency) ||
    !sameMoney(count.times(cut).plus(coarse.discount), coarse.net, currency)
  )
    return null;
  return {
    cause: 'rounding.price_precision',
    isStated: true,
    working: [
      step('finer price', `${plain(count)} × ${plain(precise)} = ${show(fine.amount, currency)}`),
      step('price rounded first', `${plain(count)} × ${plain(cut)} = ${show(coarse.amount, currency)}`),
    ],
  };
}

const modes: readonly RoundingMode[] = ['half_up', 'half_even', 'down', 'half_down', 'up'];

/** Same inputs, another rounding of the same product; off by one minor unit. */
function roundingMode({ legacy, solvimon, currency }: Sides): Fit | null {
  if (
    !isOneMinorUnit(legacy.net, solvimon.net, currency) ||
    !equal(legacy.quantity, solvimon.quantity) ||
    !equal(legacy.unitPrice, solvimon.unitPrice)
  )
    return null;
  const exact = (legacy.quantity ?? new Decimal(0)).times(legacy.unitPrice ?? new Decimal(0)).plus(legacy.discount);
  const modesOf = (net: Decimal) => modes.filter((mode) => round(exact, currency, mode).equals(net));
  const [left, right] = [modesOf(legacy.net), modesOf(solvimon.net)];
  if (left.length === 0 || right.length === 0) return null;
  return {
    cause: 'rounding.mode',
    isStated: true,
    working: [
      step(
        'exact',
        `${plain(legacy.quantity ?? new Decimal(0))} × ${plain(legacy.unitPrice ?? new Decimal(0))} = ${plain(exact)}`,
      ),
      step('legacy', `${left.join(' or ')} → ${show(legacy.net, currency)}`),
      step('solvimon', `${right.join(' or ')} → ${show(solvimon.net, currency)}`),
    ],
  };
}

export function isOneMinorUnit(a: Decimal, b: Decimal, currency: CurrencyCode): boolean {
  const difference = toMinorUnits(a, currency) - toMinorUnits(b, currency);
  return difference === 1n || difference === -1n;
}

function taxMissing({ legacy, solvimon, currency }: Sides): Fit | null {
  if (legacy.tax === null || solvimon.tax === null || legacy.tax.isZero() === solvimon.tax.isZero()) return null;
  return {
    cause: 'tax.missing',
    isStated: true,
    working: [
      step('legacy', `tax ${show(legacy.tax, currency)} on ${show(legacy.net, currency)}`),
      step('solvimon', `tax ${show(solvimon.tax, currency)} on ${show(solvimon.net, currency)}`),
    ],
  };
}

function taxRate({ legacy, solvimon, currency }: Sides): Fit | null {
  if (
    legacy.taxRate === null ||
    solvimon.taxRate === null ||
    legacy.taxRate.equals(solvimon.taxRate) ||
    legacy.tax === null ||
    solvimon.tax === null ||
    legacy.tax.isZero() ||
    solvimon.tax.isZero()
  )
    return null;
  const recomputed = legacy.net.times(solvimon.taxRate).div(100);
  if (!sameMoney(recomputed, solvimon.tax, currency)) return null;
  return {
    cause: 'tax.rate',
    isStated: true,
    working: [
      step('legacy', `${show(legacy.net, currency)} × ${plain(legacy.taxRate)} % = ${show(legacy.tax, currency)}`),
      step(
        'solvimon',
        `${show(solvimon.net, currency)} × ${plain(solvimon.taxRate)} % = ${show(solvimon.tax, currency)}`,
      ),
      step(
        'test',
        `legacy at ${plain(solvimon.taxRate)} %: ${show(round(recomputed, currency), currency)} ✓ equals solvimon`,
      ),
    ],
  };
}

/** The same rate on the same base, off by one minor unit: rounded in another mode, or not on this line. */
function taxRounding({ legacy, solvimon, currency }: Sides): Fit | null {
  if (legacy.tax === null || solvimon.tax === null || !isOneMinorUnit(legacy.tax, solvimon.tax, currency)) return null;
  const rate = legacy.taxRate ?? solvimon.taxRate;
  if (
    rate === null ||
    (legacy.taxRate !== null && solvimon.taxRate !== null && !legacy.taxRate.equals(solvimon.taxRate))
  )
    return null;
  const exact = legacy.net.times(rate).div(100);
  const fits = (tax: Decimal) => modes.filter((mode) => round(exact, currency, mode).equals(tax));
  const [left, right] = [fits(legacy.tax), fits(solvimon.tax)];
  const isMode = left.length > 0 && right.length > 0;
  return {
    cause: isMode ? 'rounding.mode' : 'rounding.level',
    isStated: isMode,
    working: [
      step('exact', `${show(legacy.net, currency)} × ${plain(rate)} % = ${plain(exact)}`),
      step('legacy', `${left.join(' or ') || 'not rounded on this line'} → ${show(legacy.tax, currency)}`),
      step('solvimon', `${right.join(' or ') || 'not rounded on this line'} → ${show(solvimon.tax, currency)}`),
    ],
  };
}
