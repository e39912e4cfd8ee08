import { AppError } from '../../errors.js';
import { decimalOf, isObject, type Json, type JsonObject, jsonText, objectsOf, textOf } from '../http/json.js';
import { settle } from '../http/settle.js';
import { type ChargebeeClient, type ChargebeeReply, isLostOffset, type Kind, type ListQuery, names } from './client.js';

/** Epoch seconds: `from` is in, `to` is not. */
export type Range = { readonly from: number; readonly to: number };

/** What is listed, and whose; null for everybody's. */
export type Listed = { readonly kind: Kind; readonly customers: readonly string[] | null };

/** A record of a list with the reply that it came in. */
export type Found = { readonly id: string; readonly object: JsonObject; readonly reply: ChargebeeReply };

export type Window = {
  readonly range: Range;
  /** Oldest first. */
  readonly records: readonly Found[];
  /** Ids of records that still changed between the last two readings. */
  readonly unstable: ReadonlySet<string>;
};

const pageSize = 100;
/** Pages of one window; more mean that the other side sends pages without end. */
const maxPages = 2000;
/** How often a list is begun again because its offset was refused. */
const maxRestarts = 5;

/**
 * The oldest part of `range`: about `target` records, cut between two seconds, read until two readings agree. A window is
 * whole or not at all: an offset is opaque and nothing says that it survives what happens to the list meanwhile.
 */
export async function readWindow(
  client: ChargebeeClient,
  listed: Listed,
  range: Range,
  target: number,
): Promise<Window> {
  const first = await listRange(client, listed, range, target);
  const settled = await settle(
    first.records,
    async () => (await listRange(client, listed, first.range, Number.POSITIVE_INFINITY)).records,
    (record) => fingerprint(record.object),
  );
  return { range: first.range, records: [...settled.items.values()], unstable: settled.unstable };
}

/** Records that have changed after `after` (epoch seconds) and are dated within `range` or not at all. */
export async function readUpdated(
  client: ChargebeeClient,
  listed: Listed,
  after: number,
  range: Range,
): Promise<readonly Found[]> {
  const query = { updatedAfter: after, sort: 'updated_at' } as const;
  const records = await listAll(client, listed, query, () => false);
  return [...records.values()].filter(({ object }) => {
    const date = secondsOf(object['date']);
    return date === null || (date >= range.from && date < range.to);
  });
}

type Listing = { readonly range: Range; readonly records: ReadonlyMap<string, Found> };

async function listRange(client: ChargebeeClient, listed: Listed, range: Range, target: number): Promise<Listing> {
  // Whether the ends of `between` are included is not documented: a second more on each side, and what is outside dropped.
  const query = { date: [range.from - 1, range.to], sort: 'date' } as const;
  const isEnough = (found: ReadonlyMap<string, Found>) =>
    found.size >= target && cutAtSecond(inside(found, range), range) !== null;
  const records = inside(await listAll(client, listed, query, isEnough), range);
  return records.size < target ? { range, records } : (cutAtSecond(records, range) ?? { range, records });
}

const inside = (found: ReadonlyMap<string, Found>, range: Range): ReadonlyMap<string, Found> =>
  new Map([...found].filter(([, record]) => dateOf(record) >= range.from && dateOf(record) < range.to));

/** The records that are older than the newest second seen, of which the rest may be on the next page; null when all are of one second. */
function cutAtSecond(records: ReadonlyMap<string, Found>, range: Range): Listing | null {
  const newest = [...records.values()].reduce((latest, record) => Math.max(latest, dateOf(record)), range.from);
  const older = [...records].filter(([, record]) => dateOf(record) < newest);
  return older.length === 0 ? null : { range: { from: range.from, to: newest }, records: new Map(older) };
}

/** Pages from the first on, until there are no more or it `isEnough`; begun again when an offset is refused. */
async function listAll(
  client: ChargebeeClient,
  listed: Listed,
  query: Pick<ListQuery, 'date' | 'updatedAfter' | 'sort'>,
  isEnough: (found: ReadonlyMap<string, Found>) => boolean,
): Promise<ReadonlyMap<string, Found>> {
  for (let attempt = 1; attempt <= maxRestarts; attempt += 1) {
    const found = await listPages(client, listed, query, isEnough);
    if (found !== null) return found;
  }
  throw new AppError('source_reply_invalid', {
    detail: `Chargebee lost the place in the ${names[listed.kind]} ${maxRestarts} times`,
  });
}

/** Null when an offset is refused. */
async function listPages(
  client: ChargebeeClient,
  listed: Listed,
  query: Pick<ListQuery, 'date' | 'updatedAfter' | 'sort'>,
  isEnough: (found: ReadonlyMap<string, Found>) => boolean,
): Promise<ReadonlyMap<string, Found> | null> {
  const found = new Map<string, Found>();
  let offset: string | undefined;
  for (let page = 1; page <= maxPages; page += 1) {
    const reply: ChargebeeReply = await client.list(listed.kind, {
      ...query,
      limit: pageSize,
      ...(listed.customers !== null && { customers: listed.customers }),
      ...(offset !== undefined && { offset }),
    });
    if (offset !== undefined && isLostOffset(reply)) return null;
    for (const record of recordsOf(reply, listed.kind)) found.set(record.id, record);
    const next = offsetOf(reply.body['next_offset']);
    // An empty page with an offset is not the end.
    if (next === undefined || isEnough(found)) return found;
    if (next === offset)
      throw new AppError('source_reply_invalid', { detail: 'Chargebee gives the same offset for the next page' });
    offset = next;
  }
  throw new AppError('source_reply_invalid', { detail: `${names[listed.kind]} have over ${maxPages} pages` });
}

/** An offset to be passed back verbatim: text, or the JSON that older replies carry. */
export function offsetOf(value: Json | undefined): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  return typeof value === 'string' ? value : jsonText(value);
}

/** The records of a list reply. Throws AppError `source_reply_invalid` when it is no list or a record has no id. */
export function recordsOf(reply: ChargebeeReply, kind: Kind): readonly Found[] {
  if (reply.status !== 200 || !Array.isArray(reply.body['list']))
    throw new AppError('source_reply_invalid', {
      detail:
        `a list was expected from Chargebee, not status ${reply.status} ${textOf(reply.body['message']) ?? ''}`.trimEnd(),
      context: { requestId: reply.requestId },
    });
  return objectsOf(reply.body['list']).map((entry) => foundOf(entry, kind, reply));
}

/** The record in a reply to a retrieval or in an entry of a list. */
export function foundOf(entry: JsonObject, kind: Kind, reply: ChargebeeReply): Found {
  const object = isObject(entry[kind]) ? entry[kind] : {};
  const id = textOf(object['id']);
  if (id === null) throw new AppError('source_reply_invalid', { detail: `a Chargebee ${kind} has no id` });
  return { id, object, reply };
}

/** Epoch seconds of a field that is a time; null when there is none. */
export function secondsOf(value: Json | undefined): number | null {
  const read = decimalOf(value);
  return read !== undefined && /^\d{1,11}$/.test(read) ? Number(read) : null;
}

function dateOf(record: Found): number {
  const date = secondsOf(record.object['date']);
  if (date === null)
    throw new AppError('source_reply_invalid', {
      detail: `${record.id} is listed by date and has none: ${jsonText(record.object['date'] ?? null)}`,
    });
  return date;
}

const telling = [
  'total',
  'sub_total',
  'tax',
  'round_off_amount',
  'currency_code',
  'customer_id',
  'price_type',
] as const;

/** What must not change while a document is read. Payments and reminders may: they are no part of the bill. */
export function fingerprint(object: JsonObject): string {
  const lines = objectsOf(object['line_items']).flatMap((line) => [line['id'], line['amount'], line['quantity']]);
  const parts: readonly (Json | undefined)[] = [
    isOpen(object) ? 'open' : 'closed',
    object['status'] === 'voided',
    object['deleted'],
    object['date'],
    ...telling.map((name) => object[name]),
    ...lines,
  ];
  return parts.map((part) => (part === undefined ? '' : jsonText(part))).join('\u001f');
}

const isOpen = (object: JsonObject): boolean => object['status'] === 'pending';
