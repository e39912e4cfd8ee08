import type { CurrencyCode } from '../../model/currency.js';
import { Decimal, type DecimalText, type RoundingMode, roundTo, toDecimal } from '../../model/money.js';
import { currencyDigits } from '../../model/currency.js';

/** One product of stated numbers and the amount that a side made of it. Exact text, major units. */
export type AmountObservation = { readonly exact: DecimalText; readonly stated: DecimalText };

/** Tax of one document: nets and rates (percent) of its lines, and the tax that the side states in total. */
export type TaxObservation = {
  readonly lines: readonly { readonly net: DecimalText; readonly rate: DecimalText }[];
  readonly stated: DecimalText;
};

export const inferredModes = [
  'half_up',
  'half_even',
  'half_down',
  'down',
  'up',
] as const satisfies readonly RoundingMode[];
export const inferredLevels = ['line', 'tax_group', 'document'] as const;
export type RoundingLevel = (typeof inferredLevels)[number];

/**
 * What the data say about one choice. `settled`: exactly one candidate fits nearly all informative observations.
 * `unrounded`: amounts keep digits below the minor unit. `undecided`: too few observations, several fit, or none.
 */
export type Inference<Choice extends string> = {
  readonly verdict: Choice | 'unrounded' | 'undecided';
  /** Observations that could tell candidates apart. */
  readonly informative: number;
  /** Informative observations that each candidate fits. */
  readonly fits: Readonly<Partial<Record<Choice, number>>>;
};

/** Fewer informative observations than this settle nothing. */
const enoughObservations = 5;
/** Share of informative observations, in percent, that the winner must fit: a few lines may be wrong for other reasons. */
const winnerPercent = 95;

/** How a side rounds a product to the minor unit, from products that the modes round apart. */
export function inferMode(observations: Iterable<AmountObservation>, currency: CurrencyCode): Inference<RoundingMode> {
  const digits = currencyDigits(currency);
  const fits = new Map<RoundingMode, number>();
  let [informative, unrounded] = [0, 0];
  for (const { exact, stated } of observations) {
    const [value, amount] = [toDecimal(exact), toDecimal(stated)];
    if (value.decimalPlaces() <= digits) continue;
    if (amount.decimalPlaces() > digits) {
      unrounded += 1;
      continue;
    }
    const candidates = inferredModes.map((mode) => [mode, roundTo(value, digits, mode).equals(amount)] as const);
    const fitting = candidates.filter(([, isFit]) => isFit);
    // Where every mode agrees nothing is learned; where none fits the amount is not this product.
    if (fitting.length === 0 || fitting.length === candidates.length) continue;
    informative += 1;
    for (const [mode] of fitting) fits.set(mode, (fits.get(mode) ?? 0) + 1);
  }
  if (unrounded > informative) return { verdict: 'unrounded', informative: unrounded, fits: {} };
  return { verdict: winner(fits, informative), informative, fits: Object.fromEntries(fits) };
}

/** At which level a side rounds tax, from documents that the levels round apart; `mode` is how it rounds. */
export function inferLevel(
  observations: Iterable<TaxObservation>,
  currency: CurrencyCode,
  mode: RoundingMode,
): Inference<RoundingLevel> {
  const fits = new Map<RoundingLevel, number>();
  let informative = 0;
  for (const { lines, stated } of observations) {
    const taxes = inferredLevels.map((level) => [level, taxAtLevel(lines, level, currency, mode)] as const);
    const fitting = taxes.filter(([, tax]) => tax.equals(stated));
    if (fitting.length === 0 || fitting.length === taxes.length) continue;
    informative += 1;
    for (const [level] of fitting) fits.set(level, (fits.get(level) ?? 0) + 1);
  }
  return { verdict: winner(fits, informative), informative, fits: Object.fromEntries(fits) };
}

/** Tax of a document in major units: rounded on every line, once per rate, or once for all. */
export function taxAtLevel(
  lines: TaxObservation['lines'],
  level: RoundingLevel,
  currency: CurrencyCode,
  mode: RoundingMode,
): Decimal {
  const digits = currencyDigits(currency);
  const sums = new Map<string, Decimal>();
  lines.forEach((line, index) => {
    const key = level === 'line' ? String(index) : level === 'tax_group' ? line.rate : '';
    const exact = toDecimal(line.net).times(line.rate).div(100);
    sums.set(key, (sums.get(key) ?? new Decimal(0)).plus(exact));
  });
  let total = new Decimal(0);
  for (const exact of sums.values()) total = total.plus(roundTo(exact, digits, mode));
  return total;
}

/** The one candidate that fits enough; a rival that fits as many leaves it undecided. */
function winner<Choice extends string>(fits: ReadonlyMap<Choice, number>, informative: number): Choice | 'undecided' {
  if (informative < enoughObservations) return 'undecided';
  const [best, second] = [...fits].sort(([, a], [, b]) => b - a);
  if (best === undefined || best[1] * 100 < informative * winnerPercent) return 'undecided';
  return second !== undefined && second[1] === best[1] ? 'undecided' : best[0];
}
