import type { FrameCustomer } from '../confidence/propose-cohort.js';
import { currencyDigits } from '../model/currency.js';
import { parseCurrency } from '../model/currency.js';
import { Decimal } from '../model/money.js';
import type { RosterEntry } from '../store/rosters.js';
import type { ConfidenceContext } from './confidence-context.js';

/**
 * The customers to be migrated, one per customer: revenue in minor units of the reporting currency (rounded half-up, for
 * caps only), features, stratum. A customer in several currencies has the sum of its rows; one without a known amount or
 * rate has revenue null, which no cap accepts.
 */
export function frameOf(
  entries: readonly RosterEntry[],
  reporting: ConfidenceContext['reporting'],
): readonly FrameCustomer[] {
  const byCustomer = new Map<string, RosterEntry[]>();
  for (const entry of entries) {
    const own = byCustomer.get(entry.customer);
    if (own === undefined) byCustomer.set(entry.customer, [entry]);
    else own.push(entry);
  }
  const currencies = new Set(entries.map(({ currency }) => currency));
  return [...byCustomer].map(([id, own]) => ({
    id,
    revenueMinor: revenueOf(own, reporting, currencies),
    features: featuresOf(own),
    stratum: stratumOf(own),
    exclusion: own.map(({ exclusion }) => exclusion).find((why) => why !== null) ?? null,
  }));
}

function revenueOf(
  own: readonly RosterEntry[],
  reporting: ConfidenceContext['reporting'],
  currencies: ReadonlySet<string>,
): bigint | null {
  let sum = new Decimal(0);
  let digits = 0;
  for (const { mrr, currency } of own) {
    const code = parseCurrency(currency);
    if (mrr === null || code === undefined) return null;
    const isReporting = reporting === null ? currencies.size === 1 : code === reporting.currency;
    const rate = isReporting ? '1' : reporting?.rates.get(code);
    if (rate === undefined) return null;
    digits = currencyDigits(reporting?.currency ?? code);
    sum = sum.plus(new Decimal(mrr).times(rate));
  }
  return BigInt(sum.times(new Decimal(10).pow(digits)).toDecimalPlaces(0, Decimal.ROUND_HALF_UP).toFixed());
}

/** What coverage looks at. A feature that the roster does not know is named `unknown`, never left out. */
function featuresOf(own: readonly RosterEntry[]): Readonly<Record<string, string>> {
  const [first] = own;
  const usage = own.some(({ hasUsage }) => hasUsage === true)
    ? 'yes'
    : own.every(({ hasUsage }) => hasUsage === false)
      ? 'no'
      : 'unknown';
  return {
    ...first?.features,
    plan: first?.plan ?? 'unknown',
    currency: own.map(({ currency }) => currency).join('+'),
    country: first?.country ?? 'unknown',
    usage,
  };
}

/** plan x currency x complexity, where complexity is whether usage is billed. */
function stratumOf(own: readonly RosterEntry[]): string {
  const { plan, currency, usage } = featuresOf(own);
  return `${plan} | ${currency} | ${usage === 'no' ? 'flat' : 'usage'}`;
}
