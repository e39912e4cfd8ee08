import { toDecimal, toMinorUnits, zero } from '../../model/money.js';
import type { Cause, WorkingStep } from '../../model/verdict.js';
import type { Difference, DifferenceSide, Explanation } from '../difference.js';
import { decompose, wholly } from './components.js';
import { factsOf, sameMoney, show, type SideFacts } from './facts.js';
import { type Fit, fitNet, fitTax, isOneMinorUnit } from './hypotheses.js';

/**
 * Why a difference exists. Every hypothesis recomputes one side from stated numbers; one that alone reproduces both sides
 * to the minor unit is proven, one that shares this with rivals or leans on a number nobody states is likely, and where
 * none does the cause is `unexplained` or what the stated inputs suggest. The components sum to the delta, always (I2).
 */
export function explain(difference: Difference): Explanation {
  const { legacy, solvimon } = difference;
  if (legacy === null || solvimon === null) return explainOneSided(difference, legacy ?? solvimon);
  const sides = { legacy: factsOf(legacy), solvimon: factsOf(solvimon), currency: difference.currency };
  const isNetEqual = sameMoney(sides.legacy.net, sides.solvimon.net, difference.currency);
  const fits = isNetEqual ? fitTax(sides) : fitNet(sides);
  const verdict = verdictOf(fits) ?? suggestion(difference, sides.legacy, sides.solvimon, isNetEqual);
  const delta = toMinorUnits(toDecimal(difference.delta), difference.currency);
  const hasTax = difference.context.rules.tax === 'line';
  return {
    ...verdict,
    components: decompose(sides.legacy, sides.solvimon, difference.currency, delta, verdict.cause, hasTax),
  };
}

type Verdict = Omit<Explanation, 'components'>;

function verdictOf(fits: readonly Fit[]): Verdict | null {
  const [first, ...others] = fits;
  if (first === undefined) return null;
  const rivals = [...new Set(others.map((fit) => fit.cause))].filter((cause) => cause !== first.cause);
  const isProven = rivals.length === 0 && first.isStated;
  return {
    cause: first.cause,
    confidence: isProven ? 'proven' : 'likely',
    rivals,
    working: first.working,
    rules: ['recomputed', ...(rivals.length > 0 ? ['rivals_fit_too'] : [])],
  };
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

function explainOneSided(difference: Difference, present: DifferenceSide | null): Explanation {
  const isSolvimon = difference.solvimon !== null;
  const delta = toMinorUnits(toDecimal(difference.delta), difference.currency);
  const verdict =
    present === null
      ? { cause: 'unexplained' as const, confidence: 'unknown' as const, rules: ['nothing_present'] }
      : oneSidedCause(difference, present, isSolvimon);
  const component = verdict.cause.startsWith('discount.')
    ? 'discount'
    : verdict.cause.startsWith('proration.')
      ? 'proration'
      : verdict.cause === 'price.minimum_commitment'
        ? 'price'
        : 'lines';
  const amount = show(toDecimal(difference.delta).abs(), difference.currency);
  return {
    cause: verdict.cause,
    confidence: verdict.confidence,
    rivals: [],
    components: wholly(present === null ? 'unexplained' : component, delta, difference.currency),
    working: [
      { label: isSolvimon ? 'solvimon' : 'legacy', text: `${present?.row.chargeKey ?? ''} ${amount}` },
      { label: isSolvimon ? 'legacy' : 'solvimon', text: 'has no such line' },
    ],
    rules: verdict.rules,
  };
}

function oneSidedCause(
  difference: Difference,
  present: DifferenceSide,
  isSolvimon: boolean,
): { readonly cause: Cause; readonly confidence: Explanation['confidence']; readonly rules: readonly string[] } {
  const { context } = difference;
  const neighbours = isSolvimon ? context.legacyNeighbours : context.solvimonNeighbours;
  const isElsewhere = neighbours.some((one) =>
    one.form.rows.some(
      (row) =>
        row.chargeKey === present.row.chargeKey &&
        row.net === present.row.net &&
        row.periodStart === present.row.periodStart,
    ),
  );
  if (isElsewhere)
    return { cause: 'period.other_cycle', confidence: 'proven', rules: ['found_in_a_neighbouring_cycle'] };
  if (present.row.lineClass === 'minimum')
    return { cause: 'price.minimum_commitment', confidence: 'likely', rules: ['minimum_on_one_side'] };
  if (present.lines.every((line) => line.kind === 'discount'))
    return { cause: 'discount.missing', confidence: 'proven', rules: ['discount_on_one_side'] };
  if (present.lines.every((line) => line.kind === 'proration_charge' || line.kind === 'proration_credit'))
    return {
      cause: isSolvimon ? 'proration.extra' : 'proration.missing',
      confidence: 'likely',
      rules: ['proration_on_one_side'],
    };
  if (present.lines.some((line) => !line.isMapped))
    return { cause: 'mapping.unmapped_product', confidence: 'likely', rules: ['product_not_in_the_mapping'] };
  return {
    cause: isSolvimon ? 'line.missing_in_legacy' : 'line.missing_in_solvimon',
    confidence: 'proven',
    rules: ['line_on_one_side'],
  };
}
