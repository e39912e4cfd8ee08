import type { Session, WritableFinding } from '../sql/session.js';
import type { Statement } from '../sql/statement.js';

/** Privileges that let a user change rows or tables. */
const writing =
  /\b(ALL PRIVILEGES|INSERT|UPDATE|DELETE|DROP|SUPER|ALTER(?! ROUTINE)|CREATE(?! (?:TEMPORARY|ROUTINE|VIEW|USER|ROLE|TABLESPACE)))\b/i;
const grantForm =
  /^GRANT (?<privileges>.+) ON (?:TABLE )?(?<database>\*|`(?:[^`]|``)+`)\.(?<table>\*|`(?:[^`]|``)+`) TO /i;

export type Grant = { readonly privileges: string; readonly database: string; readonly table: string };
type Table = { readonly database: string; readonly table: string; readonly engine: string | null };
type Statements = readonly { readonly statement: Statement }[];

/** Which of the tables that the statements name the user could also change, from its own grants and those of its active roles. */
export async function writableTables(run: Session['query'], statements: Statements): Promise<WritableFinding> {
  const read = await namedTables(run, statements);
  const { rows } = await run(['show grants'], 'the privileges of the user');
  const grants = rows.flatMap((row) => readGrant(row[0] ?? ''));
  const guilty = grants.filter((grant) => writing.test(grant.privileges.replaceAll(/\([^)]*\)/g, '')));
  const writable = read.filter((one) => guilty.some((grant) => covers(grant, one)));
  return {
    tables: writable.map(({ database, table }) => `${database}.${table}`).sort(),
    why: `it was granted ${[...new Set(guilty.map((grant) => `${grant.privileges} on ${grant.database}.${grant.table}`))].join('; ')}`,
    statements: [
      `create user 'shadowbill_reader'@'%' identified by '…';`,
      ...read.map(({ database, table }) => `grant select on \`${database}\`.\`${table}\` to 'shadowbill_reader'@'%';`),
    ],
  };
}

/** Tables whose engine keeps no versions of rows: a snapshot shows them as they are at each moment. */
export async function tablesOutsideSnapshot(
  run: Session['query'],
  statements: readonly Statement[],
): Promise<readonly string[]> {
  const read = await namedTables(
    run,
    statements.map((statement) => ({ statement })),
  );
  return read
    .filter(({ engine }) => engine !== null && engine !== 'InnoDB')
    .map(({ table, engine }) => `${table} (${engine})`);
}

/** Tables and views whose names stand in the statements, in the database of the address or one that is named too. */
async function namedTables(run: Session['query'], statements: Statements): Promise<readonly Table[]> {
  const words = [
    ...new Set(statements.flatMap(({ statement }) => [...statement.words].map((word) => word.toLowerCase()))),
  ];
  const { rows } = await run(
    [
      'select table_schema, table_name, engine from information_schema.tables where lower(table_name) in (',
      { list: words },
      `) and (table_schema = database() or lower(table_schema) in (`,
      { list: words },
      `)) and table_schema not in ('information_schema', 'performance_schema', 'sys') order by 1, 2`,
    ],
    'the tables of the queries',
  );
  return rows.map((row) => ({ database: row[0] ?? '', table: row[1] ?? '', engine: row[2] ?? null }));
}

/** One line of SHOW GRANTS; empty for USAGE, for roles and for what is granted on routines. */
export function readGrant(line: string): readonly Grant[] {
  const found = grantForm.exec(line)?.groups;
  if (found === undefined) return [];
  const plain = (name: string | undefined) => (name ?? '').replace(/^`|`$/g, '').replaceAll('``', '`');
  return [{ privileges: found['privileges'] ?? '', database: plain(found['database']), table: plain(found['table']) }];
}

/** Whether a grant reaches a table. In the name of a database % and _ stand for other characters unless escaped. */
export function covers(grant: Grant, table: { readonly database: string; readonly table: string }): boolean {
  const isDatabase = grant.database === '*' || likePattern(grant.database).test(table.database);
  return isDatabase && (grant.table === '*' || grant.table.toLowerCase() === table.table.toLowerCase());
}

function likePattern(pattern: string): RegExp {
  const source = pattern.replace(/\\([%_])|[%_]|[.*+?^${}()|[\]\\]/g, (found, escaped: string | undefined) => {
    if (escaped !== undefined) return escaped;
    return found === '%' ? '.*' : found === '_' ? '.' : `\\${found}`;
  });
  return new RegExp(`^${source}$`, 'i');
}
