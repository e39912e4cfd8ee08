create table alert (
  seq bigint generated always as identity not null,
  id text not null,
  kind text not null,
  severity text not null,
  cycle text,
  run_id text,
  title text not null,
  lines jsonb not null,
  detail jsonb not null,
  customers text[] default '{}'::text[] not null,
  owners text[] default '{}'::text[] not null,
  link text,
  raised_at timestamp with time zone not null,
  routed_at timestamp with time zone,
  acknowledged_by text,
  acknowledged_at timestamp with time zone,
  note text,
  constraint alert_acknowledged_by_check CHECK (((acknowledged_by = lower(btrim(acknowledged_by))) AND (acknowledged_by <> ''::text))),
  constraint alert_check CHECK (((acknowledged_by IS NULL) = (acknowledged_at IS NULL))),
  constraint alert_id_check CHECK ((id ~ '^A-[0-9a-f]{20}$'::text)),
  constraint alert_severity_check CHECK ((severity = ANY (ARRAY['info'::text, 'warning'::text, 'critical'::text]))),
  constraint alert_title_check CHECK ((btrim(title) <> ''::text)),
  constraint alert_pkey PRIMARY KEY (id),
  constraint alert_seq_key UNIQUE (seq)
);
CREATE INDEX alert_kind ON public.alert USING btree (kind, seq DESC);
CREATE INDEX alert_unrouted ON public.alert USING btree (seq) WHERE (routed_at IS NULL);

create table alert_delivery (
  alert_id text not null,
  channel text not null,
  recipient text not null,
  not_before timestamp with time zone not null,
  message_id text,
  constraint alert_delivery_alert_id_fkey FOREIGN KEY (alert_id) REFERENCES alert(id),
  constraint alert_delivery_message_id_fkey FOREIGN KEY (message_id) REFERENCES alert_message(id),
  constraint alert_delivery_pkey PRIMARY KEY (alert_id, channel, recipient)
);
CREATE INDEX alert_delivery_message ON public.alert_delivery USING btree (message_id);
CREATE INDEX alert_delivery_open ON public.alert_delivery USING btree (channel, not_before) WHERE (message_id IS NULL);

create table alert_message (
  id text not null,
  channel text not null,
  recipient text not null,
  state text not null,
  due_at timestamp with time zone not null,
  attempts integer default 0 not null,
  claim text,
  claimed_until timestamp with time zone,
  may_have_arrived boolean default false not null,
  created_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  last_error text,
  reference text,
  constraint alert_message_attempts_check CHECK ((attempts >= 0)),
  constraint alert_message_check CHECK ((((state = 'sending'::text) = (claim IS NOT NULL)) AND ((claim IS NULL) = (claimed_until IS NULL)))),
  constraint alert_message_check1 CHECK (((state = ANY (ARRAY['sent'::text, 'dead'::text])) = (ended_at IS NOT NULL))),
  constraint alert_message_id_check CHECK ((id ~ '^N-[0-9a-f]{20}$'::text)),
  constraint alert_message_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'sending'::text, 'sent'::text, 'dead'::text]))),
  constraint alert_message_pkey PRIMARY KEY (id)
);
CREATE INDEX alert_message_due ON public.alert_message USING btree (channel, due_at) WHERE (state = ANY (ARRAY['waiting'::text, 'sending'::text]));

create table api_token (
  id text not null,
  name text not null,
  sha256 text not null,
  scopes text[] not null,
  created_by text not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  revoked_at timestamp with time zone,
  constraint api_token_id_check CHECK ((id ~ '^T-[0-9a-f]{12}$'::text)),
  constraint api_token_name_check CHECK ((btrim(name) <> ''::text)),
  constraint api_token_scopes_check CHECK ((cardinality(scopes) > 0)),
  constraint api_token_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
  constraint api_token_pkey PRIMARY KEY (id),
  constraint api_token_sha256_key UNIQUE (sha256)
);

create table audit_log (
  seq bigint not null,
  at timestamp with time zone not null,
  actor text not null,
  via text not null,
  action text not null,
  subject text not null,
  cycle text,
  detail jsonb not null,
  previous_hash text not null,
  hash text not null,
  constraint audit_log_seq_check CHECK ((seq >= 1)),
  constraint audit_log_via_check CHECK ((via = ANY (ARRAY['api'::text, 'cli'::text, 'job'::text]))),
  constraint audit_log_pkey PRIMARY KEY (seq),
  constraint audit_log_hash_key UNIQUE (hash)
);
CREATE TRIGGER audit_log_append BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_history_change();

create table cohort (
  id text not null,
  stage text not null,
  step text not null,
  selection text not null,
  seed text,
  frame text not null,
  created_by text not null,
  created_at timestamp with time zone not null,
  constraint cohort_check CHECK (((selection = 'convenience'::text) OR (seed IS NOT NULL))),
  constraint cohort_frame_check CHECK ((btrim(frame) <> ''::text)),
  constraint cohort_id_check CHECK ((id ~ '^[a-z0-9][a-z0-9_.-]{0,63}$'::text)),
  constraint cohort_selection_check CHECK ((selection = ANY (ARRAY['random'::text, 'proposed'::text, 'convenience'::text]))),
  constraint cohort_stage_check CHECK ((stage = ANY (ARRAY['shadow'::text, 'pilot'::text, 'ladder'::text, 'live'::text, 'complete'::text]))),
  constraint cohort_pkey PRIMARY KEY (id)
);

create table cohort_member (
  cohort_id text not null,
  customer text not null,
  part text not null,
  joined_at timestamp with time zone not null,
  joined_by text not null,
  left_at timestamp with time zone,
  left_by text,
  leave_reason text,
  constraint cohort_member_check CHECK ((((left_at IS NULL) = (left_by IS NULL)) AND ((left_at IS NULL) = (leave_reason IS NULL)))),
  constraint cohort_member_part_check CHECK ((part = ANY (ARRAY['random'::text, 'core'::text, 'convenience'::text]))),
  constraint cohort_member_cohort_id_fkey FOREIGN KEY (cohort_id) REFERENCES cohort(id),
  constraint cohort_member_pkey PRIMARY KEY (cohort_id, customer)
);
CREATE UNIQUE INDEX cohort_member_once ON public.cohort_member USING btree (customer) WHERE (left_at IS NULL);

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

create table cycle_state (
  cycle text not null,
  state text not null,
  round integer default 0 not null,
  result_hash text,
  version integer not null,
  since timestamp with time zone not null,
  constraint cycle_state_state_check CHECK ((state = ANY (ARRAY['collecting'::text, 'settling'::text, 'comparable'::text, 'in_review'::text, 'signed'::text, 'suspended'::text]))),
  constraint cycle_state_pkey PRIMARY KEY (cycle)
);

create table database_role (
  role text not null,
  kind text not null,
  has_queue boolean default false not null,
  constraint database_role_kind_check CHECK ((kind = ANY (ARRAY['app'::text, 'read'::text]))),
  constraint database_role_role_check CHECK ((role ~ '^[a-z_][a-z0-9_]{0,62}$'::text)),
  constraint database_role_pkey PRIMARY KEY (role)
);

create table decision_approval (
  proposal_id bigint not null,
  maker text not null,
  approver text not null,
  role text not null,
  verdict text not null,
  comment text,
  decided_at timestamp with time zone not null,
  constraint decision_approval_approver_check CHECK (((approver = lower(btrim(approver))) AND (approver <> ''::text))),
  constraint decision_approval_role_check CHECK ((role = ANY (ARRAY['finance'::text, 'engineering'::text, 'operations'::text]))),
  constraint decision_approval_verdict_check CHECK ((verdict = ANY (ARRAY['approve'::text, 'reject'::text]))),
  constraint maker_is_not_checker CHECK ((approver <> maker)),
  constraint decision_approval_proposal_id_maker_fkey FOREIGN KEY (proposal_id, maker) REFERENCES decision_proposal(id, proposed_by),
  constraint decision_approval_pkey PRIMARY KEY (proposal_id, approver)
);
CREATE TRIGGER decision_approval_append BEFORE DELETE OR UPDATE OR TRUNCATE ON public.decision_approval FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

create table decision_proposal (
  id bigint generated always as identity not null,
  cohort_id text not null,
  evaluation_id bigint not null,
  decision text not null,
  recommendation text not null,
  is_override boolean generated always as ((array_position(ARRAY['EXPAND'::text, 'HOLD'::text, 'FIX_FORWARD'::text, 'ROLLBACK'::text], decision) < array_position(ARRAY['EXPAND'::text, 'HOLD'::text, 'FIX_FORWARD'::text, 'ROLLBACK'::text], recommendation))) stored not null,
  reason text not null,
  effective_on date not null,
  expires_on date,
  affected jsonb not null,
  needed_approvals integer not null,
  proposed_by text not null,
  proposed_at timestamp with time zone not null,
  constraint decision_proposal_check CHECK (((NOT is_override) OR ((needed_approvals >= 2) AND (expires_on IS NOT NULL)))),
  constraint decision_proposal_check1 CHECK (((decision <> 'EXPAND'::text) OR (needed_approvals >= 1))),
  constraint decision_proposal_decision_check CHECK ((decision = ANY (ARRAY['EXPAND'::text, 'HOLD'::text, 'FIX_FORWARD'::text, 'ROLLBACK'::text]))),
  constraint decision_proposal_needed_approvals_check CHECK ((needed_approvals >= 0)),
  constraint decision_proposal_proposed_by_check CHECK (((proposed_by = lower(btrim(proposed_by))) AND (proposed_by <> ''::text))),
  constraint decision_proposal_reason_check CHECK ((btrim(reason) <> ''::text)),
  constraint decision_proposal_recommendation_check CHECK ((recommendation = ANY (ARRAY['EXPAND'::text, 'HOLD'::text, 'FIX_FORWARD'::text, 'ROLLBACK'::text]))),
  constraint decision_proposal_cohort_id_fkey FOREIGN KEY (cohort_id) REFERENCES cohort(id),
  constraint decision_proposal_evaluation_id_fkey FOREIGN KEY (evaluation_id) REFERENCES evaluation(id),
  constraint decision_proposal_pkey PRIMARY KEY (id),
  constraint decision_proposal_id_proposed_by_key UNIQUE (id, proposed_by)
);
CREATE TRIGGER decision_proposal_append BEFORE DELETE OR UPDATE OR TRUNCATE ON public.decision_proposal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

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

create table epoch (
  seq bigint generated always as identity not null,
  cohort_id text,
  kind text not null,
  starts_with text not null,
  reason text not null,
  created_by text not null,
  created_at timestamp with time zone not null,
  constraint epoch_kind_check CHECK ((kind = ANY (ARRAY['policy'::text, 'configuration'::text, 'fix'::text]))),
  constraint epoch_reason_check CHECK ((btrim(reason) <> ''::text)),
  constraint epoch_cohort_id_fkey FOREIGN KEY (cohort_id) REFERENCES cohort(id),
  constraint epoch_pkey PRIMARY KEY (seq)
);
CREATE TRIGGER epoch_append BEFORE DELETE OR UPDATE OR TRUNCATE ON public.epoch FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

create table evaluation (
  id bigint generated always as identity not null,
  cohort_id text not null,
  cycle text not null,
  run_id text,
  as_of timestamp with time zone not null,
  night date not null,
  decision text not null,
  reason text not null,
  leaning text not null,
  snapshot jsonb not null,
  chain jsonb not null,
  detail jsonb not null,
  alpha double precision,
  policy_seq bigint not null,
  policy_hash text not null,
  inputs_hash text not null,
  grid_version text not null,
  mode text not null,
  epoch integer not null,
  frame text not null,
  selection text not null,
  created_at timestamp with time zone not null,
  constraint evaluation_decision_check CHECK ((decision = ANY (ARRAY['EXPAND'::text, 'HOLD'::text, 'FIX_FORWARD'::text, 'ROLLBACK'::text]))),
  constraint evaluation_epoch_check CHECK ((epoch >= 1)),
  constraint evaluation_leaning_check CHECK ((leaning = ANY (ARRAY['EXPAND'::text, 'HOLD'::text, 'FIX_FORWARD'::text, 'ROLLBACK'::text]))),
  constraint evaluation_mode_check CHECK ((mode = ANY (ARRAY['strict'::text, 'discovery'::text]))),
  constraint evaluation_cohort_id_fkey FOREIGN KEY (cohort_id) REFERENCES cohort(id),
  constraint evaluation_policy_seq_fkey FOREIGN KEY (policy_seq) REFERENCES policy_version(seq),
  constraint evaluation_pkey PRIMARY KEY (id)
);
CREATE INDEX evaluation_cohort ON public.evaluation USING btree (cohort_id, id DESC);
CREATE TRIGGER evaluation_append BEFORE DELETE OR UPDATE OR TRUNCATE ON public.evaluation FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

create table golive_record (
  id bigint generated always as identity not null,
  cohort_id text not null,
  item text not null,
  outcome text not null,
  link text not null,
  note text,
  recorded_by text not null,
  recorded_at timestamp with time zone not null,
  constraint golive_record_item_check CHECK ((item = ANY (ARRAY['alerts_tested'::text, 'rollback_rehearsed'::text, 'timeline_communicated'::text, 'attempt_review'::text, 'harm_confirmed'::text, 'legacy_usage_off'::text, 'legacy_state_stale'::text, 'payments_beyond_policy'::text, 'tax_submitted'::text]))),
  constraint golive_record_link_check CHECK ((btrim(link) <> ''::text)),
  constraint golive_record_outcome_check CHECK ((outcome = ANY (ARRAY['pass'::text, 'fail'::text]))),
  constraint golive_record_recorded_by_check CHECK ((btrim(recorded_by) <> ''::text)),
  constraint golive_record_cohort_id_fkey FOREIGN KEY (cohort_id) REFERENCES cohort(id),
  constraint golive_record_pkey PRIMARY KEY (id)
);
CREATE TRIGGER golive_record_append BEFORE DELETE OR UPDATE OR TRUNCATE ON public.golive_record FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

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

create table live_biller (
  customer text not null,
  system text not null,
  from_cycle text not null,
  to_cycle text,
  source text not null,
  recorded_by text not null,
  recorded_at timestamp with time zone not null,
  constraint live_biller_check CHECK ((to_cycle >= from_cycle)),
  constraint live_biller_source_check CHECK ((btrim(source) <> ''::text)),
  constraint live_biller_system_check CHECK ((system = ANY (ARRAY['legacy'::text, 'solvimon'::text]))),
  constraint live_biller_pkey PRIMARY KEY (customer, system, from_cycle)
);

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
  known text,
  work_key text generated always as (('W-'::text || "left"(md5(((((((((COALESCE(customer, ''::text) || ''::text) || COALESCE(currency, ''::text)) || ''::text) || COALESCE(charge_key, ''::text)) || ''::text) || level) || ''::text) || split_part(cause, '.'::text, 1))), 20))) stored,
  assignee text,
  first_cycle text,
  seen integer default 1 not null,
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

create table policy_version (
  seq bigint generated always as identity not null,
  hash text not null,
  policy jsonb not null,
  weakened jsonb not null,
  restarts_evidence boolean not null,
  adopted_by text[] not null,
  adopted_at timestamp with time zone not null,
  constraint policy_version_check CHECK (((NOT restarts_evidence) OR ((cardinality(adopted_by) >= 2) AND (adopted_by[1] <> adopted_by[2])))),
  constraint policy_version_pkey PRIMARY KEY (seq)
);
CREATE TRIGGER policy_version_append BEFORE DELETE OR UPDATE OR TRUNCATE ON public.policy_version FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

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

create table root_cause (
  fingerprint text not null,
  cause text not null,
  level text not null,
  charge_key text,
  currency text,
  status text not null,
  status_before text not null,
  first_cycle text not null,
  last_cycle text not null,
  judged_cycle text not null,
  decided_gross numeric not null,
  decided_direction text not null,
  owner text,
  note text,
  updated_at timestamp with time zone not null,
  accepted_until date,
  constraint root_cause_decided_direction_check CHECK ((decided_direction = ANY (ARRAY['over'::text, 'under'::text, 'none'::text]))),
  constraint root_cause_fingerprint_check CHECK ((fingerprint ~ '^fp[0-9]+-[0-9a-f]{16}$'::text)),
  constraint root_cause_status_check CHECK ((status = ANY (ARRAY['unknown'::text, 'known'::text, 'fix-ready'::text, 'fix-verified'::text, 'accepted'::text, 'closed'::text, 'regressed'::text]))),
  constraint root_cause_pkey PRIMARY KEY (fingerprint)
);

create table root_cause_cycle (
  fingerprint text not null,
  cycle text not null,
  run_seq bigint not null,
  mismatches integer not null,
  proven integer not null,
  pairs integer not null,
  customers integer not null,
  over numeric not null,
  under numeric not null,
  would_match integer not null,
  examples text[] not null,
  constraint root_cause_cycle_over_check CHECK ((over >= (0)::numeric)),
  constraint root_cause_cycle_under_check CHECK ((under <= (0)::numeric)),
  constraint root_cause_cycle_fingerprint_fkey FOREIGN KEY (fingerprint) REFERENCES root_cause(fingerprint) ON DELETE CASCADE,
  constraint root_cause_cycle_pkey PRIMARY KEY (fingerprint, cycle)
);

create table root_cause_event (
  id bigint generated always as identity not null,
  fingerprint text not null,
  cycle text,
  event text not null,
  from_status text not null,
  to_status text not null,
  who text,
  note text,
  at timestamp with time zone not null,
  constraint root_cause_event_event_check CHECK ((event = ANY (ARRAY['seen'::text, 'changed'::text, 'gone'::text, 'expired'::text, 'name'::text, 'declare_fixed'::text, 'accept'::text, 'reopen'::text]))),
  constraint root_cause_event_fingerprint_fkey FOREIGN KEY (fingerprint) REFERENCES root_cause(fingerprint) ON DELETE CASCADE,
  constraint root_cause_event_pkey PRIMARY KEY (id)
);
CREATE INDEX root_cause_event_of ON public.root_cause_event USING btree (fingerprint, id);

create table roster (
  id bigint generated always as identity not null,
  input_hash text not null,
  file text not null,
  row_count integer not null,
  imported_at timestamp with time zone not null,
  constraint roster_row_count_check CHECK ((row_count > 0)),
  constraint roster_pkey PRIMARY KEY (id),
  constraint roster_input_hash_key UNIQUE (input_hash)
);

create table roster_row (
  roster_id bigint not null,
  customer text not null,
  currency text not null,
  country text,
  plan text,
  mrr numeric,
  has_usage boolean,
  cohort text,
  starts text,
  ends text,
  exclusion text,
  features jsonb default '{}'::jsonb not null,
  events text[] default '{}'::text[] not null,
  constraint roster_row_mrr_check CHECK ((mrr >= (0)::numeric)),
  constraint roster_row_roster_id_fkey FOREIGN KEY (roster_id) REFERENCES roster(id) ON DELETE CASCADE,
  constraint roster_row_pkey PRIMARY KEY (roster_id, customer, currency)
);

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

create table signoff (
  cycle text not null,
  round integer not null,
  person text not null,
  part text not null,
  run_id text not null,
  result_hash text not null,
  certification text not null,
  signed_at timestamp with time zone not null,
  constraint signoff_certification_check CHECK ((btrim(certification) <> ''::text)),
  constraint signoff_part_check CHECK ((part = ANY (ARRAY['preparer'::text, 'reviewer'::text]))),
  constraint signoff_person_check CHECK (((person = lower(btrim(person))) AND (person <> ''::text))),
  constraint signoff_cycle_fkey FOREIGN KEY (cycle) REFERENCES cycle_state(cycle),
  constraint signoff_run_id_fkey FOREIGN KEY (run_id) REFERENCES run(id),
  constraint signoff_maker_is_not_checker PRIMARY KEY (cycle, round, person)
);
CREATE UNIQUE INDEX signoff_preparer ON public.signoff USING btree (cycle, round) WHERE (part = 'preparer'::text);
CREATE TRIGGER signoff_append BEFORE DELETE OR UPDATE OR TRUNCATE ON public.signoff FOR EACH STATEMENT EXECUTE FUNCTION refuse_history_change();

create table solvimon_hold (
  account text not null,
  invoice_id text not null,
  asked_by text not null,
  step text not null,
  intended_at timestamp with time zone not null,
  confirmed_at timestamp with time zone,
  request_id text,
  constraint solvimon_hold_pkey PRIMARY KEY (account, invoice_id)
);

create table solvimon_incident (
  kind text not null,
  account text not null,
  invoice_id text not null,
  customer_ref text,
  seen_by text not null,
  first_seen_at timestamp with time zone not null,
  last_seen_at timestamp with time zone not null,
  sightings integer default 1 not null,
  constraint solvimon_incident_kind_check CHECK ((kind = 'shadow_invoice_final'::text)),
  constraint solvimon_incident_seen_by_check CHECK ((seen_by = ANY (ARRAY['pull'::text, 'webhook'::text]))),
  constraint solvimon_incident_pkey PRIMARY KEY (kind, account, invoice_id)
);

create table source_rate (
  source text not null,
  tokens double precision not null,
  filled_at timestamp with time zone not null,
  paused_until timestamp with time zone,
  constraint source_rate_pkey PRIMARY KEY (source)
);

create table stage_change (
  seq bigint generated always as identity not null,
  cohort_id text not null,
  proposal_id bigint,
  event text not null,
  from_stage text not null,
  from_step text not null,
  to_stage text not null,
  to_step text not null,
  changed_at timestamp with time zone not null,
  constraint stage_change_event_check CHECK ((event = ANY (ARRAY['expand'::text, 'roll_back'::text, 'complete'::text]))),
  constraint stage_change_cohort_id_fkey FOREIGN KEY (cohort_id) REFERENCES cohort(id),
  constraint stage_change_proposal_id_fkey FOREIGN KEY (proposal_id) REFERENCES decision_proposal(id),
  constraint stage_change_pkey PRIMARY KEY (seq),
  constraint stage_change_proposal_id_key UNIQUE (proposal_id)
);
CREATE TRIGGER stage_change_append BEFORE DELETE OR UPDATE OR TRUNCATE ON public.stage_change FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

create table usage_aggregate (
  load_id bigint not null,
  no integer not null,
  customer text not null,
  meter text not null,
  is_customer_mapped boolean not null,
  is_meter_mapped boolean not null,
  period tstzrange not null,
  events numeric,
  quantity numeric not null,
  constraint usage_aggregate_period_check CHECK ((lower_inc(period) AND (NOT upper_inc(period)) AND (NOT isempty(period)))),
  constraint usage_aggregate_load_id_fkey FOREIGN KEY (load_id) REFERENCES usage_load(id) ON DELETE CASCADE,
  constraint usage_aggregate_pkey PRIMARY KEY (load_id, no)
);

create table usage_billed (
  check_seq bigint not null,
  customer text not null,
  charge_key text not null,
  side text not null,
  from_events numeric,
  on_invoice numeric,
  state text not null,
  constraint usage_billed_side_check CHECK ((side = ANY (ARRAY['legacy'::text, 'solvimon'::text]))),
  constraint usage_billed_state_check CHECK ((state = ANY (ARRAY['agrees'::text, 'differs'::text, 'no_line'::text, 'no_usage'::text]))),
  constraint usage_billed_check_seq_fkey FOREIGN KEY (check_seq) REFERENCES usage_check(seq) ON DELETE CASCADE,
  constraint usage_billed_pkey PRIMARY KEY (check_seq, customer, charge_key, side)
);

create table usage_check (
  seq bigint generated always as identity not null,
  id text not null,
  kind text not null,
  run_id text,
  cycle text not null,
  timezone text not null,
  state text not null,
  is_complete boolean,
  incomplete_because text[] default '{}'::text[] not null,
  closes_at timestamp with time zone not null,
  summary jsonb,
  result_hash text,
  created_at timestamp with time zone not null,
  finished_at timestamp with time zone,
  constraint usage_check_check CHECK (((kind = 'run'::text) = (run_id IS NOT NULL))),
  constraint usage_check_id_check CHECK ((id ~ '^[0-9a-z]{26}$'::text)),
  constraint usage_check_kind_check CHECK ((kind = ANY (ARRAY['run'::text, 'check'::text, 'dry_run'::text, 'backfill'::text]))),
  constraint usage_check_state_check CHECK ((state = ANY (ARRAY['reading'::text, 'compared'::text]))),
  constraint usage_check_run_id_fkey FOREIGN KEY (run_id) REFERENCES run(id) ON DELETE CASCADE,
  constraint usage_check_pkey PRIMARY KEY (seq),
  constraint usage_check_id_key UNIQUE (id),
  constraint usage_check_run_id_key UNIQUE (run_id)
);
CREATE INDEX usage_check_cycle ON public.usage_check USING btree (cycle, seq DESC);

create table usage_day (
  check_seq bigint not null,
  customer text not null,
  meter text not null,
  day date not null,
  legacy_events bigint not null,
  solvimon_events bigint not null,
  legacy_sum numeric not null,
  solvimon_sum numeric not null,
  legacy_hash numeric not null,
  solvimon_hash numeric not null,
  constraint usage_day_check_seq_fkey FOREIGN KEY (check_seq) REFERENCES usage_check(seq) ON DELETE CASCADE,
  constraint usage_day_pkey PRIMARY KEY (check_seq, customer, meter, day)
);

create table usage_event (
  no integer not null,
  reference text,
  customer text not null,
  meter text not null,
  is_customer_mapped boolean not null,
  is_meter_mapped boolean not null,
  at timestamp with time zone not null,
  quantity numeric not null,
  unique_key text,
  ingested_at timestamp with time zone,
  outcome text not null,
  outcome_reason text,
  constraint usage_event_outcome_check CHECK ((outcome = ANY (ARRAY['counted'::text, 'not_matched'::text, 'duplicate'::text, 'deleted'::text])))
);

create table usage_evidence (
  check_seq bigint not null,
  customer text not null,
  meter text not null,
  charge_key text not null,
  kind text not null,
  quantity numeric not null,
  events bigint not null,
  examples text[] not null,
  constraint usage_evidence_kind_check CHECK ((kind = ANY (ARRAY['missing'::text, 'duplicate'::text, 'late'::text, 'unmatched'::text]))),
  constraint usage_evidence_check_seq_fkey FOREIGN KEY (check_seq) REFERENCES usage_check(seq) ON DELETE CASCADE,
  constraint usage_evidence_pkey PRIMARY KEY (check_seq, customer, meter, kind)
);

create table usage_finding (
  check_seq bigint not null,
  no integer not null,
  class text not null,
  customer text not null,
  meter text not null,
  day date,
  reference text,
  other_reference text,
  legacy_at timestamp with time zone,
  solvimon_at timestamp with time zone,
  legacy_quantity numeric,
  solvimon_quantity numeric,
  solvimon_customer text,
  solvimon_meter text,
  ingested_at timestamp with time zone,
  reason text,
  effect numeric not null,
  constraint usage_finding_class_check CHECK ((class = ANY (ARRAY['missing'::text, 'extra'::text, 'duplicate'::text, 'late'::text, 'unmatched'::text, 'wrong_customer'::text, 'wrong_meter'::text, 'wrong_period'::text, 'wrong_time'::text, 'wrong_quantity'::text, 'future'::text, 'unknown_customer'::text, 'unknown_meter'::text, 'unreadable'::text, 'count_differs'::text]))),
  constraint usage_finding_check_seq_fkey FOREIGN KEY (check_seq) REFERENCES usage_check(seq) ON DELETE CASCADE,
  constraint usage_finding_pkey PRIMARY KEY (check_seq, no)
);
CREATE INDEX usage_finding_class ON public.usage_finding USING btree (check_seq, class, no);
CREATE INDEX usage_finding_customer ON public.usage_finding USING btree (check_seq, customer, meter, no);
CREATE INDEX usage_finding_reference ON public.usage_finding USING btree (check_seq, reference) WHERE (reference IS NOT NULL);

create table usage_hour (
  check_seq bigint not null,
  meter text not null,
  hour timestamp with time zone not null,
  legacy_events bigint not null,
  solvimon_events bigint not null,
  constraint usage_hour_check_seq_fkey FOREIGN KEY (check_seq) REFERENCES usage_check(seq) ON DELETE CASCADE,
  constraint usage_hour_pkey PRIMARY KEY (check_seq, meter, hour)
);

create table usage_load (
  id bigint generated always as identity not null,
  check_seq bigint not null,
  side text not null,
  system text not null,
  state text not null,
  read bigint,
  events bigint,
  aggregates bigint,
  rejected bigint,
  skipped jsonb default '{}'::jsonb not null,
  problems jsonb default '[]'::jsonb not null,
  is_complete boolean,
  incomplete_because text[] default '{}'::text[] not null,
  input_hash text,
  as_of timestamp with time zone,
  started_at timestamp with time zone not null,
  loaded_at timestamp with time zone,
  constraint usage_load_side_check CHECK ((side = ANY (ARRAY['legacy'::text, 'solvimon'::text]))),
  constraint usage_load_state_check CHECK ((state = ANY (ARRAY['loading'::text, 'loaded'::text]))),
  constraint usage_load_check_seq_fkey FOREIGN KEY (check_seq) REFERENCES usage_check(seq) ON DELETE CASCADE,
  constraint usage_load_pkey PRIMARY KEY (id)
);
CREATE INDEX usage_load_check ON public.usage_load USING btree (check_seq);
CREATE UNIQUE INDEX usage_load_once ON public.usage_load USING btree (check_seq, side) WHERE (state = 'loaded'::text);

create table usage_rejected (
  load_id bigint not null,
  no integer not null,
  reference text,
  customer text,
  meter text,
  problems jsonb not null,
  file text,
  file_line integer,
  constraint usage_rejected_load_id_fkey FOREIGN KEY (load_id) REFERENCES usage_load(id) ON DELETE CASCADE,
  constraint usage_rejected_pkey PRIMARY KEY (load_id, no)
);
CREATE INDEX usage_rejected_reference ON public.usage_rejected USING btree (load_id, reference) WHERE (reference IS NOT NULL);

create table usage_total (
  check_seq bigint not null,
  customer text not null,
  meter text not null,
  charge_key text not null,
  aggregation text not null,
  legacy_events bigint not null,
  solvimon_events bigint not null,
  arrived_events bigint not null,
  legacy_sum numeric not null,
  solvimon_sum numeric not null,
  legacy_hash numeric not null,
  solvimon_hash numeric not null,
  legacy_quantity numeric,
  solvimon_quantity numeric,
  constraint usage_total_check_seq_fkey FOREIGN KEY (check_seq) REFERENCES usage_check(seq) ON DELETE CASCADE,
  constraint usage_total_pkey PRIMARY KEY (check_seq, customer, meter)
);

create table webhook_delivery (
  token text not null,
  keep_until timestamp with time zone not null,
  constraint webhook_delivery_pkey PRIMARY KEY (token)
);
CREATE INDEX webhook_delivery_until ON public.webhook_delivery USING btree (keep_until);

create table work_batch (
  id text not null,
  cycle text not null,
  act jsonb not null,
  before jsonb not null,
  who text not null,
  at timestamp with time zone not null,
  reverses text,
  constraint work_batch_id_check CHECK ((id ~ '^B-[0-9a-f]{16}$'::text)),
  constraint work_batch_reverses_fkey FOREIGN KEY (reverses) REFERENCES work_batch(id),
  constraint work_batch_pkey PRIMARY KEY (id),
  constraint work_batch_reverses_key UNIQUE (reverses)
);
CREATE TRIGGER work_batch_append BEFORE DELETE OR UPDATE OR TRUNCATE ON public.work_batch FOR EACH STATEMENT EXECUTE FUNCTION refuse_history_change();

create table work_event (
  id bigint generated always as identity not null,
  batch_id text,
  cycle text not null,
  key text not null,
  kind text not null,
  from_status text not null,
  to_status text not null,
  who text not null,
  note text,
  at timestamp with time zone not null,
  constraint work_event_kind_check CHECK ((kind = ANY (ARRAY['assign'::text, 'comment'::text, 'status'::text, 'accept'::text, 'undo'::text, 'reversal'::text, 'carried'::text, 'stale'::text, 'expired'::text, 'resolved'::text, 'reopened'::text]))),
  constraint work_event_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES work_batch(id),
  constraint work_event_pkey PRIMARY KEY (id)
);
CREATE INDEX work_event_key ON public.work_event USING btree (key, id);
CREATE TRIGGER work_event_append BEFORE DELETE OR UPDATE OR TRUNCATE ON public.work_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_history_change();

create table work_item (
  cycle text not null,
  key text not null,
  status text not null,
  assignee text,
  version integer not null,
  accepted_in text,
  accepted_by text,
  approved_by text,
  accepted_at timestamp with time zone,
  reason text,
  expires_on date,
  max_amount numeric,
  content text,
  updated_at timestamp with time zone not null,
  constraint acceptance_is_whole CHECK (((status <> 'accepted'::text) OR ((btrim(reason) <> ''::text) AND (accepted_by IS NOT NULL) AND (accepted_in IS NOT NULL) AND (expires_on IS NOT NULL) AND (max_amount IS NOT NULL) AND (content IS NOT NULL)))),
  constraint maker_is_not_checker CHECK ((approved_by <> accepted_by)),
  constraint work_item_max_amount_check CHECK ((max_amount >= (0)::numeric)),
  constraint work_item_status_check CHECK ((status = ANY (ARRAY['open'::text, 'investigating'::text, 'accepted'::text, 'fix_solvimon'::text, 'fix_legacy'::text, 'fix_mapping'::text, 'resolved'::text, 'reopened'::text, 'expired'::text, 'stale'::text]))),
  constraint work_item_version_check CHECK ((version >= 1)),
  constraint work_item_pkey PRIMARY KEY (cycle, key)
);
CREATE INDEX work_item_due ON public.work_item USING btree (expires_on) WHERE (status = 'accepted'::text);
CREATE INDEX work_item_key ON public.work_item USING btree (key, cycle);

create table work_proposal (
  id bigint generated always as identity not null,
  cycle text not null,
  act jsonb not null,
  items jsonb not null,
  totals jsonb not null,
  why text not null,
  state text default 'waiting'::text not null,
  proposed_by text not null,
  proposed_at timestamp with time zone not null,
  decided_by text,
  decided_at timestamp with time zone,
  comment text,
  batch_id text,
  constraint proposal_maker_is_not_checker CHECK ((decided_by <> proposed_by)),
  constraint work_proposal_check CHECK ((((state = 'waiting'::text) = (decided_by IS NULL)) AND ((decided_by IS NULL) = (decided_at IS NULL)))),
  constraint work_proposal_decided_by_check CHECK (((decided_by = lower(btrim(decided_by))) AND (decided_by <> ''::text))),
  constraint work_proposal_proposed_by_check CHECK (((proposed_by = lower(btrim(proposed_by))) AND (proposed_by <> ''::text))),
  constraint work_proposal_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'approved'::text, 'rejected'::text]))),
  constraint work_proposal_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES work_batch(id),
  constraint work_proposal_pkey PRIMARY KEY (id)
);
CREATE INDEX work_proposal_cycle ON public.work_proposal USING btree (cycle, id);

create table work_seen (
  key text not null,
  cycle text not null,
  constraint work_seen_pkey PRIMARY KEY (key, cycle)
);
CREATE INDEX work_seen_cycle ON public.work_seen USING btree (cycle);

CREATE OR REPLACE FUNCTION public.give_schema(given text, taker text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  item record;
begin
  if to_regnamespace(given) is null then return; end if;
  execute format('alter schema %I owner to %I', given, taker);
  for item in
    select format('table %I.%I', given, c.relname) as what from pg_class c
    where c.relnamespace = to_regnamespace(given) and c.relkind in ('r', 'p')
    union all
    select format('sequence %I.%I', given, c.relname) from pg_class c
    where c.relnamespace = to_regnamespace(given) and c.relkind = 'S'
      and not exists (select from pg_depend d where d.objid = c.oid and d.deptype in ('a', 'i'))
    union all
    select format('routine %s', p.oid::regprocedure) from pg_proc p where p.pronamespace = to_regnamespace(given)
    union all
    select format('type %I.%I', given, t.typname) from pg_type t where t.typnamespace = to_regnamespace(given) and t.typtype in ('e', 'd')
  loop
    execute format('alter %s owner to %I', item.what, taker);
  end loop;
end $function$;

CREATE OR REPLACE FUNCTION public.grant_database_roles()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  granted record;
  item record;
begin
  for granted in select * from database_role d where exists (select from pg_roles where rolname = d.role) loop
    execute format('grant usage on schema public to %I', granted.role);
    if granted.kind = 'read' then
      for item in select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v') loop
        if item.relname = 'api_token' then
          execute format('revoke all on %I from %I', item.relname, granted.role);
        else
          execute format('grant select on %I to %I', item.relname, granted.role);
        end if;
      end loop;
      continue;
    end if;
    -- A load and a run lie in partitions of their own, which are made and dropped as the work goes on.
    execute format('grant create, usage on schema public to %I', granted.role);
    execute format('grant temporary on database %I to %I', current_database(), granted.role);
    for item in
      select c.relname, c.relowner = (select oid from pg_roles where rolname = granted.role) as is_theirs,
        c.relkind = 'p' or c.relispartition or c.relname ~ '_[lr][0-9]+$' as is_bulk,
        c.relname in ('database_role', 'kysely_migration', 'kysely_migration_lock') as is_read_only,
        exists (select from pg_trigger t join pg_proc p on p.oid = t.tgfoid
          where t.tgrelid = c.oid and p.proname in ('refuse_change', 'refuse_history_change')) as is_history
      from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    loop
      if item.is_bulk then
        if not item.is_theirs then execute format('alter table %I owner to %I', item.relname, granted.role); end if;
      else
        execute format('revoke all on %I from %I', item.relname, granted.role);
        execute format('grant %s on %I to %I', case when item.is_read_only then 'select'
          when item.is_history then 'select, insert' else 'select, insert, update, delete' end, item.relname, granted.role);
      end if;
    end loop;
    if granted.has_queue then
      execute format('grant create on database %I to %I', current_database(), granted.role);
      perform give_schema('bullmq', granted.role);
    else
      execute format('revoke create on database %I from %I', current_database(), granted.role);
    end if;
  end loop;
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '% is append-only: write a new row instead', tg_table_name using errcode = 'integrity_constraint_violation';
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_history_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '% is append-only: write a new row instead', tg_table_name using errcode = 'integrity_constraint_violation';
end $function$;
