import { AppError } from '../../errors.js';
import { decimalOf, type Json, type JsonObject, jsonText, objectsOf, textOf, isObject } from '../http/json.js';
import { settle } from '../http/settle.js';
import { errorCode, type Query, type StripeClient, type StripeReply } from './client.js';

/** Epoch seconds: `from` is in, `to` is not. */
export type Range = { readonly from: number; readonly to: number };

/** What is listed by its time of making. Never by status: a cursor whose object changes its status is lost (contract 3.1). */
export type Listed = { readonly kind: 'invoices' | 'credit_notes'; readonly customer: string | null };

/** A record of a list with the reply that it came in. */
export type Found = { readonly id: string; readonly object: JsonObject; readonly reply: StripeReply };

export type Window = {
  readonly range: Range;
  /** Newest first. */
  readonly records: readonly Found[];
  /** Ids of records that still changed between the last two readings. */
  readonly unstable: ReadonlySet<string>;
};

const pageSize = '100';
/** Pages of one window; more mean that the other side sends pages without end. */
const maxPages = 2000;
/** How often a window is begun again because its cursor was lost. */
const maxRestarts = 5;

const expansion = {
  invoices: 'data.total_discount_amounts.discount',
  credit_notes: 'data.discount_amounts.discount',
} as const;

/**
 * The newest part of `range`: about `target` records, cut between two seconds, read until two readings agree. A window is
 * whole or not at all: neither it nor its listing is ever continued from a cursor, because a cursor inside a narrowed
 * range can lose the rest of its second (contract 3.1).
 */
export async function readWindow(client: StripeClient, listed: Listed, range: Range, target: number): Promise<Window> {
  const first = await listWhole(client, listed, range, target);
  const settled = await settle(
    byId(first.records),
    async () => byId((await listWhole(client, listed, first.range, Number.POSITIVE_INFINITY)).records),
    (record) => fingerprint(record.object),
  );
  return { range: first.range, records: [...settled.items.values()], unstable: settled.unstable };
}

const byId = (records: readonly Found[]): ReadonlyMap<string, Found> =>
  new Map(records.map((record) => [record.id, record] as const));

type Listing = { readonly range: Range; readonly records: readonly Found[] };

async function listWhole(client: StripeClient, listed: Listed, range: Range, target: number): Promise<Listing> {
  for (let attempt = 1; attempt <= maxRestarts; attempt += 1) {
    const listing = await listPages(client, listed, range, target);
    if (listing !== null) return listing;
  }
  throw new AppError('source_reply_invalid', {
    detail: `Stripe lost the place in ${listed.kind} ${maxRestarts} times; documents are being deleted`,
  });
}

/** Null when the record that the next page hangs on is gone. */
async function listPages(client: StripeClient, listed: Listed, range: Range, target: number): Promise<Listing | null> {
  const found = new Map<string, Found>();
  let after: string | null = null;
  for (let page = 1; page <= maxPages; page += 1) {
    const reply: StripeReply = await client.get(`/v1/${listed.kind}`, queryOf(listed, range, after));
    if (after !== null && errorCode(reply) === 'resource_missing') return null;
    const records = recordsOf(reply);
    for (const record of records) found.set(record.id, record);
    const isLast = reply.body['has_more'] !== true;
    if (isLast) return { range, records: [...found.values()] };
    after = records.at(-1)?.id ?? null;
    if (after === null)
      throw new AppError('source_reply_invalid', {
        detail: `Stripe sent an empty page of ${listed.kind} that has more`,
      });
    const cut = found.size >= target ? cutAtSecond([...found.values()], range) : null;
    if (cut !== null) return cut;
  }
  throw new AppError('source_reply_invalid', { detail: `${listed.kind} have over ${maxPages} pages in one second` });
}

function queryOf(listed: Listed, range: Range, after: string | null): Query {
  return [
    ['created[gte]', String(range.from)],
    ['created[lt]', String(range.to)],
    ['limit', pageSize],
    ['expand[]', expansion[listed.kind]],
    ...(listed.customer === null ? [] : [['customer', listed.customer] as const]),
    ...(after === null ? [] : [['starting_after', after] as const]),
  ];
}

/** The records that are newer than the oldest second seen, of which the rest may be on the next page; null when all are of one second. */
function cutAtSecond(records: readonly Found[], range: Range): Listing | null {
  const oldest = Math.min(...records.map(createdOf));
  const newer = records.filter((record) => createdOf(record) > oldest);
  return newer.length === 0 ? null : { range: { from: oldest + 1, to: range.to }, records: newer };
}

/** The records of a list reply. Throws AppError `source_reply_invalid` when it is no list or a record has no id or time. */
export function recordsOf(reply: StripeReply): readonly Found[] {
  if (reply.status !== 200 || !Array.isArray(reply.body['data']))
    throw new AppError('source_reply_invalid', {
      detail: `a list was expected from Stripe, not status ${reply.status} ${messageOf(reply)}`.trimEnd(),
      context: { requestId: reply.requestId },
    });
  return objectsOf(reply.body['data']).map((object) => {
    const id = textOf(object['id']);
    if (id === null) throw new AppError('source_reply_invalid', { detail: 'a record of a Stripe list has no id' });
    return { id, object, reply };
  });
}

function messageOf(reply: StripeReply): string {
  return isObject(reply.body['error']) ? (textOf(reply.body['error']['message']) ?? '') : '';
}

/** Epoch seconds of a record's making. */
export function createdOf(record: Pick<Found, 'id' | 'object'>): number {
  const read = decimalOf(record.object['created']);
  if (read === undefined || !/^\d{1,11}$/.test(read))
    throw new AppError('source_reply_invalid', { detail: `${record.id} states no time of making` });
  return Number(read);
}

const telling = ['status', 'total', 'subtotal', 'currency', 'customer', 'effective_at'] as const;

/** What must not change while a document is read. Links, payment and delivery may: they are no part of the bill. */
export function fingerprint(object: JsonObject): string {
  const lines = isObject(object['lines']) ? object['lines'] : {};
  const inline = objectsOf(lines['data']).map((line) => [line['id'], line['amount']] as const);
  const parts: readonly (Json | undefined)[] = [
    ...telling.map((name) => (isObject(object[name]) ? object[name]['id'] : object[name])),
    lines['total_count'],
    lines['has_more'],
    ...inline.flat(),
  ];
  return parts.map((part) => (part === undefined ? '' : jsonText(part))).join('\u001f');
}
