import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../errors.js';
import type { Checkpoint, PullCounts } from '../model/source.js';
import { SetHash } from './canonical.js';

/*
 * Where a pull stood. Pages move, so a page number alone would lose or repeat invoices; the place is the creation time of
 * the last invoice handed on, in a list ordered by creation time, which never changes (contract 1.7). With it goes a hash
 * of the set of all ids handed on: a pull that goes on sees from it whether its memory still fits what is listed.
 */

const count = z.number().int().min(0);
const cursorShape = z.strictObject({
  listing: z.number().int().min(0),
  page: z.number().int().min(1),
  /** Creation time of the last invoice of the page, as sent. */
  at: z.string(),
  /** Ids of the invoices created at that very time and handed on. */
  ids: z.array(z.string()),
  count: z.number().int().min(0),
  set: z.string(),
  /** Of the whole pull so far. */
  counts: z.strictObject({ listed: count, emitted: count, rejected: count, skipped: count }),
  input: z.string(),
});
export type PullCursor = z.infer<typeof cursorShape>;

export const emitPhase = 'emit';
/** More invoices of one instant than this and no checkpoint is made until the next instant. */
const mostAtOneTime = 500;

export function readCursor(checkpoint: Checkpoint): PullCursor {
  const parsed = cursorShape.safeParse(checkpoint.phase === emitPhase ? tryParse(checkpoint.cursor) : null);
  if (parsed.success) return parsed.data;
  throw new AppError('internal', { detail: 'a checkpoint of another version was given to the Solvimon source' });
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Told apart from a good cursor by the schema above.
    return null;
  }
}

/** Whether an invoice was handed on before the cursor was made. */
export function isBefore(cursor: PullCursor, listing: number, createdAt: string, id: string): boolean {
  if (listing !== cursor.listing) return listing < cursor.listing;
  return createdAt < cursor.at || (createdAt === cursor.at && cursor.ids.includes(id));
}

/** Follows what is handed on and makes cursors of it. Class, because it gathers. */
export class CursorTrail {
  readonly #set: SetHash;
  readonly input: SetHash;
  #count: number;
  #listing = 0;
  #at = '';
  #ids: string[] = [];
  #isOrdered = true;

  constructor(cursor: PullCursor | null) {
    this.#set = new SetHash(cursor?.set);
    this.input = new SetHash(cursor?.input);
    this.#count = cursor?.count ?? 0;
    if (cursor === null) return;
    this.#listing = cursor.listing;
    this.#at = cursor.at;
    this.#ids = [...cursor.ids];
  }

  get count(): number {
    return this.#count;
  }

  /** Notes an invoice that was handed on, in the order of the list. */
  add(listing: number, createdAt: string, id: string, content: Buffer): void {
    this.#set.add(idHash(id));
    this.input.add(content);
    this.#count += 1;
    this.pass(listing, createdAt, id);
  }

  /** Notes an invoice of the list that was handed on earlier. */
  pass(listing: number, createdAt: string, id: string): void {
    if (listing !== this.#listing) [this.#listing, this.#at, this.#ids] = [listing, '', []];
    // A list that does not keep its order gives no places to go on from.
    if (createdAt === '' || createdAt < this.#at) this.#isOrdered = false;
    if (createdAt > this.#at) [this.#at, this.#ids] = [createdAt, []];
    if (createdAt === this.#at && this.#ids.length <= mostAtOneTime && !this.#ids.includes(id)) this.#ids.push(id);
  }

  /** The place after a page; null when there is none to go on from. */
  cursor(page: number, counts: PullCounts): PullCursor | null {
    if (!this.#isOrdered || this.#at === '' || this.#ids.length > mostAtOneTime) return null;
    return {
      listing: this.#listing,
      page,
      at: this.#at,
      ids: this.#ids,
      count: this.#count,
      counts: { ...counts },
      set: this.#set.hex,
      input: this.input.hex,
    };
  }
}

/** The hash under which an id stands in the set of a cursor. */
export function idHash(id: string): Buffer {
  return createHash('sha256').update(id).digest();
}
