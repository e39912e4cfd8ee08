import { stringify } from 'csv-stringify/sync';
import { TZDate } from '@date-fns/tz';
import { toDecimal } from '../model/money.js';
import { type Instant, msOfInstant } from '../model/period.js';
import type { Case } from './case.js';
import { meters } from './catalogue.js';
import { type UsageEvent, zone } from './events.js';

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
  const events = cases.flatMap((one) => one.solvimonEvents.map((event) => ({ one, event })));
  return events
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

/** "2026-10-01 00:30:00" in the business's zone. */
function localTime(at: Instant): string {
  return new TZDate(msOfInstant(at), zone).toISOString().slice(0, 19).replace('T', ' ');
}
