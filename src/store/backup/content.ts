import { hash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../tables.js';
import { dumpSchema } from '../schema-dump.js';

/** What one table holds: how many rows, and a fingerprint of them that does not depend on their order. */
export type TableContent = { readonly table: string; readonly rows: string; readonly digest: string };

/** What a database holds, for telling whether another one holds the same. Counts and numbers are decimal text. */
export type DatabaseContent = {
  /** sha256 of the schema as SQL, and of the partitions with their bounds and indexes. */
  readonly schema: string;
  /** Sorted by name. */
  readonly tables: readonly TableContent[];
  /** The last number that each sequence gave out; null when it has given none. Sorted by name. */
  readonly sequences: readonly { readonly sequence: string; readonly last: string | null }[];
};

/**
 * Reads every row of the `public` schema once. Ask inside a repeatable-read transaction to have the content of one moment.
 * A row is fingerprinted as the md5 of its text, in fixed settings of time zone, dates, floats and bytes; the two halves
 * are added up as numbers, so that rows may lie in another order and a doubled row still shows. This finds what was lost
 * or changed by accident; against intent there is the hash chain of the audit log.
 */
export async function readContent(db: Kysely<Database>): Promise<DatabaseContent> {
  await sql`select set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO, YMD', true),
    set_config('intervalstyle', 'postgres', true), set_config('bytea_output', 'hex', true),
    set_config('extra_float_digits', '1', true)`.execute(db);
  const tables: TableContent[] = [];
  for (const table of await tableNames(db)) tables.push(await readTable(db, table));
  return { schema: hash('sha256', await schemaText(db)), tables, sequences: await readSequences(db) };
}

async function tableNames(db: Kysely<Database>): Promise<readonly string[]> {
  const result = await sql<{ name: string }>`
    select c.relname as name from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
    order by c.relname collate "C"`.execute(db);
  return result.rows.map((row) => row.name);
}

async function readTable(db: Kysely<Database>, table: string): Promise<TableContent> {
  const half = (from: number) =>
    sql`coalesce(sum(('x' || substr(row_md5, ${sql.lit(from)}, 16))::bit(64)::bigint::numeric), 0)::text`;
  const result = await sql<{ rows: string; high: string; low: string }>`
    select count(*)::text as rows, ${half(1)} as high, ${half(17)} as low
    from (select md5(t::text) as row_md5 from ${sql.table(`public.${table}`)} t) hashed`.execute(db);
  const { rows = '0', high = '0', low = '0' } = result.rows[0] ?? {};
  return { table, rows, digest: hash('sha256', `${rows} ${high} ${low}`) };
}

/** The schema as SQL, and what that leaves out: which partitions there are, of what, and how they are indexed. */
async function schemaText(db: Kysely<Database>): Promise<string> {
  const partitions = await sql<{ text: string }>`
    select concat_ws(' ', c.relname, i.inhparent::regclass::text, pg_get_expr(c.relpartbound, c.oid)) as text
    from pg_class c join pg_inherits i on i.inhrelid = c.oid
    where c.relkind = 'r' and c.relispartition and c.relnamespace = 'public'::regnamespace
    union all
    select pg_get_indexdef(x.indexrelid) from pg_index x join pg_class c on c.oid = x.indrelid
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
    order by 1`.execute(db);
  const lines = partitions.rows.map((row) => row.text).sort();
  return `${await dumpSchema(db)}\n${lines.join('\n')}\n`;
}

async function readSequences(db: Kysely<Database>): Promise<DatabaseContent['sequences']> {
  const result = await sql<{ sequence: string; last: string | null }>`
    select sequencename as sequence, last_value::text as last from pg_sequences where schemaname = 'public'
    order by sequencename collate "C"`.execute(db);
  return result.rows;
}

/**
 * How a restored database differs from the content that was written down, as sentences; empty when it does not. A
 * sequence may stand further on than was written down, never behind: numbers given out are not part of a transaction.
 */
export function contentDifferences(expected: DatabaseContent, found: DatabaseContent): readonly string[] {
  const before = new Map(expected.tables.map((one) => [one.table, one]));
  const after = new Map(found.tables.map((one) => [one.table, one]));
  const differences = [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((table) => {
    const [was, is] = [before.get(table), after.get(table)];
    if (was === undefined) return [`table ${table} was not there`];
    if (is === undefined) return [`table ${table} is missing, with its ${was.rows} rows`];
    if (was.rows !== is.rows) return [`table ${table} has ${is.rows} rows instead of ${was.rows}`];
    return was.digest === is.digest ? [] : [`table ${table} has other values in its ${is.rows} rows`];
  });
  if (expected.schema !== found.schema) differences.push('the schema, its partitions or its indexes are others');
  const now = new Map(found.sequences.map((one) => [one.sequence, one.last]));
  for (const { sequence, last } of expected.sequences) {
    const is = now.get(sequence);
    if (is === undefined) differences.push(`sequence ${sequence} is missing`);
    else if (last !== null && (is === null || BigInt(is) < BigInt(last)))
      differences.push(`sequence ${sequence} stands at ${is ?? 'its start'}, behind ${last}`);
  }
  return differences;
}
