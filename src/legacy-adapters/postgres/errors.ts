import { AppError, type ErrorCode } from '../../errors.js';

const unreachable = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'ECONNRESET',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EPIPE',
  'EAI_AGAIN',
]);

/** What a SQLSTATE, or its class, means for the person who configured the source (postgresql.org/docs, appendix A). */
const bySqlState: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  '28P01': ['source_unauthorised', 'the password is wrong'],
  '28000': ['source_unauthorised', 'the role is unknown, or may not connect from here'],
  '3D000': ['config_invalid', 'there is no such database'],
  '42501': ['source_unauthorised', 'the role may not read it. Grant SELECT on the table, and USAGE on its schema'],
  '42601': ['config_invalid', 'the SQL is not understood'],
  '42P01': ['config_invalid', 'there is no such table for this role. Name its schema'],
  '42703': ['config_invalid', 'there is no such column'],
  '42': ['config_invalid', 'the SQL does not fit the tables'],
  '22': ['config_invalid', 'a value does not fit its type'],
  '0A000': ['config_invalid', 'this server cannot do that'],
  '57014': ['timeout', 'statement_timeout_s has passed. Add an index for the filter, or allow more'],
  '55P03': ['timeout', 'another session holds a lock on the table. Read a replica, or read when no migration runs'],
  '25006': ['config_invalid', 'the query would change something, and the transaction is read-only'],
  '40001': [
    'source_unreachable',
    'the replica gave up the snapshot to go on replaying. Set hot_standby_feedback = on, or raise max_standby_streaming_delay',
  ],
  '25P03': ['source_unreachable', 'the server ended a snapshot that was idle for too long'],
};

/** The AppError of what `pg` throws, by SQLSTATE or system code; anything else ended the connection. `what` names the statement. */
export function postgresError(error: unknown, what: string): AppError {
  if (error instanceof AppError) return error;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const message = error instanceof Error ? error.message : String(error);
  const known = bySqlState[code] ?? bySqlState[code.slice(0, 2)];
  const context = { sqlState: code };
  if (known !== undefined && !unreachable.has(code))
    return new AppError(known[0], { detail: `${what}: ${known[1]} (${code}: ${message})`, cause: error, context });
  // Without a SQLSTATE the reply is cut off, or the connection gone: both may pass.
  return new AppError('source_unreachable', {
    detail: `${what} (${code === '' ? message : `${code}: ${message}`})`,
    cause: error,
    context,
  });
}
