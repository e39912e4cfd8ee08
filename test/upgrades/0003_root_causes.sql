insert into root_cause values ('fp1-0123456789abcdef', 'rounding.level', 'line', 'seats', 'EUR', 'accepted', 'known', '2026-09', '2026-09', '2026-09', 0.01, 'over', 'ann', 'agreed with finance', '2026-10-02 10:00Z');
insert into root_cause_cycle values ('fp1-0123456789abcdef', '2026-09', 1, 1, 1, 1, 1, 0.01, 0, 1, '{M-1}');
insert into root_cause_event (fingerprint, cycle, event, from_status, to_status, who, note, at) values ('fp1-0123456789abcdef', '2026-09', 'accept', 'known', 'accepted', 'ann', 'agreed', '2026-10-02 10:00Z');
update mismatch set known = 'KD-1';
