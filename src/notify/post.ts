import { Agent, errors, request } from 'undici';
import { AppError } from '../errors.js';
import { retryAfterMs } from '../model/retry-after.js';

const timeoutMs = 10_000;
/** As much of a reply as is read; more than this no receiver has to say. */
const maxReplyBytes = 64 * 1024;

/** Status codes after which the same request may succeed: waiting is asked for, or the other side is in trouble. */
const passing: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/** A connection pool for posting; close it when it is no longer used. */
export class Poster {
  readonly #agent = new Agent({ headersTimeout: timeoutMs, bodyTimeout: timeoutMs, connect: { timeout: timeoutMs } });

  /**
   * Posts JSON once, follows no redirect, and answers the reply's headers and text when the status is 2xx. Throws AppError
   * `notification_failed` or `notification_refused`; neither says the address, which may itself be the secret.
   */
  async post(
    url: string,
    input: { readonly headers: Readonly<Record<string, string>>; readonly body: string; readonly signal: AbortSignal },
  ): Promise<{ readonly headers: Readonly<Record<string, unknown>>; readonly text: string }> {
    input.signal.throwIfAborted();
    const reply = await this.#send(url, input);
    const { status, headers, text } = reply;
    if (status >= 200 && status < 300) return { headers, text };
    const detail = `the receiver answered ${status}`;
    if (status < 500 && !passing.has(status)) throw new AppError('notification_refused', { detail });
    const wait = headers['retry-after'];
    throw new AppError('notification_failed', {
      detail,
      ...(typeof wait === 'string' && { retryAfterMs: retryAfterMs(wait, Date.now()) }),
    });
  }

  async #send(url: string, input: Parameters<Poster['post']>[1]) {
    try {
      const reply = await request(url, {
        dispatcher: this.#agent,
        method: 'POST',
        headers: { ...input.headers, 'content-type': 'application/json; charset=utf-8', 'user-agent': 'shadowbill' },
        body: input.body,
        signal: input.signal,
      });
      let text = '';
      for await (const chunk of reply.body) {
        text += String(chunk);
        if (text.length > maxReplyBytes) break;
      }
      return { status: reply.statusCode, headers: reply.headers, text };
    } catch (cause) {
      input.signal.throwIfAborted();
      const mayHaveArrived = !(cause instanceof errors.ConnectTimeoutError) && codeOf(cause) !== 'ECONNREFUSED';
      throw new AppError('notification_failed', { detail: reasonOf(cause), cause, context: { mayHaveArrived } });
    }
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }
}

/** Why no reply came, without the address. */
function reasonOf(cause: unknown): string {
  if (cause instanceof errors.HeadersTimeoutError || cause instanceof errors.BodyTimeoutError)
    return 'no reply in time';
  if (cause instanceof errors.ConnectTimeoutError) return 'no connection in time';
  const code = codeOf(cause);
  return code === undefined ? 'no reply' : `no reply (${code})`;
}

function codeOf(cause: unknown): string | undefined {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
