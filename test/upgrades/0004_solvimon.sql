insert into solvimon_hold values ('plat_1', 'invo-1', 'run', 'collect', '2026-10-02 01:00Z', null, 'req-7');
insert into solvimon_incident values ('shadow_invoice_final', 'plat_1', 'invo-2', 'C-2', 'webhook', '2026-10-02 01:00Z', '2026-10-02 02:00Z', 2);
insert into webhook_delivery values ('d-1', '2026-10-02 02:00Z');
