import { AppError } from '../../errors.js';
import type { Scope } from '../../model/source.js';
import { idOf } from '../http/json.js';
import { errorCode, previewPath, type StripeClient, type StripeReply } from './client.js';
import { type Found, recordsOf } from './listing.js';

/** A preview has no id that lasts: it is named after its subscription. */
export const previewPrefix = 'preview:';

const maxPages = 5000;
const maxRestarts = 5;

/** Ids of the subscriptions that are still billed, sorted. Ids only, so that a large account fits into memory. */
export async function listPreviews(client: StripeClient, scope: Scope): Promise<readonly string[]> {
  for (let attempt = 1; attempt <= maxRestarts; attempt += 1) {
    const ids = await listOnce(client, scope);
    if (ids !== null) return [...ids].sort();
  }
  throw new AppError('source_reply_invalid', {
    detail: 'Stripe lost the place in subscriptions; they are being cancelled',
  });
}

/** Null when the subscription that the next page hangs on was cancelled. */
async function listOnce(client: StripeClient, scope: Scope): Promise<ReadonlySet<string> | null> {
  const ids = new Set<string>();
  let after: string | null = null;
  for (let page = 1; page <= maxPages; page += 1) {
    const reply: StripeReply = await client.get('/v1/subscriptions', [
      ['limit', '100'],
      ...(after === null ? [] : [['starting_after', after] as const]),
    ]);
    if (after !== null && errorCode(reply) === 'resource_missing') return null;
    const records = recordsOf(reply);
    for (const { id, object } of records)
      if (scope.customers === 'all' || scope.customers.has(idOf(object['customer']) ?? '')) ids.add(id);
    after = records.at(-1)?.id ?? null;
    if (reply.body['has_more'] !== true || after === null) return ids;
  }
  throw new AppError('source_reply_invalid', { detail: `subscriptions have over ${maxPages} pages` });
}

export type Preview =
  | { readonly type: 'found'; readonly found: Found }
  | { readonly type: 'none'; readonly reason: string };

/** The invoice that a subscription would get next. Computed by Stripe, not kept, and so named after its subscription. */
export async function readPreview(client: StripeClient, subscription: string): Promise<Preview> {
  const reply = await client.post(previewPath, [['subscription', subscription]]);
  if (reply.status === 200)
    return { type: 'found', found: { id: `${previewPrefix}${subscription}`, object: reply.body, reply } };
  return { type: 'none', reason: `Stripe computes no preview: ${errorCode(reply) ?? `status ${reply.status}`}` };
}
