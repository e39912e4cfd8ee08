import type { CycleId } from './ids.js';
import type { Document, DocumentKind } from './document.js';
import type { Instant, Period } from './period.js';
import type { Problem, RejectedDocument } from './problem.js';
import type { Side } from './side.js';

/*
 * The contract between an adapter and the rest. An adapter is a folder with the same five files each:
 *   adapter.ts      the contract: kind, config schema, capabilities, open()
 *   shape.ts        what the source sends, as schemas; only the fields used
 *   read.ts         fetching or reading; the only file with I/O
 *   to-document.ts  the pure translation from one raw record to a Document or a RejectedDocument
 *   to-document.test.ts
 */

/** What an adapter promises; the conformance suite proves each declaration in both directions. */
export type Capabilities = {
  /** `file`: an immutable object that can be read again, so nothing is copied; `repeatable_read`: one database snapshot; `none`: the source moves while it is read. */
  readonly snapshot: 'none' | 'repeatable_read' | 'file';
  readonly linesInline: 'all' | 'first_page' | 'none';
  readonly creditNotes: 'separate' | 'as_invoices' | 'as_lines' | 'none';
  readonly taxLevel: 'line' | 'document' | 'both' | 'none';
  readonly tiers: 'on_line' | 'sibling_lines' | 'none';
  readonly money: {
    readonly unit: 'minor' | 'major' | 'by_config';
    readonly wire: 'json_int' | 'json_number' | 'string' | 'mixed' | 'text';
  };
  readonly periodEnd: 'exclusive' | 'inclusive_day' | 'inclusive_second' | 'by_config';
  /** Whether a pull can continue from a checkpoint instead of starting again. */
  readonly resumable: boolean;
  readonly fetchOne: boolean;
  /**
   * What an id that stands twice in one pull means. Not said: a fault for files and databases, and for a source that moves
   * while it is read (`snapshot: 'none'`) a later reading that counts. `identical_once`: equal copies count as one.
   */
  readonly repeatedIds?: 'identical_once';
};

/** What to pull. Customers are ids as this source names them. */
export type Scope = {
  readonly cycle: CycleId;
  /** The cycle's half-open period in `timezone`. */
  readonly period: Period;
  readonly timezone: string;
  readonly customers: ReadonlySet<string> | 'all';
  /** Extra days on both ends for sources that can only filter by another date than the service period. */
  readonly slackDays: number;
};

/** Opaque to everybody but the adapter that made it; JSON-serialisable; stored with the batch it acknowledges. */
export type Checkpoint = { readonly v: 1; readonly phase: string; readonly cursor: string; readonly seen: number };

/** One document as the source sent it, kept so that a mapping fault is mended by replay and not by pulling again. */
export type RawRecord = {
  readonly objectType: string;
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly apiVersion: string | null;
  readonly requestId: string | null;
  readonly fetchedAt: Instant;
};

/** What a translation answers: a document, or a rejection that names every problem. */
export type Translated =
  | { readonly type: 'document'; readonly document: Document }
  | { readonly type: 'rejected'; readonly rejected: RejectedDocument };

/** Every record once: listed = emitted + rejected + skipped. Of the whole pull, also after it was continued from a checkpoint. */
export type PullCounts = {
  readonly listed: number;
  readonly emitted: number;
  readonly rejected: number;
  readonly skipped: number;
};

/** One control figure of a manifest or trailer, compared with what was read. */
export type ControlTotal = {
  readonly name: string;
  readonly expected: string;
  readonly actual: string;
  readonly agrees: boolean;
};

export type PullEvent =
  /** `isNeighbour`: a document of the cycle before or after, kept as context for causes and never paired. */
  | (Translated & { readonly raw: RawRecord | null; readonly isNeighbour?: boolean })
  /** Read, understood and left out: outside the scope, deleted, a void of another cycle. Counted, never lost. */
  | { readonly type: 'skipped'; readonly id: string; readonly kind: DocumentKind | null; readonly reason: string }
  /** A fault of the input as a whole (a missing file, a control total), not of one document. */
  | { readonly type: 'problem'; readonly problem: Problem }
  | { readonly type: 'checkpoint'; readonly checkpoint: Checkpoint }
  | {
      readonly type: 'done';
      readonly counts: PullCounts;
      /** False when the source cannot prove that everything was read; the run then ends incomplete. */
      readonly complete: boolean;
      readonly incompleteBecause: readonly string[];
      readonly controlTotals: readonly ControlTotal[];
      readonly asOf: Instant;
      /** Identity of the input for "same input, same bytes": sha256 of files, or a watermark. */
      readonly inputHash: string | null;
    };

export type PullContext = {
  readonly signal: AbortSignal;
  readonly resume: Checkpoint | null;
  /** Waits for `tokens` of the bucket that all workers share for this source. */
  acquire(tokens?: number): Promise<void>;
  /** Tells the queue that the source asked for a pause. */
  rateLimited(retryAfterMs: number, why: string): void;
  /** The clock, passed in so that tests own it. Epoch milliseconds. */
  now(): number;
  log(event: string, data: Readonly<Record<string, unknown>>): void;
};

/** One finding of `check`: a sentence in plain words, and what to do next. */
export type CheckFinding = {
  readonly level: 'ok' | 'warning' | 'problem';
  /** Stable id: 'credentials', 'permissions', 'environment', 'version', 'clock', 'completeness', 'reachability', 'writable'… */
  readonly topic: string;
  readonly sentence: string;
  readonly next: string | null;
};

/** An adapter opened with its configuration. Never writes to its system. */
export type Source = {
  readonly side: Side;
  readonly system: string;
  readonly capabilities: Capabilities;
  check(context: PullContext): Promise<readonly CheckFinding[]>;
  pull(scope: Scope, context: PullContext): AsyncIterable<PullEvent>;
  /** Re-reads one document by its id, for drill-down and for the re-read before a verdict; `undefined` when it is gone. */
  fetchOne(id: string, context: PullContext): Promise<(Translated & { readonly raw: RawRecord | null }) | undefined>;
  /** Pure: the same bytes give the same answer, so stored raw records can be replayed. Throws for sources with snapshot `file`. */
  translate(raw: RawRecord): Translated;
  close(): Promise<void>;
};
