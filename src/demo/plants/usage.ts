import { shiftCycle } from '../../model/period.js';
import { decimalText, type DecimalText, toDecimal, toDecimalText } from '../../model/money.js';
import { type Case, hasRow, withRow } from '../case.js';
import type { Meter } from '../catalogue.js';
import { eventAt, minutesInto, type UsageEvent } from '../events.js';
import type { Plant } from '../plant.js';
import type { Random } from '../random.js';

/** Usage that Solvimon counts differently. All but the first are told by the events; the invoices show the quantity only. */
export const usagePlants: readonly Plant[] = [
  {
    name: 'storage-averaged',
    cause: 'usage.quantity',
    sentence: 'The Solvimon meter takes the average of the month where the old one took the peak.',
    who: 'lasting',
    count: 2,
    fits: (one) => isPlainUsage(one, 'storage') && one.input.customer.plan === 'growth',
    apply: (one, random) =>
      withRow(one, 'solvimon', 'storage', (charge) => ({
        ...charge,
        // Seven to twelve percent below the peak, in tenths.
        quantity: toDecimalText(
          toDecimal(charge.quantity)
            .times(100 - random.int(7, 12))
            .div(100)
            .toDecimalPlaces(1, 1),
        ),
      })),
  },
  eventPlant(
    'usage.missing_events',
    'events-never-sent',
    'api',
    'A retry queue was dropped: these events never reached Solvimon.',
    (events, random) =>
      // What was never sent is in no list.
      keep(events.slice(random.int(2, 3))),
  ),
  eventPlant(
    'usage.duplicate_events',
    'events-sent-twice',
    'sms',
    'A gateway sent these events again under new references.',
    (events, random) => {
      const again = events
        .slice(0, random.int(2, 3))
        .map((event) => ({ ...event, reference: `${event.reference}-retry` }));
      return { billed: [...events, ...again], seen: [...events, ...again] };
    },
  ),
  eventPlant(
    'usage.late_events',
    'events-after-the-close',
    'api',
    'These events arrived five days after Solvimon had closed the month.',
    (events, random, one) => {
      const count = random.int(2, 3);
      const late = events.slice(0, count).map((event) => ({ ...event, ingestedAt: minutesInto(next(one), 5 * 1440) }));
      return { billed: events.slice(count), seen: [...late, ...events.slice(count)] };
    },
  ),
  eventPlant(
    'usage.unmatched_events',
    'events-without-a-price',
    'sms',
    'These events matched no pricing rule, so Solvimon took them in and billed nothing.',
    (events, random) => {
      const count = random.int(2, 3);
      const unmatched = events.slice(0, count).map((event) => ({ ...event, outcome: 'NOT_MATCHED' as const }));
      return { billed: events.slice(count), seen: [...unmatched, ...events.slice(count)] };
    },
  ),
  {
    name: 'usage-cut-in-utc',
    cause: 'period.boundary_shift',
    sentence: 'Solvimon cuts the meter at midnight UTC: the first hours of the month fall into the month before.',
    who: 'lasting',
    count: 1,
    fits: (one) => isPlainUsage(one, 'api') && one.input.customer.plan === 'growth',
    apply: cutInUtc,
  },
];

const next = (one: Case) => shiftCycle(one.input.cycle, 1);

/** Metered, and without a minimum that would move with it. */
function isPlainUsage(one: Case, meter: Meter): boolean {
  return hasRow(one, meter) && !one.input.customer.hasMinimum;
}

const keep = (events: readonly UsageEvent[]): Handling => ({ billed: events, seen: events });

type Handling = { readonly billed: readonly UsageEvent[]; readonly seen: readonly UsageEvent[] };

/** Something that happens to the events of one meter, and to the billed quantity by it. */
function eventPlant(
  cause: NonNullable<Plant['cause']>,
  name: string,
  meter: Meter,
  sentence: string,
  handle: (events: readonly UsageEvent[], random: Random, one: Case) => Handling,
): Plant {
  return {
    name,
    cause,
    sentence,
    who: 'each_cycle',
    count: 1,
    fits: (one) => isPlainUsage(one, meter) && one.input.customer.plan === 'growth',
    apply: (one, random) => {
      const of = (event: UsageEvent) => event.meter === meter;
      const { billed, seen } = handle(one.solvimonEvents.filter(of), random, one);
      return {
        ...withRow(one, 'solvimon', meter, (charge) => ({ ...charge, quantity: sumOf(billed) })),
        solvimonEvents: [...one.solvimonEvents.filter((event) => !of(event)), ...seen],
      };
    },
  };
}

function sumOf(events: readonly UsageEvent[]): DecimalText {
  return toDecimalText(events.reduce((sum, event) => sum.plus(event.quantity), toDecimal(decimalText('0'))));
}

/** The event half an hour after local midnight of a month's first day; every month has one, so that each month loses one and gains one. */
function firstOf(one: Case, cycle: Case['input']['cycle']): UsageEvent {
  const quantity = decimalText(cycle.endsWith('9') ? '412' : cycle.endsWith('0') ? '655' : '238');
  return eventAt(one.input.customer, { meter: 'api', cycle, index: 'first', quantity, at: minutesInto(cycle, 30) });
}

function cutInUtc(one: Case): Case {
  const { cycle } = one.input;
  const [first, following] = [firstOf(one, cycle), firstOf(one, next(one))];
  const plus = (quantity: DecimalText, event: UsageEvent) => toDecimalText(toDecimal(quantity).plus(event.quantity));
  const legacy = withRow(one, 'legacy', 'api', (charge) => ({ ...charge, quantity: plus(charge.quantity, first) }));
  return {
    ...withRow(legacy, 'solvimon', 'api', (charge) => ({
      ...charge,
      cut: 'utc',
      quantity: plus(charge.quantity, following),
    })),
    legacyEvents: [...one.legacyEvents, first],
    // Solvimon has both events with their right times; it is its meter that counts them into other months.
    solvimonEvents: [...one.solvimonEvents, first, following],
  };
}
