import { AppError } from '../../errors.js';
import { invariant } from '../../model/invariant.js';
import type { PullContext } from '../../model/source.js';
import { exchange } from '../http/exchange.js';
import { isObject, type Json, type JsonObject, parseJson, textOf } from '../http/json.js';
import { type HttpTransport, type Reply } from '../http/transport.js';
import type { StripeConfig } from './shape.js';

/** A POST that only computes. It makes no invoice. */
export const previewPath = '/v1/invoices/create_preview';
/** A change of an invoice that does not exist: it can only be refused, and how it is refused tells what the key may do. */
export const writeProbePath = '/v1/invoices/in_shadowbill_write_probe';

/** The only requests besides GET that ever leave. */
export function isHarmless(method: string, path: string): boolean {
  return method === 'POST' && (path === previewPath || path === writeProbePath);
}

export type Query = readonly (readonly [name: string, value: string])[];

/** A reply that was read. `status` is 200, or 400 to 404 for what is not there or not asked rightly. */
export type StripeReply = {
  readonly status: number;
  readonly body: JsonObject;
  readonly requestId: string | null;
  readonly apiVersion: string | null;
  /** The server's clock in epoch milliseconds; null when it did not say. */
  readonly serverMs: number | null;
};

/** Asks Stripe within one pull, check or re-read. */
export type StripeClient = {
  /** The API version that is asked for: the configured one, else the one that the library is made for and pins. */
  readonly apiVersion: string;
  get(path: string, query?: Query): Promise<StripeReply>;
  post(path: typeof previewPath | typeof writeProbePath, form: Query): Promise<StripeReply>;
};

/**
 * The official library with an HTTP client of our own. It adds the key, the pinned version, the account and the
 * idempotency key; the bytes of each reply, the reading of numbers, retries and rate limits stay in our hands, because it
 * parses amounts into floats, does not retry 429 and ignores Retry-After. Its telemetry is off.
 */
export async function connect(
  config: StripeConfig,
  apiKey: string,
  transport: HttpTransport,
  context: PullContext,
): Promise<StripeClient> {
  // Loaded when it is needed: it takes a quarter of a second, which every command would pay.
  const { Stripe } = await import('stripe');
  const local = config.base_url === undefined ? undefined : new URL(config.base_url);
  const stripe = new Stripe(apiKey, {
    httpClient: new OwnHttpClient(transport, context.signal, Stripe.PACKAGE_VERSION),
    maxNetworkRetries: 0,
    telemetry: false,
    // The types allow the pinned version only; older ones are the account's own choice and are read all the same.
    ...(config.api_version !== undefined && { apiVersion: config.api_version as typeof Stripe.API_VERSION }),
    ...(config.account !== undefined && { stripeAccount: config.account }),
    ...(local !== undefined && { protocol: 'http', host: local.hostname, port: local.port }),
  });
  const ask = (method: 'GET' | 'POST', path: string, query: Query) => {
    const pairs = query.map(([name, value]): [string, string] => [name, value]);
    const suffix = method === 'POST' || pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
    const form = method === 'POST' ? Object.fromEntries(query) : undefined;
    return exchange(context, {
      what: `Stripe ${path}`,
      attempt: async () => replyOf(await stripe.rawRequest(method, `${path}${suffix}`, form)),
      read: (reply) => readReply(reply, path),
      reason: reasonOf,
    });
  };
  return {
    apiVersion: config.api_version ?? Stripe.API_VERSION,
    get: (path, query = []) => ask('GET', path, query),
    post: (path, form) => ask('POST', path, form),
  };
}

/** What our HTTP client hands through the library: the reply, or what went wrong, untouched. */
type Carried = { readonly reply?: Reply; readonly failure?: unknown };

function replyOf(carried: unknown): Reply {
  const { reply, failure } = carried as Carried;
  if (failure !== undefined) throw failure;
  invariant(reply !== undefined, 'the library hands our reply through');
  return reply;
}

function readReply(reply: Reply, path: string): StripeReply {
  const body: Json = parseJson(new TextDecoder().decode(reply.bytes), `the reply to Stripe ${path}`);
  if (!isObject(body))
    throw new AppError('source_reply_invalid', { detail: `the reply to Stripe ${path} is no object` });
  if (reply.status >= 300 && reply.status !== 404 && reply.status !== 400)
    throw new AppError('source_reply_invalid', { detail: `Stripe ${path} answers ${reply.status}` });
  const serverMs = Date.parse(reply.headers['date'] ?? '');
  return {
    status: reply.status,
    body,
    requestId: reply.headers['request-id'] ?? null,
    apiVersion: reply.headers['stripe-version'] ?? null,
    serverMs: Number.isNaN(serverMs) ? null : serverMs,
  };
}

/** Stripe's own sentence about a refusal, without the key that it may quote. */
function reasonOf(reply: Reply): string {
  try {
    const body = parseJson(new TextDecoder().decode(reply.bytes), 'the refusal');
    const error = isObject(body) && isObject(body['error']) ? body['error'] : {};
    return (textOf(error['message']) ?? `status ${reply.status}`).replaceAll(/\b(sk|rk)_\w+[\w*]*/g, 'the key');
  } catch (error) {
    if (error instanceof AppError) return `status ${reply.status}`;
    throw error;
  }
}

/** The code of an error body, such as resource_missing; null when it has none. */
export function errorCode(reply: StripeReply): string | null {
  return isObject(reply.body['error']) ? textOf(reply.body['error']['code']) : null;
}

/**
 * Carries each request to our transport and the reply back around the library, which would turn numbers into floats and
 * repeat a closed connection by itself. Class, because the library wants one.
 */
class OwnHttpClient {
  readonly #transport: HttpTransport;
  readonly #signal: AbortSignal;
  readonly #version: string;

  constructor(transport: HttpTransport, signal: AbortSignal, version: string) {
    this.#transport = transport;
    this.#signal = signal;
    this.#version = version;
  }

  getClientName(): string {
    return 'shadowbill';
  }

  async makeRequest(
    host: string,
    port: string,
    path: string,
    method: string,
    headers: object,
    body: string,
    protocol: string,
  ): Promise<OwnResponse> {
    const request = {
      method,
      url: `${protocol}://${host}:${port}${path}`,
      headers: sentHeaders(headers, this.#version),
      body: method === 'POST' ? body : null,
    };
    try {
      return new OwnResponse({ reply: await this.#transport.send(request, this.#signal) });
    } catch (failure) {
      return new OwnResponse({ failure });
    }
  }
}

/** The library's headers but for those that describe this machine, which are nobody's business. */
function sentHeaders(headers: object, version: string): Record<string, string> {
  const dropped = new Set(['x-stripe-client-user-agent', 'x-stripe-client-telemetry', 'user-agent', 'content-length']);
  const kept = Object.entries(headers).flatMap(([name, value]) =>
    dropped.has(name.toLowerCase()) || typeof value !== 'string' ? [] : [[name, value] as const],
  );
  return { ...Object.fromEntries(kept), 'User-Agent': `Stripe/v1 NodeBindings/${version} shadowbill` };
}

/** Always a success to the library, so that it neither repeats nor interprets it. Class, because the library wants one. */
class OwnResponse {
  readonly #carried: Carried;

  constructor(carried: Carried) {
    this.#carried = carried;
  }

  getStatusCode(): number {
    return 200;
  }

  getHeaders(): Record<string, string> {
    return {};
  }

  getRawResponse(): object {
    return {};
  }

  toStream(): never {
    throw new AppError('internal', { detail: 'no reply of Stripe is streamed' });
  }

  async toJSON(): Promise<object> {
    return { ...this.#carried };
  }
}
