create table compare_chunk (
  run_seq bigint not null,
  chunk integer not null,
  state text not null,
  pairs integer,
  finished_at timestamp with time zone,
  constraint compare_chunk_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'done'::text]))),
  constraint compare_chunk_run_seq_fkey FOREIGN KEY (run_seq) REFERENCES run(seq) ON DELETE CASCADE,
  constraint compare_chunk_pkey PRIMARY KEY (run_seq, chunk)
);

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
  issued_at timestamp with time zone,
  updated_at timestamp with time zone,
  timezone text,
  period tstzrange,
  tax_mode text not null,
  net numeric not null,
  tax numeric not null,
  discount numeric,
  gross numeric not null,
  not_ready text[] not null,
  is_clearable boolean not null,
  digest uuid not null,
  file text,
  file_line integer,
  request_id text,
  detail jsonb,
  constraint document_period_check CHECK (((period IS NULL) OR isempty(period) OR (lower_inc(period) AND (NOT upper_inc(period)))))
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
  period tstzrange,
  quantity numeric,
  unit_price numeric,
  amount numeric not null,
  discount numeric not null,
  net numeric not null,
  tax numeric,
  description text,
  detail jsonb,
  constraint line_period_check CHECK (((period IS NULL) OR isempty(period) OR (lower_inc(period) AND (NOT upper_inc(period)))))
) partition by list (load_id);

create table load (
  id bigint generated always as identity not null,
  run_id text not null,
  side text not null,
  state text not null,
  listed bigint,
  emitted bigint,
  rejected bigint,
  skipped bigint,
  is_complete boolean,
  incomplete_because text[] default '{}'::text[] not null,
  control_totals jsonb default '[]'::jsonb not null,
  input_hash text,
  as_of timestamp with time zone,
  checkpoint jsonb,
  committed_documents integer default 0 not null,
  started_at timestamp with time zone not null,
  loaded_at timestamp with time zone,
  constraint load_side_check CHECK ((side = ANY (ARRAY['legacy'::text, 'solvimon'::text]))),
  constraint load_state_check CHECK ((state = ANY (ARRAY['loading'::text, 'loaded'::text]))),
  constraint load_run_id_fkey FOREIGN KEY (run_id) REFERENCES run(id) ON DELETE CASCADE,
  constraint load_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX load_once ON public.load USING btree (run_id, side) WHERE (state = 'loaded'::text);

create table load_problem (
  load_id bigint not null,
  seq integer not null,
  problem jsonb not null,
  constraint load_problem_load_id_fkey FOREIGN KEY (load_id) REFERENCES load(id) ON DELETE CASCADE,
  constraint load_problem_pkey PRIMARY KEY (load_id, seq)
);

create table load_skip (
  load_id bigint not null,
  reason text not null,
  skipped bigint not null,
  examples text[] not null,
  constraint load_skip_load_id_fkey FOREIGN KEY (load_id) REFERENCES load(id) ON DELETE CASCADE,
  constraint load_skip_pkey PRIMARY KEY (load_id, reason)
);

create table mismatch (
  run_seq bigint not null,
  id text not null,
  chunk integer not null,
  pair_id uuid not null,
  customer text,
  currency text,
  level text not null,
  cause text not null,
  confidence text not null,
  charge_key text,
  period tstzrange,
  legacy_lines text[] not null,
  solvimon_lines text[] not null,
  legacy numeric,
  solvimon numeric,
  delta numeric not null,
  abs_delta numeric generated always as (abs(delta)) stored,
  direction text not null,
  components jsonb not null,
  is_within_tolerance boolean not null,
  status text default 'open'::text not null,
  fingerprint text not null,
  detail jsonb not null,
  constraint mismatch_confidence_check CHECK ((confidence = ANY (ARRAY['proven'::text, 'likely'::text, 'unknown'::text]))),
  constraint mismatch_direction_check CHECK ((direction = ANY (ARRAY['over'::text, 'under'::text, 'none'::text]))),
  constraint mismatch_level_check CHECK ((level = ANY (ARRAY['usage'::text, 'line'::text, 'tax'::text, 'header'::text])))
) partition by list (run_seq);

create table pair (
  run_seq bigint not null,
  id uuid not null,
  chunk integer not null,
  customer text,
  currency text,
  state text not null,
  legacy text[] not null,
  solvimon text[] not null,
  legacy_gross numeric,
  solvimon_gross numeric,
  mismatches integer not null,
  detail jsonb,
  constraint pair_state_check CHECK ((state = ANY (ARRAY['matched'::text, 'within_tolerance'::text, 'mismatch'::text, 'ambiguous'::text, 'only_legacy'::text, 'only_solvimon'::text, 'not_ready'::text, 'error'::text])))
) partition by list (run_seq);

create table raw_record (
  load_id bigint not null,
  doc_no integer not null,
  is_rejected boolean not null,
  object_type text not null,
  object_id text not null,
  sha256 bytea not null,
  bytes bytea not null,
  api_version text,
  request_id text,
  fetched_at timestamp with time zone not null
) partition by list (load_id);

create table rejected_document (
  load_id bigint not null,
  seq integer not null,
  document_id text not null,
  customer text,
  customer_ref text,
  currency text,
  problems jsonb not null,
  file text,
  file_line integer,
  constraint rejected_document_load_id_fkey FOREIGN KEY (load_id) REFERENCES load(id) ON DELETE CASCADE,
  constraint rejected_document_pkey PRIMARY KEY (load_id, seq)
);

create table residue (
  run_seq bigint not null,
  chunk integer not null,
  customer text not null,
  side text,
  load_id bigint,
  doc_no integer,
  constraint residue_side_check CHECK ((side = ANY (ARRAY['legacy'::text, 'solvimon'::text]))),
  constraint residue_run_seq_fkey FOREIGN KEY (run_seq) REFERENCES run(seq) ON DELETE CASCADE
);
CREATE INDEX residue_chunk ON public.residue USING btree (run_seq, chunk);

create table run (
  id text not null,
  seq bigint generated always as identity not null,
  cycle text not null,
  timezone text not null,
  config_hash text not null,
  config jsonb not null,
  state text not null,
  is_complete boolean,
  incomplete_because text[] default '{}'::text[] not null,
  summary jsonb,
  result_hash text,
  failure jsonb,
  customers text[],
  created_at timestamp with time zone not null,
  finished_at timestamp with time zone,
  constraint run_id_check CHECK ((id ~ '^[0-9a-z]{26}$'::text)),
  constraint run_state_check CHECK ((state = ANY (ARRAY['created'::text, 'collecting'::text, 'pairing'::text, 'comparing'::text, 'summarised'::text, 'finished'::text, 'failed'::text, 'cancelled'::text]))),
  constraint run_pkey PRIMARY KEY (id),
  constraint run_seq_key UNIQUE (seq)
);
CREATE INDEX run_cycle ON public.run USING btree (cycle, seq DESC);

create table source_rate (
  source text not null,
  tokens double precision not null,
  filled_at timestamp with time zone not null,
  paused_until timestamp with time zone,
  constraint source_rate_pkey PRIMARY KEY (source)
);
