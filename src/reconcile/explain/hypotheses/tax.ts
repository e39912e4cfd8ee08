import { type Decimal, toDecimal } from '../../../model/money.js';
import { plain, reproduces, round, sameMoney, show, type SideFacts } from '../facts.js';
import { bothWays, each, type Fit, isSameDiscount, type Sides, step } from './hypothesis.js';

/** Tax on one side only, on the same net. */
export function taxMissing({ legacy, solvimon, currency }: Sides): Fit | null {
  if (legacy.tax === null || solvimon.tax === null || legacy.tax.isZero() === solvimon.tax.isZero()) return null;
  return {
    cause: 'tax.missing',
    isStated: true,
    specialises: ['tax.rate', 'tax.base'],
    working: each(
      `tax ${show(legacy.tax, currency)} on ${show(legacy.net, currency)}`,
      `tax ${show(solvimon.tax, currency)} on ${show(solvimon.net, currency)}`,
    ),
  };
}

/** Two stated rates on the same base; each gives its own side's tax. */
export function taxRate({ legacy, solvimon, currency }: Sides): Fit | null {
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
  const recomputed = taxOf(legacy.net, solvimon.taxRate);
  if (
    !reproduces(recomputed, solvimon.tax, currency) ||
    !reproduces(taxOf(legacy.net, legacy.taxRate), legacy.tax, currency)
  )
    return null;
  return {
    cause: 'tax.rate',
    isStated: true,
    specialises: [],
    working: [
      ...each(
        `${show(legacy.net, currency)} × ${plain(legacy.taxRate)} % = ${show(legacy.tax, currency)}`,
        `${show(solvimon.net, currency)} × ${plain(solvimon.taxRate)} % = ${show(solvimon.tax, currency)}`,
      ),
      step(
        'test',
        `legacy at ${plain(solvimon.taxRate)} %: ${show(round(recomputed, currency), currency)} ✓ equals solvimon`,
      ),
    ],
  };
}

export function taxOf(base: Decimal, rate: Decimal): Decimal {
  return base.times(rate).div(100);
}

/** The same rate on two bases: net on one side, and on the other a stated taxable amount or the amount before discount. */
export function taxBase(sides: Sides): Fit | null {
  const { legacy, solvimon, currency } = sides;
  const rate = legacy.taxRate ?? solvimon.taxRate;
  if (rate === null || legacy.tax === null || solvimon.tax === null || sameMoney(legacy.tax, solvimon.tax, currency))
    return null;
  if (legacy.taxRate !== null && solvimon.taxRate !== null && !legacy.taxRate.equals(solvimon.taxRate)) return null;
  for (const { owner, other, ownerName, otherName } of bothWays(sides)) {
    if (owner.tax === null || other.tax === null || !reproduces(taxOf(other.net, rate), other.tax, currency)) continue;
    const { tax } = owner;
    const base = basesOf(owner).find(
      ([, value]) => !sameMoney(value, owner.net, currency) && reproduces(taxOf(value, rate), tax, currency),
    );
    if (base === undefined) continue;
    return {
      cause: 'tax.base',
      isStated: true,
      specialises: [],
      working: [
        step(ownerName, `${plain(rate)} % of ${show(base[1], currency)} (${base[0]}) = ${show(tax, currency)}`),
        step(otherName, `${plain(rate)} % of ${show(other.net, currency)} (net) = ${show(other.tax, currency)}`),
      ],
    };
  }
  return null;
}

function basesOf(side: SideFacts): readonly (readonly [string, Decimal])[] {
  const taxables = side.charges.flatMap((line) => line.taxes.map((slice) => slice.taxable));
  const stated: Decimal[] = [];
  for (const taxable of taxables) if (taxable !== null) stated.push(toDecimal(taxable));
  const total = stated.length === taxables.length && stated.length > 0 ? stated.reduce((a, b) => a.plus(b)) : null;
  return [
    ...(total === null ? [] : [['stated as taxable', total] as const]),
    ['before discount', side.amount] as const,
  ];
}

/** One side takes the price as containing the tax, the other adds it. */
export function taxInclusive(sides: Sides): Fit | null {
  const { legacy, solvimon, currency } = sides;
  const rate = legacy.taxRate ?? solvimon.taxRate;
  if (rate === null || rate.isZero() || !isSameDiscount(sides)) return null;
  for (const { owner, other, ownerName, otherName } of bothWays(sides)) {
    if (owner.tax === null || other.tax === null || owner.tax.isZero()) continue;
    const gross = owner.net.plus(owner.tax);
    if (!sameMoney(gross, other.net, currency)) continue;
    const net = other.net.div(rate.div(100).plus(1));
    if (!reproduces(net, owner.net, currency) || !reproduces(taxOf(other.net, rate), other.tax, currency)) continue;
    return {
      cause: 'tax.inclusive',
      isStated: true,
      specialises: ['price.unit_price', 'tax.base'],
      working: [
        step(
          ownerName,
          `${show(gross, currency)} contains the tax: ÷ (1 + ${plain(rate)} %) = ${show(owner.net, currency)}`,
        ),
        step(
          otherName,
          `${show(other.net, currency)} + ${plain(rate)} % = ${show(other.net.plus(other.tax), currency)}`,
        ),
      ],
    };
  }
  return null;
}
