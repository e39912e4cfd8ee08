import { type Kysely, sql } from 'kysely';
import type { Side } from '../model/side.js';
import type { Database } from './tables.js';

/** A line as its own system has it. Amounts and quantities are canonical decimal text; missing ones are null. */
export type InvoiceLine = {
  readonly id: string;
  readonly ordinal: number;
  readonly kind: string;
  readonly chargeKey: string;
  readonly isMapped: boolean;
  readonly description: string | null;
  readonly productRef: string | null;
  readonly periodStart: string | null;
  readonly periodEnd: string | null;
  readonly quantity: string | null;
  readonly unitPrice: string | null;
  readonly amount: string;
  readonly discount: string;
  readonly net: string;
  readonly tax: string | null;
  /** What the source said besides: tiers, taxes, dimensions, price facts. */
  readonly detail: unknown;
};

/** An invoice or credit note as one side has it. */
export type Invoice = {
  readonly id: string;
  readonly number: string | null;
  readonly kind: string;
  readonly state: string;
  readonly rawStatus: string;
  readonly customer: string;
  readonly customerRef: string;
  readonly currency: string;
  readonly issuedAt: string | null;
  readonly updatedAt: string | null;
  readonly timezone: string | null;
  readonly periodStart: string | null;
  readonly periodEnd: string | null;
  readonly taxMode: string;
  readonly net: string;
  readonly tax: string;
  readonly discount: string | null;
  readonly gross: string;
  readonly notReady: readonly string[];
  readonly file: string | null;
  readonly fileLine: number | null;
  readonly requestId: string | null;
  readonly detail: unknown;
  readonly lines: readonly InvoiceLine[];
  /** Its bytes as the source sent them, when they were kept: what to check them with, and how many. */
  readonly raw: { readonly sha256: string; readonly bytes: number; readonly fetchedAt: string } | null;
};

const iso = (expression: ReturnType<typeof sql>) =>
  sql<string>`to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

type RunId = { readonly id: string };

/** The named documents of one side of a run with every line, in the order of their ids. Unreadable ones are not there. */
export async function invoicesOf(
  db: Kysely<Database>,
  run: RunId,
  side: Side,
  ids: readonly string[],
): Promise<readonly Invoice[]> {
  if (ids.length === 0) return [];
  const documents = await sql<Omit<Invoice, 'lines' | 'raw'> & { readonly loadId: string; readonly docNo: number }>`
    select d.load_id as "loadId", d.doc_no as "docNo", d.document_id as id, d.number, d.kind, d.state, d.raw_status as "rawStatus", d.customer,
      d.customer_ref as "customerRef", d.currency, ${iso(sql`d.issued_at`)} as "issuedAt", ${iso(sql`d.updated_at`)} as "updatedAt", d.timezone,
      ${iso(sql`lower(d.period)`)} as "periodStart", ${iso(sql`upper(d.period)`)} as "periodEnd", d.tax_mode as "taxMode",
      trim_scale(d.net)::text as net, trim_scale(d.tax)::text as tax, trim_scale(d.discount)::text as discount, trim_scale(d.gross)::text as gross,
      d.not_ready as "notReady", d.file, d.file_line as "fileLine", d.request_id as "requestId", d.detail
    from load x join document d on d.load_id = x.id
    where x.run_id = ${run.id} and x.side = ${side} and x.state = 'loaded' and d.document_id = any(${[...ids]}::text[])
    order by d.document_id collate "C"`.execute(db);
  return Promise.all(
    documents.rows.map(async ({ loadId, docNo, ...invoice }) => ({
      ...invoice,
      lines: await linesOf(db, loadId, docNo),
      raw: await rawOf(db, loadId, docNo),
    })),
  );
}

async function linesOf(db: Kysely<Database>, loadId: string, docNo: number): Promise<readonly InvoiceLine[]> {
  const result = await sql<InvoiceLine>`
    select line_id as id, ordinal, kind, charge_key as "chargeKey", is_mapped as "isMapped", description, product_ref as "productRef",
      ${iso(sql`lower(period)`)} as "periodStart", ${iso(sql`upper(period)`)} as "periodEnd", trim_scale(quantity)::text as quantity,
      trim_scale(unit_price)::text as "unitPrice", trim_scale(amount)::text as amount, trim_scale(discount)::text as discount,
      trim_scale(net)::text as net, trim_scale(tax)::text as tax, detail
    from line where load_id = ${sql.lit(loadId)} and doc_no = ${docNo} order by ordinal`.execute(db);
  return result.rows;
}

async function rawOf(db: Kysely<Database>, loadId: string, docNo: number): Promise<Invoice['raw']> {
  const result = await sql<{ sha256: string; bytes: number; fetchedAt: string }>`
    select encode(sha256, 'hex') as sha256, octet_length(bytes) as bytes, ${iso(sql`fetched_at`)} as "fetchedAt"
    from raw_record where load_id = ${sql.lit(loadId)} and doc_no = ${docNo} and not is_rejected limit 1`.execute(db);
  return result.rows[0] ?? null;
}

/** The bytes of one document as its source sent them; undefined when they were not kept. */
export async function rawBytes(
  db: Kysely<Database>,
  run: RunId,
  side: Side,
  documentId: string,
): Promise<{ readonly bytes: Buffer; readonly sha256: string } | undefined> {
  const result = await sql<{ bytes: Buffer; sha256: string }>`
    select r.bytes, encode(r.sha256, 'hex') as sha256
    from load x join document d on d.load_id = x.id join raw_record r on r.load_id = d.load_id and r.doc_no = d.doc_no and not r.is_rejected
    where x.run_id = ${run.id} and x.side = ${side} and x.state = 'loaded' and d.document_id = ${documentId} limit 1`.execute(
    db,
  );
  return result.rows[0];
}

/** Documents of a pair that could not be read, with everything that is wrong with them. */
export async function unreadableOf(
  db: Kysely<Database>,
  run: RunId,
  side: Side,
  ids: readonly string[],
): Promise<
  readonly {
    readonly id: string;
    readonly problems: unknown;
    readonly file: string | null;
    readonly fileLine: number | null;
  }[]
> {
  const result = await sql<{ id: string; problems: unknown; file: string | null; fileLine: number | null }>`
    select r.document_id as id, r.problems, r.file, r.file_line as "fileLine"
    from load x join rejected_document r on r.load_id = x.id
    where x.run_id = ${run.id} and x.side = ${side} and x.state = 'loaded' and r.document_id = any(${[...ids]}::text[])
    order by r.seq limit 100`.execute(db);
  return result.rows;
}
