-- Cohorts, what was seen of them, and what people decided. Small tables: foreign keys and checks hold every promise the
-- database can hold. What is a record of the past is append-only, for everybody, by trigger.

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: write a new row instead', tg_table_name using errcode = 'integrity_constraint_violation';
end $$;

-- The expected customers, from CONTRACT data and not from either billing system. One row per content of the file.
create table roster (
  id bigint generated always as identity primary key,
  input_hash text not null unique,
  file text not null,
  row_count integer not null check (row_count > 0),
  imported_at timestamptz not null
);

create table roster_row (
  roster_id bigint not null references roster (id) on delete cascade,
  customer text not null,
  currency text not null,
  country text,
  plan text,
  -- Monthly amount in major units of the row's currency; null when the contract does not say. Missing is not zero.
  mrr numeric check (mrr >= 0),
  has_usage boolean,
  cohort text,
  -- First and last cycle that is expected, both inclusive; null for no bound.
  starts text,
  ends text,
  -- Why this customer may not be moved now: an open dispute, a legal hold.
  exclusion text,
  features jsonb not null default '{}',
  events text[] not null default '{}',
  primary key (roster_id, customer, currency)
);

create table cohort (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9_.-]{0,63}$'),
  stage text not null check (stage in ('shadow', 'pilot', 'ladder', 'live', 'complete')),
  -- The rung of the policy's ladder whose gate is asked.
  step text not null,
  -- How the members were found. Only members drawn at random feed a bound.
  selection text not null check (selection in ('random', 'proposed', 'convenience')),
  seed text,
  frame text not null check (btrim(frame) <> ''),
  created_by text not null,
  created_at timestamptz not null,
  check (selection = 'convenience' or seed is not null)
);

create table cohort_member (
  cohort_id text not null references cohort (id),
  customer text not null,
  part text not null check (part in ('random', 'core', 'convenience')),
  joined_at timestamptz not null,
  joined_by text not null,
  -- A member who leaves after data was seen stays in the census and the evidence: leaving cannot hide a bad customer.
  left_at timestamptz,
  left_by text,
  leave_reason text,
  primary key (cohort_id, customer),
  check ((left_at is null) = (left_by is null) and (left_at is null) = (leave_reason is null))
);
create unique index cohort_member_once on cohort_member (customer) where left_at is null;

create table policy_version (
  seq bigint generated always as identity primary key,
  hash text not null,
  policy jsonb not null,
  weakened jsonb not null,
  restarts_evidence boolean not null,
  -- Names in lower case; two different ones when a threshold got weaker after data was seen.
  adopted_by text[] not null,
  adopted_at timestamptz not null,
  check (not restarts_evidence or (cardinality(adopted_by) >= 2 and adopted_by[1] <> adopted_by[2]))
);
create trigger policy_version_append before update or delete or truncate on policy_version
  for each statement execute function refuse_change();

-- Begins a new stretch of evidence: whatever was reconciled before `starts_with` no longer counts in strict mode, and
-- counts in no mode when the kind is `policy`.
create table epoch (
  seq bigint generated always as identity primary key,
  -- Null: for every cohort.
  cohort_id text references cohort (id),
  kind text not null check (kind in ('policy', 'configuration', 'fix')),
  starts_with text not null,
  reason text not null check (btrim(reason) <> ''),
  created_by text not null,
  created_at timestamptz not null
);
create trigger epoch_append before update or delete or truncate on epoch
  for each statement execute function refuse_change();

-- Every look at a cohort, with everything it looked at.
create table evaluation (
  id bigint generated always as identity primary key,
  cohort_id text not null references cohort (id),
  cycle text not null,
  -- No foreign key: a look outlives the run it stood on.
  run_id text,
  as_of timestamptz not null,
  -- Calendar day of the look in the zone of the configuration.
  night date not null,
  decision text not null check (decision in ('EXPAND', 'HOLD', 'FIX_FORWARD', 'ROLLBACK')),
  reason text not null,
  -- The decision if AGREEMENT and BOUNDARY were not asked: what nights agree on.
  leaning text not null check (leaning in ('EXPAND', 'HOLD', 'FIX_FORWARD', 'ROLLBACK')),
  snapshot jsonb not null,
  chain jsonb not null,
  detail jsonb not null,
  alpha double precision,
  policy_seq bigint not null references policy_version (seq),
  policy_hash text not null,
  inputs_hash text not null,
  grid_version text not null,
  mode text not null check (mode in ('strict', 'discovery')),
  epoch integer not null check (epoch >= 1),
  frame text not null,
  selection text not null,
  created_at timestamptz not null
);
create index evaluation_cohort on evaluation (cohort_id, id desc);
create trigger evaluation_append before update or delete or truncate on evaluation
  for each statement execute function refuse_change();

create table decision_proposal (
  id bigint generated always as identity primary key,
  cohort_id text not null references cohort (id),
  evaluation_id bigint not null references evaluation (id),
  decision text not null check (decision in ('EXPAND', 'HOLD', 'FIX_FORWARD', 'ROLLBACK')),
  recommendation text not null check (recommendation in ('EXPAND', 'HOLD', 'FIX_FORWARD', 'ROLLBACK')),
  is_override boolean not null generated always as (
    array_position(array['EXPAND', 'HOLD', 'FIX_FORWARD', 'ROLLBACK'], decision)
      < array_position(array['EXPAND', 'HOLD', 'FIX_FORWARD', 'ROLLBACK'], recommendation)
  ) stored,
  reason text not null check (btrim(reason) <> ''),
  effective_on date not null,
  expires_on date,
  affected jsonb not null,
  needed_approvals integer not null check (needed_approvals >= 0),
  -- Lower case and trimmed, so that one person has one spelling.
  proposed_by text not null check (proposed_by = lower(btrim(proposed_by)) and proposed_by <> ''),
  proposed_at timestamptz not null,
  unique (id, proposed_by),
  -- Less careful than recommended: two approvers, and it ends.
  check (not is_override or (needed_approvals >= 2 and expires_on is not null)),
  check (decision <> 'EXPAND' or needed_approvals >= 1)
);
create trigger decision_proposal_append before update or delete or truncate on decision_proposal
  for each statement execute function refuse_change();

create table decision_approval (
  proposal_id bigint not null,
  maker text not null,
  approver text not null check (approver = lower(btrim(approver)) and approver <> ''),
  role text not null check (role in ('finance', 'engineering', 'operations')),
  verdict text not null check (verdict in ('approve', 'reject')),
  comment text,
  decided_at timestamptz not null,
  primary key (proposal_id, approver),
  -- `maker` is the proposer by this key, so the check below compares with the real one, whoever writes the row.
  foreign key (proposal_id, maker) references decision_proposal (id, proposed_by),
  constraint maker_is_not_checker check (approver <> maker)
);
create trigger decision_approval_append before update or delete or truncate on decision_approval
  for each statement execute function refuse_change();

create table stage_change (
  seq bigint generated always as identity primary key,
  cohort_id text not null references cohort (id),
  -- One effect per decision: a repeat changes nothing.
  proposal_id bigint unique references decision_proposal (id),
  event text not null check (event in ('expand', 'roll_back', 'complete')),
  from_stage text not null,
  from_step text not null,
  to_stage text not null,
  to_step text not null,
  changed_at timestamptz not null
);
create trigger stage_change_append before update or delete or truncate on stage_change
  for each statement execute function refuse_change();

-- Which system really bills a customer, by cycles, both bounds inclusive. Nobody may have two in one cycle; the table can
-- hold such a fact, because it must be able to show one.
create table live_biller (
  customer text not null,
  system text not null check (system in ('legacy', 'solvimon')),
  from_cycle text not null,
  to_cycle text check (to_cycle >= from_cycle),
  source text not null check (btrim(source) <> ''),
  recorded_by text not null,
  recorded_at timestamptz not null,
  primary key (customer, system, from_cycle)
);

-- What people can show for a go-live, and what happened after one. Append-only: the newest row of an item counts.
create table golive_record (
  id bigint generated always as identity primary key,
  cohort_id text not null references cohort (id),
  item text not null check (item in (
    'alerts_tested', 'rollback_rehearsed', 'timeline_communicated', 'attempt_review',
    'harm_confirmed', 'legacy_usage_off', 'legacy_state_stale', 'payments_beyond_policy', 'tax_submitted')),
  outcome text not null check (outcome in ('pass', 'fail')),
  link text not null check (btrim(link) <> ''),
  note text,
  recorded_by text not null check (btrim(recorded_by) <> ''),
  recorded_at timestamptz not null
);
create trigger golive_record_append before update or delete or truncate on golive_record
  for each statement execute function refuse_change();
