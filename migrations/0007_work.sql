-- What people do about mismatches, how a cycle is signed, who did what, and who may come in with a token.

create function refuse_history_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: write a new row instead', tg_table_name using errcode = 'integrity_constraint_violation';
end $$;

-- A mismatch is followed across runs and cycles by what it is about: customer, currency, charge, level and class of cause.
alter table mismatch
  add column work_key text generated always as ('W-' || left(md5(coalesce(customer, '') || E'\x1f' || coalesce(currency, '') || E'\x1f'
    || coalesce(charge_key, '') || E'\x1f' || level || E'\x1f' || split_part(cause, '.', 1)), 20)) stored,
  add column assignee text,
  -- First cycle in which its key was seen; null when that is this one.
  add column first_cycle text,
  -- In how many cycles its key was seen, this one included.
  add column seen integer not null default 1;

-- Cycles in which a key was seen, by the newest run of each: what age is counted from.
create table work_seen (
  key text not null,
  cycle text not null,
  primary key (key, cycle)
);
create index work_seen_cycle on work_seen (cycle);

-- What was decided about one key in one cycle. No row: open, and nobody has looked at it.
create table work_item (
  cycle text not null,
  key text not null,
  status text not null check (status in ('open', 'investigating', 'accepted', 'fix_solvimon', 'fix_legacy', 'fix_mapping', 'resolved', 'reopened', 'expired', 'stale')),
  assignee text,
  version integer not null check (version >= 1),
  -- The acceptance, also after it has expired or gone stale. The cycle in which it was given, which may be an earlier one.
  accepted_in text,
  accepted_by text,
  approved_by text,
  accepted_at timestamptz,
  reason text,
  expires_on date,
  -- Most money the acceptance may cover, in major units of the currency: the sum of the absolute deltas of the key.
  max_amount numeric check (max_amount >= 0),
  -- What was accepted: a digest over the deltas and causes of the key in this cycle.
  content text,
  updated_at timestamptz not null,
  primary key (cycle, key),
  constraint acceptance_is_whole check (status <> 'accepted' or (btrim(reason) <> '' and accepted_by is not null
    and accepted_in is not null and expires_on is not null and max_amount is not null and content is not null)),
  constraint maker_is_not_checker check (approved_by <> accepted_by)
);
create index work_item_key on work_item (key, cycle);
create index work_item_due on work_item (expires_on) where status = 'accepted';

-- One act on one or many keys, with how they stood before, so that it can be taken back as a whole.
create table work_batch (
  id text primary key check (id ~ '^B-[0-9a-f]{16}$'),
  cycle text not null,
  act jsonb not null,
  before jsonb not null,
  who text not null,
  at timestamptz not null,
  -- The batch that this one takes back; each can be taken back once.
  reverses text unique references work_batch (id)
);
create trigger work_batch_append before update or delete or truncate on work_batch
  for each statement execute function refuse_history_change();

-- What happened to a key: acts of people, and what later runs made of them.
create table work_event (
  id bigint generated always as identity primary key,
  batch_id text references work_batch (id),
  cycle text not null,
  key text not null,
  kind text not null check (kind in ('assign', 'comment', 'status', 'accept', 'undo', 'reversal', 'carried', 'stale', 'expired', 'resolved', 'reopened')),
  from_status text not null,
  to_status text not null,
  who text not null,
  note text,
  at timestamptz not null
);
create index work_event_key on work_event (key, id);
create trigger work_event_append before update or delete or truncate on work_event
  for each statement execute function refuse_history_change();

-- An acceptance that needs a second person.
create table work_proposal (
  id bigint generated always as identity primary key,
  cycle text not null,
  act jsonb not null,
  items jsonb not null,
  totals jsonb not null,
  why text not null,
  state text not null default 'waiting' check (state in ('waiting', 'approved', 'rejected')),
  proposed_by text not null check (proposed_by = lower(btrim(proposed_by)) and proposed_by <> ''),
  proposed_at timestamptz not null,
  decided_by text check (decided_by = lower(btrim(decided_by)) and decided_by <> ''),
  decided_at timestamptz,
  comment text,
  batch_id text references work_batch (id),
  constraint proposal_maker_is_not_checker check (decided_by <> proposed_by),
  check ((state = 'waiting') = (decided_by is null) and (decided_by is null) = (decided_at is null))
);
create index work_proposal_cycle on work_proposal (cycle, id);

create table cycle_state (
  cycle text primary key,
  state text not null check (state in ('collecting', 'settling', 'comparable', 'in_review', 'signed', 'suspended')),
  -- Counts the times the cycle was prepared for signing; signatures belong to one round.
  round integer not null default 0,
  -- What the signatures of the round are bound to; null before the first round.
  result_hash text,
  version integer not null,
  since timestamptz not null
);

create table signoff (
  cycle text not null references cycle_state (cycle),
  round integer not null,
  person text not null check (person = lower(btrim(person)) and person <> ''),
  part text not null check (part in ('preparer', 'reviewer')),
  run_id text not null references run (id),
  result_hash text not null,
  certification text not null check (btrim(certification) <> ''),
  signed_at timestamptz not null,
  -- One signature per person and round: who prepared cannot review, whoever writes the row.
  constraint signoff_maker_is_not_checker primary key (cycle, round, person)
);
create unique index signoff_preparer on signoff (cycle, round) where part = 'preparer';
create trigger signoff_append before update or delete or truncate on signoff
  for each statement execute function refuse_history_change();

-- Who did what, in a chain: each row's hash covers the one before it.
create table audit_log (
  seq bigint primary key check (seq >= 1),
  at timestamptz not null,
  actor text not null,
  via text not null check (via in ('api', 'cli', 'job')),
  action text not null,
  subject text not null,
  cycle text,
  detail jsonb not null,
  previous_hash text not null,
  hash text not null unique
);
create trigger audit_log_append before update or delete or truncate on audit_log
  for each statement execute function refuse_history_change();

create table api_token (
  id text primary key check (id ~ '^T-[0-9a-f]{12}$'),
  name text not null check (btrim(name) <> ''),
  -- The token itself is shown once and never stored.
  sha256 text not null unique check (sha256 ~ '^[0-9a-f]{64}$'),
  scopes text[] not null check (cardinality(scopes) > 0),
  created_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz
);
