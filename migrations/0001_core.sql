-- The spine: runs, what each side sent (document, line), and the verdicts (pair, mismatch).
-- Bulk tables are partitioned by load or run, so that an old cycle is dropped and never deleted row by row.
-- No foreign keys on bulk tables: they make COPY six times slower; `shadowbill` checks the links once per load instead.

create table run (
  id text primary key check (id ~ '^[0-9a-z]{26}$'),
  seq bigint generated always as identity unique,
  cycle text not null,
  timezone text not null,
  config_hash text not null,
  config jsonb not null,
  state text not null check (state in ('created', 'collecting', 'pairing', 'comparing', 'summarised', 'finished', 'failed', 'cancelled')),
  is_complete boolean,
  incomplete_because text[] not null default '{}',
  summary jsonb,
  result_hash text,
  failure jsonb,
  customers text[],
  created_at timestamptz not null,
  finished_at timestamptz
);
create index run_cycle on run (cycle, seq desc);

-- One reading of one side. Its id is the partition key of document and line.
create table load (
  id bigint generated always as identity primary key,
  run_id text not null references run (id) on delete cascade,
  side text not null check (side in ('legacy', 'solvimon')),
  state text not null check (state in ('loading', 'loaded')),
  listed bigint,
  emitted bigint,
  rejected bigint,
  skipped bigint,
  is_complete boolean,
  incomplete_because text[] not null default '{}',
  control_totals jsonb not null default '[]',
  input_hash text,
  as_of timestamptz,
  -- How far a resumable source was read and stored: documents up to `committed_documents` stand, later ones are trimmed.
  checkpoint jsonb,
  committed_documents integer not null default 0,
  started_at timestamptz not null,
  loaded_at timestamptz
);
create unique index load_once on load (run_id, side) where state = 'loaded';

create table document (
  load_id bigint not null,
  doc_no integer not null,
  document_id text not null,
  customer text not null,
  customer_ref text not null,
  is_customer_mapped boolean not null,
  in_cycle boolean not null,
  currency text not null,
  kind text not null,
  state text not null,
  raw_status text not null,
  number text,
  issued_at timestamptz,
  updated_at timestamptz,
  timezone text,
  period tstzrange check (period is null or isempty(period) or (lower_inc(period) and not upper_inc(period))),
  tax_mode text not null,
  net numeric not null,
  tax numeric not null,
  discount numeric,
  gross numeric not null,
  not_ready text[] not null,
  -- May be settled by its digest alone: comparable, live, every identity holds.
  is_clearable boolean not null,
  digest uuid not null,
  file text,
  file_line integer,
  request_id text,
  detail jsonb
) partition by list (load_id);

create table line (
  load_id bigint not null,
  doc_no integer not null,
  ordinal integer not null,
  line_id text not null,
  kind text not null,
  charge_key text not null,
  is_mapped boolean not null,
  product_ref text,
  period tstzrange check (period is null or isempty(period) or (lower_inc(period) and not upper_inc(period))),
  quantity numeric,
  unit_price numeric,
  amount numeric not null,
  discount numeric not null,
  net numeric not null,
  tax numeric,
  description text,
  detail jsonb
) partition by list (load_id);

-- Documents as their source sent them, for replay and evidence; only for sources that cannot be read again as they were.
create table raw_record (
  load_id bigint not null,
  doc_no integer not null,
  -- What `doc_no` counts: stored documents, or rejected ones.
  is_rejected boolean not null,
  object_type text not null,
  object_id text not null,
  sha256 bytea not null,
  bytes bytea not null,
  api_version text,
  request_id text,
  fetched_at timestamptz not null
) partition by list (load_id);

-- Records that could not be read as a document. Everything that could be read of their identity is kept.
create table rejected_document (
  load_id bigint not null references load (id) on delete cascade,
  seq integer not null,
  document_id text not null,
  customer text,
  customer_ref text,
  currency text,
  problems jsonb not null,
  file text,
  file_line integer,
  primary key (load_id, seq)
);

-- Faults of the input as a whole: a missing file, a control total that differs.
create table load_problem (
  load_id bigint not null references load (id) on delete cascade,
  seq integer not null,
  problem jsonb not null,
  primary key (load_id, seq)
);

-- Records that were read, understood and left out, counted by reason with a few examples.
create table load_skip (
  load_id bigint not null references load (id) on delete cascade,
  reason text not null,
  skipped bigint not null,
  examples text[] not null,
  primary key (load_id, reason)
);

-- Documents of customers that their digests did not settle, in chunks of whole customers for the engine.
create table residue (
  run_seq bigint not null references run (seq) on delete cascade,
  chunk integer not null,
  customer text not null,
  -- Null for a customer all of whose documents were rejected.
  side text check (side in ('legacy', 'solvimon')),
  load_id bigint,
  doc_no integer
);
create index residue_chunk on residue (run_seq, chunk);

create table compare_chunk (
  run_seq bigint not null references run (seq) on delete cascade,
  chunk integer not null,
  state text not null check (state in ('waiting', 'done')),
  pairs integer,
  finished_at timestamptz,
  primary key (run_seq, chunk)
);

create table pair (
  run_seq bigint not null,
  id uuid not null,
  -- -1: settled by digest. 0: documents without a readable customer. From 1: the engine's chunks.
  chunk integer not null,
  customer text,
  currency text,
  state text not null check (state in ('matched', 'within_tolerance', 'mismatch', 'ambiguous', 'only_legacy', 'only_solvimon', 'not_ready', 'error')),
  legacy text[] not null,
  solvimon text[] not null,
  legacy_gross numeric,
  solvimon_gross numeric,
  mismatches integer not null,
  detail jsonb
) partition by list (run_seq);

create table mismatch (
  run_seq bigint not null,
  id text not null,
  chunk integer not null,
  pair_id uuid not null,
  customer text,
  currency text,
  level text not null check (level in ('usage', 'line', 'tax', 'header')),
  cause text not null,
  confidence text not null check (confidence in ('proven', 'likely', 'unknown')),
  charge_key text,
  period tstzrange,
  legacy_lines text[] not null,
  solvimon_lines text[] not null,
  legacy numeric,
  solvimon numeric,
  delta numeric not null,
  abs_delta numeric generated always as (abs(delta)) stored,
  direction text not null check (direction in ('over', 'under', 'none')),
  components jsonb not null,
  is_within_tolerance boolean not null,
  status text not null default 'open',
  fingerprint text not null,
  detail jsonb not null
) partition by list (run_seq);

-- How many requests a source may still get, shared by every worker on every machine. Lost in a crash, which only means a full bucket.
create unlogged table source_rate (
  source text primary key,
  -- Below zero: requests that have been promised and are still waiting for their moment.
  tokens double precision not null,
  filled_at timestamptz not null,
  paused_until timestamptz
);
