-- A finished cycle, a failed one and one in the middle, as the first schema holds them.
insert into run (id, cycle, timezone, config_hash, config, state, is_complete, incomplete_because, summary, result_hash, failure, customers, created_at, finished_at) values
  ('00000000000000000000000001', '2026-09', 'Europe/Amsterdam', 'aa', '{"config": {"version": "1"}}', 'finished', true, '{}', '{"pairs": 2}', 'bb', null, null, '2026-10-02 03:00+02', '2026-10-02 03:10+02'),
  ('00000000000000000000000002', '2026-09', 'Europe/Amsterdam', 'aa', '{}', 'failed', null, '{}', null, null, '{"code": "source_unreachable"}', null, '2026-10-03 03:00+02', null),
  ('00000000000000000000000003', '2026-10', 'Europe/Amsterdam', 'aa', '{}', 'comparing', null, '{listing_incomplete}', null, null, null, null, '2026-11-02 03:00+01', null);
insert into load (run_id, side, state, listed, emitted, rejected, skipped, is_complete, incomplete_because, control_totals, input_hash, as_of, checkpoint, committed_documents, started_at, loaded_at) values
  ('00000000000000000000000001', 'legacy', 'loaded', 2, 1, 1, 0, true, '{}', '[{"currency": "EUR", "amount": "12.10"}]', 'cc', '2026-10-02 01:00Z', null, 1, '2026-10-02 01:00Z', '2026-10-02 01:05Z'),
  ('00000000000000000000000001', 'solvimon', 'loaded', 1, 1, 0, 0, false, '{listing_incomplete}', '[]', null, null, null, 1, '2026-10-02 01:00Z', '2026-10-02 01:05Z'),
  ('00000000000000000000000003', 'legacy', 'loading', null, null, null, null, null, '{}', '[]', null, null, '{"v": 1, "cursor": "p2", "seen": 3}', 3, '2026-11-02 02:00Z', null);
-- Partitions as the program makes them: filled bare, then attached. The third load is in the middle and still bare.
create table document_l1 (like document including defaults including constraints);
create table line_l1 (like line including defaults including constraints);
create table raw_record_l1 (like raw_record including defaults including constraints);
create table document_l3 (like document including defaults including constraints);
create table line_l3 (like line including defaults including constraints);
create table raw_record_l3 (like raw_record including defaults including constraints);
insert into document_l1 (load_id, doc_no, document_id, customer, customer_ref, is_customer_mapped, in_cycle, currency, kind, state, raw_status, number, issued_at, period, tax_mode, net, tax, discount, gross, not_ready, is_clearable, digest, file, file_line, detail) values
  (1, 1, 'in-1', 'c1', 'C-1', true, true, 'EUR', 'invoice', 'final', 'paid', '2026-001', '2026-10-01 00:00Z', '[2026-08-31 22:00Z,2026-09-30 22:00Z)', 'exclusive', 10.00, 2.10, null, 12.10, '{}', true, 'd41d8cd98f00b204e9800998ecf8427e', 'legacy.csv', 2, '{"checks": []}');
insert into line_l1 (load_id, doc_no, ordinal, line_id, kind, charge_key, is_mapped, product_ref, period, quantity, unit_price, amount, discount, net, tax, description, detail) values
  (1, 1, 1, 'l-1', 'recurring', 'seats', true, 'P1', '[2026-08-31 22:00Z,2026-09-30 22:00Z)', 3, 3.333333333333333333333333, 10.00, 0, 10.00, 2.10, 'Seats "3"', null);
insert into raw_record_l1 values (1, 1, false, 'invoice', 'in-1', '\x00ff', '\x7b7d', '2026-01', 'req-1', '2026-10-02 01:01Z');
insert into document_l3 (load_id, doc_no, document_id, customer, customer_ref, is_customer_mapped, in_cycle, currency, kind, state, raw_status, tax_mode, net, tax, gross, not_ready, is_clearable, digest) values
  (3, 1, 'in-9', 'c9', 'C-9', false, true, 'JPY', 'invoice', 'draft', 'DRAFT', 'exclusive', 100, 10, 110, '{not_on_hold}', false, 'd41d8cd98f00b204e9800998ecf84270');
insert into line_l3 (load_id, doc_no, ordinal, line_id, kind, charge_key, is_mapped, amount, discount, net) values (3, 1, 1, 'l-9', 'usage', 'calls', false, 100, 0, 100);
insert into raw_record_l3 values (3, 1, true, 'invoice', 'in-9', '\x01', '\x', null, null, '2026-11-02 02:00Z');
alter table document_l1 add primary key (doc_no);
alter table line_l1 add primary key (doc_no, ordinal);
alter table raw_record_l1 add primary key (doc_no, is_rejected);
alter table document attach partition document_l1 for values in (1);
alter table line attach partition line_l1 for values in (1);
alter table raw_record attach partition raw_record_l1 for values in (1);
insert into rejected_document values (1, 1, 'in-2', 'c2', null, 'EUR', '[{"code": "amount_malformed", "value": "12,1O"}]', 'legacy.csv', 3);
insert into load_problem values (1, 1, '{"code": "control_total_differs"}');
insert into load_skip values (2, 'one_off', 7, '{i1,i2}');
insert into residue values (3, 1, 'c1', 'legacy', 1, 1), (3, 1, 'c2', null, null, null);
insert into compare_chunk values (3, 0, 'done', 0, '2026-11-02 02:01Z'), (3, 1, 'waiting', null, null);
create table pair_r1 (like pair including all);
create table mismatch_r1 (like mismatch including all);
insert into pair_r1 (run_seq, id, chunk, customer, currency, state, legacy, solvimon, legacy_gross, solvimon_gross, mismatches, detail) values
  (1, 'd41d8cd9-8f00-b204-e980-0998ecf8427e', 1, 'c1', 'EUR', 'mismatch', '{in-1}', '{invo-1}', 12.10, 12.11, 1, '{"notes": ["n"]}'),
  (1, 'd41d8cd9-8f00-b204-e980-0998ecf8427f', -1, null, null, 'error', '{in-2}', '{}', null, null, 0, null);
insert into mismatch_r1 (run_seq, id, chunk, pair_id, customer, currency, level, cause, confidence, charge_key, period, legacy_lines, solvimon_lines, legacy, solvimon, delta, direction, components, is_within_tolerance, status, fingerprint, detail) values
  (1, 'M-1', 1, 'd41d8cd9-8f00-b204-e980-0998ecf8427e', 'c1', 'EUR', 'line', 'rounding.level', 'proven', 'seats', '[2026-08-31 22:00Z,2026-09-30 22:00Z)', '{l-1}', '{s-1}', 12.10, 12.11, 0.01, 'over', '{"rounding": "0.01"}', false, 'open', 'fp1-0123456789abcdef', '{}');
alter table pair_r1 add primary key (id);
alter table mismatch_r1 add primary key (id);
alter table pair attach partition pair_r1 for values in (1);
alter table mismatch attach partition mismatch_r1 for values in (1);
insert into source_rate values ('legacy stripe', -2.5, '2026-11-02 02:00Z', null);
