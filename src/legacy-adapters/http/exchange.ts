import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import { AppError } from '../../errors.js';
import type { PullContext } from '../../model/source.js';
import { retryAfterMs } from '../../model/retry-after.js';
import type { Reply } from './transport.js';

/** Attempts at one request, the first included. Trouble that lasts longer is the job's to repeat, from its checkpoint. */
const maxAttempts = 3;

const isPassing = (error: unknown): boolean =>
  error instanceof AppError && (error.code === 'source_unreachable' || error.code === 'source_reply_invalid');

const policy = retry(handleWhen(isPassing), {
  maxAttempts: maxAttempts - 1,
  backoff: new ExponentialBackoff({ initialDelay: 200, maxDelay: 2000 }),
});

/**
 * One request with the one retry budget that all adapters share: a token for each attempt, a short back-off for lost
 * connections, 5xx and unreadable replies, none for refusals. A request to slow down is handed to the queue and thrown,
 * because a sleeping worker blocks the others. `read` turns a reply into what is wanted and may throw
 * `source_reply_invalid`; it sees replies below 500 other than 401, 403 and 429.
 *
 * Throws AppError `source_rate_limited`, `source_unauthorised`, `source_unreachable`, `source_reply_invalid`, and whatever
 * the signal was aborted with.
 */
export async function exchange<Result>(
  context: PullContext,
  input: {
    /** What is asked for, for messages: "Stripe /v1/invoices". */
    readonly what: string;
    readonly attempt: () => Promise<Reply>;
    readonly read: (reply: Reply) => Result;
    /** What the other side says about a refusal, in its own words; '' when it says nothing. */
    readonly reason: (reply: Reply) => string;
  },
): Promise<Result> {
  return retrying(context, async () => {
    await context.acquire();
    const reply = await input.attempt();
    refuse(reply, context, input.what, input.reason);
    return input.read(reply);
  });
}

/** Works with the shared budget: again after `source_unreachable` and `source_reply_invalid`, a few times, with a short pause. */
export async function retrying<Result>(context: PullContext, work: () => Promise<Result>): Promise<Result> {
  try {
    return await policy.execute(async () => {
      context.signal.throwIfAborted();
      return work();
    }, context.signal);
  } catch (error) {
    // The back-off ends early on an abort with an error of its own; the reason of the abort is what happened.
    context.signal.throwIfAborted();
    throw error;
  }
}

function refuse(reply: Reply, context: PullContext, what: string, reason: (reply: Reply) => string): void {
  const { status, headers } = reply;
  if (status === 429) {
    const waitMs = retryAfterMs(headers['retry-after'] ?? null, context.now());
    context.rateLimited(waitMs, `${what}: ${reason(reply)}`);
    throw new AppError('source_rate_limited', { detail: what, retryAfterMs: waitMs });
  }
  if (status === 401 || status === 403)
    throw new AppError('source_unauthorised', { detail: `${what}: ${reason(reply)}`, context: { status } });
  if (status >= 500 || status === 409)
    throw new AppError('source_unreachable', { detail: `${what} answers ${status}`, context: { status } });
}
