-- The usage of both systems, compared before their invoices are. Events are read into bare tables of their own, compared
-- there by set operations, and dropped: what is kept is every total, every hash, and every single event that is not as it
-- should be.

create table usage_check (
  seq bigint generated always as identity primary key,
  id text not null unique check (id ~ '^[0-9a-z]{26}$'),
  kind text not null check (kind in ('run', 'check', 'dry_run', 'backfill')),
  -- The run that it is part of; only then are quantities of invoices compared too.
  run_id text unique references run (id) on delete cascade,
  cycle text not null,
  timezone text not null,
  state text not null check (state in ('reading', 'compared')),
  is_complete boolean,
  incomplete_because text[] not null default '{}',
  -- From when on an event of the cycle comes too late to be billed in it.
  closes_at timestamptz not null,
  summary jsonb,
  -- Over totals and findings: the same usage gives the same hash.
  result_hash text,
  created_at timestamptz not null,
  finished_at timestamptz,
  check ((kind = 'run') = (run_id is not null))
);
create index usage_check_cycle on usage_check (cycle, seq desc);

-- One reading of one side.
create table usage_load (
  id bigint generated always as identity primary key,
  check_seq bigint not null references usage_check (seq) on delete cascade,
  side text not null check (side in ('legacy', 'solvimon')),
  system text not null,
  state text not null check (state in ('loading', 'loaded')),
  read bigint,
  events bigint,
  aggregates bigint,
  rejected bigint,
  skipped jsonb not null default '{}',
  problems jsonb not null default '[]',
  is_complete boolean,
  incomplete_because text[] not null default '{}',
  input_hash text,
  as_of timestamptz,
  started_at timestamptz not null,
  loaded_at timestamptz
);
create unique index usage_load_once on usage_load (check_seq, side) where state = 'loaded';
create index usage_load_check on usage_load (check_seq);

-- Never filled itself: the shape of the bare table that each load has while its check lasts.
create table usage_event (
  no integer not null,
  reference text,
  customer text not null,
  meter text not null,
  -- False when a mapping is configured and this customer, or this meter, is not in it.
  is_customer_mapped boolean not null,
  is_meter_mapped boolean not null,
  at timestamptz not null,
  quantity numeric not null,
  unique_key text,
  ingested_at timestamptz,
  outcome text not null check (outcome in ('counted', 'not_matched', 'duplicate', 'deleted')),
  outcome_reason text
);

-- What a source had already added up.
create table usage_aggregate (
  load_id bigint not null references usage_load (id) on delete cascade,
  no integer not null,
  customer text not null,
  meter text not null,
  is_customer_mapped boolean not null,
  is_meter_mapped boolean not null,
  period tstzrange not null check (lower_inc(period) and not upper_inc(period) and not isempty(period)),
  events numeric,
  quantity numeric not null,
  primary key (load_id, no)
);

-- Records that could not be read. The count in usage_load is exact; of very many only the first are listed.
create table usage_rejected (
  load_id bigint not null references usage_load (id) on delete cascade,
  no integer not null,
  reference text,
  customer text,
  meter text,
  problems jsonb not null,
  file text,
  file_line integer,
  primary key (load_id, no)
);
create index usage_rejected_reference on usage_rejected (load_id, reference) where reference is not null;

-- One row per customer and meter of a cycle.
create table usage_total (
  check_seq bigint not null references usage_check (seq) on delete cascade,
  customer text not null,
  meter text not null,
  charge_key text not null,
  aggregation text not null,
  legacy_events bigint not null,
  solvimon_events bigint not null,
  -- Events of legacy that stand in Solvimon as they should and are billed there.
  arrived_events bigint not null,
  -- Sums of quantities, whatever the meter makes of them.
  legacy_sum numeric not null,
  solvimon_sum numeric not null,
  -- Hash totals over reference, time and quantity of all events that are billed; equal for equal events in any order.
  legacy_hash numeric not null,
  solvimon_hash numeric not null,
  -- What the meter makes of the events: their sum, largest, average, number of different keys…
  legacy_quantity numeric,
  solvimon_quantity numeric,
  primary key (check_seq, customer, meter)
);

-- The days on which a customer's meter differs. A day that is not here agrees in count, sum and hash total.
create table usage_day (
  check_seq bigint not null references usage_check (seq) on delete cascade,
  customer text not null,
  meter text not null,
  day date not null,
  legacy_events bigint not null,
  solvimon_events bigint not null,
  legacy_sum numeric not null,
  solvimon_sum numeric not null,
  legacy_hash numeric not null,
  solvimon_hash numeric not null,
  primary key (check_seq, customer, meter, day)
);

-- Events by meter and hour, for seeing when a pipeline stood still.
create table usage_hour (
  check_seq bigint not null references usage_check (seq) on delete cascade,
  meter text not null,
  hour timestamptz not null,
  legacy_events bigint not null,
  solvimon_events bigint not null,
  primary key (check_seq, meter, hour)
);

-- Every event, or count of a period, that is not as it should be.
create table usage_finding (
  check_seq bigint not null references usage_check (seq) on delete cascade,
  no integer not null,
  class text not null check (class in ('missing', 'extra', 'duplicate', 'late', 'unmatched', 'wrong_customer', 'wrong_meter',
    'wrong_period', 'wrong_time', 'wrong_quantity', 'future', 'unknown_customer', 'unknown_meter', 'unreadable', 'count_differs')),
  customer text not null,
  meter text not null,
  day date,
  reference text,
  -- The event that this one is a copy of, or what stands for it on the other side.
  other_reference text,
  legacy_at timestamptz,
  solvimon_at timestamptz,
  legacy_quantity numeric,
  solvimon_quantity numeric,
  solvimon_customer text,
  solvimon_meter text,
  ingested_at timestamptz,
  -- Why, in the words of the system or in ours.
  reason text,
  -- By how much Solvimon counts more (or less) for this customer and meter because of it.
  effect numeric not null,
  primary key (check_seq, no)
);
create index usage_finding_class on usage_finding (check_seq, class, no);
create index usage_finding_customer on usage_finding (check_seq, customer, meter, no);
create index usage_finding_reference on usage_finding (check_seq, reference) where reference is not null;

-- What the findings of one kind add up to for a customer's meter, in the meter's own quantity: what the engine tries as a cause.
create table usage_evidence (
  check_seq bigint not null references usage_check (seq) on delete cascade,
  customer text not null,
  meter text not null,
  charge_key text not null,
  kind text not null check (kind in ('missing', 'duplicate', 'late', 'unmatched')),
  quantity numeric not null,
  events bigint not null,
  -- Their references, the first of many.
  examples text[] not null,
  primary key (check_seq, customer, meter, kind)
);

-- The quantity that an invoice states, beside what its own system's events add up to.
create table usage_billed (
  check_seq bigint not null references usage_check (seq) on delete cascade,
  customer text not null,
  charge_key text not null,
  side text not null check (side in ('legacy', 'solvimon')),
  from_events numeric,
  on_invoice numeric,
  state text not null check (state in ('agrees', 'differs', 'no_line', 'no_usage')),
  primary key (check_seq, customer, charge_key, side)
);
