import { reproduces } from './facts.js';
import type { Sides } from './hypotheses/hypothesis.js';
import { isOneMinorUnit } from './hypotheses/rounding.js';
import { taxOf } from './hypotheses/tax.js';

/**
 * Whether the tax of both sides is the same rate on their own nets, so that a difference in net carries all of the
 * difference in tax. A cent of line rounding is let pass: it shows as rounding in the decomposition.
 */
export function followsTax(sides: Sides): boolean {
  const { legacy, solvimon, currency, difference } = sides;
  if (difference.context.rules.tax !== 'line' || legacy.tax === null || solvimon.tax === null) return true;
  if (legacy.tax.isZero() && solvimon.tax.isZero()) return true;
  if (legacy.taxRate !== null && solvimon.taxRate !== null && !legacy.taxRate.equals(solvimon.taxRate)) return false;
  const rate = legacy.taxRate ?? solvimon.taxRate;
  const right = (net: typeof legacy.net, tax: typeof legacy.net) => {
    const expected = rate === null ? legacyShare(sides, net) : taxOf(net, rate);
    return expected !== null && (reproduces(expected, tax, currency) || isOneMinorUnit(expected, tax, currency));
  };
  return right(legacy.net, legacy.tax) && right(solvimon.net, solvimon.tax);
}

/** Without a stated rate: the share that legacy's tax is of its net. */
function legacyShare({ legacy }: Sides, net: Sides['legacy']['net']): Sides['legacy']['net'] | null {
  return legacy.tax === null || legacy.net.isZero() ? null : net.times(legacy.tax).div(legacy.net);
}
