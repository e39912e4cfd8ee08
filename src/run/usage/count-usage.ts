import { type DecimalText, addText, zero } from '../../model/money.js';
import type { CycleId } from '../../model/ids.js';
import { contains, cyclePeriod, instantOfMs, msOfInstant } from '../../model/period.js';
import type { Problem } from '../../model/problem.js';
import type { UsageContext, UsageDone, UsageSource, UsageWindow } from '../../model/usage.js';

/** What one side holds of one meter in a cycle, as its own system names it. */
export type MeterCount = {
  readonly meter: string;
  readonly events: number;
  /** Events that the system took in and does not bill. */
  readonly notCounted: number;
  readonly aggregates: number;
  /** Sum of the quantities that are billed. */
  readonly sum: DecimalText;
};

export type UsageCount = {
  readonly meters: readonly MeterCount[];
  /** Some of the records that could not be read. */
  readonly rejected: readonly Problem[];
  readonly done: UsageDone;
};

const mostExamples = 10;
const hourMs = 3_600_000;

/** What to pull for a cycle: its period and the hours around it in which a misplaced event is looked for. */
export function usageWindow(cycle: CycleId, timezone: string, slackHours: number): UsageWindow {
  const { start, end } = cyclePeriod(cycle, timezone);
  const slackMs = slackHours * hourMs;
  return {
    cycle,
    timezone,
    period: { start: instantOfMs(msOfInstant(start) - slackMs), end: instantOfMs(msOfInstant(end) + slackMs) },
  };
}

/** Reads one side once and counts, in memory of one line a meter. */
export async function countUsage(source: UsageSource, window: UsageWindow, context: UsageContext): Promise<UsageCount> {
  const cycle = cyclePeriod(window.cycle, window.timezone);
  const meters = new Map<string, { -readonly [Key in keyof MeterCount]: MeterCount[Key] }>();
  const rejected: Problem[] = [];
  const pulled = source.pull(window, context);
  for (let next = await pulled.next(); ; next = await pulled.next()) {
    if (next.done === true) {
      const sorted = [...meters.values()].sort((a, b) => (a.meter < b.meter ? -1 : 1));
      return { meters: sorted, rejected, done: next.value };
    }
    for (const record of next.value) {
      if (record.type === 'rejected') {
        if (rejected.length < mostExamples) rejected.push(...record.problems);
        continue;
      }
      if (record.type === 'event' && !contains(cycle, record.at)) continue;
      const count = meters.get(record.meter) ?? {
        meter: record.meter,
        events: 0,
        notCounted: 0,
        aggregates: 0,
        sum: zero,
      };
      meters.set(record.meter, count);
      if (record.type === 'aggregate') {
        count.aggregates += 1;
        count.sum = addText(count.sum, record.sum);
      } else if (record.outcome === 'counted') {
        count.events += 1;
        count.sum = addText(count.sum, record.quantity);
      } else count.notCounted += 1;
    }
  }
}
