import type { ColumnType, Generated } from 'kysely';

/*
 * Row types, one per table of migrations/. NUMERIC, bigint and timestamptz arrive as text and stay text until the row
 * functions read them; jsonb arrives parsed.
 */

type Numeric = string;
type Timestamp = ColumnType<string, string | Date, string | Date>;
/** jsonb: written as JSON text, read as parsed. */
type Json<Shape> = ColumnType<Shape, string, string>;

export type RunTable = {
  id: string;
  seq: Generated<string>;
  cycle: string;
  timezone: string;
  config_hash: string;
  config: Json<unknown>;
  state: string;
  is_complete: boolean | null;
  incomplete_because: Generated<string[]>;
  summary: Json<unknown> | null;
  result_hash: string | null;
  failure: Json<unknown> | null;
  customers: string[] | null;
  created_at: Timestamp;
  finished_at: Timestamp | null;
};

export type LoadTable = {
  id: Generated<string>;
  run_id: string;
  side: 'legacy' | 'solvimon';
  state: 'loading' | 'loaded';
  listed: string | null;
  emitted: string | null;
  rejected: string | null;
  skipped: string | null;
  is_complete: boolean | null;
  incomplete_because: Generated<string[]>;
  control_totals: ColumnType<unknown, string | undefined, string>;
  input_hash: string | null;
  as_of: Timestamp | null;
  checkpoint: Json<unknown> | null;
  committed_documents: Generated<number>;
  started_at: Timestamp;
  loaded_at: Timestamp | null;
};

export type DocumentTable = {
  load_id: string;
  doc_no: number;
  document_id: string;
  customer: string;
  customer_ref: string;
  is_customer_mapped: boolean;
  in_cycle: boolean;
  currency: string;
  kind: string;
  state: string;
  raw_status: string;
  number: string | null;
  issued_at: string | null;
  updated_at: string | null;
  timezone: string | null;
  period: string | null;
  tax_mode: string;
  net: Numeric;
  tax: Numeric;
  discount: Numeric | null;
  gross: Numeric;
  not_ready: string[];
  is_clearable: boolean;
  digest: string;
  file: string | null;
  file_line: number | null;
  request_id: string | null;
  detail: unknown;
};

export type LineTable = {
  load_id: string;
  doc_no: number;
  ordinal: number;
  line_id: string;
  kind: string;
  charge_key: string;
  is_mapped: boolean;
  product_ref: string | null;
  period: string | null;
  quantity: Numeric | null;
  unit_price: Numeric | null;
  amount: Numeric;
  discount: Numeric;
  net: Numeric;
  tax: Numeric | null;
  description: string | null;
  detail: unknown;
};

export type RejectedDocumentTable = {
  load_id: string;
  seq: number;
  document_id: string;
  customer: string | null;
  customer_ref: string | null;
  currency: string | null;
  problems: Json<unknown>;
  file: string | null;
  file_line: number | null;
};

export type LoadProblemTable = { load_id: string; seq: number; problem: Json<unknown> };
export type LoadSkipTable = { load_id: string; reason: string; skipped: string; examples: string[] };
export type ResidueTable = {
  run_seq: string;
  chunk: number;
  customer: string;
  side: 'legacy' | 'solvimon';
  load_id: string;
  doc_no: number;
};
export type CompareChunkTable = {
  run_seq: string;
  chunk: number;
  state: 'waiting' | 'done';
  pairs: number | null;
  finished_at: Timestamp | null;
};

export type PairTable = {
  run_seq: string;
  id: string;
  chunk: number;
  customer: string | null;
  currency: string | null;
  state: string;
  legacy: string[];
  solvimon: string[];
  legacy_gross: Numeric | null;
  solvimon_gross: Numeric | null;
  mismatches: number;
  detail: unknown;
};

export type MismatchTable = {
  run_seq: string;
  id: string;
  chunk: number;
  pair_id: string;
  customer: string | null;
  currency: string | null;
  level: string;
  cause: string;
  confidence: string;
  charge_key: string | null;
  period: string | null;
  legacy_lines: string[];
  solvimon_lines: string[];
  legacy: Numeric | null;
  solvimon: Numeric | null;
  delta: Numeric;
  abs_delta: ColumnType<Numeric, never, never>;
  direction: string;
  components: Json<Record<string, string>>;
  is_within_tolerance: boolean;
  status: Generated<string>;
  fingerprint: string;
  detail: Json<unknown>;
  known: string | null;
};

export type RootCauseTable = {
  fingerprint: string;
  cause: string;
  level: string;
  charge_key: string | null;
  currency: string | null;
  status: string;
  status_before: string;
  first_cycle: string;
  last_cycle: string;
  judged_cycle: string;
  decided_gross: Numeric;
  decided_direction: string;
  owner: string | null;
  note: string | null;
  updated_at: Timestamp;
  accepted_until: ColumnType<string | null, string | null | undefined, string | null>;
};

export type RootCauseCycleTable = {
  fingerprint: string;
  cycle: string;
  run_seq: string;
  mismatches: number;
  proven: number;
  pairs: number;
  customers: number;
  over: Numeric;
  under: Numeric;
  would_match: number;
  examples: string[];
};

export type RootCauseEventTable = {
  id: Generated<string>;
  fingerprint: string;
  cycle: string | null;
  event: string;
  from_status: string;
  to_status: string;
  who: string | null;
  note: string | null;
  at: Timestamp;
};

export type SourceRateTable = { source: string; tokens: number; filled_at: Timestamp; paused_until: Timestamp | null };
export type SolvimonHoldTable = {
  account: string;
  invoice_id: string;
  asked_by: string;
  step: string;
  intended_at: Timestamp;
  confirmed_at: Timestamp | null;
  request_id: string | null;
};

export type SolvimonIncidentTable = {
  kind: 'shadow_invoice_final';
  account: string;
  invoice_id: string;
  customer_ref: string | null;
  seen_by: 'pull' | 'webhook';
  first_seen_at: Timestamp;
  last_seen_at: Timestamp;
  sightings: Generated<number>;
};

export type WebhookDeliveryTable = { token: string; keep_until: ColumnType<string, Date, Date> };

export type UsageCheckTable = {
  seq: Generated<string>;
  id: string;
  kind: 'run' | 'check' | 'dry_run' | 'backfill';
  run_id: string | null;
  cycle: string;
  timezone: string;
  state: 'reading' | 'compared';
  is_complete: boolean | null;
  incomplete_because: Generated<string[]>;
  closes_at: Timestamp;
  summary: Json<unknown> | null;
  result_hash: string | null;
  created_at: Timestamp;
  finished_at: Timestamp | null;
};

export type UsageLoadTable = {
  id: Generated<string>;
  check_seq: string;
  side: 'legacy' | 'solvimon';
  system: string;
  state: 'loading' | 'loaded';
  read: string | null;
  events: string | null;
  aggregates: string | null;
  rejected: string | null;
  skipped: ColumnType<unknown, string | undefined, string>;
  problems: ColumnType<unknown, string | undefined, string>;
  is_complete: boolean | null;
  incomplete_because: Generated<string[]>;
  input_hash: string | null;
  as_of: Timestamp | null;
  started_at: Timestamp;
  loaded_at: Timestamp | null;
};

export type Database = {
  run: RunTable;
  load: LoadTable;
  document: DocumentTable;
  line: LineTable;
  rejected_document: RejectedDocumentTable;
  load_problem: LoadProblemTable;
  load_skip: LoadSkipTable;
  residue: ResidueTable;
  compare_chunk: CompareChunkTable;
  pair: PairTable;
  mismatch: MismatchTable;
  source_rate: SourceRateTable;
  root_cause: RootCauseTable;
  root_cause_cycle: RootCauseCycleTable;
  root_cause_event: RootCauseEventTable;
  solvimon_hold: SolvimonHoldTable;
  solvimon_incident: SolvimonIncidentTable;
  webhook_delivery: WebhookDeliveryTable;
  usage_check: UsageCheckTable;
  usage_load: UsageLoadTable;
};
