import { type DecimalText, decimalText, sumText } from '../model/money.js';
import type { Act } from '../model/work.js';
import type { WorkUnit } from '../store/work.js';
import { isMore } from './carry-work.js';

export type UnitTotal = {
  readonly currency: string | null;
  readonly count: number;
  readonly gross: DecimalText;
  readonly net: DecimalText;
};

/** What units come to, per currency in the order of codes. Currencies are never added (I7). */
export function totalsOf(units: readonly WorkUnit[]): readonly UnitTotal[] {
  const currencies = [...new Set(units.map((unit) => unit.currency))].sort((a, b) =>
    (a ?? '~') < (b ?? '~') ? -1 : 1,
  );
  return currencies.map((currency) => {
    const own = units.filter((unit) => unit.currency === currency);
    return {
      currency,
      count: own.reduce((sum, unit) => sum + unit.mismatches, 0),
      gross: sumText(own.map((unit) => decimalText(unit.gross))),
      net: sumText(own.map((unit) => decimalText(unit.net))),
    };
  });
}

/**
 * Why an act needs a second person; null when one is enough. Only acceptances can: of whoever may not approve, of more money
 * than one person may accept alone in a cycle (`alone`: what they have already), and of money whose currency nobody can tell.
 */
export function whySecondPerson(input: {
  readonly act: Act;
  readonly units: readonly WorkUnit[];
  readonly mayApprove: boolean;
  readonly limits: ReadonlyMap<string, DecimalText>;
  readonly alone: ReadonlyMap<string, string>;
}): string | null {
  const { act, units, mayApprove, limits, alone } = input;
  if (act.kind !== 'accept') return null;
  if (!mayApprove) return 'your role proposes; somebody who may approve decides';
  for (const { currency, gross } of totalsOf(units)) {
    if (currency === null) return 'the currency is not known';
    const limit = limits.get(currency);
    if (limit === undefined) return `no limit is configured for ${currency}`;
    const before = decimalText(alone.get(currency) ?? '0');
    if (isMore(sumText([gross, before]), limit))
      return `${currency} ${gross}${before === '0' ? '' : ` and the ${before} you accepted before`} is more than the ${limit} that one person may accept in a cycle`;
  }
  return null;
}
