import type { CompareRules } from '../model/compare-rules.js';
import type { CurrencyCode } from '../model/currency.js';
import { addText, toMinorUnits, zero } from '../model/money.js';
import type { FormRow } from '../model/prepared.js';
import type { FormGroup } from '../model/prepared.js';

export type TaxScope = 'line' | 'document' | 'off';

/** How groups of lines of the two sides belong together. `rules` is the chain that led there, in order. */
export type GroupLink =
  | {
      readonly kind: 'matched';
      readonly legacy: FormGroup;
      readonly solvimon: FormGroup;
      readonly rules: readonly string[];
      /** Inside a group that agrees as a whole: paired for show, and no difference whatever its lines say apart. */
      readonly isSettled?: true;
    }
  /** Several lines on at least one side that add up to the same. */
  | {
      readonly kind: 'regrouped';
      readonly legacy: readonly FormGroup[];
      readonly solvimon: readonly FormGroup[];
      readonly rules: readonly string[];
      /** Inside a group that the comparison form already says is the same: linked for show, without a note. */
      readonly isSettled?: true;
    }
  /** Several ways to add up to the same, none better than the others: nobody picks one. */
  | {
      readonly kind: 'ambiguous';
      readonly legacy: readonly FormGroup[];
      readonly solvimon: readonly FormGroup[];
      readonly rules: readonly string[];
    }
  | { readonly kind: 'only_legacy'; readonly legacy: FormGroup; readonly rules: readonly string[] }
  | { readonly kind: 'only_solvimon'; readonly solvimon: FormGroup; readonly rules: readonly string[] };

export type MatchOptions = {
  readonly currency: CurrencyCode;
  readonly taxScope: TaxScope;
  readonly rules: CompareRules;
};

/** What a row is judged by: net, or net with tax, rounded half-up to whole minor units. */
export function rowMinor(row: FormRow, options: Pick<MatchOptions, 'currency' | 'taxScope'>): bigint {
  if (options.taxScope !== 'line' || row.tax === null || row.tax === zero)
    return toMinorUnits(row.net, options.currency);
  return toMinorUnits(addText(row.net, row.tax), options.currency);
}

/** Whether two rows say the same about everything that the rules compare. */
export function saysTheSame(legacy: FormRow, solvimon: FormRow, options: MatchOptions): boolean {
  return rowMinor(legacy, options) === rowMinor(solvimon, options) && statesTheSame(legacy, solvimon, options);
}

/** As `saysTheSame`, of everything but the money. */
export function statesTheSame(legacy: FormRow, solvimon: FormRow, options: Pick<MatchOptions, 'rules'>): boolean {
  const differ = (a: string | null, b: string | null) => a !== null && b !== null && a !== b;
  if (options.rules.quantity && differ(legacy.quantity, solvimon.quantity)) return false;
  // A net price against a gross price with its discount says the same.
  return !(
    options.rules.unitPrice &&
    differ(legacy.unitPrice, solvimon.unitPrice) &&
    legacy.discount === solvimon.discount
  );
}

/** The groups of one side of a link. */
export function groupsOf(link: GroupLink, side: 'legacy' | 'solvimon'): readonly FormGroup[] {
  if (link.kind === 'only_legacy') return side === 'legacy' ? [link.legacy] : [];
  if (link.kind === 'only_solvimon') return side === 'solvimon' ? [link.solvimon] : [];
  const groups = link[side];
  return 'row' in groups ? [groups] : groups;
}
