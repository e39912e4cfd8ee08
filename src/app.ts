import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { AppError } from './errors.js';
import { usageSchemas } from './app-usage.js';
import { type LoadedConfig, loadConfig } from './config.js';
import { isExpired, toCompareRules } from './config/compare-rules.js';
import { toKnownDifferences } from './config/known.js';
import type { Env } from './config/env.js';
import type { Config } from './config/schema.js';
import { secretValues } from './config/secret-values.js';
import { collectOnThread } from './collect-on-thread.js';
import { type CycleSteps, enqueueCycle, startCycleWorker } from './jobs/cycle-jobs.js';
import { openQueues } from './jobs/queue.js';
import { legacyAdapters } from './legacy-adapters/registry.js';
import type { Logger, LogLevel } from './log.js';
import type { CycleId } from './model/ids.js';
import { dateInZone, instantOfMs } from './model/period.js';
import type { Side } from './model/side.js';
import type { PullContext, Source } from './model/source.js';
import type { Mapping } from './reconcile/mapping.js';
import { reconcileCustomer } from './reconcile/reconcile-customer.js';
import type { ProgressEvent, RunContext, RunSettings } from './run/context.js';
import { waitForRun } from './run/execute.js';
import { limitRequests } from './run/limit-requests.js';
import { readMapping } from './run/read-mapping.js';
import { hideValues } from './redact.js';
import { minimiser } from './run/minimise-raw.js';
import { openShadowWrites, type ShadowWrites } from './run/shadow-writes.js';
import { type HttpConfig, httpConfig } from './solvimon-adapter/http-config.js';
import { openHttp, readingClient } from './solvimon-adapter/http-source.js';
import { openPages, pagesConfig } from './solvimon-adapter/pages-source.js';
import type { Incident } from './solvimon-adapter/pull-deps.js';
import { type CatalogueKind, catalogueKinds, readCatalogue } from './solvimon-adapter/read-model.js';
import { openReports, reportsConfig } from './solvimon-adapter/reports-source.js';
import { databaseError, databaseIdentity, openDatabase, type Store } from './store/database.js';
import { startEmbeddedPostgres } from './store/embedded-postgres.js';
import { migrateUp } from './store/migrate.js';
import { clearFailure, startRun, type StoredRun } from './store/runs.js';
import { noteIncident } from './store/solvimon-records.js';
import type { SourceRate } from './store/source-rate.js';

/** Schemas of every source block, for the configuration. */
export function sourceSchemas() {
  return {
    legacy: Object.fromEntries(Object.values(legacyAdapters).map((adapter) => [adapter.kind, adapter.configSchema])),
    solvimon: { http: httpConfig, pages: pagesConfig, reports: reportsConfig },
    usage: usageSchemas(),
  };
}

/** Reads a configuration; throws AppError `config_invalid` with every mistake on a line of its own. */
export function readConfig(file: string, now: Date): LoadedConfig {
  const result = loadConfig(file, { ...sourceSchemas(), today: now.toISOString().slice(0, 10) });
  if (result.ok) {
    hideSecretsOf(result.loaded.config, result.loaded.baseDir);
    return result.loaded;
  }
  const lines = result.problems.map((one) => `${one.file}:${one.line}:${one.column} ${one.path}  ${one.message}`);
  throw new AppError('config_invalid', {
    detail: `\n${lines.join('\n')}\n${lines.length} ${lines.length === 1 ? 'error' : 'errors'}`,
    context: { problems: result.problems },
  });
}

/** From here on none of the secrets that a configuration names is shown, in whatever message it turns up. */
function hideSecretsOf(config: Config, baseDir: string): void {
  hideValues(secretValues(config, process.env, baseDir));
}

/** An open store, embedded when no DATABASE_URL is set, migrated. */
export type OpenStore = Store & { readonly databaseUrl: string; readonly isEmbedded: boolean };

/** Most connections of this process: both sides of a collect hold four each, the queue has its own. */
const poolSize = 16;

export async function openStore(env: Env, dataDir: string, log: Logger, applicationName: string): Promise<OpenStore> {
  const embedded =
    env.databaseUrl === null ? await startEmbeddedPostgres({ dir: path.join(dataDir, 'postgres') }) : undefined;
  const databaseUrl = env.databaseUrl ?? embedded?.url ?? '';
  const store = openDatabase({
    url: databaseUrl,
    applicationName,
    poolSize,
    onError: (error) => log.warn({ err: error }, 'a database connection was lost'),
  });
  const close = async () => {
    await store.close();
    await embedded?.stop();
  };
  try {
    await migrateUp(store.db);
  } catch (error) {
    await close();
    const known = databaseError(error instanceof AppError ? (error.cause ?? error) : error);
    throw known instanceof AppError ? known : error;
  }
  return { ...store, databaseUrl, isEmbedded: embedded !== undefined, close };
}

/** What the use cases of this process are built from. */
export type ContextOptions = {
  readonly store: Store;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Folder that the relative paths of a run's configuration start from. */
  readonly baseDir: string;
  readonly progress: (event: ProgressEvent) => void;
};

export type RunnerOptions = ContextOptions & { readonly env: Env; readonly store: OpenStore };

/** The context of use cases for this process or thread. */
export function runContext(options: ContextOptions): RunContext {
  const settings = new Map<string, Promise<RunSettings>>();
  return {
    db: options.store.db,
    pool: options.store.pool,
    now: () => new Date(),
    signal: options.signal,
    settingsOf: (run) => {
      const known = settings.get(run.id) ?? settingsOf(run, options);
      settings.set(run.id, known);
      return known;
    },
    log: (event, data) => options.log.info(data, event),
    progress: options.progress,
  };
}

async function settingsOf(run: StoredRun, options: ContextOptions): Promise<RunSettings> {
  const stored = run.config as { readonly config: Config; readonly baseDir?: string };
  const { config } = stored;
  const baseDir = stored.baseDir ?? options.baseDir;
  hideSecretsOf(config, baseDir);
  // Expiry is judged on the day the run began, so that a resumed run judges as it began.
  const began = dateInZone(instantOfMs(Date.parse(run.createdAt)), config.timezone);
  return {
    rules: toCompareRules(config, began),
    known: toKnownDifferences(config).filter((entry) => !isExpired(entry.expires, began)),
    mapping: await mappingOf(config, baseDir),
    slackDays: config.run.slack_days,
    chunkSize: config.run.chunk_size,
    minimise: minimiser(config.snapshots ?? { keep: [], remove: [] }),
    settleGraceMs: config.schedule?.settle_grace ?? 0,
    openSource: (side) => openSource(config, side, baseDir, options),
    rateOf: (side) => rateOf(config, side),
  };
}

/** The request rate of a source's block; null when its kind knows none. Workers that name the same system share it. */
function rateOf(config: Config, side: Side): SourceRate | null {
  const { kind, requests_per_second: perSecond, burst } = config.sources[side];
  if (typeof perSecond !== 'number') return null;
  return { source: `${side} ${kind}`, perSecond, burst: typeof burst === 'number' ? burst : Math.max(1, perSecond) };
}

/** What a source asks of its surroundings when it is read outside a run; the rate it may ask at is shared with every run. */
export function sourceContext(
  config: Config,
  side: Side,
  store: Pick<Store, 'db'>,
  log: Logger,
  signal: AbortSignal,
): Omit<PullContext, 'resume'> {
  const note = (event: string, data: Readonly<Record<string, unknown>>) => log.info({ side, ...data }, event);
  return { signal, now: () => Date.now(), log: note, ...limitRequests(store.db, rateOf(config, side), signal, note) };
}

/** The mapping as configured; throws AppError `config_invalid` with every mistake in its files. */
export async function mappingOf(config: Config, baseDir: string): Promise<Mapping> {
  const { customers, products, strict } = config.mapping;
  const fileOf = (name: string | undefined) =>
    name === undefined ? null : { path: path.resolve(baseDir, name), shown: name };
  return readMapping({ customers: fileOf(customers), products: fileOf(products), strict });
}

/** What a source shares with the rest of the program; without it a source is on its own, as for a check. */
export type Shared = { readonly store: Pick<Store, 'db'>; readonly log: Logger };

/** Opens the source of one side as configured. */
export async function openSource(config: Config, side: Side, baseDir: string, shared?: Shared): Promise<Source> {
  const { kind, ...block } = config.sources[side];
  if (side === 'solvimon') return openSolvimon({ kind, ...block }, baseDir, shared);
  const adapter = Object.values(legacyAdapters).find((one) => one.kind === kind);
  if (adapter === undefined)
    throw new AppError('config_invalid', { detail: `sources.legacy.kind ${kind} is not known` });
  return adapter.open(block, { baseDir });
}

function openSolvimon(block: { readonly kind: string }, baseDir: string, shared: Shared | undefined): Source {
  if (block.kind === 'pages') return openPages(pagesConfig.parse(block), baseDir);
  if (block.kind === 'reports') return openReports(reportsConfig.parse(block), baseDir);
  const config = httpConfig.parse(block);
  const account = config.platform_id ?? '';
  return openHttp(config, {
    baseDir,
    variables: process.env,
    ...(shared !== undefined && { onIncident: (incident) => raiseIncident(shared, account, incident) }),
  });
}

/** The lists of a Solvimon platform that can be read besides invoices. */
export const solvimonLists = catalogueKinds;

/** Reads one list of the Solvimon platform. Throws AppError `not_allowed` for a source without an API. */
export async function* readSolvimonList(
  loaded: LoadedConfig,
  what: CatalogueKind,
  shared: Shared,
  signal: AbortSignal,
): AsyncGenerator<object> {
  const config = solvimonApi(loaded);
  const client = readingClient(config, { baseDir: loaded.baseDir, variables: process.env });
  try {
    const paging = { pageSize: config.page_size, readAhead: config.read_ahead };
    yield* readCatalogue(
      what,
      client,
      paging,
      sourceContext(loaded.config, 'solvimon', shared.store, shared.log, signal),
    );
  } finally {
    await client.close();
  }
}

/** The configuration of Solvimon's API; throws AppError `not_allowed` when Solvimon is read from files. */
function solvimonApi({ config }: LoadedConfig): HttpConfig {
  const block = config.sources.solvimon;
  if (block.kind === 'http') return httpConfig.parse(block);
  throw new AppError('not_allowed', {
    detail: `sources.solvimon.kind is ${block.kind}; only http has an API behind it`,
  });
}

/** The writes to Solvimon as this configuration allows them. Throws AppError `not_allowed` for a source without an API. */
export function openWrites(loaded: LoadedConfig, shared: Shared, signal: AbortSignal): ShadowWrites {
  return openShadowWrites(
    solvimonApi(loaded),
    { baseDir: loaded.baseDir, variables: process.env },
    { db: shared.store.db, now: () => new Date() },
    sourceContext(loaded.config, 'solvimon', shared.store, shared.log, signal),
  );
}

/** Writes an incident down, and says it once in the log as an error. */
async function raiseIncident({ store, log }: Shared, account: string, incident: Incident): Promise<void> {
  const isNew = await noteIncident(store.db, { ...incident, account, now: new Date() });
  if (isNew) log.error({ incident, account }, 'a shadow invoice turned FINAL');
}

/**
 * Runs a cycle to its end, workers in this process, and gives the finished run. A cycle that was begun with the same
 * configuration and not finished is continued.
 */
export async function runCycleToEnd(
  options: RunnerOptions,
  loaded: LoadedConfig,
  cycle: CycleId,
  onStart: (run: StoredRun, isResumed: boolean) => void,
): Promise<StoredRun> {
  const context = runContext(options);
  // A mistake in a mapping file is told before a run exists that could never go on.
  await mappingOf(loaded.config, loaded.baseDir);
  const { run, isResumed } = await startRun(context.db, {
    id: newRunId(context.now()),
    cycle,
    timezone: loaded.config.timezone,
    configHash: loaded.hash,
    config: { config: loaded.config, baseDir: loaded.baseDir },
    now: context.now(),
  });
  onStart(run, isResumed);
  return finishRunHere(options, context, run);
}

/** Works on an unfinished run in this process until it has ended. */
export async function finishRunHere(options: RunnerOptions, context: RunContext, run: StoredRun): Promise<StoredRun> {
  const queues = await openQueues({
    redisUrl: options.env.redisUrl ?? undefined,
    databaseUrl: options.store.databaseUrl,
    // One Redis may serve several installations: a worker must never take a job whose run is in another's tables.
    prefix: options.env.redisUrl === null ? 'bullmq' : `shadowbill-${await databaseIdentity(context.db)}`,
    onError: (error) => options.log.warn({ err: error }, 'the queue has trouble'),
  });
  try {
    await clearFailure(context.db, run.id);
    startCycleWorker(queues, context, { reconcile: reconcileCustomer, collect: collectWith(options) }, 2);
    await enqueueCycle(queues, run, randomBytes(6).toString('hex'));
    return await waitForRun(context, run.id);
  } finally {
    await queues.close();
  }
}

/** Both sides of a cycle are collected at the same time, each on a thread of its own. */
function collectWith(options: RunnerOptions): CycleSteps['collect'] {
  return (context, run, side) =>
    collectOnThread(
      {
        databaseUrl: options.store.databaseUrl,
        runId: run.id,
        side,
        baseDir: options.baseDir,
        logLevel: options.log.level as LogLevel,
      },
      context.signal,
      options.progress,
    );
}

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';

/** 26 characters: ten for the millisecond, so that ids sort by time, sixteen random. */
function newRunId(now: Date): string {
  const random = [...randomBytes(16)].map((byte) => alphabet[byte % alphabet.length]).join('');
  return `${now.getTime().toString(36).padStart(10, '0')}${random}`;
}
