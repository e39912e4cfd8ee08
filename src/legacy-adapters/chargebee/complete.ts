import { AppError } from '../../errors.js';
import type { Instant } from '../../model/period.js';
import type { RawRecord } from '../../model/source.js';
import type { JsonObject } from '../http/json.js';
import { type ChargebeeClient, type ChargebeeReply, errorCode, isLostOffset, type Kind } from './client.js';
import { fingerprint, type Found, foundOf, offsetOf } from './listing.js';
import { writeEnvelope } from './shape.js';

/** The most lines of one reply: https://apidocs.chargebee.com/docs/api/invoices/retrieve-an-invoice. */
const linesPerPage = 300;
const maxLinePages = 1000;
/** How often a document that changes while its lines are paged is read again. */
const maxRounds = 3;

export type Completed =
  | { readonly type: 'raw'; readonly raw: RawRecord; readonly isStable: boolean }
  /** Deleted for good while it was read. */
  | { readonly type: 'gone' };

export type Reading = { readonly client: ChargebeeClient; readonly fetchedAt: Instant };

/** Reads one object by its id, with its first lines; `undefined` when there is none. */
export async function readObject(reading: Reading, kind: Kind, id: string): Promise<Found | undefined> {
  const reply = await reading.client.retrieve(kind, id, { limit: linesPerPage });
  // A site that does not exist is 404 too, and is no deleted document.
  if (reply.status === 404 && errorCode(reply) === 'resource_not_found') return undefined;
  return okay(reply, kind, id);
}

/**
 * A document with all of its lines. An object without `line_items_next_offset` carries all of them and was read in one
 * piece; otherwise it is read again after its lines, and again until both agree.
 */
export async function complete(reading: Reading, kind: Kind, found: Found): Promise<Completed> {
  if (nextLines(found.object) === undefined) return raw(reading, kind, found, [], true);
  let before = await readObject(reading, kind, found.id);
  for (let round = 1; before !== undefined; round += 1) {
    const pages = await linePages(reading.client, kind, before);
    const after = await readObject(reading, kind, found.id);
    if (after === undefined) break;
    const isStable = pages !== null && fingerprint(after.object) === fingerprint(before.object);
    if (isStable || round === maxRounds) return raw(reading, kind, after, pages ?? [], isStable);
    before = after;
  }
  return { type: 'gone' };
}

const nextLines = (object: JsonObject): string | undefined => offsetOf(object['line_items_next_offset']);

/** The object once for each page of its lines, from `first` on; null when an offset was refused. */
async function linePages(client: ChargebeeClient, kind: Kind, first: Found): Promise<readonly JsonObject[] | null> {
  const pages = [first.object];
  for (let offset = nextLines(first.object); offset !== undefined; ) {
    if (pages.length === maxLinePages)
      throw new AppError('source_reply_invalid', { detail: `${first.id} has over ${maxLinePages} pages of lines` });
    const reply = await client.retrieve(kind, first.id, { limit: linesPerPage, offset });
    if (isLostOffset(reply) || reply.status === 404) return null;
    const { object } = okay(reply, kind, first.id);
    pages.push(object);
    const next = nextLines(object);
    if (next === offset)
      throw new AppError('source_reply_invalid', { detail: `${first.id}: the next lines begin where these do` });
    offset = next;
  }
  return pages;
}

function okay(reply: ChargebeeReply, kind: Kind, id: string): Found {
  if (reply.status !== 200)
    throw new AppError('source_reply_invalid', {
      detail: `Chargebee ${kind} ${id}: status ${reply.status} ${errorCode(reply) ?? ''}`.trimEnd(),
    });
  return foundOf(reply.body, kind, reply);
}

function raw(
  reading: Reading,
  objectType: Kind,
  found: Found,
  pages: readonly JsonObject[],
  isStable: boolean,
): Completed {
  const bytes = writeEnvelope({ object: found.object, pages });
  const { requestId } = found.reply;
  const { fetchedAt } = reading;
  return { type: 'raw', isStable, raw: { objectType, id: found.id, bytes, apiVersion: 'v2', requestId, fetchedAt } };
}
