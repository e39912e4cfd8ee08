import type { CycleId } from '../../model/ids.js';
import { cyclePeriod, type Instant, instantOfMs, msOfInstant } from '../../model/period.js';
import type { Side } from '../../model/side.js';
import type { UsageSource, UsageWindow } from '../../model/usage.js';
import type { Meter } from '../../model/usage-finding.js';
import type { Mapping } from '../../reconcile/mapping.js';
import { meterOf, type MeterMapping } from '../../reconcile/usage-meters.js';
import type { SourceRate } from '../../store/source-rate.js';

/** What a usage check needs of the configuration. */
export type UsageSettings = {
  open(side: Side): Promise<UsageSource>;
  /** null: this source sets no limit. */
  rateOf(side: Side): SourceRate | null;
  readonly mapping: Mapping;
  readonly meters: MeterMapping;
  /** Hours around the cycle in which a misplaced event is looked for. */
  readonly slackHours: number;
  /** How long after the end of a cycle an event still counts. */
  readonly closesAfterMs: number;
};

const hourMs = 3_600_000;

/** What to pull for a cycle: its period and the hours around it. */
export function usageWindow(cycle: CycleId, timezone: string, slackHours: number): UsageWindow {
  const { start, end } = cyclePeriod(cycle, timezone);
  const slackMs = slackHours * hourMs;
  return {
    cycle,
    timezone,
    period: { start: instantOfMs(msOfInstant(start) - slackMs), end: instantOfMs(msOfInstant(end) + slackMs) },
  };
}

/** From when on an event of the cycle comes too late to be billed in it. */
export function closesAt(cycle: CycleId, timezone: string, settings: UsageSettings): Instant {
  return instantOfMs(msOfInstant(cyclePeriod(cycle, timezone).end) + settings.closesAfterMs);
}

/** A meter by its key. */
export function meterIn(settings: UsageSettings, key: string): Meter {
  return meterOf(settings.meters, settings.mapping, key);
}
