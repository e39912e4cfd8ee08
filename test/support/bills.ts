import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../src/errors.js';
import type { Source } from '../../src/model/source.js';
import {
  type BillingDatabase,
  createMariadbBilling,
  createPostgresBilling,
  findMariadb,
  withoutMariadb,
} from './billing-server.js';
import { openBilling, readCycle } from './sql-reading.js';

/*
 * Four small invoices in two tables, on every server there is: what the tests of the SQL adapters start from.
 */

const mariadbUrl = await findMariadb();
const servers: readonly { readonly name: string; readonly create: () => Promise<BillingDatabase> }[] = [
  { name: 'Postgres', create: createPostgresBilling },
  ...(mariadbUrl === undefined ? [] : [{ name: 'MariaDB', create: () => createMariadbBilling(mariadbUrl) }]),
];

export const documents = `select b.id as document_id, b.client as customer, 'EUR' as currency, b.total as document_gross
  from bills b where b.made_on >= :cycle_start_date and b.made_on < :cycle_end_date`;
export const lines = `select r.bill_id as document_id, r.id as line_id, 'seat' as product, r.charged as amount from bill_rows r`;
export const queries = { documents, lines };

export type Bills = {
  readonly isPostgres: boolean;
  readonly database: BillingDatabase;
  /** Opens a source over the bills, as the reader unless `url` says otherwise; closed at the end. */
  readonly open: (config?: Readonly<Record<string, unknown>>, url?: string) => Promise<Source>;
  /** Gross of each document of October 2026 by its id. */
  readonly grossOf: (source: Source) => Promise<Readonly<Record<string, string>>>;
  /** The accounts that a grant to the reader must name. */
  readonly grantees: () => readonly string[];
  /** A table as a grant must name it. */
  readonly grantTable: (table: string) => string;
};

/** Registers the tests for each server, with a line in the report for a server that is missing. */
export function onEachServer(
  title: string,
  define: (server: { readonly name: string; readonly create: () => Promise<BillingDatabase> }) => void,
): void {
  test.each(mariadbUrl === undefined ? [title] : [])('%s on MariaDB was left out: none listens', () => {
    console.warn(withoutMariadb);
    expect(process.env['CI']).toBeUndefined();
  });
  describe.each(servers)(`${title} on $name`, (server) => {
    define(server);
  });
}

/** As `onEachServer`, with the bills filled afresh for each test. */
export function onBills(title: string, define: (bills: Bills) => void): void {
  onEachServer(title, ({ name, create }) => {
    const isPostgres = name === 'Postgres';
    let database: BillingDatabase;
    const sources: Source[] = [];
    beforeAll(async () => {
      database = await create();
      await database.run(
        'create table bills (id varchar(40) primary key, client varchar(40) not null, made_on date not null, total decimal(38, 18))',
        'create table bill_rows (id int primary key, bill_id varchar(40) not null, charged decimal(38, 18) not null)',
      );
    });
    beforeEach(async () => {
      await database.run(
        'delete from bill_rows',
        'delete from bills',
        `insert into bills values ('b1', 'anna', '2026-10-01', 10.10), ('b2', 'ben', '2026-10-31', 20), ('b3', 'cleo', '2026-11-01', 30), ('b4', 'dan', '2026-10-09', 7)`,
        `insert into bill_rows values (1, 'b1', 10.05), (2, 'b1', 0.05), (3, 'b2', 20), (4, 'b3', 30), (5, 'b4', 7)`,
      );
      await database.grantRead('bills', 'bill_rows');
    });
    afterAll(async () => {
      for (const source of sources) await source.close();
      await database.drop();
    });
    define({
      isPostgres,
      get database() {
        return database;
      },
      open: async (config = queries, url) => {
        const source = await openBilling(database, config, url);
        sources.push(source);
        return source;
      },
      grossOf: async (source) =>
        Object.fromEntries((await readCycle(source)).documents.map((one) => [one.source.id, one.totals.gross])),
      grantees: () =>
        isPostgres ? [database.reader] : [`'${database.reader}'@'%'`, `'${database.reader}'@'localhost'`],
      grantTable: (table) => (isPostgres ? table : `${database.name}.${table}`),
    });
  });
}

/** The error that a promise is refused with. */
export async function failure(work: Promise<unknown>): Promise<AppError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AppError)) throw new Error(`an AppError is expected, not ${String(error)}`);
  return error;
}
