import { type Kysely, sql } from 'kysely';
import type { Side } from '../model/side.js';
import type { Database } from './tables.js';

/** One line of one document of a cycle, flat. Amounts canonical decimal text in the document's currency. */
export type LineRecord = {
  readonly side: Side;
  readonly document: string;
  readonly customer: string;
  readonly currency: string;
  readonly line: string;
  readonly ordinal: number;
  readonly kind: string;
  readonly chargeKey: string;
  readonly isMapped: boolean;
  readonly description: string | null;
  readonly periodStart: string | null;
  readonly periodEnd: string | null;
  readonly quantity: string | null;
  readonly unitPrice: string | null;
  readonly amount: string;
  readonly discount: string;
  readonly net: string;
  readonly tax: string | null;
};

const documentsAtOnce = 500;

/** Every line of both sides of a run's cycle, legacy first, in the order in which they were read. Pages inside; memory stays flat. */
export async function* streamLines(db: Kysely<Database>, run: { readonly id: string }): AsyncIterable<LineRecord> {
  const loads = await sql<{ id: string; side: Side; last: number }>`
    select x.id, x.side, (select coalesce(max(doc_no), 0) from document d where d.load_id = x.id) as last
    from load x where x.run_id = ${run.id} and x.state = 'loaded' order by x.side`.execute(db);
  for (const load of loads.rows)
    for (let from = 0; from <= load.last; from += documentsAtOnce) yield* await linesOf(db, load, from);
}

async function linesOf(
  db: Kysely<Database>,
  load: { readonly id: string; readonly side: Side },
  from: number,
): Promise<readonly LineRecord[]> {
  const iso = (bound: 'lower' | 'upper') =>
    sql`to_char(${sql.raw(bound)}(l.period) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
  const result = await sql<LineRecord>`
    select ${load.side}::text as side, d.document_id as document, d.customer, d.currency, l.line_id as line, l.ordinal, l.kind, l.charge_key as "chargeKey",
      l.is_mapped as "isMapped", l.description, ${iso('lower')} as "periodStart", ${iso('upper')} as "periodEnd", trim_scale(l.quantity)::text as quantity,
      trim_scale(l.unit_price)::text as "unitPrice", trim_scale(l.amount)::text as amount, trim_scale(l.discount)::text as discount,
      trim_scale(l.net)::text as net, trim_scale(l.tax)::text as tax
    from document d join line l on l.load_id = d.load_id and l.doc_no = d.doc_no
    where d.load_id = ${sql.lit(load.id)} and l.load_id = ${sql.lit(load.id)} and d.in_cycle
      and d.doc_no >= ${from} and d.doc_no < ${from + documentsAtOnce}
    order by d.doc_no, l.ordinal`.execute(db);
  return result.rows;
}
