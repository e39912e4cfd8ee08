import { destination, type DestinationStream, type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino';
import { AppError } from './errors.js';
import { redactFields, redactText } from './redact.js';

export type Logger = PinoLogger;
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export type LogOptions = {
  readonly level?: LogLevel;
  /** Which part of the program speaks: `cli`, `worker`, `api`. */
  readonly component: string;
  /** Where lines go; standard error when not given, because standard output is for data. */
  readonly stream?: DestinationStream;
};

/**
 * A logger of one JSON object a line. Fixed fields: `time` (ISO 8601, UTC), `level` (a word), `service`, `component`,
 * `pid`, `msg`; trouble goes in `err`. Secrets are taken out twice: fields by their name, and the finished line by
 * pattern, so that a password inside a message or a stack does not get through either.
 */
export function createLogger(options: LogOptions): Logger {
  return pino(
    {
      level: options.level ?? 'info',
      base: { service: 'shadowbill', component: options.component, pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      serializers: { err: describeError, error: describeError },
      formatters: {
        level: (label) => ({ level: label }),
        bindings: asFields,
        log: asFields,
      },
      hooks: { streamWrite: redactText },
    },
    options.stream ?? destination({ fd: 2, sync: true }),
  );
}

/** An error as plain fields: name, code, message, stack, context and the chain of causes (at most five). */
export function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return redactFields(error);
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    name: error.name,
    ...(code === undefined ? {} : { code }),
    message: error.message,
    ...(error instanceof AppError ? { retry: error.retry, context: redactFields(error.context) } : {}),
    stack: error.stack,
    ...(error.cause === undefined || depth >= 5 ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}

function asFields(fields: object): Record<string, unknown> {
  return { ...(redactFields({ ...fields }) as object) };
}
