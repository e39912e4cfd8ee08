import { toDecimal, toMinorUnits, zero } from '../../model/money.js';
import type { Cause, WorkingStep } from '../../model/verdict.js';
import type { Difference, Explanation } from '../difference.js';
import { decompose } from './components.js';
import { factsOf, sameMoney, show, type SideFacts } from './facts.js';
import { fitNet, fitTax } from './hypotheses/all.js';
import type { Fit, Sides } from './hypotheses/hypothesis.js';
import { isOneMinorUnit } from './hypotheses/rounding.js';
import { followsTax } from './follows-tax.js';
import { explainOneSided } from './one-sided.js';

/**
 * Why a difference exists. Every hypothesis recomputes one side from stated numbers; one that alone reproduces both sides
 * to the minor unit is proven, one that shares this with rivals or leans on a number nobody states is likely, and where
 * none does the cause is `unexplained` or what the stated inputs suggest. The components sum to the delta, always (I2).
 */
export function explain(difference: Difference): Explanation {
  const { legacy, solvimon } = difference;
  if (legacy === null || solvimon === null) return explainOneSided(difference, legacy ?? solvimon);
  const sides: Sides = {
    legacy: factsOf(legacy),
    solvimon: factsOf(solvimon),
    currency: difference.currency,
    difference,
  };
  const isNetEqual = sameMoney(sides.legacy.net, sides.solvimon.net, difference.currency);
  const fits = isNetEqual ? fitTax(sides) : fitNet(sides);
  const verdict =
    verdictOf(fits, sides, isNetEqual) ?? suggestion(difference, sides.legacy, sides.solvimon, isNetEqual);
  const delta = toMinorUnits(toDecimal(difference.delta), difference.currency);
  const hasTax = difference.context.rules.tax === 'line';
  return {
    ...verdict,
    components: decompose(sides.legacy, sides.solvimon, difference.currency, delta, verdict.cause, hasTax),
  };
}

type Verdict = Omit<Explanation, 'components'>;

/**
 * The first fit that used stated numbers only, else the first. Rivals are the other such fits, except causes that it
 * specialises. A net cause is proven only when the tax follows from it too: two causes at once are no proof of one.
 */
function verdictOf(fits: readonly Fit[], sides: Sides, isNetEqual: boolean): Verdict | null {
  const chosen = fits.find((fit) => fit.isStated && !isSpecialised(fit, fits)) ?? fits[0];
  if (chosen === undefined) return null;
  const rivals = [
    ...new Set(
      fits
        .filter((fit) => fit !== chosen && (fit.isStated || !chosen.isStated))
        .map((fit) => fit.cause)
        .filter((cause) => cause !== chosen.cause && !chosen.specialises.includes(cause)),
    ),
  ];
  const isTaxRight = isNetEqual || chosen.cause === 'tax.inclusive' || followsTax(sides);
  return {
    cause: chosen.cause,
    confidence: rivals.length === 0 && chosen.isStated && isTaxRight ? 'proven' : 'likely',
    rivals,
    working: chosen.working,
    rules: [
      'recomputed',
      ...(rivals.length > 0 ? ['rivals_fit_too'] : []),
      ...(chosen.isStated ? [] : ['input_not_stated']),
      ...(isTaxRight ? [] : ['tax_differs_too']),
    ],
  };
}

/** A fit that something more specific, and as well founded, already says. An unfounded one does not displace it. */
function isSpecialised(fit: Fit, fits: readonly Fit[]): boolean {
  return fits.some((other) => other !== fit && other.specialises.includes(fit.cause));
}

/** Nothing reproduces the amounts: the stated inputs that differ suggest a cause, and otherwise nobody knows. */
function suggestion(difference: Difference, legacy: SideFacts, solvimon: SideFacts, isNetEqual: boolean): Verdict {
  const { currency } = difference;
  const working: WorkingStep[] = [
    {
      label: 'legacy',
      text: `net ${show(legacy.net, currency)}${legacy.tax === null ? '' : `, tax ${show(legacy.tax, currency)}`}`,
    },
    {
      label: 'solvimon',
      text: `net ${show(solvimon.net, currency)}${solvimon.tax === null ? '' : `, tax ${show(solvimon.tax, currency)}`}`,
    },
  ];
  const likely = (cause: Cause): Verdict => ({
    cause,
    confidence: 'likely',
    rivals: [],
    working,
    rules: ['inputs_differ_but_do_not_reproduce'],
  });
  if (difference.delta === zero) return noMoney(difference, legacy, solvimon, working);
  if (isNetEqual) {
    if (difference.legacy?.document.document.taxMode !== difference.solvimon?.document.document.taxMode)
      return likely('tax.inclusive');
    if (legacy.tax !== null && solvimon.tax !== null && isOneMinorUnit(legacy.tax, solvimon.tax, currency))
      return likely('rounding.level');
    return likely('tax.base');
  }
  const differs = (a: SideFacts['quantity'], b: SideFacts['quantity']) => a !== null && b !== null && !a.equals(b);
  if (isOneMinorUnit(legacy.net, solvimon.net, currency)) return likely('rounding.level');
  if (differs(legacy.quantity, solvimon.quantity) && differs(legacy.unitPrice, solvimon.unitPrice))
    return { ...likely('price.unit_price'), rivals: ['usage.quantity'], rules: ['quantity_and_price_differ'] };
  if (differs(legacy.quantity, solvimon.quantity)) return likely('usage.quantity');
  if (differs(legacy.unitPrice, solvimon.unitPrice)) return likely('price.unit_price');
  if (!legacy.discount.equals(solvimon.discount)) return likely('discount.rate');
  if (
    difference.legacy?.row.periodStart !== difference.solvimon?.row.periodStart ||
    difference.legacy?.row.periodEnd !== difference.solvimon?.row.periodEnd
  )
    return likely('period.boundary_shift');
  return { cause: 'unexplained', confidence: 'unknown', rivals: [], working, rules: ['no_hypothesis_fits'] };
}

/** Equal money, other facts. */
function noMoney(
  difference: Difference,
  legacy: SideFacts,
  solvimon: SideFacts,
  working: readonly WorkingStep[],
): Verdict {
  const stated = (cause: Cause, text: string): Verdict => ({
    cause,
    confidence: 'proven',
    rivals: [],
    working: [...working, { label: 'differs', text }],
    rules: ['equal_money'],
  });
  const [left, right] = [difference.legacy?.row, difference.solvimon?.row];
  if (left?.chargeKey !== right?.chargeKey)
    return {
      ...stated('mapping.unmapped_product', `${left?.chargeKey ?? '–'} against ${right?.chargeKey ?? '–'}`),
      confidence: 'likely',
    };
  if (left?.periodStart !== right?.periodStart || left?.periodEnd !== right?.periodEnd) {
    return stated(
      'period.boundary_shift',
      `${left?.periodStart ?? '–'} to ${left?.periodEnd ?? '–'} against ${right?.periodStart ?? '–'} to ${right?.periodEnd ?? '–'}`,
    );
  }
  if (legacy.quantity !== null && solvimon.quantity !== null && !legacy.quantity.equals(solvimon.quantity))
    return stated('usage.quantity', `quantity ${legacy.quantity.toFixed()} against ${solvimon.quantity.toFixed()}`);
  if (legacy.unitPrice !== null && solvimon.unitPrice !== null && !legacy.unitPrice.equals(solvimon.unitPrice))
    return stated(
      'price.unit_price',
      `unit price ${legacy.unitPrice.toFixed()} against ${solvimon.unitPrice.toFixed()}`,
    );
  return stated('metadata.differs', 'the parts differ and add up to the same');
}
