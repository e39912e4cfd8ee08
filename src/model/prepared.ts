import type { CurrencyCode } from './currency.js';
import type { Document, Line } from './document.js';
import type { ChargeKey, CustomerKey } from './ids.js';
import type { DecimalText } from './money.js';
import type { Instant } from './period.js';
import type { RejectedDocument } from './problem.js';

/** Which sums a line joins. A discount is folded into its target, a tax line into its document. */
export const lineClasses = ['charge', 'minimum', 'rounding', 'discount', 'tax', 'not_summed'] as const;
export type LineClass = (typeof lineClasses)[number];

/** A line with its charge key. */
export type MappedLine = Line & {
  readonly chargeKey: ChargeKey;
  /** False when a mapping is configured and this line's product is not in it. */
  readonly isMapped: boolean;
};

/**
 * One row of the comparison form: all lines of a document with the same charge key, class and period, discounts folded
 * in, zero rows dropped. Amounts are canonical text in major units, exact, not rounded.
 */
export type FormRow = {
  readonly chargeKey: ChargeKey;
  readonly lineClass: 'charge' | 'minimum' | 'rounding';
  readonly periodStart: Instant | null;
  readonly periodEnd: Instant | null;
  /** null when a line of the group states none. */
  readonly quantity: DecimalText | null;
  /** null when several charge lines are grouped or the price is blended. */
  readonly unitPrice: DecimalText | null;
  readonly discount: DecimalText;
  readonly net: DecimalText;
  /** null when tax is stated for the document only. */
  readonly tax: DecimalText | null;
};

/** A row of the form together with the lines that were folded into it. */
export type FormGroup = { readonly row: FormRow; readonly lines: readonly MappedLine[] };

/** The form in which two systems that say the same thing look the same. Rows are sorted by all their fields. */
export type ComparisonForm = {
  readonly currency: CurrencyCode;
  readonly isCredit: boolean;
  readonly rows: readonly FormRow[];
  readonly net: DecimalText;
  readonly tax: DecimalText;
  readonly gross: DecimalText;
};

/** A document ready for the comparison: mapped, with its form and the digest of it. */
export type PreparedDocument = {
  readonly document: Document;
  readonly customer: CustomerKey;
  /** False when a customer mapping is configured and this customer is not in it. */
  readonly isCustomerMapped: boolean;
  readonly lines: readonly MappedLine[];
  /** The lines behind each row of the form, in the order of its rows. */
  readonly groups: readonly FormGroup[];
  readonly form: ComparisonForm;
  /** 128 bits of SHA-256 over the canonical form, as a UUID; equal digests mean equal forms. */
  readonly digest: string;
};

/**
 * What looking at the events behind a usage line found, as quantities of the meter: missing in Solvimon, counted twice
 * there, arrived after its cut-off, or stored and matched to no price. null: nobody looked.
 */
export type UsageEvidence = {
  readonly chargeKey: ChargeKey;
  readonly periodStart: Instant | null;
  readonly missing: DecimalText | null;
  readonly duplicate: DecimalText | null;
  readonly late: DecimalText | null;
  readonly unmatched: DecimalText | null;
  /** The events behind the quantities; left out when they have no references. */
  readonly events?: Readonly<Partial<Record<'missing' | 'duplicate' | 'late' | 'unmatched', EventEvidence>>>;
};

/** How many events, as whole decimal text, and the references of the first of them. */
export type EventEvidence = { readonly count: DecimalText; readonly examples: readonly string[] };

/** Everything of one customer and cycle that the engine needs to judge. */
export type CustomerCase = {
  readonly customer: CustomerKey | null;
  readonly legacy: readonly PreparedDocument[];
  readonly solvimon: readonly PreparedDocument[];
  readonly legacyRejected: readonly RejectedDocument[];
  readonly solvimonRejected: readonly RejectedDocument[];
  /** Documents of the neighbouring cycles: never paired, but they tell `period.other_cycle` from a missing line. */
  readonly legacyNeighbours: readonly PreparedDocument[];
  readonly solvimonNeighbours: readonly PreparedDocument[];
  /** Left out when no usage check ran. */
  readonly usageEvidence?: readonly UsageEvidence[];
};
