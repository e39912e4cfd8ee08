insert into database_role values ('shadowbill_app_once', 'app', true), ('shadowbill_read_once', 'read', false);
