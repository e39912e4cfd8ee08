import { hash } from 'node:crypto';
import type { CurrencyCode } from '../model/currency.js';
import { compareSize, type DecimalText, ratioText, zero } from '../model/money.js';
import { type Cause, type ComponentName, componentNames, type MismatchFinding } from '../model/verdict.js';

/** Version of the algorithm. A new one gets a new name and never regroups what an old one grouped. */
export const fingerprintVersion = 'fp1';

type Fingerprinted = Pick<MismatchFinding, 'components' | 'cause' | 'chargeKey' | 'level' | 'legacy' | 'solvimon'>;

/**
 * Fingerprint `fp1` (statistics 5.2): what differences of one shape have in common across customers: dominant component
 * and its sign, charge key, currency, level, cause and shape. Causes that lie in a platform and not in a product (how it
 * rounds, counts days, taxes, converts) leave the charge out: one setting is one root cause, however many products show it.
 */
export function fingerprint(finding: Fingerprinted, currency: CurrencyCode | null): string {
  const parts = [
    dominantOf(finding),
    isOfThePlatform(finding.cause) ? '' : (finding.chargeKey ?? ''),
    currency ?? '',
    finding.level,
    finding.cause,
    shape(finding),
  ];
  return `${fingerprintVersion}-${hash('sha256', parts.join('\u001f'), 'hex').slice(0, 16)}`;
}

const platformGroups = new Set(['rounding', 'proration', 'tax', 'fx', 'period']);

/** Whether a cause is a setting of a whole system rather than of one product. */
export function isOfThePlatform(cause: Cause): boolean {
  return platformGroups.has(cause.split('.')[0] ?? '');
}

/** The largest component with its sign ("price+"), the first in declared order among equals; `none` without money. */
export function dominantOf(finding: Pick<MismatchFinding, 'components'>): string {
  let best: { name: ComponentName; amount: DecimalText } | undefined;
  for (const name of componentNames) {
    const amount = finding.components[name];
    if (amount === undefined) continue;
    if (best === undefined || compareSize(amount, best.amount) > 0) best = { name, amount };
  }
  return best === undefined ? 'none' : `${best.name}${best.amount.startsWith('-') ? '-' : '+'}`;
}

/** Causes whose two sides stand in one proportion wherever they appear: a price, a rate. */
const proportional: ReadonlySet<Cause> = new Set([
  'price.unit_price',
  'rounding.price_precision',
  'discount.rate',
  'discount.missing',
  'discount.scope',
  'tax.rate',
  'tax.inclusive',
  'fx.rate',
]);

/**
 * What is constant in the pattern of a cause: `ratio:1.11` of the two sides to three significant digits where the cause is
 * a proportion, `one-sided`, and otherwise nothing: quantities, days and cents differ from customer to customer.
 */
function shape(finding: Pick<MismatchFinding, 'legacy' | 'solvimon' | 'cause'>): string {
  if (finding.legacy === null || finding.solvimon === null) return 'one-sided';
  if (!proportional.has(finding.cause)) return 'other';
  if (finding.legacy === zero) return 'other';
  // Three digits: cents of rounding move the fourth on small lines.
  return `ratio:${ratioText(finding.solvimon, finding.legacy, 3)}`;
}
