import { BrokenCircuitError, circuitBreaker, ConsecutiveBreaker, handleWhen, IsolatedCircuitError } from 'cockatiel';
import { Pool } from 'undici';
import { AppError } from '../errors.js';
import { invariant } from '../model/invariant.js';
import type { PullContext } from '../model/source.js';
import { publicLookup, refusePrivateHost } from '../address-guard.js';
import { type WriteKind, writeKindOf } from './allowed-writes.js';
import { permissionOf } from './permissions.js';
import { readReply, type RequestSketch, requestIdOf, type Verdict, type WireReply } from './reply.js';
import type { Json } from './shape.js';
import type { Surroundings } from './wait.js';
import { decoded, flatten, type Query, readBody, targetOf, wireTrouble } from './wire.js';

export type ClientOptions = {
  /** Address before `/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly platformId: string | null;
  readonly timeoutMs: number;
  readonly maxAttempts: number;
  readonly connections: number;
  readonly allowsPrivateAddress: boolean;
  /** What this client may send besides GET; empty for reading. */
  readonly writes: ReadonlySet<WriteKind>;
  readonly surroundings: Surroundings;
};

/** What a call needs of its caller. */
export type CallContext = Pick<PullContext, 'signal' | 'acquire' | 'rateLimited' | 'now' | 'log'>;

export type GoodReply = {
  readonly json: Json;
  readonly requestId: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Our clock when the reply was there, epoch milliseconds. */
  readonly receivedAt: number;
};
/** A reply that is no trouble: the answer, that there is no such thing, or that the request was not to its liking. */
export type Outcome =
  | ({ readonly kind: 'ok' } & GoodReply)
  | { readonly kind: 'not_found'; readonly code: string; readonly requestId: string | null }
  | { readonly kind: 'refused'; readonly error: AppError; readonly field: string | null };

const firstBackoffMs = 500;
const maxBackoffMs = 30_000;
/** A longer wait is handed back to the queue: a worker that sleeps works for nobody. */
const longestWaitMs = 60_000;
const failuresThatOpen = 12;
const halfOpenAfterMs = 20_000;

class TryAgain extends Error {
  constructor(
    readonly verdict: Verdict & { readonly kind: 'again' },
    readonly reply: WireReply | null,
  ) {
    super(verdict.error.message, { cause: verdict.error });
  }
}

type Sending = {
  readonly method: string;
  readonly path: string;
  readonly target: string;
  readonly body: string | null;
  readonly key: string | null;
};

/**
 * Solvimon over HTTP: lossless JSON in and out, one retry budget for network, 5xx and 429, a circuit breaker, the shared
 * token bucket before every attempt. Redirects are not followed, TLS is always verified, and whatever is not a GET must
 * be one of the writes that were switched on, checked at the wire. Class, because it holds connections.
 */
export class SolvimonClient {
  readonly #options: ClientOptions;
  readonly #pool: Pool;
  readonly #breaker = circuitBreaker(
    handleWhen((error) => error instanceof TryAgain && !error.verdict.isRate),
    { halfOpenAfter: halfOpenAfterMs, breaker: new ConsecutiveBreaker(failuresThatOpen) },
  );

  constructor(options: ClientOptions) {
    const url = new URL(options.baseUrl);
    if (!options.allowsPrivateAddress) refusePrivateHost(url);
    this.#options = options;
    this.#pool = new Pool(url.origin, {
      connections: options.connections,
      headersTimeout: options.timeoutMs,
      bodyTimeout: options.timeoutMs,
      keepAliveTimeout: 10_000,
      connect: {
        timeout: Math.min(options.timeoutMs, 15_000),
        // Said here so that NODE_TLS_REJECT_UNAUTHORIZED cannot switch it off.
        rejectUnauthorized: true,
        ...(options.allowsPrivateAddress ? {} : { lookup: publicLookup }),
      },
    });
  }

  get host(): string {
    return new URL(this.#options.baseUrl).host;
  }

  /** Reads. Throws AppError when the trouble outlasts the retries or cannot be mended by them. */
  async get(path: string, query: Query, context: CallContext): Promise<GoodReply> {
    const outcome = await this.tryGet(path, query, context);
    if (outcome.kind === 'ok') return outcome;
    if (outcome.kind === 'refused') throw outcome.error;
    throw new AppError('source_reply_invalid', { detail: `GET ${path} answered ${outcome.code}`, context: { path } });
  }

  /** Reads, and gives "there is none" and "not like this" back for the caller to judge. */
  async tryGet(path: string, query: Query, context: CallContext): Promise<Outcome> {
    return this.#call(
      { method: 'GET', path, target: targetOf(this.#options.baseUrl, path, query), body: null, key: null },
      context,
    );
  }

  /** Sends one of the allowed writes. `key` makes a repeat harmless (contract 1.5). */
  async write(
    method: 'PATCH' | 'POST',
    path: string,
    body: string,
    key: string,
    context: CallContext,
  ): Promise<Outcome> {
    return this.#call({ method, path, target: targetOf(this.#options.baseUrl, path, {}), body, key }, context);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #call(sending: Sending, context: CallContext): Promise<Outcome> {
    for (let attempt = 1; ; attempt += 1) {
      context.signal.throwIfAborted();
      await context.acquire();
      try {
        return await this.#breaker.execute(() => this.#attempt(sending, attempt, context));
      } catch (error) {
        context.signal.throwIfAborted();
        await this.#waitBefore(attempt, sending, error, context);
      }
    }
  }

  /** Waits until the next attempt is due, or throws when there shall be none. */
  async #waitBefore(attempt: number, sending: Sending, error: unknown, context: CallContext): Promise<void> {
    if (error instanceof BrokenCircuitError || error instanceof IsolatedCircuitError)
      throw new AppError('source_unreachable', {
        detail: `${this.host} failed ${failuresThatOpen} times in a row and is left alone for ${halfOpenAfterMs / 1000} s`,
        cause: error,
      });
    if (!(error instanceof TryAgain)) throw error;
    const { verdict } = error;
    const backoffMs = Math.floor(
      this.#options.surroundings.random() * Math.min(maxBackoffMs, firstBackoffMs * 2 ** (attempt - 1)),
    );
    const waitMs = Math.max(verdict.retryAfterMs ?? 0, backoffMs);
    if (verdict.isRate) context.rateLimited(waitMs, verdict.error.message);
    if (attempt >= this.#options.maxAttempts || !mayRepeat(sending, error.reply)) throw verdict.error;
    if (waitMs > longestWaitMs) throw longWait(verdict, waitMs);
    await this.#options.surroundings.wait(waitMs, context.signal);
  }

  async #attempt(sending: Sending, attempt: number, context: CallContext): Promise<Outcome> {
    const { method, path } = sending;
    const request: RequestSketch = { method, path, permission: permissionOf(method, path) };
    const startedAt = context.now();
    const reply = await this.#send(sending, context.signal);
    const receivedAt = context.now();
    const verdict = readReply(reply, request, receivedAt);
    const requestId = requestIdOf(reply.headers);
    context.log('solvimon request', {
      method,
      path,
      status: reply.status,
      requestId,
      attempt,
      ms: receivedAt - startedAt,
      outcome: verdict.kind,
    });
    switch (verdict.kind) {
      case 'ok':
        return { kind: 'ok', json: verdict.json, requestId, headers: reply.headers, receivedAt };
      case 'not_found':
        return { kind: 'not_found', code: verdict.code, requestId };
      case 'refused':
        return { kind: 'refused', error: verdict.error, field: verdict.field };
      case 'again':
        throw new TryAgain(verdict, reply);
    }
  }

  async #send(sending: Sending, signal: AbortSignal): Promise<WireReply> {
    this.#refuseOtherWrites(sending);
    try {
      const response = await this.#pool.request({
        method: sending.method as 'GET' | 'PATCH' | 'POST',
        path: sending.target,
        headers: this.#headers(sending),
        body: sending.body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(this.#options.timeoutMs)]),
      });
      const headers = flatten(response.headers);
      const bytes = await decoded(await readBody(response.body), headers['content-encoding']);
      return { status: response.statusCode, headers, bytes };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof AppError) throw error;
      throw new TryAgain(
        { kind: 'again', isRate: false, retryAfterMs: null, error: wireTrouble(error, this.host) },
        null,
      );
    }
  }

  #refuseOtherWrites({ method, path, body }: Sending): void {
    if (method === 'GET') {
      // These GETs start a job on the other side (contract 2.3), so they are writes in disguise.
      invariant(!/\/reports\/[^/]*-overview$/.test(path), 'an overview report is never asked for by GET', { path });
      return;
    }
    const kind = writeKindOf(method, path, body ?? '');
    invariant(kind !== null && this.#options.writes.has(kind), 'only an allowed write leaves the adapter', {
      method,
      path,
      kind,
    });
  }

  #headers({ body, key }: Sending): Record<string, string> {
    return {
      'x-api-key': this.#options.apiKey,
      accept: 'application/json',
      'accept-encoding': 'gzip',
      'user-agent': 'shadowbill',
      ...(this.#options.platformId !== null && { 'x-platform-id': this.#options.platformId }),
      ...(body !== null && { 'content-type': 'application/json' }),
      ...(key !== null && { 'idempotency-key': key }),
    };
  }
}

/** A write may be repeated after a 500 only when the reply says so; everything else the idempotency key makes safe (contract 1.5). */
function mayRepeat({ method }: Sending, reply: WireReply | null): boolean {
  if (method === 'GET' || reply === null || reply.status !== 500) return true;
  return reply.headers['idempotency-retryable'] === 'true';
}

function longWait(verdict: Verdict & { readonly kind: 'again' }, waitMs: number): AppError {
  const code = verdict.isRate ? 'source_rate_limited' : 'source_unreachable';
  return new AppError(code, { detail: verdict.error.message, cause: verdict.error, retryAfterMs: waitMs });
}
