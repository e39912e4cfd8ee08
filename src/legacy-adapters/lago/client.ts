import { AppError } from '../../errors.js';
import type { PullContext } from '../../model/source.js';
import { exchange } from '../http/exchange.js';
import { isObject, type JsonObject, parseJson, textOf } from '../http/json.js';
import type { HttpTransport, Reply } from '../http/transport.js';
import type { LagoConfig } from './shape.js';

export type Kind = 'invoice' | 'credit_note';
export const paths = { invoice: 'invoices', credit_note: 'credit_notes' } as const;
export const names = { invoice: 'invoices', credit_note: 'credit notes' } as const;

export type Query = readonly (readonly [name: string, value: string])[];

/** A reply that was read. `status` is 200, or 404 for what is not there. */
export type LagoReply = {
  readonly status: number;
  readonly body: JsonObject;
  readonly requestId: string | null;
  /** The server's clock in epoch milliseconds; null when it did not say. */
  readonly serverMs: number | null;
};

/** Asks Lago within one pull, check or re-read. `path` is below /api/v1. */
export type LagoClient = { get(path: string, query?: Query): Promise<LagoReply> };

/** Only GET, with the key as a bearer token. The official library would parse amounts into floats and retries by itself. */
export function connect(
  config: LagoConfig,
  apiKey: string,
  transport: HttpTransport,
  context: PullContext,
): LagoClient {
  const headers = { authorization: `Bearer ${apiKey}`, accept: 'application/json', 'user-agent': 'shadowbill' };
  return {
    get: (path, query = []) => {
      const search =
        query.length === 0
          ? ''
          : `?${new URLSearchParams(query.map(([name, value]): [string, string] => [name, value])).toString()}`;
      const url = `${config.base_url.replace(/\/+$/, '')}/api/v1/${path}${search}`;
      return exchange(context, {
        what: `Lago ${path}`,
        attempt: async () =>
          withRetryAfter(await transport.send({ method: 'GET', url, headers, body: null }, context.signal)),
        read: (reply) => readReply(reply, path),
        reason: reasonOf,
      });
    },
  };
}

/** Lago names the pause in `x-ratelimit-reset`, in seconds, where others send Retry-After. */
function withRetryAfter(reply: Reply): Reply {
  const reset = reply.headers['x-ratelimit-reset'];
  if (reply.status !== 429 || reset === undefined || reply.headers['retry-after'] !== undefined) return reply;
  return { ...reply, headers: { ...reply.headers, 'retry-after': reset } };
}

function readReply(reply: Reply, path: string): LagoReply {
  const body = parseJson(new TextDecoder().decode(reply.bytes), `the reply to Lago ${path}`);
  if (!isObject(body)) throw new AppError('source_reply_invalid', { detail: `the reply to Lago ${path} is no object` });
  if (reply.status >= 300 && reply.status !== 404)
    throw new AppError('source_reply_invalid', { detail: `Lago ${path} answers ${reply.status}` });
  const serverMs = Date.parse(reply.headers['date'] ?? '');
  return {
    status: reply.status,
    body,
    requestId: reply.headers['x-request-id'] ?? null,
    serverMs: Number.isNaN(serverMs) ? null : serverMs,
  };
}

/** Lago's own words about a refusal. */
function reasonOf(reply: Reply): string {
  try {
    const body = parseJson(new TextDecoder().decode(reply.bytes), 'the refusal');
    return (isObject(body) ? textOf(body['error']) : null) ?? `status ${reply.status}`;
  } catch (error) {
    if (error instanceof AppError) return `status ${reply.status}`;
    throw error;
  }
}
