import { invariant } from './model/invariant.js';

/**
 * Whether doing the same thing again can help. `never`: it cannot until somebody changes something. `later`: yes, with
 * the caller's ordinary back-off. `after`: yes, but not before `retryAfterMs` has passed.
 */
export type Retry = 'never' | 'later' | 'after';

/**
 * Exit codes of the command line. A scheduler may repeat 4 and 5; the others need a person first. 1 (findings) and 10 to
 * 12 (gate results) are results and not errors, so they are not here.
 */
export const exitCodes = {
  usage: 2,
  configInvalid: 3,
  incomplete: 4,
  dependencyDown: 5,
  notAllowed: 6,
  conflict: 7,
  internal: 70,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export type ErrorEntry = {
  /** What happened, for the person at the screen. One sentence without a full stop, so that a detail can follow. */
  readonly sentence: string;
  readonly retry: Retry;
  readonly exitCode: ExitCode;
  /** What to do next. */
  readonly next: string;
  /** The HTTP status, where it is not the one that follows from the exit code. */
  readonly httpStatus?: number;
};

/** The HTTP status that an exit code means; codes of the table may say another. */
export const httpStatusOfExit = {
  [exitCodes.usage]: 400,
  [exitCodes.configInvalid]: 500,
  [exitCodes.incomplete]: 409,
  [exitCodes.dependencyDown]: 503,
  [exitCodes.notAllowed]: 403,
  [exitCodes.conflict]: 409,
  [exitCodes.internal]: 500,
  [exitCodes.interrupted]: 503,
} as const satisfies Record<ExitCode, number>;

/** Every way in which the world can fail us. docs/ERRORS.md is made from this table; codes are public and stay. */
export const errorTable = {
  usage: {
    sentence: 'This was not understood',
    retry: 'never',
    exitCode: exitCodes.usage,
    next: 'Read the command’s --help, or the description of the API at /openapi.json.',
  },
  run_not_found: {
    sentence: 'There is no such run',
    retry: 'never',
    exitCode: exitCodes.usage,
    next: 'List the runs with `shadowbill runs list`.',
    httpStatus: 404,
  },
  cycle_not_found: {
    sentence: 'There is no such cycle',
    retry: 'never',
    exitCode: exitCodes.usage,
    next: 'List the cycles with `shadowbill cycle status`.',
    httpStatus: 404,
  },
  cohort_not_found: {
    sentence: 'There is no such cohort',
    retry: 'never',
    exitCode: exitCodes.usage,
    next: 'List the cohorts with `shadowbill cohort list`.',
    httpStatus: 404,
  },
  mismatch_not_found: {
    sentence: 'There is no such mismatch',
    retry: 'never',
    exitCode: exitCodes.usage,
    next: 'List the mismatches with `shadowbill mismatch list`.',
    httpStatus: 404,
  },
  pair_not_found: {
    sentence: 'There is no such pair of invoices',
    retry: 'never',
    exitCode: exitCodes.usage,
    next: 'List the pairs with `shadowbill pair list`.',
    httpStatus: 404,
  },
  alert_not_found: {
    sentence: 'There is no such alert',
    retry: 'never',
    exitCode: exitCodes.usage,
    next: 'List the alerts with `shadowbill alerts list`.',
    httpStatus: 404,
  },
  not_found: {
    sentence: 'There is nothing by this name',
    retry: 'never',
    exitCode: exitCodes.usage,
    next: 'Check the address or the id.',
    httpStatus: 404,
  },
  too_large: {
    sentence: 'This is more than can be taken at once',
    retry: 'never',
    exitCode: exitCodes.usage,
    next: 'Send less, or narrow the filter.',
    httpStatus: 413,
  },
  rate_limited: {
    sentence: 'Too many requests in a short time',
    retry: 'after',
    exitCode: exitCodes.dependencyDown,
    next: 'Wait as long as the header retry-after says.',
    httpStatus: 429,
  },
  pdf_unavailable: {
    sentence: 'The PDF could not be made',
    retry: 'later',
    exitCode: exitCodes.dependencyDown,
    next: 'Install Chromium, name it in CHROMIUM, or print the HTML report from a browser.',
  },
  root_cause_not_found: {
    sentence: 'There is no such root cause',
    retry: 'never',
    exitCode: exitCodes.usage,
    next: 'List the root causes with `shadowbill causes list`.',
  },
  file_unreadable: {
    sentence: 'A file could not be read or written',
    retry: 'never',
    exitCode: exitCodes.usage,
    next: 'Check the path and its permissions.',
  },
  config_invalid: {
    sentence: 'The configuration is not valid',
    retry: 'never',
    exitCode: exitCodes.configInvalid,
    next: 'Mend the places named and check with `shadowbill config check`.',
  },
  address_private: {
    sentence: 'An address lies inside a private network, where we send nothing',
    retry: 'never',
    exitCode: exitCodes.configInvalid,
    next: 'Mend the address, or set allow_private_address: true in the block of that source if it is meant.',
  },
  database_refused: {
    sentence: 'Postgres refused the user, the password or the database name',
    retry: 'never',
    exitCode: exitCodes.configInvalid,
    next: 'Check DATABASE_URL.',
  },
  platform_without_embedded_postgres: {
    sentence: 'There is no embedded Postgres for this platform',
    retry: 'never',
    exitCode: exitCodes.configInvalid,
    next: 'Set DATABASE_URL to a Postgres 15 or newer.',
  },
  embedded_postgres_failed: {
    sentence: 'The embedded Postgres did not start',
    retry: 'never',
    exitCode: exitCodes.dependencyDown,
    next: 'Read the log named in the message, or set DATABASE_URL to a Postgres of your own.',
  },
  incomplete: {
    sentence: 'Not everything could be compared',
    retry: 'later',
    exitCode: exitCodes.incomplete,
    next: 'See which customers are missing with `shadowbill runs show`, then run again.',
  },
  source_not_ready: {
    sentence: 'A source has not finished billing the cycle',
    retry: 'later',
    exitCode: exitCodes.incomplete,
    next: 'Run again when the cycle is billed.',
  },
  database_unreachable: {
    sentence: 'Postgres could not be reached',
    retry: 'later',
    exitCode: exitCodes.dependencyDown,
    next: 'Check that Postgres runs and that DATABASE_URL points to it.',
  },
  migration_failed: {
    sentence: 'A migration failed and was rolled back',
    retry: 'never',
    exitCode: exitCodes.dependencyDown,
    next: 'Read the cause; the schema is as it was before.',
  },
  migration_needs_owner: {
    sentence: 'The schema is older than this version, and this account may not alter it',
    retry: 'never',
    exitCode: exitCodes.notAllowed,
    next: 'Migrate once with the account that owns the tables in DATABASE_URL, then start again with this one.',
  },
  backup_failed: {
    sentence: 'The backup could not be taken or restored',
    retry: 'later',
    exitCode: exitCodes.dependencyDown,
    next: 'Read what the program said. pg_dump and pg_restore must be of the major version of the server, or newer.',
  },
  redis_unreachable: {
    sentence: 'Redis could not be reached',
    retry: 'later',
    exitCode: exitCodes.dependencyDown,
    next: 'Check that Redis runs and that REDIS_URL points to it, or unset REDIS_URL to queue in Postgres.',
  },
  source_unreachable: {
    sentence: 'A billing system could not be reached',
    retry: 'later',
    exitCode: exitCodes.dependencyDown,
    next: 'Check the address with `shadowbill doctor`.',
  },
  source_rate_limited: {
    sentence: 'A billing system asked us to slow down',
    retry: 'after',
    exitCode: exitCodes.dependencyDown,
    next: 'Wait, or lower the request rate of this source.',
  },
  source_reply_invalid: {
    sentence: 'A billing system sent a reply that is not what its contract says',
    retry: 'later',
    exitCode: exitCodes.dependencyDown,
    next: 'Look at the reply named in the message; a proxy or login page may be in between.',
  },
  source_refused_request: {
    sentence: 'A billing system refused a request of ours',
    retry: 'never',
    exitCode: exitCodes.configInvalid,
    next: 'Read the code and field named in the message; if the configuration is right, report it.',
  },
  notification_failed: {
    sentence: 'A notification could not be delivered',
    retry: 'later',
    exitCode: exitCodes.dependencyDown,
    next: 'Check the channel with `shadowbill notify test`; what was given up is sent again with `shadowbill alerts resend`.',
  },
  notification_refused: {
    sentence: 'A receiver refused a notification',
    retry: 'never',
    exitCode: exitCodes.configInvalid,
    next: 'Mend the address or token of the channel, try it with `shadowbill notify test`, then send again with `shadowbill alerts resend`.',
  },
  timeout: {
    sentence: 'The time allowed has passed',
    retry: 'later',
    exitCode: exitCodes.dependencyDown,
    next: 'Run again, or allow more with --timeout.',
  },
  source_unauthorised: {
    sentence: 'A billing system refused our credentials',
    retry: 'never',
    exitCode: exitCodes.notAllowed,
    next: 'Check the token and its permissions with `shadowbill doctor`.',
  },
  source_writable: {
    sentence: 'The credentials for a billing system could also change it',
    retry: 'never',
    exitCode: exitCodes.notAllowed,
    next: 'Use credentials that can only read, or say in the configuration that these are meant.',
  },
  unauthenticated: {
    sentence: 'You are not signed in',
    retry: 'never',
    exitCode: exitCodes.notAllowed,
    next: 'Sign in and try again.',
    httpStatus: 401,
  },
  not_allowed: {
    sentence: 'This is not allowed',
    retry: 'never',
    exitCode: exitCodes.notAllowed,
    next: 'Ask somebody whose role allows it. Who proposes may not approve.',
  },
  run_in_progress: {
    sentence: 'Another run of this cycle is in progress',
    retry: 'never',
    exitCode: exitCodes.conflict,
    next: 'Wait for it, or stop it with `shadowbill runs cancel`.',
  },
  cycle_signed: {
    sentence: 'The cycle is signed and does not change any more',
    retry: 'never',
    exitCode: exitCodes.conflict,
    next: 'Reopen the cycle first.',
  },
  schema_conflict: {
    sentence: 'The database was migrated by a newer or different version of shadowbill',
    retry: 'never',
    exitCode: exitCodes.conflict,
    next: 'Use the version that migrated it, or a newer one.',
  },
  database_not_empty: {
    sentence: 'The database to restore into is not empty',
    retry: 'never',
    exitCode: exitCodes.conflict,
    next: 'Make a new database and name it in DATABASE_URL; nothing is ever restored over what is there.',
  },
  backup_damaged: {
    sentence: 'The backup is not what was written',
    retry: 'never',
    exitCode: exitCodes.conflict,
    next: 'Use another backup, and find out what changed this one.',
  },
  conflict: {
    sentence: 'Somebody else changed this in the meantime',
    retry: 'never',
    exitCode: exitCodes.conflict,
    next: 'Look at the present state and decide again.',
  },
  interrupted: {
    sentence: 'The run was interrupted',
    retry: 'later',
    exitCode: exitCodes.interrupted,
    next: 'Go on with `shadowbill runs resume`.',
  },
  internal: {
    sentence: 'shadowbill made a mistake',
    retry: 'never',
    exitCode: exitCodes.internal,
    next: 'Report it with the id printed and the log.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;
export type ErrorContext = Readonly<Record<string, unknown>>;

export type AppErrorOptions = {
  /** What exactly, put behind the table's sentence: a name, a place, an address without its password. */
  readonly detail?: string;
  readonly cause?: unknown;
  readonly context?: ErrorContext;
  /** How long the other side asked us to wait, in milliseconds. Makes the error's retry `after`. */
  readonly retryAfterMs?: number;
};

/** Trouble from outside. Retry and exit code follow from the code, decided where the trouble happens and never from message text. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly retry: Retry;
  readonly retryAfterMs?: number;
  /** What exactly, without the table's sentence; for passing the error on. */
  readonly detail?: string;
  readonly exitCode: ExitCode;
  readonly context: ErrorContext;

  /** Throws an InvariantError when a wait is given for a code that must never be retried. */
  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    const entry: ErrorEntry = errorTable[code];
    super(
      options.detail === undefined ? `${entry.sentence}.` : `${entry.sentence}: ${options.detail}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = 'AppError';
    this.code = code;
    this.retry = effectiveRetry(entry, options.retryAfterMs);
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
    if (options.detail !== undefined) this.detail = options.detail;
    this.exitCode = entry.exitCode;
    this.context = options.context ?? {};
  }

  /** What the person can do next. */
  get next(): string {
    return errorTable[this.code].next;
  }
}

/** The HTTP status of a code. */
export function httpStatusOf(code: ErrorCode): number {
  const entry: ErrorEntry = errorTable[code];
  return entry.httpStatus ?? httpStatusOfExit[entry.exitCode];
}

/** The exit code an error ends the program with. Whatever is not an AppError is our own mistake: 70. */
export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof AppError ? error.exitCode : exitCodes.internal;
}

function effectiveRetry(entry: ErrorEntry, retryAfterMs: number | undefined): Retry {
  // Without a wait from the other side there is nothing to wait for exactly: the ordinary back-off applies.
  if (retryAfterMs === undefined) return entry.retry === 'after' ? 'later' : entry.retry;
  invariant(entry.retry !== 'never', 'a wait was given for an error that is never retried', { retryAfterMs });
  return 'after';
}
