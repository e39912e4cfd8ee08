import { largestRemainder } from '../../model/apportion.js';
import type { CurrencyCode } from '../../model/currency.js';
import { currencyDigits } from '../../model/currency.js';
import { Decimal, fromMinorUnits } from '../../model/money.js';
import {
  addRational,
  compareRational,
  multiplyRational,
  type Rational,
  rational,
  rationalFromText,
  subtractRational,
} from '../../model/rational.js';
import { type Cause, type ComponentName, componentNames, type Components } from '../../model/verdict.js';
import { shapleyParts } from '../shapley.js';
import { priceTiers, type SideFacts } from './facts.js';

type Parts = Map<ComponentName, Rational>;

/** Component that a cause belongs to when the formula cannot tell the factors apart. */
const componentByGroup: Readonly<Record<string, ComponentName>> = {
  usage: 'quantity',
  price: 'price',
  proration: 'proration',
  discount: 'discount',
  fx: 'fx',
  rounding: 'rounding',
  line: 'lines',
  invoice: 'header',
};

/**
 * Decomposes a delta exactly (statistics 5.1): Shapley parts of net = quantity × price + discount and of tax = base ×
 * rate, in exact fractions, then whole minor units by largest remainder, so that the components sum to the delta with no
 * residual. A rest of at most one minor unit per side is rounding, anything above it goes to the cause's own component
 * when the cause is known, and is unexplained when not.
 */
export function decompose(
  legacy: SideFacts,
  solvimon: SideFacts,
  currency: CurrencyCode,
  delta: bigint,
  cause: Cause,
  hasTax: boolean,
): Components {
  const parts: Parts = new Map();
  const netDelta = exact(solvimon.net.minus(legacy.net));
  const modelled = netParts(legacy, solvimon);
  for (const [name, part] of modelled) add(parts, name, part);
  const rest = subtractRational(netDelta, sum(modelled.values()));
  settleRest(parts, rest, currency, cause);
  if (hasTax && legacy.tax !== null && solvimon.tax !== null) addTax(parts, legacy, solvimon, currency);
  return toComponents(parts, delta, currency);
}

/** All of a delta on one component. */
export function wholly(name: ComponentName, delta: bigint, currency: CurrencyCode): Components {
  return delta === 0n ? {} : { [name]: fromMinorUnits(delta, currency) };
}

function exact(value: Decimal): Rational {
  return rationalFromText(value.toFixed());
}

/**
 * Parts of the net: quantity, price, proration and discount of net = quantity × price × share × (1 − discount), and for
 * tiered prices the re-rating of each quantity under each table. A factor that a side does not state is left out, and
 * what it does falls to the rest.
 */
function netParts(legacy: SideFacts, solvimon: SideFacts): ReadonlyMap<ComponentName, Rational> {
  const before = amountFormula(legacy, solvimon);
  const kept = { legacy: keptShare(legacy), solvimon: keptShare(solvimon) };
  if (before === null || kept.legacy === null || kept.solvimon === null) {
    const discount = exact(solvimon.discount.minus(legacy.discount));
    const parts = before === null ? new Map<ComponentName, Rational>() : shapleyParts(before.factors, before.at);
    return new Map([...parts, ['discount', discount]]);
  }
  const share = { legacy: kept.legacy, solvimon: kept.solvimon };
  const factors: readonly Factor[] = isEqual(share) ? before.factors : [...before.factors, 'discount'];
  return shapleyParts(factors, (at) =>
    multiplyRational(before.at(at), at.has('discount') ? share.solvimon : share.legacy),
  );
}

type Factor = 'quantity' | 'price' | 'proration' | 'discount';
type Formula = {
  readonly factors: readonly Factor[];
  readonly at: (atSolvimon: ReadonlySet<Factor>) => Rational;
};

/** The amount before discount as a formula of what both sides state; null when they state too little. */
function amountFormula(legacy: SideFacts, solvimon: SideFacts): Formula | null {
  if (legacy.quantity === null || solvimon.quantity === null) return null;
  const tiered = tierFormula(legacy, solvimon, legacy.quantity, solvimon.quantity);
  if (tiered !== null) return tiered;
  if (legacy.unitPrice === null || solvimon.unitPrice === null) return null;
  const quantity = { legacy: exact(legacy.quantity), solvimon: exact(solvimon.quantity) };
  const [before, after] = [statedShare(legacy), statedShare(solvimon)];
  const isShared = before !== null && after !== null;
  const price = isShared
    ? { legacy: before.full, solvimon: after.full }
    : { legacy: exact(legacy.unitPrice), solvimon: exact(solvimon.unitPrice) };
  const part = isShared
    ? { legacy: before.share, solvimon: after.share }
    : { legacy: rational(1n), solvimon: rational(1n) };
  // A factor that is equal on both sides has no part, and each one left out halves the work.
  const values = { quantity, price, proration: part } as const;
  return {
    factors: (['quantity', 'price', 'proration'] as const).filter((factor) => !isEqual(values[factor])),
    at: (at) =>
      multiplyRational(
        multiplyRational(
          at.has('quantity') ? quantity.solvimon : quantity.legacy,
          at.has('price') ? price.solvimon : price.legacy,
        ),
        at.has('proration') ? part.solvimon : part.legacy,
      ),
  };
}

const minorUnits = [0n, 1n, 2n, 3n, 4n].map((digits) => rational(1n, 10n ** digits));

/** One minor unit as a fraction of the major one. */
function minorUnit(currency: CurrencyCode): Rational {
  const digits = currencyDigits(currency);
  return minorUnits[digits] ?? rational(1n, 10n ** BigInt(digits));
}

function isEqual(sides: { readonly legacy: Rational; readonly solvimon: Rational }): boolean {
  return compareRational(sides.legacy, sides.solvimon) === 0;
}

/** The full price and the share of the period that is billed, when a side states both. */
function statedShare(side: SideFacts): { readonly full: Rational; readonly share: Rational } | null {
  const full = side.facts?.fullPrice ?? null;
  const share = side.facts?.prorationFactor ?? null;
  return full === null || share === null ? null : { full: rationalFromText(full), share: rationalFromText(share) };
}

/** Re-rating (statistics 5.1): each quantity under each side's table; one table serves both when only one is stated. */
function tierFormula(legacy: SideFacts, solvimon: SideFacts, before: Decimal, after: Decimal): Formula | null {
  const tables = {
    legacy: legacy.tiers.length > 1 ? legacy.tiers : solvimon.tiers,
    solvimon: solvimon.tiers.length > 1 ? solvimon.tiers : legacy.tiers,
  };
  if (tables.legacy.length < 2 || tables.solvimon.length < 2) return null;
  const mode = {
    legacy: legacy.facts?.tierMode ?? solvimon.facts?.tierMode ?? 'graduated',
    solvimon: solvimon.facts?.tierMode ?? legacy.facts?.tierMode ?? 'graduated',
  };
  const rate = (side: 'legacy' | 'solvimon', quantity: Decimal) => {
    const priced = priceTiers(tables[side], quantity, mode[side]);
    return priced === null ? null : exact(priced);
  };
  const values = [rate('legacy', before), rate('legacy', after), rate('solvimon', before), rate('solvimon', after)];
  const [oldOld, oldNew, newOld, newNew] = values;
  if (!oldOld || !oldNew || !newOld || !newNew) return null;
  return {
    factors: ['quantity', 'price'],
    at: (at) => (at.has('price') ? (at.has('quantity') ? newNew : newOld) : at.has('quantity') ? oldNew : oldOld),
  };
}

/** What a discount leaves of the amount, exact: the stated rate, or the share that the discount is. Null without an amount. */
function keptShare(side: SideFacts): Rational | null {
  if (side.discount.isZero()) return rational(1n);
  if (side.amount.isZero()) return null;
  const [net, amount] = [exact(side.net), exact(side.amount)];
  return rational(net.numerator * amount.denominator, net.denominator * amount.numerator);
}

function settleRest(parts: Parts, rest: Rational, currency: CurrencyCode, cause: Cause): void {
  const unit = minorUnit(currency);
  const size = rest.numerator < 0n ? subtractRational(rational(0n), rest) : rest;
  if (compareRational(size, unit) <= 0) add(parts, 'rounding', rest);
  else {
    const own = cause === 'unexplained' ? undefined : componentByGroup[cause.split('.')[0] ?? ''];
    add(parts, own === undefined || own === 'rounding' ? 'unexplained' : own, rest);
  }
}

function addTax(parts: Parts, legacy: SideFacts, solvimon: SideFacts, currency: CurrencyCode): void {
  const delta = exact((solvimon.tax ?? new Decimal(0)).minus(legacy.tax ?? new Decimal(0)));
  const rates = { legacy: rateOf(legacy), solvimon: rateOf(solvimon) };
  const [base, next] = [exact(legacy.net), exact(solvimon.net)];
  if (rates.legacy === null || rates.solvimon === null) {
    add(parts, compareRational(base, next) === 0 ? 'tax_rate' : 'tax_base', delta);
    return;
  }
  const [before, after] = [rates.legacy, rates.solvimon];
  const split = shapleyParts(['tax_base', 'tax_rate'] as const, (at) =>
    multiplyRational(at.has('tax_base') ? next : base, at.has('tax_rate') ? after : before),
  );
  for (const [name, part] of split) add(parts, name, part);
  const rest = subtractRational(delta, sum(split.values()));
  const unit = minorUnit(currency);
  const size = rest.numerator < 0n ? subtractRational(rational(0n), rest) : rest;
  add(parts, compareRational(size, unit) <= 0 ? 'rounding' : 'unexplained', rest);
}

/** Rate as a share of the base: the stated percentage, or what the tax itself says where none is stated. */
function rateOf(side: SideFacts): Rational | null {
  if (side.taxRate !== null && side.tax !== null && !side.tax.isZero())
    return multiplyRational(exact(side.taxRate), rational(1n, 100n));
  if (side.tax !== null && side.tax.isZero()) return rational(0n);
  if (side.tax === null || side.net.isZero()) return null;
  const [tax, net] = [exact(side.tax), exact(side.net)];
  return rational(tax.numerator * net.denominator, tax.denominator * net.numerator);
}

function add(parts: Parts, name: ComponentName, part: Rational): void {
  parts.set(name, addRational(parts.get(name) ?? rational(0n), part));
}

function sum(values: Iterable<Rational>): Rational {
  let total = rational(0n);
  for (const value of values) total = addRational(total, value);
  return total;
}

/** Whole minor units that sum to the delta. Rounded in the direction of the delta, so that swapping the sides negates every part (I3). */
function toComponents(parts: Parts, delta: bigint, currency: CurrencyCode): Components {
  const scale = rational(minorUnit(currency).denominator);
  const inMinor = componentNames
    .filter((name) => (parts.get(name)?.numerator ?? 0n) !== 0n)
    .map((name) => [name, multiplyRational(parts.get(name) ?? rational(0n), scale)] as const);
  // Each side was rounded before it was compared: what that moved is rounding too.
  const moved = subtractRational(rational(delta), sum(inMinor.map(([, part]) => part)));
  const withRounding = moved.numerator === 0n ? inMinor : addTo(inMinor, 'rounding', moved);
  const leading = delta !== 0n ? delta : (withRounding[0]?.[1].numerator ?? 0n);
  const sign = leading < 0n ? -1n : 1n;
  const oriented = withRounding.map(([name, part]) => [name, multiplyRational(part, rational(sign))] as const);
  const whole = largestRemainder(oriented, delta * sign);
  return Object.fromEntries(
    [...whole]
      .filter(([, units]) => units !== 0n)
      .map(([name, units]) => [name, fromMinorUnits(units * sign, currency)]),
  );
}

function addTo(
  parts: readonly (readonly [ComponentName, Rational])[],
  name: ComponentName,
  more: Rational,
): readonly (readonly [ComponentName, Rational])[] {
  const known = parts.find(([other]) => other === name);
  if (known === undefined)
    return componentNames.flatMap((other) =>
      other === name ? [[name, more] as const] : parts.filter(([one]) => one === other),
    );
  return parts.map(([other, part]) => [other, other === name ? addRational(part, more) : part] as const);
}
