import { hideSecretsOf } from './app-config.js';
import { minimiser } from './run/minimise-raw.js';
import { mappingOf, openSource } from './app-sources.js';
import { isExpired, toCompareRules } from './config/compare-rules.js';
import { toKnownDifferences } from './config/known.js';
import type { Config } from './config/schema.js';
import type { Logger } from './log.js';
import { dateInZone, instantOfMs } from './model/period.js';
import type { Side } from './model/side.js';
import type { PullContext } from './model/source.js';
import type { Mapping } from './reconcile/mapping.js';
import type { ProgressEvent, RunContext, RunSettings } from './run/context.js';
import { limitRequests } from './run/limit-requests.js';
import type { Store } from './store/database.js';
import type { StoredRun } from './store/runs.js';
import type { SourceRate } from './store/source-rate.js';

/*
 * What a thread that collects needs of the composition root, and nothing else of it: the context of a use case. The
 * queue and the commands are never loaded here.
 */

/** What the use cases of this process are built from. */
export type ContextOptions = {
  readonly store: Store;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Folder that the relative paths of a run's configuration start from. */
  readonly baseDir: string;
  readonly progress: (event: ProgressEvent) => void;
};

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
  const mapping = await mappingOf(config, baseDir);
  // Expiry is judged on the day the run began, so that a resumed run judges as it began.
  const began = dateInZone(instantOfMs(Date.parse(run.createdAt)), config.timezone);
  return {
    rules: toCompareRules(config, began),
    known: toKnownDifferences(config).filter((entry) => !isExpired(entry.expires, began)),
    mapping,
    slackDays: config.run.slack_days,
    chunkSize: config.run.chunk_size,
    minimise: minimiser(config.snapshots ?? { keep: [], remove: [] }),
    settleGraceMs: config.schedule?.settle_grace ?? 0,
    openSource: (side) => openSource(config, side, baseDir, options),
    rateOf: (side) => rateOf(config, side),
    usage: config.usage === undefined ? null : await usageOf(config, baseDir, mapping),
  };
}

/** Loaded when usage is configured. */
async function usageOf(config: Config, baseDir: string, mapping: Mapping): Promise<NonNullable<RunSettings['usage']>> {
  const { usageSettings } = await import('./app-usage.js');
  return usageSettings(config, baseDir, mapping);
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
