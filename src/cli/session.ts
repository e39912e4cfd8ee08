import path from 'node:path';
import { Command, CommanderError } from 'commander';
import type { OpenStore } from '../app.js';
import { readConfig } from '../app-config.js';
import type { LoadedConfig } from '../config.js';
import { type Env, readEnv } from '../config/env.js';
import { withPassword } from '../config/secret-values.js';
import { AppError } from '../errors.js';
import { createLogger, type Logger } from '../log.js';
import { hideValues, redactText, withoutHidden } from '../redact.js';
import type { StoredRun } from '../store/runs.js';
import { type Format, formats } from './output.js';

export type Globals = { readonly config: string; readonly output: Format };

/** What one invocation knows: its environment, options, log and the signal of Ctrl-C. */
export type Session = {
  readonly env: Env;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly globals: Globals;
};

/** What a command file gets to add its commands with. */
export type Host = {
  /** Read late, inside an action: the options are not parsed before. */
  session(): Session;
  setExit(code: number): void;
};

/** One file in `commands/` exports one of these. */
export type AddCommands = (program: Command, host: Host) => void;

export const say = (text: string) => void process.stdout.write(`${withoutHidden(text)}\n`);
export const tell = (text: string) => void process.stderr.write(`${redactText(text)}\n`);

/** A subcommand that answers usage errors with exit 2 instead of ending the process with 1. */
export function subcommand(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description).exitOverride();
}

/** Adds the options that name a run: by its id, or the newest finished one of a cycle. */
export function withRunOptions(command: Command): Command {
  return command
    .option('--cycle <cycle>', 'the newest finished run of this cycle')
    .option('--run <run>', 'the run with this id');
}

/** Reads the environment and the global options; throws AppError or CommanderError with every mistake. */
export function openSession(program: Command, variables: NodeJS.ProcessEnv, signal: AbortSignal): Session {
  const result = readEnv(variables);
  if (!result.ok) throw new AppError('config_invalid', { detail: result.problems.join('; ') });
  const { config, output } = program.opts<{ config: string; output: string }>();
  const format = formats.find((known) => known === output);
  if (format === undefined)
    throw new CommanderError(
      2,
      'shadowbill.output',
      `error: --output ${output} is not known; write ${formats.join(', ')}`,
    );
  const { databaseUrl, redisUrl, sessionKey } = result.env;
  hideValues([databaseUrl, redisUrl, sessionKey].flatMap((value) => withPassword(value ?? '')));
  const level = variables['LOG_LEVEL'] === undefined ? 'warn' : result.env.logLevel;
  return {
    env: result.env,
    log: createLogger({ level, component: 'cli' }),
    signal,
    globals: { config, output: format },
  };
}

export async function withStore<Result>(
  current: Session,
  dataDir: string,
  work: (store: OpenStore) => Promise<Result>,
): Promise<Result> {
  // Loaded here: a command that stores nothing needs no database.
  const { openStore } = await import('../app.js');
  const store = await openStore(current.env, dataDir, current.log, 'shadowbill cli');
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Reads the configuration, opens the store it names, and closes it whatever happens. */
export async function withConfiguredStore(
  current: Session,
  work: (store: OpenStore, loaded: LoadedConfig) => Promise<void>,
): Promise<void> {
  const loaded = readConfig(current.globals.config, new Date());
  await withStore(current, path.resolve(loaded.baseDir, loaded.config.data_dir), (store) => work(store, loaded));
}

/** Folder of the embedded database and of working files, as configured. */
export function configuredDataDir(current: Session): string {
  const { baseDir, config } = readConfig(current.globals.config, new Date());
  return path.resolve(baseDir, config.data_dir);
}

/** Waits for Ctrl-C or SIGTERM; stopping is what a server is for, not a failure. */
export function stopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** The run that the options mean; throws AppError `run_not_found`. */
export async function chosenRun(
  store: OpenStore,
  options: { readonly run?: string | undefined; readonly cycle?: string | undefined },
): Promise<StoredRun> {
  const { run, cycle } = options;
  const { findRun, latestFinishedRun } = await import('../store/runs.js');
  const found = run === undefined ? await latestFinishedRun(store.db, cycle) : await findRun(store.db, run);
  if (found !== undefined) return found;
  throw new AppError('run_not_found', {
    detail: run ?? (cycle === undefined ? 'no run has finished yet' : `no run of cycle ${cycle} has finished`),
  });
}

/** A whole number of an option; throws a usage error that names it. */
export function countOption(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new AppError('usage', { detail: `${name} ${text} is not a whole number from 1` });
}

export async function* mapAsync<In, Out>(items: AsyncIterable<In>, map: (item: In) => Out): AsyncIterable<Out> {
  for await (const item of items) yield map(item);
}
