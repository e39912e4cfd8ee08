-- What the Solvimon side needs besides documents: our own holds, incidents, and deliveries already handled.

-- Holds that we set. Entered before the request is sent, so that a hold of ours is never unknown to us; a hold without
-- confirmation is one whose reply was lost, and the invoice itself says whether it took.
create table solvimon_hold (
  account text not null,
  invoice_id text not null,
  asked_by text not null,
  step text not null,
  intended_at timestamptz not null,
  confirmed_at timestamptz,
  request_id text,
  primary key (account, invoice_id)
);

-- What a person must look at once. A second sighting of the same thing changes nothing but the count.
create table solvimon_incident (
  kind text not null check (kind in ('shadow_invoice_final')),
  account text not null,
  invoice_id text not null,
  customer_ref text,
  seen_by text not null check (seen_by in ('pull', 'webhook')),
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  sightings integer not null default 1,
  primary key (kind, account, invoice_id)
);

-- Webhook deliveries already handled, for as long as their timestamp could still pass.
create table webhook_delivery (
  token text primary key,
  keep_until timestamptz not null
);
create index webhook_delivery_until on webhook_delivery (keep_until);
