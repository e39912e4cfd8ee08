insert into usage_check (id, kind, run_id, cycle, timezone, state, is_complete, incomplete_because, closes_at, summary, result_hash, created_at, finished_at)
values ('0usage0000000000000000000a', 'check', null, '2026-10', 'Europe/Amsterdam', 'compared', false, '{legacy: 1 record could not be read}',
  '2026-11-01T07:00:00Z', '{"schemaVersion": 1}', 'd41d8cd98f00b204e9800998ecf8427e', '2026-11-05T05:00:00Z', '2026-11-05T05:00:09Z');

insert into usage_load (check_seq, side, system, state, read, events, aggregates, rejected, skipped, problems, is_complete, input_hash, as_of, started_at, loaded_at)
select seq, 'legacy', 'csv', 'loaded', 3, 1, 1, 1, '{"outside the window that was asked for": 0}', '[]', true, 'e3b0c442', '2026-11-05T05:00:00Z',
  '2026-11-05T05:00:01Z', '2026-11-05T05:00:02Z' from usage_check;

insert into usage_event (no, reference, customer, meter, is_customer_mapped, is_meter_mapped, at, quantity, unique_key, ingested_at, outcome, outcome_reason)
values (1, 'ev-1', 'C0001', 'api', true, false, '2026-10-05T10:00:00Z', 12.50, 'u1', '2026-10-05T10:05:00Z', 'not_matched', 'NO_PRICING_ITEM_CONFIG');

insert into usage_aggregate (load_id, no, customer, meter, is_customer_mapped, is_meter_mapped, period, events, quantity)
select id, 1, 'C0001', 'sms', true, true, '[2026-10-05 00:00+02,2026-10-06 00:00+02)', 3, 30.5 from usage_load;

insert into usage_rejected (load_id, no, reference, customer, meter, problems, file, file_line)
select id, 1, 'ev-2', 'C0001', 'api', '[{"code": "amount_malformed", "place": {"line": 7}, "field": "quantity", "value": "x", "expected": "a number"}]', 'usage.csv', 7
from usage_load;

insert into usage_total (check_seq, customer, meter, charge_key, aggregation, legacy_events, solvimon_events, arrived_events, legacy_sum, solvimon_sum,
  legacy_hash, solvimon_hash, legacy_quantity, solvimon_quantity)
select seq, 'C0001', 'api', 'calls', 'sum', 10, 9, 9, 55, 52.5, 9223372036854775808, -12, 55, 52.5 from usage_check;

insert into usage_day (check_seq, customer, meter, day, legacy_events, solvimon_events, legacy_sum, solvimon_sum, legacy_hash, solvimon_hash)
select seq, 'C0001', 'api', '2026-10-05', 1, 0, 2.5, 0, 17, 0 from usage_check;

insert into usage_hour (check_seq, meter, hour, legacy_events, solvimon_events)
select seq, 'api', '2026-10-05T10:00:00Z', 1, 0 from usage_check;

insert into usage_finding (check_seq, no, class, customer, meter, day, reference, legacy_at, legacy_quantity, reason, effect)
select seq, 1, 'missing', 'C0001', 'api', '2026-10-05', 'ev-1', '2026-10-05T10:00:00Z', 2.5, null, -2.5 from usage_check;

insert into usage_evidence (check_seq, customer, meter, charge_key, kind, quantity, events, examples)
select seq, 'C0001', 'api', 'calls', 'missing', 2.5, 1, '{ev-1}' from usage_check;

insert into usage_billed (check_seq, customer, charge_key, side, from_events, on_invoice, state)
select seq, 'C0001', 'calls', 'solvimon', 52.5, 52.5, 'agrees' from usage_check;
