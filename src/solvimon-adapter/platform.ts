import type { CallContext, SolvimonClient } from './client.js';
import { isObject, type JsonObject } from './shape.js';

export type Platform = {
  /** Null when none is configured and no invoice names one. */
  readonly id: string | null;
  /** `GET /platforms/{id}`; null when it could not be read with this key. */
  readonly settings: JsonObject | null;
};

/** The platform of the configuration, else the one that the first invoice names (there is no list of platforms). */
export async function findPlatform(
  client: SolvimonClient,
  configured: string | null,
  context: CallContext,
): Promise<Platform> {
  const id = configured ?? (await fromFirstInvoice(client, context));
  if (id === null) return { id, settings: null };
  const outcome = await client.tryGet(`/v1/platforms/${encodeURIComponent(id)}`, {}, context);
  return { id, settings: outcome.kind === 'ok' && isObject(outcome.json) ? outcome.json : null };
}

async function fromFirstInvoice(client: SolvimonClient, context: CallContext): Promise<string | null> {
  const { json } = await client.get('/v1/invoices', { page: '1', limit: '1' }, context);
  const data = isObject(json) ? json['data'] : undefined;
  const first = Array.isArray(data) ? data[0] : undefined;
  const id = isObject(first) ? first['platform_id'] : undefined;
  return typeof id === 'string' && id !== '' ? id : null;
}
