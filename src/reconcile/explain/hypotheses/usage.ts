import { Decimal, toDecimal } from '../../../model/money.js';
import type { UsageEvidence } from '../../../model/prepared.js';
import type { Cause } from '../../../model/verdict.js';
import { plain, priceTiers, reproduces, round, show, type SideFacts, tierText } from '../facts.js';
import { each, type Fit, isEqual, isSameDiscount, product, type Sides, step } from './hypothesis.js';

/** Both bill the same price, stated by one of them at least; the other quantity alone gives the other amount. */
export function quantity(sides: Sides): Fit | null {
  const { legacy, solvimon, currency } = sides;
  if (legacy.quantity === null || solvimon.quantity === null || legacy.quantity.equals(solvimon.quantity)) return null;
  const price = samePrice(legacy, solvimon);
  if (price === null) return netPricedQuantity(sides) ?? tieredQuantity(sides);
  if (!isSameDiscount(sides)) return null;
  const recomputed = solvimon.quantity.times(price);
  if (
    !reproduces(recomputed, solvimon.amount, currency) ||
    !reproduces(legacy.quantity.times(price), legacy.amount, currency)
  )
    return null;
  return withEvidence(sides, {
    cause: 'usage.quantity',
    isStated: true,
    specialises: [],
    working: [
      product('legacy', legacy.quantity, price, legacy.amount, currency),
      product('solvimon', solvimon.quantity, price, solvimon.amount, currency),
      step(
        'test',
        `legacy with the quantity of solvimon: ${plain(solvimon.quantity)} × ${plain(price)} = ${show(round(recomputed, currency), currency)} ✓ equals solvimon`,
      ),
    ],
  });
}

function samePrice(legacy: SideFacts, solvimon: SideFacts): Decimal | null {
  if (legacy.unitPrice === null || solvimon.unitPrice === null) return legacy.unitPrice ?? solvimon.unitPrice;
  return legacy.unitPrice.equals(solvimon.unitPrice) ? legacy.unitPrice : null;
}

/** One side states a net price, the other a gross price with its discount: what a unit costs in the end is the same. */
function netPricedQuantity(sides: Sides): Fit | null {
  const { legacy, solvimon, currency } = sides;
  const [left, right] = [netPrice(legacy), netPrice(solvimon)];
  if (left === null || right === null || !left.equals(right) || legacy.quantity === null || solvimon.quantity === null)
    return null;
  if (
    !reproduces(legacy.quantity.times(left), legacy.net, currency) ||
    !reproduces(solvimon.quantity.times(left), solvimon.net, currency)
  )
    return null;
  return withEvidence(sides, {
    cause: 'usage.quantity',
    isStated: true,
    specialises: [],
    working: [
      step('net price', `${plain(left)} on both sides, after discount`),
      product('legacy', legacy.quantity, left, legacy.net, currency),
      product('solvimon', solvimon.quantity, left, solvimon.net, currency),
    ],
  });
}

function netPrice(side: SideFacts): Decimal | null {
  if (side.unitPrice === null) return null;
  if (side.discount.isZero()) return side.unitPrice;
  return side.discountRate === null ? null : side.unitPrice.times(new Decimal(100).minus(side.discountRate)).div(100);
}

/** The tier table one side states prices the other side's quantity at the other side's amount. */
function tieredQuantity(sides: Sides): Fit | null {
  const { legacy, solvimon, currency } = sides;
  const [owner, other] = solvimon.tiers.length > 0 ? [solvimon, legacy] : [legacy, solvimon];
  if (owner.tiers.length === 0 || owner.quantity === null || other.quantity === null || !isSameDiscount(sides))
    return null;
  if (other.tiers.length > 0 && tierText(other.tiers) !== tierText(owner.tiers)) return null;
  const mode = owner.facts?.tierMode ?? 'graduated';
  const [own, recomputed] = [
    priceTiers(owner.tiers, owner.quantity, mode),
    priceTiers(owner.tiers, other.quantity, mode),
  ];
  if (
    own === null ||
    recomputed === null ||
    !reproduces(own, owner.amount, currency) ||
    !reproduces(recomputed, other.amount, currency)
  )
    return null;
  return withEvidence(sides, {
    cause: 'usage.quantity',
    isStated: true,
    specialises: [],
    working: [
      step('tiers', `${mode}: ${tierText(owner.tiers)}`),
      ...each(
        `${plain(legacy.quantity ?? new Decimal(0))} costs ${show(legacy.amount, currency)}`,
        `${plain(solvimon.quantity ?? new Decimal(0))} costs ${show(solvimon.amount, currency)}`,
      ),
      step('test', `the same tiers price ${plain(other.quantity)} at ${show(round(recomputed, currency), currency)} ✓`),
    ],
  });
}

const eventCauses = [
  ['missing', 'usage.missing_events', -1],
  ['duplicate', 'usage.duplicate_events', 1],
  ['late', 'usage.late_events', -1],
  ['unmatched', 'usage.unmatched_events', -1],
] as const satisfies readonly (readonly [keyof UsageEvidence, Cause, 1 | -1])[];

/** The events themselves, by their references. */
function namedEvents(evidence: UsageEvidence, kind: (typeof eventCauses)[number][0]): Fit['working'] {
  const events = evidence.events?.[kind];
  if (events === undefined || events.examples.length === 0) return [];
  const more = toDecimal(events.count).minus(events.examples.length);
  const rest = more.greaterThan(0) ? ` and ${more.toFixed()} more` : '';
  return [step('references', `${events.examples.join(', ')}${rest}`)];
}

/**
 * Why the quantity differs, when the events were looked at: the quantity of exactly one kind of event, missing, counted
 * twice, late or unmatched in Solvimon, is the whole difference.
 */
function withEvidence(sides: Sides, fit: Fit): Fit {
  const { legacy, solvimon, difference } = sides;
  const evidence = difference.context.usageEvidence.find(
    (one) =>
      one.chargeKey === (difference.legacy ?? difference.solvimon)?.row.chargeKey &&
      (one.periodStart === null || one.periodStart === legacy.period?.start),
  );
  if (evidence === undefined || legacy.quantity === null || solvimon.quantity === null) return fit;
  const gap = solvimon.quantity.minus(legacy.quantity);
  const fitting = eventCauses.filter(([kind, , sign]) => {
    const found = evidence[kind];
    return found !== null && !toDecimal(found).isZero() && isEqual(toDecimal(found).times(sign), gap);
  });
  const [only] = fitting;
  if (only === undefined || fitting.length > 1) return fit;
  const [kind, cause] = only;
  return {
    ...fit,
    cause,
    specialises: ['usage.quantity'],
    working: [
      ...fit.working,
      step('events', `${evidence[kind] ?? ''} ${kind} in solvimon = the difference in quantity ✓`),
      ...namedEvents(evidence, kind),
    ],
  };
}
