import { type Kysely, sql } from 'kysely';
import type { CurrencyCode } from '../model/currency.js';
import { type DecimalText, decimalText } from '../model/money.js';
import type { Database } from './tables.js';

/** A stated quantity, price and amount of one line. */
export type AmountSample = {
  readonly quantity: DecimalText;
  readonly unitPrice: DecimalText;
  readonly amount: DecimalText;
};

/** Nets and tax rates of a document's lines and its tax. */
export type TaxSample = {
  readonly lines: readonly { readonly net: DecimalText; readonly rate: DecimalText }[];
  readonly tax: DecimalText;
};

/** Currencies of a load, sorted. */
export async function currenciesOf(db: Kysely<Database>, loadId: string): Promise<readonly CurrencyCode[]> {
  const result = await sql<{ currency: CurrencyCode }>`
    select distinct currency from document where load_id = ${sql.lit(loadId)} order by currency`.execute(db);
  return result.rows.map((row) => row.currency);
}

/**
 * Lines whose quantity × price has digits below the minor unit, so that rounding had something to do: at most `limit`,
 * chosen by the hash of their ids, the same ones on every machine.
 */
export async function amountSamples(
  db: Kysely<Database>,
  input: { readonly loadId: string; readonly currency: string; readonly digits: number; readonly limit: number },
): Promise<readonly AmountSample[]> {
  const result = await sql<{ quantity: string; unit_price: string; amount: string }>`
    select trim_scale(l.quantity)::text as quantity, trim_scale(l.unit_price)::text as unit_price, trim_scale(l.amount)::text as amount
    from document d join line l on l.load_id = d.load_id and l.doc_no = d.doc_no
    where d.load_id = ${sql.lit(input.loadId)} and l.load_id = ${sql.lit(input.loadId)} and d.currency = ${input.currency}
      and l.quantity is not null and l.unit_price is not null and scale(trim_scale(l.quantity * l.unit_price)) > ${sql.lit(input.digits)}
    order by md5(d.document_id || l.line_id), d.doc_no, l.ordinal limit ${input.limit}`.execute(db);
  return result.rows.map((row) => ({
    quantity: decimalText(row.quantity),
    unitPrice: decimalText(row.unit_price),
    amount: decimalText(row.amount),
  }));
}

/** Documents whose lines each state one tax rate: at most `limit`, chosen by the hash of their ids. */
export async function taxSamples(
  db: Kysely<Database>,
  input: { readonly loadId: string; readonly currency: string; readonly limit: number },
): Promise<readonly TaxSample[]> {
  const result = await sql<{ tax: string; lines: readonly { net: string; rate: string }[] }>`
    with chosen as (
      select doc_no, tax from document
      where load_id = ${sql.lit(input.loadId)} and currency = ${input.currency} and tax <> 0
      order by md5(document_id), doc_no limit ${input.limit}
    )
    select trim_scale(c.tax)::text as tax,
      jsonb_agg(jsonb_build_object('net', trim_scale(l.net)::text, 'rate', l.detail->'taxes'->0->>'rate') order by l.ordinal) as lines
    from chosen c join line l on l.load_id = ${sql.lit(input.loadId)} and l.doc_no = c.doc_no
    where l.kind not in ('tax', 'balance', 'prepaid_drawdown', 'summary')
    group by c.doc_no, c.tax
    having bool_and(l.detail->'taxes'->0->>'rate' is not null and jsonb_array_length(l.detail->'taxes') = 1)
    order by c.doc_no`.execute(db);
  return result.rows.map((row) => ({
    tax: decimalText(row.tax),
    lines: row.lines.map((line) => ({ net: decimalText(line.net), rate: decimalText(line.rate) })),
  }));
}
