-- What happened that a person should know, whom it goes to, and whether it has arrived. An alert is written once by what
-- it is about; channels come later, so that whoever notices something needs to know nothing of how it is told.

create table alert (
  seq bigint generated always as identity unique,
  -- From kind and dedupe key alone: noticing the same thing again finds the same row.
  id text primary key check (id ~ '^A-[0-9a-f]{20}$'),
  kind text not null,
  severity text not null check (severity in ('info', 'warning', 'critical')),
  cycle text,
  run_id text,
  title text not null check (btrim(title) <> ''),
  -- Sentences for people, and the same as data for programs. Neither names a customer; amounts are decimal text.
  lines jsonb not null,
  detail jsonb not null,
  -- Shown only where the configuration allows names.
  customers text[] not null default '{}',
  -- Who answers for what the alert is about, as the configuration or the decision names them.
  owners text[] not null default '{}',
  -- Path of the page that shows it, below base_url.
  link text,
  raised_at timestamptz not null,
  -- When its channels were chosen; null: not yet.
  routed_at timestamptz,
  acknowledged_by text check (acknowledged_by = lower(btrim(acknowledged_by)) and acknowledged_by <> ''),
  acknowledged_at timestamptz,
  note text,
  check ((acknowledged_by is null) = (acknowledged_at is null))
);
create index alert_unrouted on alert (seq) where routed_at is null;
create index alert_kind on alert (kind, seq desc);

-- One message to one recipient of one channel: the unit that is sent, tried again, or given up.
create table alert_message (
  -- From what it carries and to whom: also what the receiver can tell a repeat by.
  id text primary key check (id ~ '^N-[0-9a-f]{20}$'),
  channel text not null,
  -- An address of an e-mail channel; empty where the channel has only one.
  recipient text not null,
  state text not null check (state in ('waiting', 'sending', 'sent', 'dead')),
  -- When it may be tried next.
  due_at timestamptz not null,
  attempts integer not null default 0 check (attempts >= 0),
  -- Who is trying it, and until when nobody else may. After that its outcome is unknown and it is tried again.
  claim text,
  claimed_until timestamptz,
  -- An attempt ended without anybody knowing whether the receiver took it.
  may_have_arrived boolean not null default false,
  created_at timestamptz not null,
  ended_at timestamptz,
  -- Status or code of the last failure; never the address or the text of the other side, which may hold a secret.
  last_error text,
  -- What the receiver called it, where it says so.
  reference text,
  check ((state = 'sending') = (claim is not null) and (claim is null) = (claimed_until is null)),
  check ((state in ('sent', 'dead')) = (ended_at is not null))
);
create index alert_message_due on alert_message (channel, due_at) where state in ('waiting', 'sending');

create table alert_delivery (
  alert_id text not null references alert (id),
  channel text not null,
  recipient text not null,
  -- Quiet hours hold it until then.
  not_before timestamptz not null,
  message_id text references alert_message (id),
  primary key (alert_id, channel, recipient)
);
create index alert_delivery_open on alert_delivery (channel, not_before) where message_id is null;
create index alert_delivery_message on alert_delivery (message_id);
