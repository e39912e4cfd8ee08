import pg from 'pg';
import type { Part } from '../sql/bind.js';
import type { Session, WritableFinding } from '../sql/session.js';
import type { Statement } from '../sql/statement.js';

type Explained = { readonly schema: string; readonly name: string };

/**
 * Which of the tables and views that the statements read the role could also change: by grant, by ownership, or because
 * it is a superuser. Tables beneath views are found in the plan, views by their names in the text.
 */
export async function writableTables(
  run: Session['query'],
  statements: readonly { readonly statement: Statement; readonly bound: readonly Part[] }[],
): Promise<WritableFinding> {
  const explained: Explained[] = [];
  for (const { bound } of statements) {
    const { rows } = await run(['explain (verbose, format json) ', ...bound], 'the plan of a query');
    explained.push(...relationsOf(JSON.parse(rows[0]?.[0] ?? 'null') as unknown));
  }
  const words = [...new Set(statements.flatMap(({ statement }) => [...statement.words]))];
  const { rows } = await run(candidates(words, explained), 'the privileges of the role');
  const [role = '', database = ''] =
    (await run(['select current_user::text, current_database()::text'], 'the role')).rows[0] ?? [];
  const read = rows.map((row) => ({
    schema: row[0] ?? '',
    name: row[1] ?? '',
    canWrite: row[2] === 't',
    isSuper: row[3] === 't',
  }));
  const writable = read.filter((one) => one.canWrite);
  const shown = (one: { readonly schema: string; readonly name: string }) =>
    `${pg.escapeIdentifier(one.schema)}.${pg.escapeIdentifier(one.name)}`;
  return {
    tables: writable.map(({ schema, name }) => `${schema}.${name}`).sort(),
    why: read.some(({ isSuper }) => isSuper)
      ? `${role ?? ''} is a superuser`
      : `${role ?? ''} owns them or was granted it`,
    statements: [
      `create role shadowbill_reader login password '…';`,
      `grant connect on database ${pg.escapeIdentifier(database ?? '')} to shadowbill_reader;`,
      ...[...new Set(read.map(({ schema }) => schema))].map(
        (schema) => `grant usage on schema ${pg.escapeIdentifier(schema)} to shadowbill_reader;`,
      ),
      `grant select on ${read.map(shown).join(', ')} to shadowbill_reader;`,
    ],
  };
}

function candidates(words: readonly string[], explained: readonly Explained[]): readonly Part[] {
  return [
    `select n.nspname::text, c.relname::text,
       has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') or has_any_column_privilege(c.oid, 'INSERT, UPDATE'),
       (select rolsuper from pg_roles where rolname = current_user)
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema')
       and ((c.relname::text in (`,
    { list: words },
    `) and (pg_table_is_visible(c.oid) or n.nspname::text in (`,
    { list: words },
    `))) or n.nspname::text || '.' || c.relname::text in (`,
    { list: explained.map(({ schema, name }) => `${schema}.${name}`) },
    `)) order by 1, 2`,
  ];
}

/** Every "Schema" and "Relation Name" of a plan, however deep. */
function relationsOf(plan: unknown): readonly Explained[] {
  if (Array.isArray(plan)) return plan.flatMap(relationsOf);
  if (typeof plan !== 'object' || plan === null) return [];
  const node = plan as Readonly<Record<string, unknown>>;
  const { Schema: schema, 'Relation Name': name } = node;
  const own = typeof schema === 'string' && typeof name === 'string' ? [{ schema, name }] : [];
  return [...own, ...Object.values(node).flatMap(relationsOf)];
}
