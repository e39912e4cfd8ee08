import { setTimeout as wait } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { PullContext } from '../model/source.js';
import { noteWait, pauseSource, type SourceRate, takeTokens } from '../store/source-rate.js';
import type { Database } from '../store/tables.js';

/** The two calls by which an adapter obeys the limit that all workers share. Without a rate nothing ever waits. */
export function limitRequests(
  db: Kysely<Database>,
  rate: SourceRate | null,
  signal: AbortSignal,
  log: PullContext['log'],
): Pick<PullContext, 'acquire' | 'rateLimited'> {
  return {
    acquire: async (tokens = 1) => {
      signal.throwIfAborted();
      if (rate === null) return;
      const waitMs = await takeTokens(db, rate, tokens);
      if (waitMs <= 0) return;
      await wait(waitMs, undefined, { signal });
      await noteWait(db, rate.source, waitMs);
    },
    rateLimited: (retryAfterMs, why) => {
      log('a source asked for a pause', { retryAfterMs, why });
      if (rate === null) return;
      // The job that was told waits anyhow; telling the others may fail without harm, they will be told the same.
      pauseSource(db, rate.source, retryAfterMs).catch((error: unknown) =>
        log('a pause could not be shared', { error: error instanceof Error ? error.message : String(error) }),
      );
    },
  };
}
