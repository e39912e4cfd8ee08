import { Agent, errors, request as send } from 'undici';
import { publicLookup, refusePrivateHost } from '../../address-guard.js';
import { AppError } from '../../errors.js';
import { invariant } from '../../model/invariant.js';

export type HttpRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
};

/** A reply with its bytes as sent. Header names are in lower case. */
export type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
};

/** A larger reply than this is refused before it fills the memory. */
const maxReplyBytes = 64 * 1024 * 1024;
const timeoutMs = 60_000;

/**
 * One attempt of an HTTP exchange, with the bytes kept. Never writes: a method other than GET leaves only for a path that
 * the adapter has declared harmless. Class, because its connections must be closed.
 */
export class HttpTransport {
  readonly #agent: Agent;
  readonly #system: string;
  readonly #isHarmless: (method: string, path: string) => boolean;
  readonly #allowsPrivateAddress: boolean;

  constructor(options: {
    /** Name of the system, for messages. */
    readonly system: string;
    readonly isHarmless: (method: string, path: string) => boolean;
    /** Whether an address inside a private network is meant. */
    readonly allowsPrivateAddress: boolean;
  }) {
    this.#system = options.system;
    this.#isHarmless = options.isHarmless;
    this.#allowsPrivateAddress = options.allowsPrivateAddress;
    this.#agent = new Agent({
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      connect: {
        timeout: 10_000,
        rejectUnauthorized: true,
        ...(options.allowsPrivateAddress ? {} : { lookup: publicLookup }),
      },
    });
  }

  /**
   * Throws AppError `source_unreachable` when no whole reply comes, `address_private` for an address that nobody allowed, and
   * whatever the signal was aborted with. A redirect is a reply like any other: it is not followed.
   */
  async send(request: HttpRequest, signal: AbortSignal): Promise<Reply> {
    const url = new URL(request.url);
    const { pathname, host } = url;
    invariant(
      request.method === 'GET' || this.#isHarmless(request.method, pathname),
      'nothing is ever written to a billing system (I13)',
      { method: request.method, pathname },
    );
    if (!this.#allowsPrivateAddress) refusePrivateHost(url);
    signal.throwIfAborted();
    try {
      const reply = await send(request.url, {
        dispatcher: this.#agent,
        method: request.method as 'GET',
        headers: request.headers,
        body: request.body,
        signal,
      });
      const bytes = await readAll(reply.body, maxReplyBytes, `${this.#system} ${pathname}`);
      return { status: reply.statusCode, headers: flat(reply.headers), bytes };
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof AppError) throw cause;
      const reason = reasonOf(cause);
      throw new AppError('source_unreachable', { detail: `${this.#system} at ${host}: ${reason}`, cause });
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

async function readAll(body: AsyncIterable<Uint8Array>, limit: number, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit)
      throw new AppError('source_reply_invalid', { detail: `${what} answers with over ${limit} bytes` });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value] as const],
    ),
  );
}

/** Why a connection failed, in words that carry no address with a password in it. */
function reasonOf(cause: unknown): string {
  if (cause instanceof errors.ConnectTimeoutError || cause instanceof errors.HeadersTimeoutError)
    return 'it does not answer in time';
  if (cause instanceof errors.BodyTimeoutError) return 'the reply stopped in the middle';
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no connection';
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' ? 'the connection was closed in the middle' : code;
}
