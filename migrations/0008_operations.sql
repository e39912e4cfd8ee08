-- Operations: which processes are alive, nights that were due and what ran in them, and runs that only look.

-- A preview shows what a run would find and never speaks for its cycle. It ends in a state of its own, so that nothing
-- that reads finished runs (statement, gates, sign-off) can take it for the cycle's result.
alter table run drop constraint run_state_check;
alter table run
  add column is_preview boolean not null default false,
  add column origin text not null default 'person' check (origin in ('person', 'schedule')),
  -- The run whose stored documents are judged again, instead of asking the systems.
  add column documents_of text references run (id),
  add constraint run_state_check check (state in ('created', 'collecting', 'pairing', 'comparing', 'summarised', 'finished', 'previewed', 'failed', 'cancelled')),
  add constraint run_preview_ends_apart check (case when is_preview then state <> 'finished' else state <> 'previewed' end),
  -- A part of the customers, or documents of an earlier day, are never the result of a cycle. Rows from before stay as they are.
  add constraint run_part_is_preview check (is_preview or (customers is null and documents_of is null)) not valid;

-- A process that takes jobs or serves the pages. It writes its row again every few seconds; a row that grows old is a dead process.
create table process (
  id text primary key,
  kind text not null check (kind in ('worker', 'serve')),
  host text not null,
  pid integer not null,
  state text not null check (state in ('working', 'draining', 'stopped')),
  started_at timestamptz not null,
  beat_at timestamptz not null
);
create index process_beat on process (beat_at);

-- A moment at which runs were due by the schedule. Written by whoever notices first; whoever comes second finds the row.
create table night (
  due_at timestamptz primary key,
  -- The day of that moment in the zone of the configuration.
  due_on date not null,
  -- Every run of the night should have finished by then; null: no deadline.
  finish_by timestamptz,
  -- When its runs were written down; null: nobody has begun it.
  begun_at timestamptz
);

create table night_run (
  due_at timestamptz not null references night (due_at) on delete cascade,
  cycle text not null,
  run_id text not null references run (id) on delete cascade,
  primary key (due_at, cycle)
);
create index night_run_of on night_run (run_id);

-- What the bucket of a source has given since it was made: counters for whoever watches.
alter table source_rate
  add column requests double precision not null default 0,
  add column waited_ms double precision not null default 0,
  add column pauses bigint not null default 0;
