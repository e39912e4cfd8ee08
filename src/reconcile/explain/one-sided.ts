import { Decimal, toDecimal, toMinorUnits } from '../../model/money.js';
import type { MappedLine } from '../../model/prepared.js';
import type { Cause, ComponentName, WorkingStep } from '../../model/verdict.js';
import type { Difference, DifferenceSide, Explanation } from '../difference.js';
import { wholly } from './components.js';
import { show } from './facts.js';

type OneSided = {
  readonly cause: Cause;
  readonly confidence: Explanation['confidence'];
  readonly rivals?: readonly Cause[];
  readonly rules: readonly string[];
  readonly working?: readonly WorkingStep[];
};

/** Why lines stand on one side only: billed in a neighbouring cycle, billed twice, a minimum, a discount, or simply missing. */
export function explainOneSided(difference: Difference, present: DifferenceSide | null): Explanation {
  const isSolvimon = difference.solvimon !== null;
  const delta = toMinorUnits(toDecimal(difference.delta), difference.currency);
  const verdict: OneSided =
    present === null
      ? { cause: 'unexplained', confidence: 'unknown', rules: ['nothing_present'] }
      : oneSidedCause(difference, present, isSolvimon);
  const amount = show(toDecimal(difference.delta).abs(), difference.currency);
  return {
    cause: verdict.cause,
    confidence: verdict.confidence,
    rivals: verdict.rivals ?? [],
    components: wholly(present === null ? 'unexplained' : componentOf(verdict.cause), delta, difference.currency),
    working: verdict.working ?? [
      { label: isSolvimon ? 'solvimon' : 'legacy', text: `${present?.row.chargeKey ?? ''} ${amount}` },
      { label: isSolvimon ? 'legacy' : 'solvimon', text: 'has no such line' },
    ],
    rules: verdict.rules,
  };
}

function componentOf(cause: Cause): ComponentName {
  if (cause.startsWith('discount.')) return 'discount';
  if (cause.startsWith('proration.')) return 'proration';
  return cause === 'price.minimum_commitment' ? 'price' : 'lines';
}

function oneSidedCause(difference: Difference, present: DifferenceSide, isSolvimon: boolean): OneSided {
  const elsewhere = inNeighbour(difference, present, isSolvimon);
  if (elsewhere !== null)
    return {
      cause: 'period.other_cycle',
      confidence: 'proven',
      rules: ['found_in_a_neighbouring_cycle'],
      working: [
        {
          label: isSolvimon ? 'solvimon' : 'legacy',
          text: `${present.row.chargeKey} ${present.row.net} in this cycle`,
        },
        { label: isSolvimon ? 'legacy' : 'solvimon', text: `bills the same on ${elsewhere}, in a neighbouring cycle` },
      ],
    };
  if (present.row.lineClass === 'minimum') return minimumOnly(present, isSolvimon);
  const twin = copyOf(present);
  if (twin !== null)
    return {
      cause: isSolvimon ? 'line.duplicate_in_solvimon' : 'line.duplicate_in_legacy',
      confidence: 'proven',
      rules: ['copy_of_a_matched_line'],
      working: [
        {
          label: isSolvimon ? 'solvimon' : 'legacy',
          text: `line ${present.lines.map((line) => line.id).join(', ')} repeats line ${twin.id}: ${present.row.chargeKey} ${present.row.net}`,
        },
        { label: isSolvimon ? 'legacy' : 'solvimon', text: 'has it once' },
      ],
    };
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
    // A line of the same period is left on the other side too: it may be the same charge under another name.
    confidence: difference.hasLeftoverOpposite ? 'likely' : 'proven',
    rivals: difference.hasLeftoverOpposite ? ['mapping.unmapped_product'] : [],
    rules: ['line_on_one_side', ...(difference.hasLeftoverOpposite ? ['other_side_has_a_line_left'] : [])],
  };
}

/** The document of a neighbouring cycle in which the other side bills the same charge for the same period; null when none. */
function inNeighbour(difference: Difference, present: DifferenceSide, isSolvimon: boolean): string | null {
  const neighbours = isSolvimon ? difference.context.legacyNeighbours : difference.context.solvimonNeighbours;
  const found = neighbours.find((one) =>
    one.form.rows.some(
      (row) =>
        row.chargeKey === present.row.chargeKey &&
        row.net === present.row.net &&
        row.periodStart === present.row.periodStart &&
        row.periodEnd === present.row.periodEnd,
    ),
  );
  return found === undefined ? null : (found.document.number ?? found.document.source.id);
}

/** Another line of the same document that says exactly the same as the only line present. */
function copyOf(present: DifferenceSide): MappedLine | null {
  const [line, ...others] = present.lines;
  if (line === undefined || others.length > 0) return null;
  const twin = present.document.lines.find(
    (other) =>
      other !== line &&
      other.chargeKey === line.chargeKey &&
      other.kind === line.kind &&
      other.net === line.net &&
      other.quantity === line.quantity &&
      other.unitPrice === line.unitPrice &&
      other.period?.start === line.period?.start &&
      other.period?.end === line.period?.end,
  );
  return twin ?? null;
}

/** A top-up to a minimum: proven when the stated minimum less everything charged is its amount. */
function minimumOnly(present: DifferenceSide, isSolvimon: boolean): OneSided {
  const least = present.lines.map((line) => line.facts.minimumAmount).find((amount) => amount !== null);
  const charged = present.document.form.rows
    .filter((row) => row.lineClass === 'charge')
    .reduce((sum, row) => sum.plus(row.net), new Decimal(0));
  const isTopUp = least !== undefined && toDecimal(least).minus(charged).equals(present.row.net);
  return {
    cause: 'price.minimum_commitment',
    confidence: isTopUp ? 'proven' : 'likely',
    rules: ['minimum_on_one_side', ...(isTopUp ? ['tops_up_the_stated_minimum'] : [])],
    working: [
      {
        label: isSolvimon ? 'solvimon' : 'legacy',
        text: isTopUp
          ? `minimum ${least} − charged ${charged.toFixed()} = ${present.row.net}`
          : `a minimum line of ${present.row.net}`,
      },
      { label: isSolvimon ? 'legacy' : 'solvimon', text: 'has no such line' },
    ],
  };
}
