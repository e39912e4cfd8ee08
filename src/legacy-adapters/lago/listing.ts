import { hash } from 'node:crypto';
import { AppError } from '../../errors.js';
import { type Json, type JsonObject, jsonText, objectsOf, textOf } from '../http/json.js';
import { type Settled, settle } from '../http/settle.js';
import { type Kind, type LagoClient, type LagoReply, names, paths } from './client.js';

/** Dates of issue, both included, "YYYY-MM-DD". */
export type Days = { readonly from: string; readonly to: string };

/** What is listed, and whose; null for everybody's. */
export type Listed = { readonly kind: Kind; readonly customer: string | null };

export type Window = {
  /** Ids in their own order: the list's order moves, and its objects lack the fees. */
  readonly ids: readonly string[];
  readonly unstable: ReadonlySet<string>;
  /** Changes when anything in the window does. */
  readonly digest: string;
};

const pageSize = 100;
/** Pages of one window; more mean that the other side sends pages without end. */
const maxPages = 5000;

/**
 * The ids of everything issued on these days, read until two readings agree. Pages are numbers over a list with the newest
 * first, so each insertion pushes a record to the next page and each removal pulls one out of sight; and the count of pages
 * that comes with them is up to half an hour old. So pages are read until one is empty, and then all of them again.
 */
export async function readWindow(client: LagoClient, listed: Listed, days: Days): Promise<Window> {
  const list = () => listPages(client, listed, days);
  const settled: Settled<string> = await settle(await list(), list, (mark) => mark);
  const entries = [...settled.items].sort(([a], [b]) => (a < b ? -1 : 1));
  const digest = hash('sha1', JSON.stringify(entries), 'hex');
  return { ids: entries.map(([id]) => id), unstable: settled.unstable, digest };
}

/** The mark of each record by its id; nothing else is kept, so that a large account fits into memory. */
async function listPages(client: LagoClient, listed: Listed, days: Days): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  let before = '';
  for (let page = 1; page <= maxPages; page += 1) {
    const records = recordsOf(await client.get(paths[listed.kind], queryOf(listed, days, page)), listed.kind);
    if (records.length === 0) return found;
    const here = records.map((record) => record.id).join(' ');
    if (here === before)
      throw new AppError('source_reply_invalid', {
        detail: `Lago sends the same page of ${names[listed.kind]} again and again`,
      });
    before = here;
    for (const record of records) found.set(record.id, record.mark);
  }
  throw new AppError('source_reply_invalid', { detail: `${names[listed.kind]} have over ${maxPages} pages` });
}

function queryOf(listed: Listed, days: Days, page: number) {
  return [
    ['issuing_date_from', days.from],
    ['issuing_date_to', days.to],
    ['per_page', String(pageSize)],
    ['page', String(page)],
    ...(listed.customer === null ? [] : [['external_customer_id', listed.customer] as const]),
  ] as const;
}

/** The records of a list reply. Throws AppError `source_reply_invalid` when it is no list or a record has no id. */
export function recordsOf(
  reply: LagoReply,
  kind: Kind,
): readonly { readonly id: string; readonly mark: string; readonly object: JsonObject }[] {
  const list = reply.body[paths[kind]];
  if (reply.status !== 200 || !Array.isArray(list))
    throw new AppError('source_reply_invalid', {
      detail: `a list of ${names[kind]} was expected from Lago, not status ${reply.status}`,
      context: { requestId: reply.requestId },
    });
  return objectsOf(list).map((object) => {
    const id = textOf(object['lago_id']);
    if (id === null) throw new AppError('source_reply_invalid', { detail: `a Lago ${kind} has no lago_id` });
    return { id, mark: markOf(object), object };
  });
}

const telling = [
  'status',
  'issuing_date',
  'currency',
  'fees_amount_cents',
  'coupons_amount_cents',
  'taxes_amount_cents',
  'total_amount_cents',
  'sub_total_excluding_taxes_amount_cents',
] as const;

/** What must not change of a document meanwhile. Payments may: they are no part of the bill. */
function markOf(object: JsonObject): string {
  const parts: readonly (Json | undefined)[] = telling.map((name) => object[name]);
  return hash('sha1', parts.map((part) => (part === undefined ? '' : jsonText(part))).join('\u001f'), 'hex');
}
