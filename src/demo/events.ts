import { TZDate } from '@date-fns/tz';
import type { CycleId } from '../model/ids.js';
import { decimalText, type DecimalText, toDecimal } from '../model/money.js';
import { cyclePeriod, type Instant, instantOfMs, msOfInstant, type Period, readLocal } from '../model/period.js';
import type { Customer } from './business.js';
import type { Meter } from './catalogue.js';
import type { Counted } from './contracts.js';
import type { Random } from './random.js';

/** Zone in which the business cuts its months. */
export const zone = 'Europe/Amsterdam';

/** One usage event. Both systems get the same reference, so that each event can be followed. */
export type UsageEvent = {
  readonly reference: string;
  readonly meter: Meter;
  readonly at: Instant;
  readonly quantity: DecimalText;
  /** When Solvimon took it in, and what it made of it; the old system has neither. */
  readonly ingestedAt: Instant;
  readonly outcome: 'DEFAULT' | 'NOT_MATCHED';
};

const hourMs = 3_600_000;
const minuteMs = 60_000;

/** A month's events of one customer: several per meter, whose quantities add up to what was counted. */
export function makeEvents(
  customer: Customer,
  cycle: CycleId,
  counted: Counted,
  random: Random,
): readonly UsageEvent[] {
  const month = cyclePeriod(cycle, zone);
  return (Object.entries(counted) as [Meter, DecimalText][]).flatMap(([meter, total]) => {
    const moments = random.fork(`${meter} moments`);
    return partsOf(total, random.fork(meter)).map((quantity, index) =>
      eventAt(customer, { meter, cycle, index, quantity, at: momentIn(month, moments) }),
    );
  });
}

/** An event taken in five minutes after it happened. */
export function eventAt(
  customer: Customer,
  given: {
    readonly meter: Meter;
    readonly cycle: CycleId;
    readonly index: number | string;
    readonly quantity: DecimalText;
    readonly at: Instant;
  },
): UsageEvent {
  return {
    reference: `ev-${given.cycle.replace('-', '')}-${customer.number}-${given.meter}-${given.index}`,
    meter: given.meter,
    at: given.at,
    quantity: given.quantity,
    ingestedAt: instantOfMs(msOfInstant(given.at) + 5 * minuteMs),
    outcome: 'DEFAULT',
  };
}

/**
 * A whole second well inside the month: nothing near midnight of its first or last day is there by accident, and nothing
 * in the hour that happens twice in October, which a log of local times cannot tell.
 */
function momentIn({ start, end }: Period, random: Random): Instant {
  const first = (msOfInstant(start) + 4 * hourMs) / 1000;
  const last = (msOfInstant(end) - 4 * hourMs) / 1000;
  const at = instantOfMs((first + random.int(0, last - first)) * 1000);
  return readLocal(localTime(at), zone)?.kind === 'one' ? at : instantOfMs(msOfInstant(at) + 2 * hourMs);
}

/** "2026-10-01 00:30:00" in the business's zone. */
export function localTime(at: Instant): string {
  return new TZDate(msOfInstant(at), zone).toISOString().slice(0, 19).replace('T', ' ');
}

/** Minutes after the local start of a cycle's month. */
export function minutesInto(cycle: CycleId, minutes: number): Instant {
  return instantOfMs(msOfInstant(cyclePeriod(cycle, zone).start) + minutes * minuteMs);
}

/** Six to nine parts in whole tenths that add up to the total. Counts, no money. */
function partsOf(total: DecimalText, random: Random): readonly DecimalText[] {
  const isWhole = !total.includes('.');
  const units = Number(
    toDecimal(total)
      .times(isWhole ? 1 : 10)
      .toFixed(0),
  );
  const partCount = Math.min(units, random.int(6, 9));
  const share = Math.trunc(units / Math.max(partCount, 1));
  const parts = Array.from({ length: Math.max(partCount - 1, 0) }, () =>
    random.int(Math.max(Math.trunc(share / 2), 1), Math.max(share, 1)),
  );
  const rest = units - parts.reduce((sum, part) => sum + part, 0);
  return [...parts, rest].map((part) =>
    decimalText(
      toDecimal(decimalText(String(part)))
        .div(isWhole ? 1 : 10)
        .toFixed(),
    ),
  );
}
