import { type Kysely, sql } from 'kysely';
import { runLeaf } from './pairing.js';
import type { Database } from './tables.js';

/**
 * Makes the indexes that lists of a run are read by. Called when all chunks are written and not before: rows are written
 * much faster without them. A repeat finds them and changes nothing.
 */
export async function indexVerdicts(db: Kysely<Database>, runSeq: string): Promise<void> {
  const mismatches = runLeaf('mismatch', runSeq);
  const pairs = runLeaf('pair', runSeq);
  const indexes = [
    [mismatches, 'abs', sql`(abs_delta, id collate "C")`],
    [mismatches, 'delta', sql`(delta, id collate "C")`],
    [mismatches, 'customer', sql`((coalesce(customer, '') collate "C"), id collate "C")`],
    [mismatches, 'cause', sql`(cause collate "C", id collate "C")`],
    [mismatches, 'age', sql`((coalesce(first_cycle, '9999') collate "C"), id collate "C")`],
    [mismatches, 'status', sql`(status, abs_delta)`],
    [mismatches, 'key', sql`(work_key)`],
    [mismatches, 'pair', sql`(pair_id)`],
    [mismatches, 'assignee', sql`(assignee) where assignee is not null`],
    [mismatches, 'fingerprint', sql`(fingerprint)`],
    [pairs, 'order', sql`((coalesce(customer, '') collate "C"), id)`],
    [pairs, 'state', sql`(state)`],
    [pairs, 'legacy', sql`using gin (legacy)`],
    [pairs, 'solvimon', sql`using gin (solvimon)`],
  ] as const;
  for (const [leaf, name, columns] of indexes)
    await sql`create index if not exists ${sql.id(`${leaf}_${name}`)} on ${sql.id(leaf)} ${columns}`.execute(db);
  await sql`analyze ${sql.id(mismatches)}`.execute(db);
  await sql`analyze ${sql.id(pairs)}`.execute(db);
}
