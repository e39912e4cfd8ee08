import { type CycleId, parseCycleId } from '../../../model/ids.js';
import { Decimal, toDecimal } from '../../../model/money.js';
import { cyclePeriod, dateInZone, msOfInstant, type Period } from '../../../model/period.js';
import type { Cause } from '../../../model/verdict.js';
import { plain, reproduces, show, type SideFacts } from '../facts.js';
import { each, type Fit, isSameDiscount, one, type Sides, step } from './hypothesis.js';

/** One way to count which share of a month a period is. */
type Share = { readonly name: string; readonly text: string; readonly factor: Decimal; readonly isWhole: boolean };

/** Above every share that a convention can give: 32 of 28 days. */
const mostShare = new Decimal('1.2');

/**
 * The same full price for a part of a month, counted by two conventions; or by one of them not at all. Each side's amount
 * must be the full price times a share that a known convention gives for its own period.
 */
export function proration(sides: Sides): Fit | null {
  const { legacy, solvimon, currency } = sides;
  const full = fullPriceOf(legacy, solvimon);
  if (full === null || !isSameDiscount(sides)) return null;
  const count = countOf(legacy, solvimon);
  // No convention gives much more than the whole: amounts far above it are not parts of this price. Cheap, before dates.
  const whole = count.times(full);
  const most = whole.abs().times(mostShare);
  if (legacy.amount.abs().greaterThan(most) || solvimon.amount.abs().greaterThan(most)) return null;
  const zone = sides.difference.context.rules.timezone;
  const fits = (side: SideFacts) =>
    sharesOf(side, side.zone ?? zone).filter((share) => reproduces(whole.times(share.factor), side.amount, currency));
  const [left, right] = [fits(legacy), fits(solvimon)];
  const pair = left
    .flatMap((mine) => right.map((yours) => ({ mine, yours })))
    .find(({ mine, yours }) => mine.name !== yours.name && !mine.factor.equals(yours.factor));
  if (pair === undefined) return shiftedPeriod(sides, left, right, full);
  const { mine, yours } = pair;
  const cause: Cause = mine.isWhole ? 'proration.extra' : yours.isWhole ? 'proration.missing' : 'proration.day_count';
  return {
    cause,
    isStated: true,
    specialises: ['price.unit_price', 'usage.quantity', 'period.boundary_shift'],
    working: [
      step('full price', `${plain(count)} × ${show(full, currency)}`),
      ...each(
        `${mine.text} of it (${mine.name}) = ${show(legacy.amount, currency)}`,
        `${yours.text} of it (${yours.name}) = ${show(solvimon.amount, currency)}`,
      ),
    ],
  };
}

/** The same convention on two periods that differ: the period is the cause, the share only follows it. */
function shiftedPeriod(
  { legacy, solvimon, currency }: Sides,
  left: readonly Share[],
  right: readonly Share[],
  full: Decimal,
): Fit | null {
  if (legacy.period === null || solvimon.period === null) return null;
  if (legacy.period.start === solvimon.period.start && legacy.period.end === solvimon.period.end) return null;
  const pair = left
    .flatMap((mine) => right.map((yours) => ({ mine, yours })))
    .find(({ mine, yours }) => mine.name === yours.name && !mine.factor.equals(yours.factor));
  if (pair === undefined) return null;
  return {
    cause: 'period.boundary_shift',
    isStated: true,
    specialises: ['price.unit_price', 'usage.quantity'],
    working: [
      step('full price', show(full, currency)),
      ...each(
        `${legacy.period.start} to ${legacy.period.end}: ${pair.mine.text} (${pair.mine.name}) = ${show(legacy.amount, currency)}`,
        `${solvimon.period.start} to ${solvimon.period.end}: ${pair.yours.text} (${pair.yours.name}) = ${show(solvimon.amount, currency)}`,
      ),
    ],
  };
}

/** The full price both agree on: stated as such by one of them, or the unit price that both state. */
function fullPriceOf(legacy: SideFacts, solvimon: SideFacts): Decimal | null {
  const stated = [legacy.facts?.fullPrice, solvimon.facts?.fullPrice].filter(
    (price) => price !== null && price !== undefined,
  );
  const [first, second] = stated;
  if (first !== undefined) return second === undefined || second === first ? toDecimal(first) : null;
  return legacy.unitPrice !== null && solvimon.unitPrice !== null && legacy.unitPrice.equals(solvimon.unitPrice)
    ? legacy.unitPrice
    : null;
}

/** A quantity both state; otherwise the share may stand in the quantity, and the charge is for one. */
function countOf(legacy: SideFacts, solvimon: SideFacts): Decimal {
  return legacy.quantity !== null && solvimon.quantity !== null && legacy.quantity.equals(solvimon.quantity)
    ? legacy.quantity
    : one;
}

function sharesOf(side: SideFacts, zone: string): readonly Share[] {
  const whole: Share = { name: 'not prorated', text: 'all', factor: one, isWhole: true };
  const stated = side.facts?.prorationFactor ?? null;
  const own: readonly Share[] =
    stated === null || toDecimal(stated).equals(1)
      ? []
      : [{ name: 'as stated', text: stated, factor: toDecimal(stated), isWhole: false }];
  const byDate = side.period === null ? [] : conventions(side.period, zone);
  return [whole, ...own, ...byDate].filter((share, index, all) =>
    share.isWhole ? index === 0 : !share.factor.equals(1) || all.length === 1,
  );
}

/**
 * Shares of a month under the conventions in use: actual days of the month, 30 days, 30/360, the last day counted as
 * well, hours, and twelfths of a year of 365 days. Days are calendar days in `zone`.
 */
function conventions(period: Period, zone: string): readonly Share[] {
  const key = `${period.start} ${period.end} ${zone}`;
  const known = counted.get(key);
  if (known !== undefined) return known;
  const shares = countShares(period, zone);
  if (counted.size >= mostCounted) counted.clear();
  counted.set(key, shares);
  return shares;
}

/** A cycle has the same few periods a million times over. */
const counted = new Map<string, readonly Share[]>();
const mostCounted = 1024;

function countShares(period: Period, zone: string): readonly Share[] {
  const [start, end] = [dateInZone(period.start, zone), dateInZone(period.end, zone)];
  const month = parseCycleId(start.slice(0, 7)) as CycleId | undefined;
  if (month === undefined) return [];
  const full = cyclePeriod(month, zone);
  const monthDays = daysBetween(dateInZone(full.start, zone), dateInZone(full.end, zone));
  const days = daysBetween(start, end);
  if (days <= 0 || days > monthDays) return [];
  const share = (name: string, top: number, bottom: number): Share => ({
    name,
    text: `${top}/${bottom}`,
    factor: new Decimal(top).div(bottom),
    isWhole: false,
  });
  const hours = Math.round((msOfInstant(period.end) - msOfInstant(period.start)) / 3_600_000);
  const monthHours = Math.round((msOfInstant(full.end) - msOfInstant(full.start)) / 3_600_000);
  return [
    share('actual days of the month', days, monthDays),
    share('days of 30', days, 30),
    share('30/360', thirtyDays(start, end), 30),
    share('last day counted too', days + 1, monthDays),
    share('hours of the month', hours, monthHours),
    share('days of 365, twelve months', days * 12, 365),
  ];
}

function daysBetween(start: string, end: string): number {
  return Math.round((Date.parse(`${end}T00:00:00Z`) - Date.parse(`${start}T00:00:00Z`)) / 86_400_000);
}

/** Days from `start` to `end` when every month has thirty (30E/360); the 31st counts as the 30th. */
function thirtyDays(start: string, end: string): number {
  const [startYear, startMonth, startDay] = start.split('-').map(Number) as [number, number, number];
  const [endYear, endMonth, endDay] = end.split('-').map(Number) as [number, number, number];
  return (endYear - startYear) * 360 + (endMonth - startMonth) * 30 + Math.min(endDay, 30) - Math.min(startDay, 30);
}
