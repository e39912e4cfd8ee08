import type { CurrencyCode } from '../../model/currency.js';
import { currencyDigits } from '../../model/currency.js';
import type { PriceFacts, TierSlice } from '../../model/document.js';
import {
  Decimal,
  type DecimalText,
  displayText,
  type RoundingMode,
  roundTo,
  toDecimal,
  toMinorUnits,
  zero,
} from '../../model/money.js';
import type { Period } from '../../model/period.js';
import type { MappedLine } from '../../model/prepared.js';
import type { DifferenceSide } from '../difference.js';

/** What one side says about the charge behind a difference, gathered from its lines. Amounts exact, major units. */
export type SideFacts = {
  readonly quantity: Decimal | null;
  readonly unitPrice: Decimal | null;
  readonly discount: Decimal;
  /** Charges before discount. */
  readonly amount: Decimal;
  readonly net: Decimal;
  readonly tax: Decimal | null;
  /** Percent; null when the lines state none or several. */
  readonly taxRate: Decimal | null;
  readonly tiers: readonly TierSlice[];
  readonly facts: PriceFacts | null;
  /** Percent of the discount ("10"); null when there is none or nobody states it. */
  readonly discountRate: Decimal | null;
  readonly period: Period | null;
  /** Zone the side cut its periods in, when it says. */
  readonly zone: string | null;
  readonly charges: readonly MappedLine[];
  readonly discounts: readonly MappedLine[];
};

export function factsOf(side: DifferenceSide): SideFacts {
  const discounts = side.lines.filter((line) => line.kind === 'discount');
  const charges = discounts.length === 0 ? side.lines : side.lines.filter((line) => line.kind !== 'discount');
  const only = charges.length === 1 ? charges[0] : undefined;
  const rate = onlyRateOf(charges);
  const net = toDecimal(side.row.net);
  const discount = toDecimal(side.row.discount);
  return {
    quantity: side.row.quantity === null ? null : toDecimal(side.row.quantity),
    unitPrice:
      only === undefined || only.unitPrice === null || only.tiers.length > 1 || only.unitPriceIsBlended
        ? null
        : toDecimal(only.unitPrice),
    discount,
    amount: side.row.discount === zero ? net : net.minus(discount),
    net,
    tax: side.row.tax === null ? null : toDecimal(side.row.tax),
    taxRate: rate === null ? null : toDecimal(rate),
    tiers: only?.tiers ?? [],
    facts: only?.facts ?? null,
    discountRate: discountRateOf(side.lines),
    period:
      side.row.periodStart === null || side.row.periodEnd === null
        ? null
        : { start: side.row.periodStart, end: side.row.periodEnd },
    zone: side.document.document.timezone,
    charges,
    discounts,
  };
}

/** The one rate of tax that the lines state; null when they state none or several. */
function onlyRateOf(lines: readonly MappedLine[]): DecimalText | null {
  let found: DecimalText | null = null;
  for (const line of lines)
    for (const { rate } of line.taxes) {
      if (rate === null || rate === found) continue;
      if (found !== null) return null;
      found = rate;
    }
  return found;
}

/** The one percentage that the lines state for their discount, when nothing but it lowers them. */
function discountRateOf(lines: readonly MappedLine[]): Decimal | null {
  if (lines.every((line) => line.kind !== 'discount' && line.discount === zero)) return null;
  const detached = lines.filter((line) => line.kind === 'discount');
  const attached = lines.filter((line) => line.kind !== 'discount' && line.discount !== zero);
  const rates = new Set([...detached, ...attached].map((line) => line.facts.discountRate));
  const [rate] = rates;
  return rates.size === 1 && rate !== null && rate !== undefined ? toDecimal(rate) : null;
}

/** Whether two exact amounts are the same money: equal once each is rounded half-up to the minor unit. */
export function sameMoney(a: Decimal, b: Decimal, currency: CurrencyCode): boolean {
  if (a.equals(b)) return true;
  return isNear(a, b, currency) && toMinorUnits(a, currency) === toMinorUnits(b, currency);
}

/** Whether two amounts are less than a minor unit apart: no rounding makes one of amounts that are further apart. */
function isNear(a: Decimal, b: Decimal, currency: CurrencyCode): boolean {
  const unit = units[currencyDigits(currency)];
  return unit === undefined || a.minus(b).abs().lessThan(unit);
}

/** One minor unit by its number of digits, in major units. */
const units = [0, 1, 2, 3, 4].map((digits) => new Decimal(10).pow(-digits));

/** How billing systems round; the first that fits is the one named in a working. */
export const roundingModes: readonly RoundingMode[] = ['half_up', 'half_even', 'down'];

/**
 * Whether an exact amount, rounded as a billing system rounds, is the amount a side states: to the minor unit in one of
 * three modes, or unrounded.
 */
export function reproduces(exact: Decimal, stated: Decimal, currency: CurrencyCode): boolean {
  if (exact.equals(stated)) return true;
  if (!isNear(exact, stated, currency)) return false;
  if (toMinorUnits(exact, currency) === toMinorUnits(stated, currency)) return true;
  return roundingModes.some((mode) => round(exact, currency, mode).equals(stated));
}

export function round(value: Decimal, currency: CurrencyCode, mode: RoundingMode = 'half_up'): Decimal {
  return roundTo(value, currencyDigits(currency), mode);
}

export function show(value: Decimal, currency: CurrencyCode): string {
  return displayText(value, currency);
}

/** Plain number for a working: quantities, rates, prices. */
export function plain(value: Decimal | DecimalText): string {
  return typeof value === 'string' ? value : value.toFixed();
}

/** "1500 at graduated tiers 0–1000 at 0.10, 1000–∞ at 0.05" without the quantity. */
export function tierText(tiers: readonly TierSlice[]): string {
  return tiers
    .map(
      (tier) =>
        `${tier.from}–${tier.to ?? '∞'} at ${tier.unitPrice ?? '–'}${tier.flat === null ? '' : ` + ${tier.flat}`}`,
    )
    .join(', ');
}

export type TierMode = NonNullable<PriceFacts['tierMode']>;
export const tierModes: readonly TierMode[] = ['graduated', 'volume', 'stair_step', 'cumulative_stair_step'];

/** Whether a quantity that stands exactly on a bound still belongs to the lower tier, and whether bounds sit one unit off. */
export type TierBounds = 'upper_inclusive' | 'upper_exclusive' | 'one_lower' | 'one_higher';
export const tierBounds: readonly TierBounds[] = ['upper_inclusive', 'upper_exclusive', 'one_lower', 'one_higher'];

/**
 * Price of a quantity under a tier table. Bounds: lower exclusive, upper inclusive (Solvimon contract 4.1), or as
 * `bounds` says. graduated: each tier's part at its own price; volume: everything at the price of the tier reached;
 * stair_step: the flat price of the tier reached; cumulative_stair_step: the flat prices of all tiers reached. Null when
 * a price is missing or the table does not reach the quantity.
 */
export function priceTiers(
  tiers: readonly TierSlice[],
  quantity: Decimal,
  mode: TierMode,
  bounds: TierBounds = 'upper_inclusive',
): Decimal | null {
  const shift = bounds === 'one_lower' ? -1 : bounds === 'one_higher' ? 1 : 0;
  const at = (bound: DecimalText) => (toDecimal(bound).isZero() ? new Decimal(0) : toDecimal(bound).plus(shift));
  const sorted = [...tiers].sort((a, b) => toDecimal(a.from).comparedTo(toDecimal(b.from)));
  const reached = sorted.filter(
    (tier, index) =>
      quantity.greaterThan(at(tier.from)) ||
      (bounds === 'upper_exclusive' && index > 0 && quantity.equals(at(tier.from))),
  );
  const last = reached.at(-1);
  if (last === undefined) return new Decimal(0);
  if (last.to !== null && last === sorted.at(-1) && quantity.greaterThan(at(last.to))) return null;
  const step = (tier: TierSlice) => tier.flat ?? tier.unitPrice;
  if (mode === 'volume') return last.unitPrice === null ? null : quantity.times(last.unitPrice).plus(last.flat ?? zero);
  if (mode === 'stair_step') return step(last) === null ? null : toDecimal(step(last) ?? zero);
  let total = new Decimal(0);
  for (const tier of reached) {
    const price = mode === 'graduated' ? tier.unitPrice : step(tier);
    if (price === null) return null;
    const top = tier.to !== null && quantity.greaterThan(at(tier.to)) ? at(tier.to) : quantity;
    total =
      mode === 'graduated'
        ? total.plus(top.minus(at(tier.from)).times(price)).plus(tier.flat ?? zero)
        : total.plus(price);
  }
  return total;
}
