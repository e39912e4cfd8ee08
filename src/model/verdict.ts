import type { CurrencyCode } from './currency.js';
import type { NotReadyReason } from './document.js';
import type { ChargeKey, CustomerKey, CycleId, DocumentId, LineId } from './ids.js';
import type { DecimalText } from './money.js';
import type { Period } from './period.js';
import type { Problem } from './problem.js';
import type { Direction } from './side.js';

/** The last four never count as matched; `not_ready` and `error` are not differences either. */
export const pairStates = [
  'matched',
  'within_tolerance',
  'mismatch',
  'ambiguous',
  'only_legacy',
  'only_solvimon',
  'not_ready',
  'error',
] as const;
export type PairState = (typeof pairStates)[number];

/** States that count as agreement. Everything else does not (keeps I10). */
export const agreeingStates: ReadonlySet<PairState> = new Set(['matched', 'within_tolerance']);

/** `header` speaks of whole documents: existence, currency, and what no line explains. */
export const levels = ['usage', 'line', 'tax', 'header'] as const;
export type Level = (typeof levels)[number];

/** The closed list of causes: ids are stable and public, in the order in which tables show them. */
export const causes = [
  'invoice.missing_in_solvimon',
  'invoice.missing_in_legacy',
  'invoice.duplicate_in_solvimon',
  'invoice.duplicate_in_legacy',
  'line.missing_in_solvimon',
  'line.missing_in_legacy',
  'line.duplicate_in_solvimon',
  'line.duplicate_in_legacy',
  'currency.differs',
  'mapping.unmapped_product',
  'mapping.unmapped_customer',
  'period.boundary_shift',
  'period.other_cycle',
  'usage.quantity',
  'usage.missing_events',
  'usage.duplicate_events',
  'usage.late_events',
  'usage.unmatched_events',
  'price.unit_price',
  'price.tier_boundary',
  'price.tier_mode',
  'price.included_volume',
  'price.minimum_commitment',
  'price.block_size',
  'proration.day_count',
  'proration.missing',
  'proration.extra',
  'discount.missing',
  'discount.rate',
  'discount.scope',
  'discount.order',
  'tax.rate',
  'tax.missing',
  'tax.base',
  'tax.inclusive',
  'rounding.mode',
  'rounding.level',
  'rounding.price_precision',
  'fx.rate',
  'structure.split_line',
  'structure.merged_line',
  'structure.split_invoice',
  'structure.merged_invoice',
  'metadata.differs',
  'unexplained',
] as const;
export type Cause = (typeof causes)[number];

/**
 * proven: recomputing one side under the hypothesis gives the other side's amount to the minor unit and no rival does.
 * likely: it fits but a rival fits too, or inputs are missing. unknown: nothing fits; the cause is then `unexplained`.
 */
export const confidences = ['proven', 'likely', 'unknown'] as const;
export type Confidence = (typeof confidences)[number];

/** What a delta is made of. Components sum to the delta in minor units, always (keeps I2). */
export const componentNames = [
  'quantity',
  'price',
  'proration',
  'discount',
  'fx',
  'tax_base',
  'tax_rate',
  'rounding',
  'lines',
  'header',
  'unexplained',
] as const;
export type ComponentName = (typeof componentNames)[number];
/** Only non-zero components are present. */
export type Components = Partial<Readonly<Record<ComponentName, DecimalText>>>;

/** One step of a proof as a person would write it on the back of an envelope. */
export type WorkingStep = { readonly label: string; readonly text: string };

/** The tolerance that was applied to a mismatch, or that it exceeded; null when the default (exact) held. */
export type AppliedTolerance = {
  readonly rule: string;
  readonly over: string;
  readonly under: string;
  readonly within: boolean;
};

/** One difference of a pair, as the engine finds it. Amounts are gross (with tax) at line and header level, tax at tax level. */
export type MismatchFinding = {
  readonly level: Level;
  readonly legacyLines: readonly LineId[];
  readonly solvimonLines: readonly LineId[];
  readonly chargeKey: ChargeKey | null;
  readonly period: Period | null;
  readonly cause: Cause;
  readonly confidence: Confidence;
  /** Causes that would explain it as well; empty when proven. */
  readonly rivals: readonly Cause[];
  /** null: this side has nothing here. Missing is not zero (keeps I6). */
  readonly legacy: DecimalText | null;
  readonly solvimon: DecimalText | null;
  /** solvimon minus legacy, a missing side counting as nothing, in the pair's currency. */
  readonly delta: DecimalText;
  readonly direction: Direction;
  readonly components: Components;
  readonly working: readonly WorkingStep[];
  /** The chain of rules that led here, in order. */
  readonly rules: readonly string[];
  readonly tolerance: AppliedTolerance | null;
  /** Group of differences with the same shape across customers; see reconcile/fingerprint. */
  readonly fingerprint: string;
};

/** Something worth showing that is no difference in money: a split line, a detached discount, another description. */
export type Note = {
  readonly cause: Cause;
  readonly legacyLines: readonly LineId[];
  readonly solvimonLines: readonly LineId[];
  readonly text: string;
};

/** How lines of the two sides were related inside a pair; every line of both sides stands in exactly one link. */
export type LineLink = {
  readonly relation:
    | 'equal'
    | 'within_tolerance'
    | 'differs'
    | 'split'
    | 'merged'
    | 'only_legacy'
    | 'only_solvimon'
    | 'ambiguous'
    | 'not_summed';
  readonly legacyLines: readonly LineId[];
  readonly solvimonLines: readonly LineId[];
  readonly legacy: DecimalText | null;
  readonly solvimon: DecimalText | null;
  readonly delta: DecimalText;
};

/** The verdict on one pair. Every document of both sides stands in exactly one pair (keeps I1). */
export type PairVerdict = {
  readonly customer: CustomerKey | null;
  /** null only when no side's currency could be read, or the two differ. */
  readonly currency: CurrencyCode | null;
  readonly state: PairState;
  readonly legacy: readonly DocumentId[];
  readonly solvimon: readonly DocumentId[];
  /** Gross totals of each side, null when that side has no readable document. */
  readonly legacyGross: DecimalText | null;
  readonly solvimonGross: DecimalText | null;
  readonly mismatches: readonly MismatchFinding[];
  /** How the lines were related; empty when the forms were equal and no line was looked at. */
  readonly links: readonly LineLink[];
  readonly notes: readonly Note[];
  readonly notReady: readonly NotReadyReason[];
  readonly problems: readonly Problem[];
  /** For `ambiguous`: the rival pairings and the cost gap, so that a person can decide. */
  readonly alternatives: readonly {
    readonly legacy: readonly DocumentId[];
    readonly solvimon: readonly DocumentId[];
    readonly costGap: number;
  }[];
  readonly rules: readonly string[];
};

/** Disposition of a stored mismatch. */
export const mismatchStatuses = [
  'open',
  'investigating',
  'accepted',
  'fix_solvimon',
  'fix_legacy',
  'fix_mapping',
  'resolved',
  'reopened',
  'expired',
  'stale',
] as const;
export type MismatchStatus = (typeof mismatchStatuses)[number];

/** A mismatch as stored and shown: a finding with its identity and its place. */
export type Mismatch = MismatchFinding & {
  readonly id: string;
  readonly cycle: CycleId;
  readonly customer: CustomerKey | null;
  readonly currency: CurrencyCode | null;
  readonly status: MismatchStatus;
};
