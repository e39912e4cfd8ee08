import { type Kysely, sql } from 'kysely';
import { runLeaf } from './pairing.js';
import type { Database } from './tables.js';

/**
 * Makes the indexes that lists of a run are read by. Called when all chunks are written and not before: rows are written
 * much faster without them. A repeat finds them and changes nothing. Documents are indexed only of pairs that the engine
 * judged: nearly all of a cycle is settled by digest, and looking one of those up takes a fifth of a second in a million.
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
    [pairs, 'legacy', sql`using gin (legacy) where chunk >= 0`],
    [pairs, 'solvimon', sql`using gin (solvimon) where chunk >= 0`],
  ] as const;
  await db.transaction().execute(async (trx) => {
    // Twins that make the same index at the same moment collide in the catalogue, "if not exists" or not: they take turns.
    await sql`select pg_advisory_xact_lock(hashtextextended(${`shadowbill indexes ${runSeq}`}, 0))`.execute(trx);
    for (const [leaf, name, columns] of indexes)
      await sql`create index if not exists ${sql.id(`${leaf}_${name}`)} on ${sql.id(leaf)} ${columns}`.execute(trx);
  });
  await sql`analyze ${sql.id(mismatches)}`.execute(db);
  await sql`analyze ${sql.id(pairs)}`.execute(db);
}
