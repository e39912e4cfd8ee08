import { type DecimalText, decimalText } from '../../src/model/money.js';
import { type Instant, instantOfMs, msOfInstant } from '../../src/model/period.js';
import type { Side } from '../../src/model/side.js';
import {
  type UsageDone,
  type UsageEvent,
  type UsageRecord,
  type UsageSource,
  UsageTally,
} from '../../src/model/usage.js';
import { identityMapping, type Mapping } from '../../src/reconcile/mapping.js';
import { buildMeterMapping, type MeterRow } from '../../src/reconcile/usage-meters.js';
import type { UsageSettings } from '../../src/run/usage/settings.js';

/** An event of October 2026 in UTC: one unit of the meter `api`, taken in a minute later, unless told otherwise. */
export function anEvent(
  reference: string | null,
  more: Partial<UsageEvent> & { readonly q?: string } = {},
): UsageEvent {
  const { q, ...rest } = more;
  const at = more.at ?? ('2026-10-10T12:00:00.000Z' as Instant);
  return {
    type: 'event',
    reference,
    customer: 'C1',
    meter: 'api',
    at,
    quantity: decimalText(q ?? '1'),
    uniqueKey: null,
    ingestedAt: instantOfMs(msOfInstant(at) + 60_000),
    outcome: 'counted',
    outcomeReason: null,
    ...rest,
  };
}

export const at = (text: string) => text as Instant;
export const q = (text: string): DecimalText => decimalText(text);

/** A source of usage in memory; `more` changes how its pull ends. */
export function memoryUsage(side: Side, records: readonly UsageRecord[], more: Partial<UsageDone> = {}): UsageSource {
  return {
    side,
    system: 'memory',
    check: async () => [],
    async *pull() {
      const tally = new UsageTally();
      yield records.map((record) => tally.take(record));
      return { ...tally.done('2026-11-20T00:00:00.000Z' as Instant, null), ...more };
    },
    close: async () => undefined,
  };
}

export type UsageInput = {
  readonly legacy: readonly UsageRecord[];
  readonly solvimon: readonly UsageRecord[];
  readonly mapping?: Mapping;
  readonly meters?: readonly Omit<MeterRow, 'place'>[];
  /** What makes a side's pull other than whole. */
  readonly done?: Partial<Record<Side, Partial<UsageDone>>>;
};

/** The settings of a check over records in memory. Events that come more than eight hours after the cycle are late. */
export function memorySettings(input: UsageInput): UsageSettings {
  const rows = input.meters?.map((row) => ({ ...row, place: {} })) ?? null;
  return {
    open: async (side) => memoryUsage(side, input[side], input.done?.[side]),
    rateOf: () => null,
    mapping: input.mapping ?? identityMapping,
    meters: buildMeterMapping(rows).meters,
    slackHours: 48,
    closesAfterMs: 8 * 3_600_000,
  };
}
