import type { DocumentKind, DocumentState, LineKind } from '../../src/model/document.js';
import type { DecimalText } from '../../src/model/money.js';
import type { Instant } from '../../src/model/period.js';
import type { Side } from '../../src/model/side.js';
import type { Scope, Source } from '../../src/model/source.js';

/*
 * What an adapter brings to the conformance suite. The suite says in the words of the canonical model what the system
 * holds; the harness puts that into its fake or database in the system's own words, so that the expectation is never
 * made by the code under test.
 */

/** A line as the canonical model should show it: major units, signed, half-open period. */
export type SampleLine = {
  readonly id: string;
  readonly kind: LineKind;
  readonly product: string;
  readonly price: string;
  readonly period: { readonly start: Instant; readonly end: Instant };
  /** Null for a discount that is a line of its own. */
  readonly quantity: DecimalText | null;
  readonly amount: DecimalText;
  /** ≤ 0 on a charge. */
  readonly discount: DecimalText;
  /** Exclusive tax. The suite leaves it "0" for a source that declares taxLevel none. */
  readonly tax: DecimalText;
  readonly taxRate: DecimalText | null;
  /** Tiers of a graduated price; the amounts add up to `amount`, the quantities to `quantity`. */
  readonly tiers: readonly {
    readonly from: DecimalText;
    readonly to: DecimalText | null;
    readonly quantity: DecimalText;
    readonly unitPrice: DecimalText;
    readonly amount: DecimalText;
  }[];
};

/** A document as the canonical model should show it. Its totals are the sums of its lines. */
export type SampleDocument = {
  readonly id: string;
  readonly kind: Extract<DocumentKind, 'invoice' | 'credit_note'>;
  readonly state: Extract<DocumentState, 'final' | 'draft' | 'void'>;
  readonly customer: string;
  readonly currency: string;
  readonly issuedAt: Instant;
  readonly lines: readonly SampleLine[];
};

/**
 * What goes wrong on the way. `times` replies are spoilt, beginning with reply number `after` (0: the very first);
 * Infinity never ends. For a database a reply is the answer to a statement.
 */
export type Fault =
  | {
      readonly kind: 'rate_limited';
      readonly after: number;
      readonly times: number;
      readonly retryAfterSeconds: number | null;
    }
  /** 500, or the database's own "try again": connection lost, server shutting down. */
  | { readonly kind: 'server_error'; readonly after: number; readonly times: number }
  | { readonly kind: 'unauthorised' }
  /** A login page with status 200. */
  | { readonly kind: 'html'; readonly after: number; readonly times: number }
  /** The connection ends in the middle of a body. */
  | { readonly kind: 'cut_off'; readonly after: number; readonly times: number }
  /** The reply never comes. `onHang` is called when the request has arrived and is left waiting. */
  | { readonly kind: 'hangs'; readonly after: number; readonly onHang: () => void }
  /** After the first page, `document` comes into being where the pages already read were. */
  | { readonly kind: 'inserts'; readonly document: SampleDocument }
  /** After the first page, the document that the next page hangs on is deleted. `onDelete` gets its id. */
  | { readonly kind: 'deletes'; readonly onDelete: (id: string) => void }
  /** The last record of each page is sent again as the first of the next. */
  | { readonly kind: 'repeats' };
export type FaultKind = Fault['kind'];

export type Setup = {
  readonly documents: readonly SampleDocument[];
  readonly faults?: readonly Fault[];
  /** False: the system says, or its clock shows, that the cycle of the suite is not billed yet. */
  readonly isCycleBilled?: boolean;
};

export type Opened = {
  readonly source: Source;
  /** Requests or statements that have arrived so far. */
  requests(): number;
  /** Requests or statements that could change something, as text. Declared read-only POSTs do not count. */
  writes(): readonly string[];
  /** The clock that belongs to this setup, epoch milliseconds. Passed to the source as `context.now`. */
  now(): number;
  /** Closes the source and its fake. */
  close(): Promise<void>;
};

export type Harness = {
  readonly side: Side;
  /** Zone that the system cuts its periods in. Give one with a clock change in October 2026, such as Europe/Amsterdam. */
  readonly timezone: string;
  /** Which faults the transport can have at all. A file has none of them, a database has neither html nor rate_limited. */
  readonly faults: readonly FaultKind[];
  /** `scope`: the adapter selects the cycle's documents itself. `input`: whatever the file holds is the cycle. */
  readonly cycleIsCutBy: 'scope' | 'input';
  /** Whether the source can tell an unbilled cycle from an empty one. */
  readonly knowsUnbilled: boolean;
  /** Documents per page or batch; null when there are no pages. Sizes the samples so that the last page is never the first. */
  readonly pageSize: number | null;
  /** Lines that come with a document before its lines are paged; null when all of them always come. */
  readonly inlineLines: number | null;
  /** Fraction digits that an amount in this currency can have on the wire; null: any number. */
  readonly amountDigits: (currency: 'EUR' | 'JPY' | 'KWD') => number | null;
  /** False: the system has no documented word for a withdrawn document, so one is of unknown state and never judged. */
  readonly knowsVoid?: false;
  /** `detached`: a discount is a line of its own, named by its kind. Attached when not given. */
  readonly discounts?: 'attached' | 'detached';
  /** Whether the adapter asks `context.acquire` before each request; a file or database need not. */
  readonly isMetered: boolean;
  open(setup: Setup): Promise<Opened>;
};

/** The cycle of every check, 2026-10: with a clock change in Amsterdam on 25 October, so it is an hour longer. */
export type SuiteScope = Scope;
