import type { Decimal } from '../../../model/money.js';
import type { TierSlice } from '../../../model/document.js';
import {
  plain,
  priceTiers,
  reproduces,
  show,
  type SideFacts,
  type TierBounds,
  tierBounds,
  type TierMode,
  tierModes,
  tierText,
} from '../facts.js';
import { each, type Fit, isSameDiscount, type Sides, step } from './hypothesis.js';
import { sameQuantity } from './price.js';

type Variant = { readonly mode: TierMode; readonly bounds: TierBounds };

/** The same table and quantity under two modes. */
export function tierMode(sides: Sides): Fit | null {
  return oneTable(sides, 'price.tier_mode');
}

/** The same table, quantity and mode, with the bounds read in two ways; or two tables whose bounds differ. */
export function tierBoundary(sides: Sides): Fit | null {
  return twoTables(sides, 'price.tier_boundary') ?? oneTable(sides, 'price.tier_boundary');
}

/** Two tables with the same bounds and other prices. */
export function tierPrices(sides: Sides): Fit | null {
  return twoTables(sides, 'price.unit_price');
}

function oneTable(sides: Sides, cause: 'price.tier_mode' | 'price.tier_boundary'): Fit | null {
  const { legacy, solvimon, currency } = sides;
  if (legacy.tiers.length < 2 && solvimon.tiers.length < 2) return null;
  const count = sameQuantity(legacy, solvimon);
  const owner = solvimon.tiers.length > 1 ? solvimon : legacy;
  const other = owner === solvimon ? legacy : solvimon;
  if (owner.tiers.length < 2 || count === null || !isSameDiscount(sides)) return null;
  if (other.tiers.length > 1 && tierText(other.tiers) !== tierText(owner.tiers)) return null;
  const own = variants(owner, owner.tiers, count, currency);
  const theirs = variants(other, owner.tiers, count, currency);
  const pair = own
    .flatMap((mine) => theirs.map((yours) => ({ mine, yours })))
    .find(({ mine, yours }) =>
      cause === 'price.tier_mode'
        ? mine.mode !== yours.mode && mine.bounds === yours.bounds && mine.bounds === 'upper_inclusive'
        : mine.mode === yours.mode && mine.bounds !== yours.bounds && isUsual(mine, yours),
    );
  if (pair === undefined) return null;
  const [left, right] = owner === legacy ? [pair.mine, pair.yours] : [pair.yours, pair.mine];
  const text = (variant: Variant, side: SideFacts) =>
    `${plain(count)} priced ${variant.mode}, ${boundsText[variant.bounds]} = ${show(side.amount, currency)}`;
  return {
    cause,
    isStated: true,
    specialises: ['price.unit_price'],
    working: [step('tiers', tierText(owner.tiers)), ...each(text(left, legacy), text(right, solvimon))],
  };
}

/** At least one side reads the table as it is written. */
function isUsual(a: Variant, b: Variant): boolean {
  return a.bounds === 'upper_inclusive' || b.bounds === 'upper_inclusive';
}

const boundsText = {
  upper_inclusive: 'a bound belongs to the lower tier',
  upper_exclusive: 'a bound belongs to the upper tier',
  one_lower: 'bounds one unit lower',
  one_higher: 'bounds one unit higher',
} as const satisfies Record<TierBounds, string>;

/** Every reading of a table that gives a side's amount; only those of its own mode when it states one. */
function variants(
  side: SideFacts,
  tiers: readonly TierSlice[],
  count: Decimal,
  currency: Sides['currency'],
): readonly Variant[] {
  const stated = side.facts?.tierMode ?? null;
  const modes = stated === null ? tierModes : [stated];
  return modes
    .flatMap((mode) => tierBounds.map((bounds) => ({ mode, bounds })))
    .filter(({ mode, bounds }) => {
      const priced = priceTiers(tiers, count, mode, bounds);
      return priced !== null && reproduces(priced, side.amount, currency);
    });
}

function twoTables(sides: Sides, cause: 'price.tier_boundary' | 'price.unit_price'): Fit | null {
  const { legacy, solvimon, currency } = sides;
  if (legacy.tiers.length < 2 || solvimon.tiers.length < 2) return null;
  const count = sameQuantity(legacy, solvimon);
  if (count === null || !isSameDiscount(sides)) return null;
  const bounds = (tiers: readonly TierSlice[]) => tiers.map((tier) => `${tier.from}–${tier.to ?? ''}`).join();
  const prices = (tiers: readonly TierSlice[]) =>
    tiers.map((tier) => `${tier.unitPrice ?? ''} ${tier.flat ?? ''}`).join();
  const [sameBounds, samePrices] = [
    bounds(legacy.tiers) === bounds(solvimon.tiers),
    prices(legacy.tiers) === prices(solvimon.tiers),
  ];
  if (cause === 'price.tier_boundary' ? sameBounds || !samePrices : !sameBounds || samePrices) return null;
  const usual = (side: SideFacts) =>
    variants(side, side.tiers, count, currency).find((variant) => variant.bounds === 'upper_inclusive');
  const [left, right] = [usual(legacy), usual(solvimon)];
  if (left === undefined || right === undefined) return null;
  return {
    cause,
    isStated: true,
    specialises: ['price.unit_price'],
    working: each(
      `${plain(count)} at ${left.mode} ${tierText(legacy.tiers)} = ${show(legacy.amount, currency)}`,
      `${plain(count)} at ${right.mode} ${tierText(solvimon.tiers)} = ${show(solvimon.amount, currency)}`,
    ),
  };
}
