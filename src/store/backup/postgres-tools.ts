import { spawn } from 'node:child_process';
import { AppError } from '../../errors.js';

/** What a program of Postgres is started with: an address without its password, and the password beside it. */
type Connection = { readonly dbname: string; readonly password: string | undefined };

/** The address as libpq reads it. The password goes another way: arguments can be read by everybody on the machine. */
function connectionOf(databaseUrl: string): Connection {
  const url = new URL(databaseUrl);
  const password = url.password === '' ? undefined : decodeURIComponent(url.password);
  url.password = '';
  return { dbname: url.href, password };
}

/** The variables a program of Postgres may see: those that libpq reads, and nothing else that is secret. */
function environment(password: string | undefined): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => /^(PATH|HOME|TMPDIR|SystemRoot|PG[A-Z]+)$/.test(name));
  return {
    ...Object.fromEntries(kept),
    // Our errors quote what the program says; one language is enough.
    LC_ALL: 'C',
    ...(password !== undefined && { PGPASSWORD: password }),
  };
}

const keptText = 2_000;

/**
 * Runs pg_dump or pg_restore to its end. Throws AppError `backup_failed` with what it said when it is not installed or
 * does not succeed, and `interrupted` when the signal fires.
 */
export async function runPostgresTool(
  program: 'pg_dump' | 'pg_restore',
  databaseUrl: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { dbname, password } = connectionOf(databaseUrl);
  const child = spawn(program, ['--dbname', dbname, '--no-password', ...args], {
    env: environment(password),
    stdio: ['ignore', 'ignore', 'pipe'],
    signal,
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-keptText);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(failureToStart(program, error)));
    child.once('close', resolve);
  });
  if (code !== 0)
    throw new AppError('backup_failed', { detail: `${program} ended with ${code ?? 'a signal'}: ${said.trim()}` });
}

function failureToStart(program: string, error: NodeJS.ErrnoException): AppError {
  if (error.name === 'AbortError') return new AppError('interrupted', { detail: program, cause: error });
  const detail = error.code === 'ENOENT' ? `${program} is not on the PATH` : `${program}: ${error.message}`;
  return new AppError('backup_failed', { detail, cause: error });
}
