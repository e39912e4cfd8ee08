import { type CurrencyCode, currencyDigits } from '../model/currency.js';
import { Decimal, type DecimalText, roundTo, toDecimal, toDecimalText } from '../model/money.js';
import { type Meter, meters, products } from './catalogue.js';
import type { Charge } from './charge.js';
import type { Random } from './random.js';
import type { Rated, Slice } from './rate.js';
import { shareText } from './write-legacy.js';

export type Json = { readonly [key: string]: unknown };

export type LineContext = {
  readonly currency: CurrencyCode;
  readonly sign: number;
  readonly random: Random;
  /** Filled with the line ids of each charge. */
  readonly ids: Map<Charge, readonly string[]>;
};

/** `{quantity, currency}` with the currency's digits and `extra` more; digits that the amount has are never cut. */
export function amountOf(value: Decimal, currency: CurrencyCode, extra: number): Json {
  const digits = Math.max(currencyDigits(currency) + extra, value.decimalPlaces());
  return { quantity: value.isZero() ? new Decimal(0).toFixed(digits) : value.toFixed(digits), currency };
}

/** The lines of a group: each charge, and behind it its discounts. */
export function linesOf(rows: readonly Rated[], context: LineContext): readonly Json[] {
  return rows
    .flatMap((rated) => {
      const made = [chargeLine(rated, context), ...discountLines(rated, context)];
      const before = context.ids.get(rated.charge) ?? [];
      context.ids.set(rated.charge, [...before, ...made.map((line) => String(line['id']))]);
      return made;
    })
    .map((line, index) => ({ ...line, line_order: index + 1 }));
}

const modelTypes = {
  fee: 'RECURRING',
  seat: 'PER_SEAT',
  usage: 'USAGE_BASED',
  one_time: 'ONE_OFF',
  minimum: 'RECURRING',
} as const satisfies Record<Charge['kind'], string>;

const pricingTypes = {
  unit: 'FLAT',
  included: 'FLAT',
  blocks: 'FLAT',
  foreign: 'FLAT',
  top_up: 'FIXED',
  graduated: 'TIERED',
  volume: 'TOP_TIERED',
  stair: 'STAIR_STEP',
  cumulative: 'STAIR_STEP',
} as const satisfies Record<Charge['price']['model'], string>;

function common(rated: Rated, context: LineContext, money: { readonly net: Decimal; readonly tax: Decimal }): Json {
  const { charge } = rated;
  const product = products[charge.product];
  return {
    id: `inli_${context.random.letters(14)}`,
    product_items: [
      {
        object_type: 'PRODUCT_ITEM',
        name: product.name,
        reference: product.solvimon,
        type: 'REVENUE',
        model_type: modelTypes[charge.kind],
      },
    ],
    amount_excluding_tax: amountOf(money.net.times(context.sign), context.currency, charge.kind === 'usage' ? 2 : 0),
    amount_including_tax: amountOf(
      money.net.plus(money.tax).times(context.sign),
      context.currency,
      charge.kind === 'usage' ? 2 : 0,
    ),
    tax_categories: vatCategories(rated, context, money),
  };
}

/** One tax category per line; none where no tax is due. */
export function vatCategories(
  { charge }: Rated,
  { currency, sign }: Pick<LineContext, 'currency' | 'sign'>,
  { net, tax }: { readonly net: Decimal; readonly tax: Decimal },
): readonly Json[] {
  if (charge.vat.rate === '0') return [];
  return [
    {
      name: 'VAT',
      category: 'STANDARD',
      percentage: toDecimal(charge.vat.rate).toFixed(1),
      base_amount: amountOf(net.times(sign), currency, 0),
      tax_amount: amountOf(tax.times(sign), currency, 0),
      total_amount: amountOf(net.plus(tax).times(sign), currency, 0),
    },
  ];
}

/**
 * What the charge costs before its discounts, and the tax of that. Prices with the tax inside and lines with exact tax
 * carry no discounts in this business, so the whole tax stands on the charge itself.
 */
function beforeDiscount(rated: Rated, currency: CurrencyCode): { readonly net: Decimal; readonly tax: Decimal } {
  const { charge } = rated;
  if (charge.discounts.length === 0) return { net: rated.net, tax: rated.tax };
  const exact = rated.amount.times(charge.vat.rate).div(100);
  return { net: rated.amount, tax: roundTo(exact, currencyDigits(currency), 'half_up') };
}

function chargeLine(rated: Rated, context: LineContext): Json {
  const { charge } = rated;
  const isMinimum = charge.kind === 'minimum';
  const counted = charge.kind === 'usage' || charge.kind === 'seat';
  return {
    ...common(rated, context, beforeDiscount(rated, context.currency)),
    description: products[charge.product].name,
    type: isMinimum ? 'COMMITMENT' : 'REVENUE',
    ...(isMinimum ? { commitment_type: 'PRICING' } : { pricing_type: pricingTypes[charge.price.model] }),
    ...(counted &&
      rated.quantity !== null && {
        meter_value: {
          reference: charge.kind === 'usage' ? meters[charge.product as Meter].solvimon : 'seats',
          type: 'NUMBER',
          number: numberOf(rated.quantity),
        },
      }),
    details: detailsOf(rated, context.currency),
    ...(rated.slices.length > 0 && { sub_lines: subLines(rated, context.currency) }),
  };
}

/** Counts come with two zeros that say nothing. */
function numberOf(text: DecimalText): string {
  const value = toDecimal(text);
  return value.toFixed(Math.max(2, value.decimalPlaces()));
}

function detailsOf(rated: Rated, currency: CurrencyCode): Json {
  const { charge } = rated;
  const { price, share } = charge;
  const amount = { amount: amountOf(rated.amount, currency, 0) };
  const ratio = share === null ? {} : { meter_value: { type: 'NUMBER', ratio: shareText(share) } };
  switch (price.model) {
    case 'unit':
      return { ...amount, ...ratio, band: { amount: amountOf(toDecimal(price.unit), currency, 2) } };
    case 'included':
      return {
        ...amount,
        band: { amount: amountOf(toDecimal(price.unit), currency, 2) },
        included_volume_details: { included_volume: { number: numberOf(price.included) } },
      };
    case 'blocks':
      return {
        ...amount,
        band: {
          amount: amountOf(toDecimal(rated.unitPrice ?? price.unit), currency, 2),
          // A begun block counts whole only where a block size is set.
          ...(price.isWhole && { block_size: { number: numberOf(price.size) } }),
        },
      };
    case 'foreign':
      return {
        ...amount,
        pricing_currency: price.currency,
        pricing_amount: amountOf(toDecimal(price.amount), price.currency, 0),
        band: { amount: amountOf(toDecimal(price.amount), price.currency, 0) },
        used_exchange_rates: [{ currency, base_currency: price.currency, rate: price.rate }],
      };
    case 'top_up':
      return { ...amount, band: { minimum_amount: amountOf(toDecimal(price.minimum), currency, 0) } };
    case 'graduated':
    case 'volume':
    case 'stair':
    case 'cumulative':
      return amount;
  }
}

function subLines(rated: Rated, currency: CurrencyCode): readonly Json[] {
  const { price } = rated.charge;
  const slices = price.model === 'stair' ? asSteps(rated) : rated.slices;
  return slices.map((slice, index) => ({
    sub_line_order: index + 1,
    description: `${slice.from} - ${slice.to ?? ''}`.trim(),
    details: {
      amount: amountOf(slice.amount, currency, 2),
      band: {
        amount: amountOf(toDecimal(slice.price), currency, 2),
        tier_lower_bound: { number: numberOf(slice.from) },
        ...(slice.to !== null && { tier_top_bound: { number: numberOf(slice.to) } }),
      },
      meter_value: { type: 'NUMBER', number: numberOf(slice.quantity) },
    },
  }));
}

/** Solvimon adds up the steps (contract 4.1), so the fee of a band is entered as what it costs more than the one below. */
function asSteps(rated: Rated): readonly Slice[] {
  const { price, quantity } = rated.charge;
  if (price.model !== 'stair') return rated.slices;
  const count = toDecimal(quantity);
  const reached = price.tiers.filter((tier) => count.greaterThan(tier.from));
  return reached.map((tier, index) => {
    const step = toDecimal(tier.price).minus(reached[index - 1]?.price ?? 0);
    const top = tier.to !== null && count.greaterThan(tier.to) ? toDecimal(tier.to) : count;
    return {
      from: tier.from,
      to: tier.to,
      quantity: toDecimalText(top.minus(tier.from)),
      price: toDecimalText(step),
      amount: step,
    };
  });
}

/** Discounts as lines of their own. The last one carries what is left of the tax, so that all lines add up to it. */
function discountLines(rated: Rated, context: LineContext): readonly Json[] {
  const digits = currencyDigits(context.currency);
  let taxLeft = rated.tax.minus(beforeDiscount(rated, context.currency).tax);
  return rated.discounts.map(({ discount, amount }, index) => {
    const isLast = index === rated.discounts.length - 1;
    const tax = isLast ? taxLeft : roundTo(amount.times(rated.charge.vat.rate).div(100), digits, 'half_up');
    taxLeft = taxLeft.minus(tax);
    return {
      ...common(rated, context, { net: amount, tax }),
      description: `Coupon ${discount.name}`,
      type: 'DISCOUNT',
      discount_type: 'PRODUCT_ITEM',
      coupon_data: { coupon_id: `coup_${discount.name}`, promotion_code_id: null },
      details: {
        amount: amountOf(amount, context.currency, 0),
        band:
          'percent' in discount ? { percentage: discount.percent } : { amount: amountOf(amount, context.currency, 0) },
      },
    };
  });
}
