import { mappingOf, openSource } from './app-sources.js';
import { toCompareRules } from './config/compare-rules.js';
import type { Config } from './config/schema.js';
import type { LoadedConfig } from './config.js';
import type { CycleId } from './model/ids.js';
import { dateInZone, instantOfMs } from './model/period.js';
import type { Side } from './model/side.js';
import { onThread } from './on-thread.js';
import { compareDigests, digestSide, type FileComparison, type SideDigests } from './run/compare-files.js';

/* What a comparison that stores nothing is built from: two sources, two threads, and no database. */

export type DigestInput = {
  readonly config: Config;
  readonly baseDir: string;
  readonly side: Side;
  readonly cycle: CycleId;
  /** Epoch milliseconds. */
  readonly now: number;
};

/** Reads one side on this thread. Throws AppError from the source, and `not_allowed` for one that is not made of files. */
export async function digestHere(input: DigestInput, signal: AbortSignal): Promise<SideDigests> {
  const { config, baseDir, side, cycle } = input;
  return digestSide({
    side,
    cycle,
    timezone: config.timezone,
    slackDays: config.run.slack_days,
    mapping: await mappingOf(config, baseDir),
    rules: toCompareRules(config, dateInZone(instantOfMs(input.now), config.timezone)),
    source: await openSource(config, side, baseDir),
    now: () => Date.now(),
    signal,
  });
}

/** Compares the files of both sides without storing anything: legacy is read here, solvimon on a thread beside it. */
export async function compareFiles(
  loaded: LoadedConfig,
  cycle: CycleId,
  now: Date,
  signal: AbortSignal,
): Promise<FileComparison> {
  const { config, baseDir } = loaded;
  const inputOf = (side: Side): DigestInput => ({ config, baseDir, side, cycle, now: now.getTime() });
  // A mistake in a mapping file is told once, and not by both sides.
  await mappingOf(config, baseDir);
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const giveUp = (error: unknown) => {
    stop.abort(error);
    throw error;
  };
  const [solvimon, legacy] = await Promise.all([
    onThread('digest-thread', inputOf('solvimon'), both, () => undefined).catch(giveUp),
    digestHere(inputOf('legacy'), both).catch(giveUp),
  ]);
  return compareDigests(legacy, solvimon as SideDigests);
}
