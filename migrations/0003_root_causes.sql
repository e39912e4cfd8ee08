-- Root causes: clusters of mismatches with one fingerprint, their life across cycles, and the known differences that
-- cover mismatches. What a cycle shows of a root cause is kept per cycle, so that a trend needs no old partitions.

alter table mismatch add column known text;

create table root_cause (
  fingerprint text primary key check (fingerprint ~ '^fp[0-9]+-[0-9a-f]{16}$'),
  cause text not null,
  level text not null,
  charge_key text,
  currency text,
  status text not null check (status in ('unknown', 'known', 'fix-ready', 'fix-verified', 'accepted', 'closed', 'regressed')),
  -- Status before the newest cycle was looked at: comparing that cycle again starts from here and changes nothing.
  status_before text not null,
  first_cycle text not null,
  last_cycle text not null,
  -- Newest cycle whose complete run judged it, seen or gone.
  judged_cycle text not null,
  -- Gross when people last decided, or at first sight: what "changed" is measured against.
  decided_gross numeric not null,
  decided_direction text not null check (decided_direction in ('over', 'under', 'none')),
  owner text,
  note text,
  updated_at timestamptz not null
);

create table root_cause_cycle (
  fingerprint text not null references root_cause (fingerprint) on delete cascade,
  cycle text not null,
  run_seq bigint not null,
  mismatches integer not null,
  proven integer not null,
  pairs integer not null,
  customers integer not null,
  over numeric not null check (over >= 0),
  under numeric not null check (under <= 0),
  -- Pairs that would match if this cause alone were fixed.
  would_match integer not null,
  -- Its smallest mismatches, to be read first.
  examples text[] not null,
  primary key (fingerprint, cycle)
);

-- Every change of status, found or decided.
create table root_cause_event (
  id bigint generated always as identity primary key,
  fingerprint text not null references root_cause (fingerprint) on delete cascade,
  cycle text,
  event text not null check (event in ('seen', 'changed', 'gone', 'expired', 'name', 'declare_fixed', 'accept', 'reopen')),
  from_status text not null,
  to_status text not null,
  who text,
  note text,
  at timestamptz not null
);
create index root_cause_event_of on root_cause_event (fingerprint, id);
