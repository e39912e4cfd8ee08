insert into process (id, kind, host, pid, state, started_at, beat_at)
values ('host-1-aa', 'worker', 'host', 1, 'working', '2026-11-01T00:00:00Z', '2026-11-01T00:05:00Z');
insert into night (due_at, due_on, finish_by, begun_at)
values ('2026-11-01T03:15:00Z', '2026-11-01', '2026-11-01T05:30:00Z', '2026-11-01T03:15:01Z');
insert into night_run (due_at, cycle, run_id) select '2026-11-01T03:15:00Z', cycle, id from run order by id limit 1;
