import type { SqlDialect } from '../../src/legacy-adapters/sql/statement.js';
import type { SampleDocument } from '../conformance/harness.js';
import type { BillingDatabase } from './billing-server.js';

/*
 * A billing database as somebody might have built it: tables bills and bill_rows with words and types of their own. The
 * Postgres one keeps instants, the MariaDB one wall clocks in UTC.
 */

const types = {
  postgres: { key: 'text', time: 'timestamptz', money: 'numeric(48, 18)', text: 'text' },
  mysql: { key: 'varchar(100)', time: 'datetime(3)', money: 'decimal(48, 18)', text: 'varchar(200)' },
} as const satisfies Record<SqlDialect, Record<string, string>>;

export async function createBillTables(database: BillingDatabase): Promise<void> {
  const { key, time, money, text } = types[database.dialect];
  await database.run(
    `create table bills (id ${key} primary key, client ${text} not null, cur ${text} not null, progress ${text} not null,
       is_credit int not null, made_at ${time} not null, total ${money})`,
    `create table bill_rows (id ${key} primary key, bill_id ${key} not null, position int not null, sort ${text}, thing ${text}, tariff ${text},
       begins ${time}, ends ${time}, amount_of ${money}, charged ${money} not null, reduction ${money}, vat ${money}, vat_rate ${money})`,
    'create index bills_made_at on bills (made_at)',
    'create index bill_rows_bill on bill_rows (bill_id)',
  );
  await database.grantRead('bills', 'bill_rows');
}

/** The queries that somebody would write over these tables. */
export const billQueries = {
  documents: `
    select b.id as document_id, b.client as customer, b.cur as currency, b.progress as document_state, b.made_at as issued_at,
      case when b.is_credit = 1 then 'credit_note' else 'invoice' end as document_kind, b.total as document_gross,
      (select count(*) from bill_rows c where c.bill_id = b.id) as line_count
    from bills b
    where b.made_at >= :window_start and b.made_at < :window_end`,
  lines: `
    select r.bill_id as document_id, r.id as line_id, r.position as line_no, r.sort as line_kind, r.thing as product, r.tariff as price,
      r.begins as period_start, r.ends as period_end, r.amount_of as quantity, r.charged as amount, r.reduction as discount,
      r.vat as tax, r.vat_rate as tax_rate
    from bill_rows r`,
  states: { sent: 'final', concept: 'draft', cancelled: 'void' },
} as const;

const progress = { final: 'sent', draft: 'concept', void: 'cancelled' } as const;

/** Statements that put documents into the tables. Totals are added up by the database. */
export function insertStatements(documents: readonly SampleDocument[], dialect: SqlDialect): readonly string[] {
  const time = (at: string) => (dialect === 'postgres' ? quoted(at) : quoted(at.replace('T', ' ').replace('Z', '')));
  const statements: string[] = [];
  for (const one of documents) {
    statements.push(
      `insert into bills values (${[quoted(one.id), quoted(one.customer), quoted(one.currency), quoted(progress[one.state]), one.kind === 'credit_note' ? '1' : '0', time(one.issuedAt), 'null'].join(', ')})`,
    );
    for (const [index, line] of one.lines.entries()) {
      const { start, end } = line.period;
      statements.push(
        `insert into bill_rows values (${[quoted(line.id), quoted(one.id), String(index + 1), quoted(line.kind), quoted(line.product), quoted(line.price), time(start), time(end), line.quantity, line.amount, line.discount, line.tax, line.taxRate ?? 'null'].join(', ')})`,
      );
    }
  }
  const sum = '(select sum(r.charged + r.reduction + r.vat) from bill_rows r where r.bill_id = bills.id)';
  return [...statements, `update bills set total = ${sum} where total is null`];
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
