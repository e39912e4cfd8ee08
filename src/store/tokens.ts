import { type Kysely, sql, type Transaction } from 'kysely';
import type { Scope } from '../model/access.js';
import type { Database } from './tables.js';

/** A token as it is kept: never itself, only its hash. */
export type StoredToken = {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdBy: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly revokedAt: string | null;
};

const iso = (column: string) =>
  sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const columns = sql`id, name, scopes, created_by as "createdBy", ${iso('created_at')} as "createdAt", ${iso('expires_at')} as "expiresAt",
  ${iso('revoked_at')} as "revokedAt"`;

export async function insertToken(
  trx: Transaction<Database>,
  one: Pick<StoredToken, 'id' | 'name' | 'scopes' | 'createdBy' | 'expiresAt'> & {
    /** Lower-case hex. */
    readonly sha256: string;
    readonly now: Date;
  },
): Promise<void> {
  await sql`insert into api_token (id, name, sha256, scopes, created_by, created_at, expires_at)
    values (${one.id}, ${one.name}, ${one.sha256}, ${[...one.scopes]}::text[], ${one.createdBy}, ${one.now}, ${one.expiresAt})`.execute(
    trx,
  );
}

/** The token with this hash, whether or not it still holds. */
export async function tokenByHash(db: Kysely<Database>, sha256: string): Promise<StoredToken | undefined> {
  return (await sql<StoredToken>`select ${columns} from api_token where sha256 = ${sha256}`.execute(db)).rows[0];
}

/** Every token, newest first. */
export async function listTokens(db: Kysely<Database>): Promise<readonly StoredToken[]> {
  return (await sql<StoredToken>`select ${columns} from api_token order by created_at desc, id limit 1000`.execute(db))
    .rows;
}

/** Answers whether this call revoked it. */
export async function revokeTokenRow(trx: Transaction<Database>, id: string, now: Date): Promise<boolean> {
  const result = await sql`update api_token set revoked_at = ${now} where id = ${id} and revoked_at is null`.execute(
    trx,
  );
  return (result.numAffectedRows ?? 0n) > 0n;
}
