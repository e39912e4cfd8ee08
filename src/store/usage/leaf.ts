import { type Kysely, sql } from 'kysely';
import { invariant } from '../../model/invariant.js';
import type { Database } from '../tables.js';

/** Name of the bare table that holds one load's events while their check lasts. */
export function eventLeaf(loadId: string): string {
  invariant(/^\d+$/.test(loadId), 'a load id is a whole number', { loadId });
  return `usage_event_l${loadId}`;
}

/**
 * Makes the bare table. Unlogged: it can be read again from its source, and a server that crashed and emptied it is found
 * out by the count that `usage_load` keeps.
 */
export async function createEventLeaf(db: Kysely<Database>, loadId: string): Promise<void> {
  await sql`create unlogged table ${sql.id(eventLeaf(loadId))} (like usage_event including constraints)`.execute(db);
}

export async function dropEventLeaf(db: Kysely<Database>, loadId: string): Promise<void> {
  await sql`drop table if exists ${sql.id(eventLeaf(loadId))}`.execute(db);
}
