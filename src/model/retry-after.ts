/** The pause when the other side names none. */
const defaultMs = 1000;
/** A longer pause than this is not believed: somebody has to look. */
const longestMs = 60 * 60 * 1000;

/**
 * Milliseconds to wait by a Retry-After header: seconds, or an HTTP date (RFC 9110, 10.2.3). Without a readable header one
 * second; never less than one second nor more than an hour.
 */
export function retryAfterMs(header: string | null, nowMs: number): number {
  if (header === null) return defaultMs;
  const text = header.trim();
  const ms = /^\d{1,9}(\.\d+)?$/.test(text) ? Math.ceil(Number(text) * 1000) : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? defaultMs : Math.min(Math.max(ms, defaultMs), longestMs);
}
