import { type Kysely, sql, type Transaction } from 'kysely';
import { AppError } from '../errors.js';
import type { Database } from './tables.js';

/** What a role may do: `app` is what the program works as, `read` may look and nothing else. */
export type RoleKind = 'app' | 'read';

export type RolePlan = {
  readonly app: string;
  /** Null: there is no role that only reads. */
  readonly read: string | null;
  /** Whether jobs are queued in this database. */
  readonly hasQueue: boolean;
};

export type RoleSetUp = {
  readonly role: string;
  readonly kind: RoleKind;
  /** Whether it was made now; it then has no password yet. */
  readonly isNew: boolean;
};

/** Names that need no quotes, so that people can write them as they see them. */
const nameForm = /^[a-z_][a-z0-9_]{0,62}$/;

/**
 * Makes the roles that are missing and grants each what it needs, in one transaction. Run as the owner of the tables.
 * Roles that another call set up and this one does not name keep what they have. Throws AppError `usage` for a name that
 * is none, and `not_allowed` when this account may not make roles or does not own the tables.
 */
export async function setUpRoles(db: Kysely<Database>, plan: RolePlan): Promise<readonly RoleSetUp[]> {
  const wanted: readonly (readonly [string, RoleKind])[] = [
    [plan.app, 'app'],
    ...(plan.read === null ? [] : [[plan.read, 'read'] as const]),
  ];
  for (const [role] of wanted)
    if (!nameForm.test(role))
      throw new AppError('usage', { detail: `${role} is no name for a role. Write small letters, digits and _` });
  if (plan.app === plan.read) throw new AppError('usage', { detail: 'one role cannot be both app and read' });
  try {
    return await db.transaction().execute(async (trx) => {
      const done: RoleSetUp[] = [];
      for (const [role, kind] of wanted) done.push({ role, kind, isNew: await setUpRole(trx, role, kind, plan) });
      await sql`select grant_database_roles()`.execute(trx);
      return done;
    });
  } catch (error) {
    throw refusal(error) ?? error;
  }
}

async function setUpRole(trx: Transaction<Database>, role: string, kind: RoleKind, plan: RolePlan): Promise<boolean> {
  const mine = await sql<{ name: string }>`select current_user as name`.execute(trx);
  if (mine.rows[0]?.name === role)
    throw new AppError('usage', { detail: `${role} is the owner of the tables; name another role for ${kind}` });
  const known = await sql<{ isSuper: boolean }>`
    select rolsuper or rolbypassrls as "isSuper" from pg_roles where rolname = ${role}`.execute(trx);
  if (known.rows[0]?.isSuper === true)
    throw new AppError('usage', { detail: `${role} is a superuser, whom no grant can hold back; name another role` });
  const isNew = known.rows.length === 0;
  if (isNew) await sql`create role ${sql.id(role)} login`.execute(trx);
  // The owner has to be a member to hand tables over, and to alter them in later migrations.
  if (kind === 'app') await sql`grant ${sql.id(role)} to current_user`.execute(trx);
  await sql`insert into database_role (role, kind, has_queue) values (${role}, ${kind}, ${kind === 'app' && plan.hasQueue})
    on conflict (role) do update set kind = excluded.kind, has_queue = excluded.has_queue`.execute(trx);
  return isNew;
}

/** Puts the grants into force again, for tables that a migration has just made. Does nothing where no role was set up. */
export async function renewGrants(db: Kysely<Database>): Promise<void> {
  await sql`select grant_database_roles() from database_role limit 1`.execute(db);
}

/** What the account of this connection could do to the audit log, beyond adding to it. */
export type HistoryPower = {
  readonly user: string;
  /** Why it could change or remove entries; null when it cannot. */
  readonly because: 'superuser' | 'owner' | 'granted' | null;
};

export async function historyPower(db: Kysely<Database>): Promise<HistoryPower> {
  const result = await sql<HistoryPower>`
    select current_user as user, case when r.rolsuper then 'superuser'
      when pg_has_role(current_user, c.relowner, 'usage') then 'owner'
      when has_table_privilege(c.oid, 'update, delete, truncate, trigger') then 'granted' end as because
    from pg_class c, pg_roles r where c.oid = 'audit_log'::regclass and r.rolname = current_user`.execute(db);
  return result.rows[0] ?? { user: 'unknown', because: 'granted' };
}

function refusal(error: unknown): AppError | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== '42501') return undefined;
  return new AppError('not_allowed', {
    detail: `${error.message}. Give DATABASE_URL the account that owns the tables and may make roles`,
    cause: error,
  });
}
