import { invariant } from '../../model/invariant.js';
import type { CycleId } from '../../model/ids.js';
import { type Side, sides } from '../../model/side.js';
import {
  beginUsageCheck,
  type StoredUsageCheck,
  type UsageCheckKind,
  usageCheckById,
} from '../../store/usage/checks.js';
import type { StoredRun } from '../../store/runs.js';
import type { RunContext } from '../context.js';
import { compareUsage } from './compare-usage.js';
import { readUsageSide } from './read-usage.js';
import { closesAt, type UsageSettings } from './settings.js';

/** The usage check of a run, begun when there is none yet; null when the run's configuration names no usage. */
async function checkOfRun(
  context: RunContext,
  run: StoredRun,
): Promise<{ readonly check: StoredUsageCheck; readonly settings: UsageSettings } | null> {
  const { usage } = await context.settingsOf(run);
  if (usage === undefined || usage === null) return null;
  const check = await beginUsageCheck(context.db, {
    id: run.id,
    kind: 'run',
    runId: run.id,
    cycle: run.cycle,
    timezone: run.timezone,
    closesAt: closesAt(run.cycle as CycleId, run.timezone, usage),
    now: context.now(),
  });
  return { check, settings: usage };
}

/** Reads one side of a run's usage. Does nothing without usage in the configuration. */
export async function readRunUsage(context: RunContext, run: StoredRun, side: Side): Promise<void> {
  const found = await checkOfRun(context, run);
  if (found !== null) await readUsageSide(context, found.check, side, found.settings);
}

/** Compares a run's usage once both sides are read. */
export async function compareRunUsage(context: RunContext, run: StoredRun): Promise<void> {
  const found = await checkOfRun(context, run);
  if (found !== null) await compareUsage(context, found.check, found.settings);
}

/** Reads and compares the usage of a cycle outside a run, both sides at the same time; answers the finished check. */
export async function checkUsage(
  context: RunContext,
  settings: UsageSettings,
  input: {
    readonly id: string;
    readonly kind: Exclude<UsageCheckKind, 'run'>;
    readonly cycle: CycleId;
    readonly timezone: string;
  },
): Promise<StoredUsageCheck> {
  const check = await beginUsageCheck(context.db, {
    ...input,
    runId: null,
    closesAt: closesAt(input.cycle, input.timezone, settings),
    now: context.now(),
  });
  const read = await Promise.allSettled(sides.map((side) => readUsageSide(context, check, side, settings)));
  for (const one of read) if (one.status === 'rejected') throw one.reason;
  await compareUsage(context, check, settings);
  const finished = await usageCheckById(context.db, check.id);
  invariant(finished !== undefined, 'a check that was compared is there', { id: check.id });
  return finished;
}
