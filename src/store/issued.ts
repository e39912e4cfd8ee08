import { type Kysely, sql } from 'kysely';
import type { Database } from './tables.js';

/**
 * What becomes of an invoice that Solvimon has already issued when its customer goes back to legacy on a boundary: `stays`
 * when its period ends by then, `credit` when it reaches beyond and legacy would bill that time again, `look` without a period.
 */
export type Fate = 'stays' | 'credit' | 'look';

export type IssuedInvoice = {
  readonly customer: string;
  readonly document: string;
  readonly number: string | null;
  readonly cycle: string;
  readonly currency: string;
  /** Decimal text in major units. */
  readonly gross: string;
  readonly fate: Fate;
};

export type Issued = {
  readonly totals: readonly {
    readonly currency: string;
    readonly fate: Fate;
    readonly count: number;
    readonly gross: string;
  }[];
  /** Those that want a person first; at most `shown`. */
  readonly rows: readonly IssuedInvoice[];
};

/** Final Solvimon invoices of these customers in these runs, judged against the instant on which legacy bills again. */
export async function issuedInvoices(
  db: Kysely<Database>,
  input: {
    readonly runIds: readonly string[];
    readonly customers: readonly string[];
    readonly boundary: string;
    readonly shown: number;
  },
): Promise<Issued> {
  const issued = sql`
    issued as (
      select d.customer, d.document_id as document, d.number, r.cycle, d.currency, d.gross,
        case when d.period is null or isempty(d.period) or upper_inf(d.period) then 'look'
          when upper(d.period) <= ${input.boundary}::timestamptz then 'stays' else 'credit' end as fate
      from load x join run r on r.id = x.run_id join document d on d.load_id = x.id and d.in_cycle
      where x.run_id = any(${[...input.runIds]}::text[]) and x.side = 'solvimon' and x.state = 'loaded' and d.state = 'final'
        and d.customer = any(${[...input.customers]}::text[]))`;
  const totals = await sql<{ currency: string; fate: Fate; count: string; gross: string }>`
    with ${issued} select currency, fate, count(*) as count, sum(gross) as gross from issued
    group by currency, fate order by currency collate "C", fate`.execute(db);
  const rows = await sql<IssuedInvoice>`
    with ${issued} select customer, document, number, cycle, currency, gross, fate from issued
    order by fate = 'stays', customer collate "C", cycle collate "C", document collate "C" limit ${input.shown}`.execute(
    db,
  );
  return { totals: totals.rows.map((row) => ({ ...row, count: Number(row.count) })), rows: rows.rows };
}
