insert into alert (id, kind, severity, cycle, run_id, title, lines, detail, customers, owners, link, raised_at, routed_at)
values
  ('A-00000000000000000001', 'run.incomplete', 'warning', '2026-10', null, 'A run of 2026-10 did not finish', '["reason"]',
    '{"code": "source_unreachable"}', '{C0001}', '{ann@example.com}', '/cycles/2026-10', '2026-11-05T05:00:00Z', '2026-11-05T05:00:10Z'),
  ('A-00000000000000000002', 'run.digest', 'info', '2026-10', null, '2026-10 reconciled', '[]', '{}', '{}', '{}', null, '2026-11-05T05:00:00Z', null);

insert into alert_message (id, channel, recipient, state, due_at, attempts, claim, claimed_until, created_at, ended_at, last_error)
values
  ('N-00000000000000000001', 'pager', '', 'waiting', '2026-11-05T05:10:00Z', 2, null, null, '2026-11-05T05:00:10Z', null, 'the receiver answered 503'),
  ('N-00000000000000000002', 'mail', 'ann@example.com', 'sending', '2026-11-05T05:00:10Z', 1, 'c1', '2026-11-05T05:01:10Z', '2026-11-05T05:00:10Z', null, null);

insert into alert_delivery (alert_id, channel, recipient, not_before, message_id)
values
  ('A-00000000000000000001', 'pager', '', '2026-11-05T05:00:00Z', 'N-00000000000000000001'),
  ('A-00000000000000000001', 'mail', 'ann@example.com', '2026-11-05T05:00:00Z', 'N-00000000000000000002');
