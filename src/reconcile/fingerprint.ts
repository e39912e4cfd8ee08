import { hash } from 'node:crypto';
import type { CurrencyCode } from '../model/currency.js';
import { Decimal, toDecimal } from '../model/money.js';
import { componentNames, type MismatchFinding } from '../model/verdict.js';

/**
 * Fingerprint `fp1` (statistics 5.2): what differences of one shape have in common across customers: dominant component
 * and its sign, charge key, currency, level, cause and shape. A new algorithm gets a new version and never regroups old ones.
 */
export function fingerprint(
  finding: Omit<MismatchFinding, 'fingerprint' | 'tolerance'>,
  currency: CurrencyCode | null,
): string {
  const parts = [
    dominant(finding),
    finding.chargeKey ?? '',
    currency ?? '',
    finding.level,
    finding.cause,
    shape(finding),
  ];
  return `fp1-${hash('sha256', parts.join('\u001f'), 'hex').slice(0, 16)}`;
}

function dominant(finding: Pick<MismatchFinding, 'components'>): string {
  let best: { name: string; size: Decimal; sign: string } | undefined;
  for (const name of componentNames) {
    const amount = finding.components[name];
    if (amount === undefined) continue;
    const decimal = toDecimal(amount);
    if (best === undefined || decimal.abs().greaterThan(best.size))
      best = { name, size: decimal.abs(), sign: decimal.isNegative() ? '-' : '+' };
  }
  return best === undefined ? 'none' : `${best.name}${best.sign}`;
}

/** `ratio:1.1111` when both sides have money (four significant digits), else `one-sided`. */
function shape(finding: Pick<MismatchFinding, 'legacy' | 'solvimon'>): string {
  if (finding.legacy === null || finding.solvimon === null) return 'one-sided';
  const legacy = toDecimal(finding.legacy);
  if (legacy.isZero()) return 'other';
  return `ratio:${toDecimal(finding.solvimon).div(legacy).toSignificantDigits(4, Decimal.ROUND_HALF_EVEN).toFixed()}`;
}
