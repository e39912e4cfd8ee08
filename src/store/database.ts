import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { AppError } from '../errors.js';
import { invariant } from '../model/invariant.js';
import type { Database } from './tables.js';

export type Store = { readonly db: Kysely<Database>; readonly pool: pg.Pool; close(): Promise<void> };

/** Types that `pg` would turn into a JavaScript Date in the worker's own zone, a day off east of Greenwich: kept as text. */
const keptAsText = new Set([1082, 1114, 1184]);

/**
 * Opens a pool. NUMERIC and bigint arrive as text (pg's default), dates and timestamps too; the session runs in UTC.
 * Connection errors of idle clients go to `onError`, until the store is closed, and never end the process.
 */
export function openDatabase(options: {
  readonly url: string;
  readonly applicationName: string;
  readonly poolSize: number;
  readonly onError: (error: Error) => void;
}): Store {
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.poolSize,
    options: '-c timezone=UTC',
    types: {
      getTypeParser: (oid, format) =>
        (keptAsText.has(oid) ? (value: unknown) => value : pg.types.getTypeParser(oid, format)) as never,
    },
  });
  // A server that stops after we have hung up is no loss: pg answers `end` before the last socket is closed.
  let isClosing = false;
  const onError = (error: Error) => {
    if (!isClosing) options.onError(error);
  };
  pool.on('error', onError);
  pool.on('connect', (client) => client.on('error', onError));
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  const close = async () => {
    isClosing = true;
    await db.destroy();
  };
  return { db, pool, close };
}

/** Twelve hex digits that are the same for everybody who works on this database, and others for every other database. */
export async function databaseIdentity(db: Kysely<Database>): Promise<string> {
  const result = await sql<{ identity: string }>`
    select left(md5(concat_ws('/', (select system_identifier from pg_control_system()),
      (select oid from pg_database where datname = current_database()))), 12) as identity`.execute(db);
  const identity = result.rows[0]?.identity;
  invariant(identity !== undefined, 'a database can say which one it is');
  return identity;
}

const connectionRefusals = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'ECONNRESET',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  '57P03',
  '53300',
  '57P01',
]);
const credentialRefusals = new Set(['28P01', '28000', '3D000']);

/** Turns what `pg` throws on connecting into an AppError by its code; everything else is given back as it is. */
export function databaseError(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (connectionRefusals.has(code)) return new AppError('database_unreachable', { cause: error, detail: code });
  if (credentialRefusals.has(code)) return new AppError('database_refused', { cause: error, detail: code });
  return error;
}
