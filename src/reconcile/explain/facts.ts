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
  readonly charges: readonly MappedLine[];
  readonly discounts: readonly MappedLine[];
};

export function factsOf(side: DifferenceSide): SideFacts {
  const charges = side.lines.filter((line) => line.kind !== 'discount');
  const discounts = side.lines.filter((line) => line.kind === 'discount');
  const only = charges.length === 1 ? charges[0] : undefined;
  const rates = new Set(
    charges.flatMap((line) => line.taxes.map((slice) => slice.rate)).filter((rate) => rate !== null),
  );
  const [rate] = rates;
  const net = toDecimal(side.row.net);
  const discount = toDecimal(side.row.discount);
  return {
    quantity: side.row.quantity === null ? null : toDecimal(side.row.quantity),
    unitPrice:
      only === undefined || only.unitPrice === null || only.tiers.length > 1 || only.unitPriceIsBlended
        ? null
        : toDecimal(only.unitPrice),
    discount,
    amount: net.minus(discount),
    net,
    tax: side.row.tax === null ? null : toDecimal(side.row.tax),
    taxRate: rates.size === 1 && rate !== undefined ? toDecimal(rate) : null,
    tiers: only?.tiers ?? [],
    facts: only?.facts ?? null,
    charges,
    discounts,
  };
}

/** Whether two exact amounts are the same money: equal once each is rounded half-up to the minor unit. */
export function sameMoney(a: Decimal, b: Decimal, currency: CurrencyCode): boolean {
  return toMinorUnits(a, currency) === toMinorUnits(b, currency);
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

export type TierMode = NonNullable<PriceFacts['tierMode']>;
export const tierModes: readonly TierMode[] = ['graduated', 'volume', 'stair_step', 'cumulative_stair_step'];

/**
 * Price of a quantity under a tier table. Bounds: lower exclusive, upper inclusive (Solvimon contract 4.1). graduated:
 * each tier's part at its own price; volume: everything at the price of the tier reached; stair_step: the flat price of
 * the tier reached; cumulative_stair_step: the flat prices of all tiers reached. Null when a price is missing or the
 * table does not reach the quantity.
 */
export function priceTiers(tiers: readonly TierSlice[], quantity: Decimal, mode: TierMode): Decimal | null {
  const sorted = [...tiers].sort((a, b) => toDecimal(a.from).comparedTo(toDecimal(b.from)));
  const reached = sorted.filter((tier) => quantity.greaterThan(tier.from));
  const last = reached.at(-1);
  if (last === undefined) return new Decimal(0);
  if (last.to !== null && quantity.greaterThan(last.to)) return null;
  const step = (tier: TierSlice) => tier.flat ?? tier.unitPrice;
  if (mode === 'volume') return last.unitPrice === null ? null : quantity.times(last.unitPrice).plus(last.flat ?? zero);
  if (mode === 'stair_step') return step(last) === null ? null : toDecimal(step(last) ?? zero);
  let total = new Decimal(0);
  for (const tier of reached) {
    const price = mode === 'graduated' ? tier.unitPrice : step(tier);
    if (price === null) return null;
    const top = tier.to !== null && quantity.greaterThan(tier.to) ? toDecimal(tier.to) : quantity;
    total =
      mode === 'graduated' ? total.plus(top.minus(tier.from).times(price)).plus(tier.flat ?? zero) : total.plus(price);
  }
  return total;
}
