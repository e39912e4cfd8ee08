import { type Kysely, sql } from 'kysely';
import { invariant } from '../model/invariant.js';
import type { Database } from './tables.js';

/** Tables that are filled per load, each in a partition of its own: loaded bare, attached when complete, dropped whole. */
export const loadTables = ['document', 'line', 'raw_record'] as const;
export type LoadTable = (typeof loadTables)[number];

/** Name of the partition that holds one load. */
export function leaf(table: LoadTable, loadId: string): string {
  invariant(/^\d+$/.test(loadId), 'a load id is a whole number', { loadId });
  return `${table}_l${loadId}`;
}

/** Bare tables without keys: an index that is maintained while loading doubles the time of the load. */
export async function createLeaves(db: Kysely<Database>, loadId: string): Promise<void> {
  for (const table of loadTables)
    await sql`create table ${sql.id(leaf(table, loadId))} (like ${sql.id(table)} including defaults including constraints)`.execute(
      db,
    );
}

export async function dropLeaves(db: Kysely<Database>, loadId: string): Promise<void> {
  for (const table of loadTables) await sql`drop table if exists ${sql.id(leaf(table, loadId))}`.execute(db);
}

/** Takes back what was stored after the last checkpoint: documents above `committed`, and raw records of rejected ones above `rejected`. */
export async function trimLeaves(
  db: Kysely<Database>,
  loadId: string,
  committed: number,
  rejected: number,
): Promise<void> {
  const after = sql`doc_no > ${sql.lit(committed)}`;
  await sql`delete from ${sql.id(leaf('document', loadId))} where ${after}`.execute(db);
  await sql`delete from ${sql.id(leaf('line', loadId))} where ${after}`.execute(db);
  await sql`delete from ${sql.id(leaf('raw_record', loadId))} where case when is_rejected then doc_no > ${sql.lit(rejected)} else ${after} end`.execute(
    db,
  );
}

/** Builds the keys and makes the load part of the whole. */
export async function attachLeaves(db: Kysely<Database>, loadId: string): Promise<void> {
  const keys = { document: 'doc_no', line: 'doc_no, ordinal', raw_record: 'doc_no, is_rejected' } as const;
  for (const table of loadTables) {
    const name = sql.id(leaf(table, loadId));
    await sql`alter table ${name} add primary key (${sql.raw(keys[table])})`.execute(db);
    await sql`alter table ${sql.id(table)} attach partition ${name} for values in (${sql.lit(loadId)})`.execute(db);
  }
}
