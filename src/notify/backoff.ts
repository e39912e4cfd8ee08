import { hash } from 'node:crypto';

/** Tried so often before a message is given up: with the waits below that is after some 20 hours. */
export const maxAttempts = 12;
const firstMs = 10_000;
const longestMs = 4 * 60 * 60 * 1000;

/**
 * Milliseconds to wait after attempt number `attempt` (from 1): ten seconds, three times as long after each, at most four
 * hours, plus up to a fifth so that messages which failed together do not come back together. The same message and attempt
 * wait the same on every machine.
 */
export function backoffMs(messageId: string, attempt: number): number {
  const base = Math.min(firstMs * 3 ** (attempt - 1), longestMs);
  const share = Number.parseInt(hash('sha256', `${messageId} ${attempt}`, 'hex').slice(0, 8), 16) / 0xffff_ffff;
  return Math.round(base * (1 + share / 5));
}
