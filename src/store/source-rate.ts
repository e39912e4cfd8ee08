import { type Kysely, sql } from 'kysely';
import type { Database } from './tables.js';

/** How many requests a source may get: `perSecond` on average, `burst` at once. `source` names the bucket that workers share. */
export type SourceRate = { readonly source: string; readonly perSecond: number; readonly burst: number };

/**
 * Takes `tokens` from the bucket and answers how many milliseconds to wait before using them. The bucket may go below
 * zero: those are promises, so that waiting workers are served in turn and none has to ask again. The clock is the
 * database's, one for all workers.
 */
export async function takeTokens(db: Kysely<Database>, rate: SourceRate, tokens: number): Promise<number> {
  const { source, perSecond, burst } = rate;
  const result = await sql<{ wait_ms: string }>`
    insert into source_rate as r (source, tokens, filled_at, requests) values (${source}, ${burst}::float8 - ${tokens}::float8, clock_timestamp(), ${tokens})
    on conflict (source) do update set
      tokens = least(${burst}::float8, r.tokens + extract(epoch from greatest(clock_timestamp() - r.filled_at, interval '0')) * ${perSecond}::float8) - ${tokens}::float8,
      filled_at = greatest(clock_timestamp(), r.filled_at), requests = r.requests + ${tokens}::float8
    returning ceil(1000 * greatest(0, -r.tokens / ${perSecond}::float8, extract(epoch from r.paused_until - clock_timestamp())))::bigint as wait_ms`.execute(
    db,
  );
  return Number(result.rows[0]?.wait_ms ?? '0');
}

/** Adds what a caller really waited before its tokens were good, for whoever watches. */
export async function noteWait(db: Kysely<Database>, source: string, waitedMs: number): Promise<void> {
  await sql`update source_rate set waited_ms = waited_ms + ${waitedMs}::float8 where source = ${source}`.execute(db);
}

/** Nobody asks this source before `pauseMs` from now; a longer pause that is already set stays. */
export async function pauseSource(db: Kysely<Database>, source: string, pauseMs: number): Promise<void> {
  await sql`
    insert into source_rate as r (source, tokens, filled_at, paused_until, pauses)
    values (${source}, 0, clock_timestamp(), clock_timestamp() + ${pauseMs}::float8 * interval '1 millisecond', 1)
    on conflict (source) do update set paused_until = greatest(r.paused_until, excluded.paused_until), pauses = r.pauses + 1`.execute(
    db,
  );
}
