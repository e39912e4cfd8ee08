import type { Pool } from 'pg';

/*
 * Carries what one database holds into another whose schema is older or newer, column by column: what a version of that
 * time would have left there. Only columns that both have are carried.
 */

type Table = {
  readonly name: string;
  /** The partitioned table that it belongs to, by its name; null for a table of its own. */
  readonly parent: string | null;
  readonly isAttached: boolean;
  /** "for values in (…)" when attached. */
  readonly bound: string | null;
  readonly primaryKey: string | null;
};

/** Copies every row, with partitions as they are: attached, or bare in the middle of a load. */
export async function moveRows(from: Pool, to: Pool): Promise<void> {
  const { rows: tables } = await from.query<Table>(
    `select c.relname as name, substring(c.relname from '^(document|line|raw_record|pair|mismatch)_[lr]\\d+$') as parent,
      c.relispartition as "isAttached", pg_get_expr(c.relpartbound, c.oid) as bound,
      (select pg_get_constraintdef(k.oid) from pg_constraint k where k.conrelid = c.oid and k.contype = 'p') as "primaryKey"
    from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname not like 'kysely_%'
    order by c.relname in ('run', 'load') desc, c.relname = 'run' desc, c.relname`,
  );
  for (const table of tables) {
    if (table.parent !== null)
      await to.query(
        `create table ${table.name} (like ${table.parent} including defaults including constraints including generated)`,
      );
    await moveTable(from, to, table.name);
    if (table.parent === null) continue;
    if (table.primaryKey !== null) await to.query(`alter table ${table.name} add ${table.primaryKey}`);
    if (table.isAttached) await to.query(`alter table ${table.parent} attach partition ${table.name} ${table.bound}`);
  }
}

async function moveTable(from: Pool, to: Pool, table: string): Promise<void> {
  const { rows } = await from.query<{ row: unknown }>(`select to_jsonb(t) as row from ${table} t`);
  if (rows.length === 0) return;
  const [sent, taken] = [await storedColumns(from, table), await storedColumns(to, table)];
  const names = taken.map((column) => column.name).filter((name) => sent.some((column) => column.name === name));
  await to.query(
    `insert into ${table} (${names.join(', ')}) overriding system value
    select ${names.join(', ')} from jsonb_populate_recordset(null::${table}, $1)`,
    [JSON.stringify(rows.map((one) => one.row))],
  );
  for (const { name } of taken.filter((column) => column.isIdentity))
    await to.query(`select setval(pg_get_serial_sequence('${table}', '${name}'), (select max(${name}) from ${table}))`);
}

async function storedColumns(pool: Pool, table: string) {
  const { rows } = await pool.query<{ name: string; isIdentity: boolean }>(
    `select attname as name, attidentity <> '' as "isIdentity" from pg_attribute
    where attrelid = to_regclass($1) and attnum > 0 and not attisdropped and attgenerated = ''`,
    [table],
  );
  return rows;
}
