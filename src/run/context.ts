import type { Kysely } from 'kysely';
import type { Pool } from 'pg';
import type { CompareRules } from '../model/compare-rules.js';
import type { KnownDifference } from '../model/known.js';
import type { Side } from '../model/side.js';
import type { Source } from '../model/source.js';
import type { Mapping } from '../reconcile/mapping.js';
import type { StoredRun } from '../store/runs.js';
import type { SourceRate } from '../store/source-rate.js';
import type { Database } from '../store/tables.js';
import type { Minimise } from './minimise-raw.js';
import type { UsageSettings } from './usage/settings.js';

/** What a use case needs of a run's configuration. Built by the composition root from the configuration the run began with. */
export type RunSettings = {
  readonly rules: CompareRules;
  /** Known differences that hold on the day the run began; left out: none. */
  readonly known?: readonly KnownDifference[];
  readonly mapping: Mapping;
  /** Days around the cycle that a source without a period filter reads as well. */
  readonly slackDays: number;
  /** Most customers per chunk of the residue. */
  readonly chunkSize: number;
  /** How long after its end a cycle may still change by late usage, in milliseconds; not given: not at all. */
  readonly settleGraceMs?: number;
  /** Takes out of a raw record what is not to be kept; not given: everything is kept. */
  readonly minimise?: Minimise;
  /** Left out or null: no usage is configured, and none is checked. */
  readonly usage?: UsageSettings | null;
  openSource(side: Side): Promise<Source>;
  /** null: this source sets no limit, a file or a database. */
  rateOf(side: Side): SourceRate | null;
};

/** Everything that reaches a use case from outside. The clock is passed in so that tests own it. */
export type RunContext = {
  readonly db: Kysely<Database>;
  readonly pool: Pool;
  now(): Date;
  settingsOf(run: StoredRun): Promise<RunSettings>;
  readonly signal: AbortSignal;
  log(event: string, data: Readonly<Record<string, unknown>>): void;
  progress(event: ProgressEvent): void;
};

/** What a progress bar may show. Never decides anything. */
export type ProgressEvent =
  | { readonly step: 'collect'; readonly side: Side; readonly documents: number; readonly isDone: boolean }
  | { readonly step: 'usage'; readonly side: Side; readonly records: number; readonly isDone: boolean }
  | { readonly step: 'pair'; readonly settledPairs: number; readonly residueCustomers: number; readonly chunks: number }
  | { readonly step: 'compare'; readonly chunk: number; readonly pairs: number }
  | { readonly step: 'summarise' };
