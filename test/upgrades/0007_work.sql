-- A mismatch that was looked at and accepted by two people, and a cycle that was signed.
insert into work_seen values ('W-0123456789abcdef0123', '2026-09');
insert into work_item values ('2026-09', 'W-0123456789abcdef0123', 'accepted', 'ann', 2, '2026-09', 'ann', 'ben', '2026-10-02 10:00Z', 'rounding of the old system', '2026-12-31', 0.05, 'content-1', '2026-10-02 10:00Z');
insert into work_batch values ('B-0123456789abcdef', '2026-09', '{"act": "accept"}', '[]', 'ann', '2026-10-02 10:00Z', null);
insert into work_event (batch_id, cycle, key, kind, from_status, to_status, who, note, at) values ('B-0123456789abcdef', '2026-09', 'W-0123456789abcdef0123', 'accept', 'open', 'accepted', 'ann', null, '2026-10-02 10:00Z');
insert into work_proposal (cycle, act, items, totals, why, state, proposed_by, proposed_at, decided_by, decided_at, comment, batch_id) values
  ('2026-09', '{"act": "accept"}', '[]', '{"EUR": "0.01"}', 'above the limit', 'approved', 'ann', '2026-10-02 09:00Z', 'ben', '2026-10-02 10:00Z', 'fine', 'B-0123456789abcdef');
insert into cycle_state values ('2026-09', 'signed', 1, 'bb', 4, '2026-10-03 10:00Z');
insert into signoff values ('2026-09', 1, 'ann', 'preparer', '00000000000000000000000001', 'bb', 'I certify', '2026-10-03 09:00Z'), ('2026-09', 1, 'ben', 'reviewer', '00000000000000000000000001', 'bb', 'I certify', '2026-10-03 10:00Z');
insert into audit_log values (1, '2026-10-02 10:00Z', 'ann', 'cli', 'work.accept', 'W-0123456789abcdef0123', '2026-09', '{}', repeat('0', 64), repeat('1', 64));
insert into api_token values ('T-0123456789ab', 'finance sheet', repeat('a', 64), '{read}', 'ann', '2026-10-02 10:00Z', '2027-10-02 10:00Z', null);
