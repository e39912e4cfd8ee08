import { AppError, type ErrorCode } from '../../errors.js';

/** What an error number means for the person who configured the source (MySQL and MariaDB error reference). */
const byNumber: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  1044: ['source_unauthorised', 'the user may not use this database'],
  1045: ['source_unauthorised', 'the user or the password is wrong, or may not connect from here'],
  1698: ['source_unauthorised', 'the user may only connect through the socket of the machine'],
  1130: ['source_unauthorised', 'the server does not let this machine connect'],
  1142: ['source_unauthorised', 'the user may not read it. Grant SELECT on the table'],
  1143: ['source_unauthorised', 'the user may not read a column. Grant SELECT on it'],
  1356: ['source_unauthorised', 'a view refers to what its owner may not read any more'],
  1049: ['config_invalid', 'there is no such database'],
  1054: ['config_invalid', 'there is no such column'],
  1060: ['config_invalid', 'a column stands twice'],
  1064: ['config_invalid', 'the SQL is not understood'],
  1146: ['config_invalid', 'there is no such table. Name its database'],
  1267: ['config_invalid', 'texts of different collations are compared'],
  1792: ['config_invalid', 'the query would change something, and the transaction is read-only'],
  1205: ['timeout', 'another session holds a lock. Read a replica, or read when no migration runs'],
  1969: ['timeout', 'statement_timeout_s has passed. Add an index for the filter, or allow more'],
  3024: ['timeout', 'statement_timeout_s has passed. Add an index for the filter, or allow more'],
  1412: ['source_unreachable', 'a table was altered after the snapshot was taken'],
};

/** The AppError of what mysql2 throws, by error number; anything else ended the connection. `what` names the statement. */
export function mysqlError(error: unknown, what: string): AppError {
  if (error instanceof AppError) return error;
  const number = error instanceof Error && 'errno' in error && typeof error.errno === 'number' ? error.errno : 0;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const sqlState = error instanceof Error && 'sqlState' in error ? String(error.sqlState) : '';
  const message = error instanceof Error ? error.message : String(error);
  const context = { sqlState, number };
  const known =
    byNumber[number] ??
    (sqlState.startsWith('42') ? (['config_invalid', 'the SQL does not fit the tables'] as const) : undefined);
  if (known !== undefined)
    return new AppError(known[0], { detail: `${what}: ${known[1]} (${number}: ${message})`, cause: error, context });
  return new AppError('source_unreachable', {
    detail: `${what} (${code === '' ? message : `${code}: ${message}`})`,
    cause: error,
    context,
  });
}
