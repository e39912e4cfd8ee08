-- A cohort that was looked at, proposed for expansion, approved and moved.
insert into roster (input_hash, file, row_count, imported_at) values ('rr', 'roster.csv', 1, '2026-10-01 00:00Z');
insert into roster_row (roster_id, customer, currency, country, plan, mrr, has_usage, cohort, starts, exclusion, features, events) values
  (1, 'c1', 'EUR', 'NL', 'basic', 99.99, true, 'pilot', '2026-09', null, '{"tier": "a"}', '{signup}'),
  (1, 'c2', 'EUR', null, null, null, null, null, null, 'open dispute', '{}', '{}');
insert into cohort values ('pilot', 'pilot', 's1', 'random', 'seed-1', 'all of NL', 'ann', '2026-10-01 00:00Z');
insert into cohort_member values ('pilot', 'c1', 'random', '2026-10-01 00:00Z', 'ann', null, null, null), ('pilot', 'c2', 'random', '2026-10-01 00:00Z', 'ann', '2026-10-02 00:00Z', 'ben', 'dispute');
insert into policy_version (hash, policy, weakened, restarts_evidence, adopted_by, adopted_at) values ('pp', '{"mode": "strict"}', '[]', true, '{ann,ben}', '2026-10-01 00:00Z');
insert into epoch (cohort_id, kind, starts_with, reason, created_by, created_at) values (null, 'policy', '2026-09', 'first policy', 'ann', '2026-10-01 00:00Z');
insert into evaluation (cohort_id, cycle, run_id, as_of, night, decision, reason, leaning, snapshot, chain, detail, alpha, policy_seq, policy_hash, inputs_hash, grid_version, mode, epoch, frame, selection, created_at) values
  ('pilot', '2026-09', '00000000000000000000000001', '2026-10-02 01:00Z', '2026-10-02', 'EXPAND', 'ALL_GATES_PASSED', 'EXPAND', '{}', '[]', '{}', 0.05, 1, 'pp', 'ii', 'g1', 'strict', 1, 'all of NL', 'random', '2026-10-02 01:20Z');
insert into decision_proposal (cohort_id, evaluation_id, decision, recommendation, reason, effective_on, affected, needed_approvals, proposed_by, proposed_at) values
  ('pilot', 1, 'EXPAND', 'EXPAND', 'every gate passed', '2026-10-05', '["c3"]', 1, 'ann', '2026-10-02 08:00Z');
insert into decision_approval values (1, 'ann', 'ben', 'finance', 'approve', null, '2026-10-02 09:00Z');
insert into stage_change (cohort_id, proposal_id, event, from_stage, from_step, to_stage, to_step, changed_at) values ('pilot', 1, 'expand', 'shadow', 's0', 'pilot', 's1', '2026-10-02 09:00Z');
insert into live_biller values ('c1', 'solvimon', '2026-10', null, 'cutover', 'ann', '2026-10-02 09:00Z');
insert into golive_record (cohort_id, item, outcome, link, note, recorded_by, recorded_at) values ('pilot', 'rollback_rehearsed', 'pass', 'https://wiki.example/rehearsal', null, 'ben', '2026-10-02 10:00Z');
