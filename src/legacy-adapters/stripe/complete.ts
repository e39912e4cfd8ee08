import { AppError } from '../../errors.js';
import { type Instant, instantOfMs } from '../../model/period.js';
import type { RawRecord } from '../../model/source.js';
import { isObject, type JsonObject, objectsOf, textOf, idOf } from '../http/json.js';
import { errorCode, type StripeClient, type StripeReply } from './client.js';
import { fingerprint, type Found } from './listing.js';
import { neededCoupons, neededPrices, neededTaxRates, type References } from './references.js';
import { writeEnvelope } from './shape.js';

export type ObjectType = 'invoice' | 'credit_note' | 'preview';

const bases = { invoice: '/v1/invoices', credit_note: '/v1/credit_notes', preview: '/v1/invoices' } as const;
const singleExpansion = {
  invoice: 'total_discount_amounts.discount',
  credit_note: 'discount_amounts.discount',
  preview: 'total_discount_amounts.discount',
} as const;

/** How often a document that changes while its lines are paged is read again. */
const maxRounds = 3;
/** 100 lines each. */
const maxLinePages = 1000;

export type Completed =
  | { readonly type: 'raw'; readonly raw: RawRecord; readonly isStable: boolean }
  /** Deleted while it was read. */
  | { readonly type: 'gone' };

export type Reading = {
  readonly client: StripeClient;
  readonly references: References;
  readonly fetchedAt: Instant;
};

/** Reads one object by its id; `undefined` when there is none. */
export async function readObject(reading: Reading, type: ObjectType, id: string): Promise<Found | undefined> {
  const reply = await reading.client.get(`${bases[type]}/${encodeURIComponent(id)}`, [
    ['expand[]', singleExpansion[type]],
  ]);
  if (reply.status === 404 || reply.body['deleted'] === true) return undefined;
  if (reply.status !== 200) throw new AppError('source_reply_invalid', { detail: `Stripe ${id}: ${reply.status}` });
  return { id, object: reply.body, reply };
}

/**
 * A document with everything its translation needs: all of its lines, and the prices, tax rates, coupons and credited
 * lines behind them. An object that carries all of its lines was read in one piece; otherwise it is read once more after
 * its lines, and again until both agree.
 */
export async function complete(reading: Reading, type: ObjectType, found: Found): Promise<Completed> {
  let current = found;
  for (let round = 1; ; round += 1) {
    const inline = isObject(current.object['lines']) ? current.object['lines'] : {};
    if (inline['has_more'] !== true) return raw(reading, type, current, [], true);
    // A preview is named after its subscription; its lines are asked for by the id that Stripe gives it, if any.
    const id = type === 'preview' ? textOf(current.object['id']) : current.id;
    const pages =
      id === null ? null : await linePages(reading.client, `${bases[type]}/${encodeURIComponent(id)}/lines`);
    // A preview is not kept by Stripe: there is nothing to read again.
    if (type === 'preview') return raw(reading, type, current, pages ?? [], true);
    const again = await readObject(reading, type, current.id);
    if (again === undefined) return { type: 'gone' };
    const isStable = pages !== null && fingerprint(again.object) === fingerprint(current.object);
    if (isStable || round === maxRounds) return raw(reading, type, again, pages ?? [], isStable);
    current = again;
  }
}

/** All pages of a nested list, from its first line on; null when it changed under the cursor. */
async function linePages(client: StripeClient, path: string): Promise<readonly JsonObject[] | null> {
  const pages: JsonObject[] = [];
  let after: string | null = null;
  for (let page = 1; page <= maxLinePages; page += 1) {
    const reply: StripeReply = await client.get(path, [
      ['limit', '100'],
      ...(after === null ? [] : [['starting_after', after] as const]),
    ]);
    if (reply.status === 404 || errorCode(reply) === 'resource_missing') return null;
    if (reply.status !== 200) throw new AppError('source_reply_invalid', { detail: `Stripe ${path}: ${reply.status}` });
    pages.push(reply.body);
    after = textOf(objectsOf(reply.body['data']).at(-1)?.['id']);
    // Without a cursor the rest cannot be had; has_more stays true and the translation refuses the document.
    if (reply.body['has_more'] !== true || after === null) return pages;
  }
  throw new AppError('source_reply_invalid', { detail: `Stripe ${path} has over ${maxLinePages} pages` });
}

async function raw(
  reading: Reading,
  objectType: ObjectType,
  found: Found,
  pages: readonly JsonObject[],
  isStable: boolean,
): Promise<Completed> {
  const { object, reply } = found;
  const inline = isObject(object['lines']) ? objectsOf(object['lines']['data']) : [];
  const lines = pages.length === 0 ? inline : pages.flatMap((page) => objectsOf(page['data']));
  const credited = objectType === 'credit_note' ? await creditedLines(reading, object, lines) : new Map();
  const priced = [...lines, ...credited.values()];
  const [prices, taxRates, coupons] = await Promise.all([
    reading.references.get('prices', neededPrices(priced)),
    reading.references.get('taxRates', neededTaxRates(object, lines)),
    reading.references.get('coupons', neededCoupons(object)),
  ]);
  const bytes = writeEnvelope({ object, linePages: pages, prices, taxRates, coupons, creditedLines: credited });
  const apiVersion = reply.apiVersion ?? reading.client.apiVersion;
  const { fetchedAt } = reading;
  return {
    type: 'raw',
    isStable,
    raw: { objectType, id: found.id, bytes, apiVersion, requestId: reply.requestId, fetchedAt },
  };
}

/** The lines of the invoice that a credit note takes back. A finalised invoice keeps its lines, so no second reading. */
async function creditedLines(
  reading: Reading,
  note: JsonObject,
  lines: readonly JsonObject[],
): Promise<ReadonlyMap<string, JsonObject>> {
  const wanted = new Set(lines.flatMap((line) => textOf(line['invoice_line_item']) ?? []));
  const invoice = idOf(note['invoice']);
  if (wanted.size === 0 || invoice === null) return new Map();
  const pages = (await linePages(reading.client, `/v1/invoices/${encodeURIComponent(invoice)}/lines`)) ?? [];
  const found = pages.flatMap((page) => objectsOf(page['data']));
  return new Map(
    found.flatMap((line) => {
      const id = textOf(line['id']);
      return id !== null && wanted.has(id) ? [[id, line] as const] : [];
    }),
  );
}

/** What every reading of one pull shares. */
export function readingOf(client: StripeClient, references: References, nowMs: number): Reading {
  return { client, references, fetchedAt: instantOfMs(nowMs) };
}
