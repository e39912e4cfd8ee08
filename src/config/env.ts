import { readFileSync } from 'node:fs';

export type EnvEntry = {
  readonly name: string;
  /** Whether NAME_FILE may name a file that holds the value instead. */
  readonly hasFile: boolean;
  readonly isSecret: boolean;
  /** The values it may have; null: any text. */
  readonly values: readonly string[] | null;
  readonly fallback: string;
  readonly meaning: string;
};

/** Every environment variable that shadowbill itself reads; docs/ENVIRONMENT.md is made from it. Adapters' secrets are named in shadowbill.yml. */
export const envTable = [
  {
    name: 'DATABASE_URL',
    hasFile: true,
    isSecret: true,
    values: null,
    fallback: 'an embedded Postgres under data_dir',
    meaning: 'Address of the Postgres that holds all results, postgres://user:password@host:5432/name.',
  },
  {
    name: 'REDIS_URL',
    hasFile: true,
    isSecret: true,
    values: null,
    fallback: 'jobs are queued in Postgres',
    meaning: 'Address of the Redis that queues jobs, redis://:password@host:6379/0.',
  },
  {
    name: 'QUEUE',
    hasFile: false,
    isSecret: false,
    values: ['redis', 'postgres'],
    fallback: 'redis when REDIS_URL is set, else postgres',
    meaning: 'Where jobs are queued. Say postgres in production when there is no Redis on purpose.',
  },
  {
    name: 'NODE_ENV',
    hasFile: false,
    isSecret: false,
    values: ['production', 'development', 'test'],
    fallback: 'development',
    meaning: 'production refuses a half configuration: it wants DATABASE_URL, and REDIS_URL or QUEUE=postgres.',
  },
  {
    name: 'LOG_LEVEL',
    hasFile: false,
    isSecret: false,
    values: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    fallback: 'info',
    meaning: 'How much is logged. Logs go to standard error.',
  },
  {
    name: 'SESSION_KEY',
    hasFile: true,
    isSecret: true,
    values: null,
    fallback: 'a new one at every start, which signs everybody out; production refuses that',
    meaning: 'Seals the session cookie: 64 hexadecimal digits, e.g. from `openssl rand -hex 32`.',
  },
  {
    name: 'CHROMIUM',
    hasFile: false,
    isSecret: false,
    values: null,
    fallback: 'chromium or google-chrome on the PATH',
    meaning: 'Program that prints the PDF of a report.',
  },
] as const satisfies readonly EnvEntry[];

/** What the environment says, read once. `null`: not said. */
export type Env = {
  readonly databaseUrl: string | null;
  readonly redisUrl: string | null;
  readonly queue: 'redis' | 'postgres';
  readonly isProduction: boolean;
  /** 64 hexadecimal digits. */
  readonly sessionKey: string | null;
  readonly chromium: string | null;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
};

export type EnvResult =
  | { readonly ok: true; readonly env: Env }
  | { readonly ok: false; readonly problems: readonly string[] };

type Variables = Readonly<Record<string, string | undefined>>;

/** Reads the variables of `envTable`; names every mistake at once and never prints a value that may be secret. */
export function readEnv(variables: Variables): EnvResult {
  const problems: string[] = [];
  const read = (name: (typeof envTable)[number]['name']) => readVariable(entryOf(name), variables, problems);
  const databaseUrl = read('DATABASE_URL');
  const redisUrl = read('REDIS_URL');
  const queue = read('QUEUE');
  const isProduction = read('NODE_ENV') === 'production';
  const logLevel = read('LOG_LEVEL');
  const sessionKey = read('SESSION_KEY');
  const chromium = read('CHROMIUM');
  if (sessionKey !== null && !/^[0-9a-f]{64}$/i.test(sessionKey))
    problems.push('SESSION_KEY is not 64 hexadecimal digits. Make one with `openssl rand -hex 32`');
  checkAddress('DATABASE_URL', databaseUrl, /^postgres(ql)?:$/, problems);
  checkAddress('REDIS_URL', redisUrl, /^rediss?:$/, problems);
  if (queue === 'redis' && redisUrl === null)
    problems.push('QUEUE is redis but REDIS_URL is not set. Set REDIS_URL, or QUEUE=postgres');
  if (isProduction && databaseUrl === null)
    problems.push('DATABASE_URL is not set and NODE_ENV is production. Set DATABASE_URL');
  if (isProduction && redisUrl === null && queue === null)
    problems.push('REDIS_URL is not set and NODE_ENV is production. Set REDIS_URL, or QUEUE=postgres');
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    env: {
      databaseUrl,
      redisUrl,
      queue: (queue ?? (redisUrl === null ? 'postgres' : 'redis')) as Env['queue'],
      isProduction,
      sessionKey,
      chromium,
      logLevel: (logLevel ?? 'info') as Env['logLevel'],
    },
  };
}

function entryOf(name: string): EnvEntry {
  const entry: EnvEntry | undefined = envTable.find((known) => known.name === name);
  if (entry === undefined) throw new RangeError(`${name} is not in the table of variables`);
  return entry;
}

function readVariable(entry: EnvEntry, variables: Variables, problems: string[]): string | null {
  const direct = nonEmpty(variables[entry.name]);
  const file = entry.hasFile ? nonEmpty(variables[`${entry.name}_FILE`]) : null;
  if (direct !== null && file !== null) {
    problems.push(`${entry.name} and ${entry.name}_FILE are both set. Keep one of them`);
    return null;
  }
  const value = file === null ? direct : readSecretFile(`${entry.name}_FILE`, file, problems);
  if (value === null || entry.values === null || entry.values.includes(value)) return value;
  problems.push(`${entry.name} is ${JSON.stringify(value)}. Write one of ${entry.values.join(', ')}`);
  return null;
}

function readSecretFile(name: string, file: string, problems: string[]): string | null {
  try {
    const value = nonEmpty(readFileSync(file, 'utf8').trim());
    if (value === null) problems.push(`${name} names an empty file, ${file}. Put the value into it`);
    return value;
  } catch (error) {
    problems.push(
      `${name} names ${file}, which could not be read (${(error as NodeJS.ErrnoException).code ?? 'error'}). Check the path`,
    );
    return null;
  }
}

function checkAddress(name: string, value: string | null, protocol: RegExp, problems: string[]): void {
  if (value === null) return;
  if (!URL.canParse(value) || !protocol.test(new URL(value).protocol))
    problems.push(`${name} is not an address of the right kind. Write it as in docs/ENVIRONMENT.md`);
}

function nonEmpty(value: string | undefined): string | null {
  return value === undefined || value === '' ? null : value;
}
