import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import type { BillingDatabase } from './billing-server.js';

/*
 * Published example rows of warehouses (../shared/contracts/legacy/<system>/warehouse-seeds), loaded into a database as the
 * connector would type them. They stay outside the project: what is absent is left out, loudly.
 */

const shared = resolve(process.env['SHADOWBILL_SHARED'] ?? '../shared');

/** A file of the shared legacy data, or undefined where there is none. */
export function sharedLegacyFile(path: string): string | undefined {
  const file = resolve(shared, 'contracts/legacy', path);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

export const withoutShared = `Example rows were left out: ${shared} is not present. Set SHADOWBILL_SHARED to its folder.`;

export type SeedType = 'key' | 'integer' | 'exact' | 'float' | 'time' | 'date' | 'flag';

const sqlTypes = {
  postgres: {
    key: 'varchar(200)',
    integer: 'bigint',
    exact: 'numeric(38, 9)',
    float: 'double precision',
    time: 'timestamp',
    date: 'date',
    flag: 'boolean',
  },
  mysql: {
    key: 'varchar(200)',
    integer: 'bigint',
    exact: 'decimal(38, 9)',
    float: 'double',
    time: 'datetime(6)',
    date: 'date',
    flag: 'boolean',
  },
} as const satisfies Record<BillingDatabase['dialect'], Record<SeedType, string>>;

/** Makes a table with the columns of a CSV file and its rows. Columns without a type are text; an empty cell is NULL. */
export async function loadSeed(
  database: BillingDatabase,
  table: string,
  csv: string,
  types: Readonly<Record<string, SeedType>>,
): Promise<void> {
  const [header = [], ...rows] = parse(csv, { bom: true, relax_column_count: false }) as string[][];
  const name = (column: string) => (database.dialect === 'postgres' ? `"${column}"` : `\`${column}\``);
  const columns = header.map((column) => {
    const type = types[column];
    return `${name(column)} ${type === undefined ? 'text' : sqlTypes[database.dialect][type]}`;
  });
  await database.run(`create table ${table} (${columns.join(', ')})`);
  for (const row of rows) {
    const cells = row.map((cell, index) => literal(cell, types[header[index] ?? '']));
    await database.run(`insert into ${table} values (${cells.join(', ')})`);
  }
  await database.grantRead(table);
}

function literal(cell: string, type: SeedType | undefined): string {
  if (cell === '') return 'null';
  if (type === 'flag') return cell.toLowerCase() === 'true' ? 'true' : 'false';
  return `'${cell.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
