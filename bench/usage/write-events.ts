import { once } from 'node:events';
import { createWriteStream, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** An event as both files are written from. Quantities are text; times whole milliseconds. */
type Event = {
  readonly reference: string;
  readonly customer: string;
  readonly meter: string;
  readonly at: number;
  readonly quantity: string;
};

type Taken = Event & { readonly ingestedAt?: number; readonly outcome?: string; readonly isDeleted?: boolean };
type Change = (event: Event) => {
  readonly legacy: readonly Event[];
  readonly solvimon: readonly Taken[];
  readonly found?: string;
};

const hourMs = 3_600_000;
const first = Date.parse('2026-09-30T22:00:00Z');
const last = Date.parse('2026-10-31T23:00:00Z');

/** One event in this many has a fault; the faults take turns. */
const every = 1009;

/** Every class, and the reference under which it is found when it is not the event's own. */
const faults: readonly (readonly [string, Change])[] = [
  ['missing', (e) => ({ legacy: [e], solvimon: [] })],
  ['missing', (e) => ({ legacy: [e], solvimon: [{ ...e, isDeleted: true }] })],
  ['extra', (e) => ({ legacy: [], solvimon: [e] })],
  [
    'duplicate',
    (e) => ({ legacy: [e], solvimon: [e, { ...e, reference: `${e.reference}-b` }], found: `${e.reference}-b` }),
  ],
  ['duplicate', (e) => ({ legacy: [e], solvimon: [e, { ...e, quantity: '77.7' }] })],
  ['duplicate', (e) => ({ legacy: [e, e], solvimon: [e] })],
  ['late', (e) => ({ legacy: [e], solvimon: [{ ...e, ingestedAt: last + 200 * hourMs }] })],
  ['unmatched', (e) => ({ legacy: [e], solvimon: [{ ...e, outcome: 'NOT_MATCHED' }] })],
  ['wrong_customer', (e) => ({ legacy: [e], solvimon: [{ ...e, customer: `${e.customer}x` }] })],
  ['wrong_meter', (e) => ({ legacy: [e], solvimon: [{ ...e, meter: 'other' }] })],
  ['wrong_period', (e) => ({ legacy: [e], solvimon: [{ ...e, at: first - hourMs }] })],
  ['wrong_time', (e) => ({ legacy: [e], solvimon: [{ ...e, at: e.at + 1000 }] })],
  ['wrong_quantity', (e) => ({ legacy: [e], solvimon: [{ ...e, quantity: '12345.678' }] })],
  ['future', (e) => ({ legacy: [e], solvimon: [{ ...e, ingestedAt: e.at - 2 * hourMs }] })],
];

const config = `version: 1
timezone: Europe/Amsterdam
sources:
  legacy: { kind: csv, path: invoices.csv, timezone: Europe/Amsterdam, columns: {} }
  solvimon: { kind: pages, path: pages }
usage:
  legacy: { kind: csv, path: usage.csv, columns: {} }
  solvimon: { kind: ndjson, path: events.ndjson }
`;

/**
 * Writes both sides' usage under `dir`, the same for the same count, and answers the faults planted as "class reference".
 * Events come in no order of customers; ten thousand customers, three meters, every day of October.
 */
export async function writeEvents(
  dir: string,
  count: number,
): Promise<{
  readonly planted: ReadonlySet<string>;
  readonly sizes: { readonly legacy: number; readonly solvimon: number };
}> {
  const files = { legacy: path.join(dir, 'usage.csv'), solvimon: path.join(dir, 'events.ndjson') };
  writeFileSync(path.join(dir, 'shadowbill.yml'), config);
  const [legacy, solvimon] = [new Lines(files.legacy), new Lines(files.solvimon)];
  await legacy.add('reference,customer,meter,at,quantity');
  const planted = new Set<string>();
  for (let index = 0; index < count; index += 1) {
    const event = eventOf(index);
    const fault = index % every === every - 1 ? faults[Math.trunc(index / every) % faults.length] : undefined;
    const changed: ReturnType<Change> = fault?.[1](event) ?? { legacy: [event], solvimon: [event] };
    if (fault !== undefined) planted.add(`${fault[0]} ${changed.found ?? event.reference}`);
    for (const one of changed.legacy) await legacy.add(csvLine(one));
    for (const one of changed.solvimon) await solvimon.add(jsonLine(one));
  }
  await legacy.end();
  await solvimon.end();
  return { planted, sizes: { legacy: statSync(files.legacy).size, solvimon: statSync(files.solvimon).size } };
}

/** Spread over customers and time by multiplication with primes, so that the same index is always the same event. */
function eventOf(index: number): Event {
  const span = last - first - 3 * hourMs;
  return {
    reference: `event-${String(index).padStart(9, '0')}`,
    customer: `C${(index * 7919) % 10_000}`,
    meter: ['api', 'sms', 'storage'][index % 3] ?? 'api',
    at: first + hourMs + ((index * 104_729) % Math.trunc(span / 1000)) * 1000,
    quantity: `${(index * 31) % 1000}.${(index * 17) % 100}`,
  };
}

function csvLine(event: Event): string {
  return `${event.reference},${event.customer},${event.meter},${new Date(event.at).toISOString()},${event.quantity}`;
}

function jsonLine(event: Taken): string {
  return JSON.stringify({
    object_type: 'METER_DATA',
    reference: event.reference,
    customer_reference: event.customer,
    meter_reference: event.meter,
    timestamp: new Date(event.at).toISOString(),
    created_at: new Date(event.ingestedAt ?? event.at + 60_000).toISOString(),
    meter_values: [{ reference: event.meter, number: event.quantity }],
    processed_details: { type: event.outcome ?? 'DEFAULT' },
    deleted: event.isDeleted === true,
  });
}

/** Lines of a file, written as fast as the disk takes them. Class, because it must be closed. */
class Lines {
  readonly #stream: ReturnType<typeof createWriteStream>;
  #waiting: string[] = [];

  constructor(file: string) {
    this.#stream = createWriteStream(file);
  }

  async add(line: string): Promise<void> {
    this.#waiting.push(line);
    if (this.#waiting.length >= 1000) await this.#flush();
  }

  async end(): Promise<void> {
    await this.#flush();
    this.#stream.end();
    await once(this.#stream, 'finish');
  }

  async #flush(): Promise<void> {
    const text = this.#waiting.map((line) => `${line}\n`).join('');
    this.#waiting = [];
    if (text !== '' && !this.#stream.write(text)) await once(this.#stream, 'drain');
  }
}
