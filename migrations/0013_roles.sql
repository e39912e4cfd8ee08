-- Three roles in place of one. The owner makes tables and alters them, and is used for migrations only. `app` is what the
-- program works as: it may do its work, and can neither change nor take away what is history, because it owns no such table
-- and so can switch no trigger off. `read` may look.

create table database_role (
  role text primary key check (role ~ '^[a-z_][a-z0-9_]{0,62}$'),
  kind text not null check (kind in ('app', 'read')),
  -- Whether the queue lies in this database: BullMQ then makes a schema of its own.
  has_queue boolean not null default false
);

-- Puts into force what database_role says, for every table that there is now. Called after each migration, so that a new
-- table is never forgotten. Run as the owner, who has to be a member of each app role.
create function grant_database_roles() returns void language plpgsql as $$
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
end $$;

-- Makes a role the owner of a schema and of everything in it; nothing when there is no such schema.
create function give_schema(given text, taker text) returns void language plpgsql as $$
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
end $$;
