import type { CurrencyCode } from './currency.js';
import type { DocumentId, LineId } from './ids.js';
import type { DecimalText } from './money.js';
import type { Instant, Period } from './period.js';

/*
 * The canonical model: what every adapter translates its system's invoices into. Decimal text in major units, signed so
 * that a charge is positive and anything that lowers what the customer owes is negative; a credit note has negative lines.
 * Algebra per line:      net = amount + discount - inclusive tax.
 * Algebra per document:  sum(line.net) = totals.net, sum(line.tax) = totals.tax, net + tax = gross.
 * Lines of kind `balance`, `prepaid_drawdown` and `summary` are shown but are no part of these sums.
 */

export const documentKinds = ['invoice', 'credit_note', 'debit_note'] as const;
export type DocumentKind = (typeof documentKinds)[number];

export const documentStates = ['preview', 'draft', 'final', 'void', 'deleted', 'failed', 'unknown'] as const;
export type DocumentState = (typeof documentStates)[number];

export const lineKinds = [
  'recurring',
  'usage',
  'one_time',
  'setup',
  'minimum',
  'proration_charge',
  'proration_credit',
  'discount',
  'tax',
  'rounding',
  'refund_credit',
  'prepaid_drawdown',
  'balance',
  'summary',
  'unknown',
] as const;
export type LineKind = (typeof lineKinds)[number];

/** Kinds that are shown but never summed: balances are not billing. */
export const unsummedKinds: ReadonlySet<LineKind> = new Set(['prepaid_drawdown', 'balance', 'summary']);

export type TaxMode = 'exclusive' | 'inclusive' | 'mixed' | 'none' | 'unknown';

/** The natural key of a document in its own system. */
export type SourceRef = {
  /** The adapter kind: 'stripe', 'csv', 'solvimon'… */
  readonly system: string;
  /** Which account, site or tenant of it; '' when there is only one. */
  readonly account: string;
  readonly objectType: string;
  readonly id: DocumentId;
};

/** Where a record was read, for people: a file and line, or a request. Lines count from 1, the header included. */
export type Place = {
  readonly file?: string;
  readonly line?: number;
  readonly requestId?: string;
};

/** One tier of a tiered price. `to` is null for the open last tier. Amounts in major units of the document's currency. */
export type TierSlice = {
  readonly from: DecimalText;
  readonly to: DecimalText | null;
  readonly quantity: DecimalText;
  readonly unitPrice: DecimalText | null;
  readonly flat: DecimalText | null;
  readonly amount: DecimalText;
};

/** One tax on a line. `rate` is a percentage ("21", not "0.21"). */
export type TaxSlice = {
  readonly code: string | null;
  readonly rate: DecimalText | null;
  readonly taxable: DecimalText | null;
  readonly amount: DecimalText;
  readonly behaviour: 'inclusive' | 'exclusive';
};

/** How trustworthy a period is: as sent, or converted at the door and how. */
export type PeriodQuality = 'exact' | 'closed_end_fixed' | 'date_in_zone' | 'inverted' | 'shifted' | 'missing';

/** What the source says about how an amount came about; every field null when it does not say. All decimal text. */
export type PriceFacts = {
  readonly tierMode: 'graduated' | 'volume' | 'stair_step' | 'cumulative_stair_step' | null;
  readonly includedVolume: DecimalText | null;
  readonly minimumAmount: DecimalText | null;
  readonly blockSize: DecimalText | null;
  /** Share of the full period that is billed, e.g. "0.5". */
  readonly prorationFactor: DecimalText | null;
  /** Full-period unit price before proration, when the source states it. */
  readonly fullPrice: DecimalText | null;
  /** Amount and currency before conversion, and the rate used, when the price is in another currency. */
  readonly pricing: {
    readonly amount: DecimalText;
    readonly currency: CurrencyCode;
    readonly rate: DecimalText | null;
  } | null;
  /** The rate of a percentage discount ("10" is ten percent), on a discount or on a line with an attached discount. */
  readonly discountRate: DecimalText | null;
};

export const noPriceFacts: PriceFacts = {
  tierMode: null,
  includedVolume: null,
  minimumAmount: null,
  blockSize: null,
  prorationFactor: null,
  fullPrice: null,
  pricing: null,
  discountRate: null,
};

export type Line = {
  readonly id: LineId;
  /** True when the source gave no id and the adapter made one. */
  readonly idIsSynthetic: boolean;
  /** Position in the document, from 1. */
  readonly ordinal: number;
  readonly parentLineId: LineId | null;
  readonly kind: LineKind;
  /** The source's own word for the kind, verbatim. */
  readonly rawKind: string;
  readonly description: string | null;
  readonly productRef: string | null;
  readonly priceRef: string | null;
  readonly subscriptionRef: string | null;
  readonly meterRef: string | null;
  /** For a detached discount: the line or product it applies to, when the source says. */
  readonly appliesTo: string | null;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly period: Period | null;
  readonly periodQuality: PeriodQuality;
  readonly quantity: DecimalText | null;
  readonly unitPrice: DecimalText | null;
  /** True when the unit price is an average over tiers, so quantity × price need not give the amount. */
  readonly unitPriceIsBlended: boolean;
  readonly tiers: readonly TierSlice[];
  /** Signed, before discount; without tax unless the line's tax is inclusive. */
  readonly amount: DecimalText;
  /** Attached discount, ≤ 0 on a charge. */
  readonly discount: DecimalText;
  /** amount + discount - inclusive tax. */
  readonly net: DecimalText;
  /** All tax of the line; null when the source states tax only for the document. */
  readonly tax: DecimalText | null;
  readonly taxes: readonly TaxSlice[];
  readonly exactness: 'exact' | 'rounded' | 'approximate';
  readonly facts: PriceFacts;
};

/** Whether one of the identities that the source's own numbers should obey holds, and by how much not. */
export type IdentityCheck = {
  readonly name: string;
  readonly holds: boolean;
  readonly expected: DecimalText;
  readonly actual: DecimalText;
};

/** Why a document cannot be judged yet (architecture: pair state `not_ready`). */
export const notReadyReasons = [
  'open',
  'draft_not_on_hold',
  'held_by_validation',
  'to_be_reprocessed',
  'processing_behind',
  'unmatched_events',
  'unstable_between_fetches',
  'legacy_draft',
  'unknown_status',
  'source_inconsistent',
] as const;
export type NotReadyReason = (typeof notReadyReasons)[number];

export type Totals = {
  readonly net: DecimalText;
  /** Sum of discounts, ≤ 0; null when the source does not say. */
  readonly discount: DecimalText | null;
  readonly tax: DecimalText;
  /** The comparable total, before payments and balances. */
  readonly gross: DecimalText;
  /** Header numbers verbatim, under the source's own names. */
  readonly asReported: Readonly<Record<string, DecimalText>>;
};

export type Document = {
  readonly source: SourceRef;
  readonly kind: DocumentKind;
  readonly state: DocumentState;
  /** The source's own status and type, verbatim. */
  readonly rawStatus: string;
  readonly number: string | null;
  /** The customer's id as this side names it; the join across sides is the mapping's work. */
  readonly customerRef: string;
  readonly currency: CurrencyCode;
  readonly issuedAt: Instant | null;
  readonly updatedAt: Instant | null;
  /** The zone the source cut its periods in; null when it does not say. */
  readonly timezone: string | null;
  /** Header period as stated. Misleading in several systems: never used to compare, only to assign a cycle as a fallback. */
  readonly period: Period | null;
  readonly taxMode: TaxMode;
  readonly totals: Totals;
  /** Always complete: an adapter refuses a document whose lines it cannot prove complete. */
  readonly lines: readonly Line[];
  readonly relatesTo: readonly string[];
  readonly checks: readonly IdentityCheck[];
  /** Empty when the document may be judged. */
  readonly notReady: readonly NotReadyReason[];
  readonly place: Place;
  readonly apiVersion: string | null;
};

/** Whether a document may be settled by its digest alone: it can be judged, and it is live. */
export function isClearable(document: Pick<Document, 'state' | 'notReady'>): boolean {
  const { state, notReady } = document;
  return notReady.length === 0 && (state === 'final' || state === 'draft' || state === 'preview');
}
