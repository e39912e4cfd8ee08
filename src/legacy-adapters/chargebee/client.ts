import { AppError } from '../../errors.js';
import { invariant } from '../../model/invariant.js';
import type { PullContext } from '../../model/source.js';
import { exchange } from '../http/exchange.js';
import { isObject, type JsonObject, parseJson, textOf } from '../http/json.js';
import { type HttpTransport, type Reply } from '../http/transport.js';
import type { ChargebeeConfig } from './shape.js';

export type Kind = 'invoice' | 'credit_note';

/** What a list is asked for; times are epoch seconds. Never a status: it may change between two pages. */
export type ListQuery = {
  readonly limit: number;
  readonly offset?: string;
  readonly date?: readonly [from: number, to: number];
  readonly updatedAfter?: number;
  readonly customers?: readonly string[];
  readonly sort: 'date' | 'updated_at';
};

export type LinesQuery = { readonly limit: number; readonly offset?: string };

/** A reply that was read. `status` is 200, or 400 or 404 for what is not there or not asked rightly. */
export type ChargebeeReply = {
  readonly status: number;
  readonly body: JsonObject;
  readonly requestId: string | null;
  /** The server's clock in epoch milliseconds; null when it did not say. */
  readonly serverMs: number | null;
};

/** Asks Chargebee within one pull, check or re-read. */
export type ChargebeeClient = {
  list(kind: Kind, query: ListQuery): Promise<ChargebeeReply>;
  /** The newest `limit` records of a kind, for looking around. */
  newest(kind: Kind, limit: number): Promise<ChargebeeReply>;
  retrieve(kind: Kind, id: string, lines: LinesQuery): Promise<ChargebeeReply>;
  configurations(): Promise<ChargebeeReply>;
};

/**
 * The official library with an HTTP client of our own. It builds the addresses and signs the requests; the bytes of each
 * reply, the reading of numbers, retries and rate limits stay in our hands, because it parses amounts into floats and
 * waits for a Retry-After of any length. Its telemetry is off.
 */
export async function connect(
  config: ChargebeeConfig,
  apiKey: string,
  transport: HttpTransport,
  context: PullContext,
): Promise<ChargebeeClient> {
  // Loaded when it is needed: every command would pay for it.
  const { default: Chargebee } = await import('chargebee');
  const chargebee = new Chargebee({
    site: config.site,
    apiKey,
    httpClient: { makeApiRequest: (request) => carry(request, config, transport, context.signal) },
    retryConfig: { enabled: false },
    sdkTelemetryEnabled: false,
  });
  const ask = (what: string, send: () => Promise<unknown>) =>
    exchange(context, {
      what: `Chargebee ${what}`,
      attempt: async () => replyOf(await send()),
      read: (reply) => readReply(reply, what),
      reason: reasonOf,
    });
  const { invoice, creditNote, configuration } = chargebee;
  return {
    list: (kind, query) =>
      ask(`list of ${names[kind]}`, () =>
        kind === 'invoice' ? invoice.list(listInput(query)) : creditNote.list(listInput(query)),
      ),
    newest: (kind, limit) => {
      const input = { limit, 'sort_by[desc]': 'date' };
      return ask(`list of ${names[kind]}`, () =>
        kind === 'invoice' ? invoice.list({ ...input }) : creditNote.list({ ...input }),
      );
    },
    retrieve: (kind, id, { limit, offset }) => {
      const input = { line_items_limit: limit, ...(offset !== undefined && { line_items_offset: offset }) };
      return ask(`${kind} ${id}`, () =>
        kind === 'invoice' ? invoice.retrieve(id, { ...input }) : creditNote.retrieve(id, { ...input }),
      );
    },
    configurations: () => ask('configurations', () => configuration.list()),
  };
}

export const names = { invoice: 'invoices', credit_note: 'credit notes' } as const;

/** Made anew for each attempt: the library takes the filters apart in the object that it is given. */
function listInput(query: ListQuery) {
  const { date, updatedAfter, customers, offset } = query;
  return {
    limit: query.limit,
    include_deleted: true,
    'sort_by[asc]': query.sort,
    ...(date !== undefined && { date: { between: [date[0], date[1]] satisfies [number, number] } as const }),
    ...(updatedAfter !== undefined && { updated_at: { after: updatedAfter } }),
    ...(customers !== undefined && { customer_id: { in: [...customers] } }),
    ...(offset !== undefined && { offset }),
  };
}

/** What our HTTP client hands through the library: the reply, or what went wrong, untouched. */
type Carried = { readonly carried?: { readonly reply?: Reply; readonly failure?: unknown } };

/** Sends a request of the library; to the library every outcome is a success, so that it neither repeats nor interprets it. */
async function carry(
  request: Request,
  config: ChargebeeConfig,
  transport: HttpTransport,
  signal: AbortSignal,
): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const url = config.base_url === undefined ? request.url : `${config.base_url}${pathname}${search}`;
  let carried: Carried['carried'];
  try {
    const headers = sentHeaders(request.headers);
    carried = { reply: await transport.send({ method: request.method, url, headers, body: null }, signal) };
  } catch (failure) {
    carried = { failure };
  }
  const response = new Response(null, { status: 200 });
  Object.defineProperty(response, 'json', { value: async () => ({ carried }) });
  return response;
}

/** The library's headers but for the version of Node, which is nobody's business. */
function sentHeaders(headers: Headers): Record<string, string> {
  const kept = [...headers].filter(([name]) => name !== 'lang-version' && name !== 'user-agent');
  return { ...Object.fromEntries(kept), 'user-agent': 'Chargebee-NodeJs-Client shadowbill' };
}

function replyOf(handed: unknown): Reply {
  const { carried } = handed as Carried;
  if (carried?.failure !== undefined) throw carried.failure;
  invariant(carried?.reply !== undefined, 'the library hands our reply through');
  return carried.reply;
}

function readReply(reply: Reply, what: string): ChargebeeReply {
  const body = parseJson(new TextDecoder().decode(reply.bytes), `the reply to Chargebee ${what}`);
  if (!isObject(body))
    throw new AppError('source_reply_invalid', { detail: `the reply to Chargebee ${what} is no object` });
  if (reply.status >= 300 && reply.status !== 404 && reply.status !== 400)
    throw new AppError('source_reply_invalid', { detail: `Chargebee ${what} answers ${reply.status}` });
  const serverMs = Date.parse(reply.headers['date'] ?? '');
  return {
    status: reply.status,
    body,
    requestId: reply.headers['x-request-id'] ?? reply.headers['chargebee-request-id'] ?? null,
    serverMs: Number.isNaN(serverMs) ? null : serverMs,
  };
}

/** Chargebee's own sentence about a refusal. */
function reasonOf(reply: Reply): string {
  try {
    const body = parseJson(new TextDecoder().decode(reply.bytes), 'the refusal');
    return (isObject(body) ? textOf(body['message']) : null) ?? `status ${reply.status}`;
  } catch (error) {
    if (error instanceof AppError) return `status ${reply.status}`;
    throw error;
  }
}

/** The code of an error body, such as resource_not_found; null when it has none. */
export function errorCode(reply: ChargebeeReply): string | null {
  return textOf(reply.body['api_error_code']);
}

/** Whether an offset was refused: what it hung on is gone. */
export function isLostOffset(reply: ChargebeeReply): boolean {
  return reply.status === 400 && /offset/.test(textOf(reply.body['param']) ?? '');
}
