import { stringify } from 'csv-stringify/sync';
import { toDecimal } from '../model/money.js';
import type { Case } from './case.js';
import { meters } from './catalogue.js';
import { localTime, type UsageEvent } from './events.js';

/** The old system's usage log of a cycle: local times without an offset, decimal commas. */
export function writeLegacyEvents(cases: readonly Case[]): string {
  const rows = inOrder(cases.flatMap((one) => one.legacyEvents.map((event) => ({ one, event })))).map(
    ({ one, event }) => ({
      EVENT: event.reference,
      ACCOUNT: one.input.customer.legacyId,
      METER: meters[event.meter].legacy,
      AT: localTime(event.at),
      QTY: event.quantity.replace('.', ','),
    }),
  );
  return stringify(rows, { header: true, delimiter: ';', record_delimiter: 'windows' });
}

/** What Solvimon has taken in, one event a line, in the order in which it arrived. */
export function writeSolvimonEvents(cases: readonly Case[]): string {
  // An event at the edge of a month is known to the months on both sides of it, and was taken in once.
  const events = new Map(
    cases.flatMap((one) => one.solvimonEvents.map((event) => [event.reference, { one, event }] as const)),
  );
  return [...events.values()]
    .sort((a, b) => compare(a.event.ingestedAt, b.event.ingestedAt) || compare(a.event.reference, b.event.reference))
    .map(({ one, event }) =>
      JSON.stringify({
        object_type: 'METER_DATA',
        reference: event.reference,
        customer_reference: one.input.customer.solvimonId,
        meter_reference: meters[event.meter].solvimon,
        timestamp: event.at,
        created_at: event.ingestedAt,
        meter_values: [{ reference: meters[event.meter].solvimon, number: toDecimal(event.quantity).toFixed(2) }],
        processed_details:
          event.outcome === 'DEFAULT'
            ? { type: 'DEFAULT' }
            : { type: 'NOT_MATCHED', not_matched: { variant: 'NO_PRICING_ITEM_CONFIG' } },
        deleted: false,
      }),
    )
    .map((line) => `${line}\n`)
    .join('');
}

function inOrder<Entry extends { readonly event: UsageEvent }>(entries: Entry[]): Entry[] {
  return entries.sort((a, b) => compare(a.event.at, b.event.at) || compare(a.event.reference, b.event.reference));
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
