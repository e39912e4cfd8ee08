import { type Kysely, sql } from 'kysely';
import type { Document } from '../model/document.js';
import { parseCurrency } from '../model/currency.js';
import type { CustomerKey } from '../model/ids.js';
import type { CustomerCase, MappedLine, PreparedDocument } from '../model/prepared.js';
import type { Problem, RejectedDocument } from '../model/problem.js';
import { type DocumentRow, fromRows, type LineRow } from './document-rows.js';
import type { Database } from './tables.js';

const iso = (expression: ReturnType<typeof sql>) =>
  sql<string>`to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

export type ChunkInput = {
  readonly runSeq: string;
  readonly chunk: number;
  readonly legacyLoad: string;
  readonly solvimonLoad: string;
  readonly assemble: Assemble;
};

/** Makes the comparison form and digest again from what was stored; `run` passes the one from `reconcile`. */
export type Assemble = (
  document: Document,
  lines: readonly MappedLine[],
  customer: { readonly key: CustomerKey; readonly isMapped: boolean },
) => PreparedDocument;

/**
 * Everything the engine needs for one chunk: the documents of whole customers with their lines, neighbours and rejected
 * documents, customers in key order. Chunk 0 holds the rejected documents whose customer could not be read.
 */
export async function readChunk(db: Kysely<Database>, input: ChunkInput): Promise<readonly CustomerCase[]> {
  if (input.chunk === 0) return nobodysDocuments(await readRejected(db, input, null));
  const [documents, lines] = [await readDocuments(db, input), await readLines(db, input)];
  const customers = [...new Set(documents.map((row) => row.customer))];
  const rejected = await readRejected(db, input, input.chunk);
  for (const row of rejected)
    if (row.customer !== null && !customers.includes(row.customer)) customers.push(row.customer);
  const linesOf = groupBy(lines, (line) => `${line.side} ${line.doc_no}`);
  const documentsOf = groupBy(documents, (row) => row.customer);
  const rejectedOf = groupBy(rejected, (row) => row.customer ?? '');
  return customers.sort().map((customer) => {
    const prepared = (documentsOf.get(customer) ?? []).map((row) => ({
      row,
      prepared: toPrepared(row, linesOf.get(`${row.side} ${row.doc_no}`) ?? [], input.assemble),
    }));
    const pick = (side: 'legacy' | 'solvimon', inCycle: boolean) =>
      prepared.filter(({ row }) => row.side === side && row.in_cycle === inCycle).map((entry) => entry.prepared);
    const pickRejected = (side: 'legacy' | 'solvimon') =>
      (rejectedOf.get(customer) ?? []).filter((row) => row.side === side).map(toRejected);
    return {
      customer: customer as CustomerKey,
      legacy: pick('legacy', true),
      solvimon: pick('solvimon', true),
      legacyRejected: pickRejected('legacy'),
      solvimonRejected: pickRejected('solvimon'),
      legacyNeighbours: pick('legacy', false),
      solvimonNeighbours: pick('solvimon', false),
    };
  });
}

function toPrepared(row: DocumentRow, lines: readonly LineRow[], assemble: Assemble): PreparedDocument {
  const read = fromRows(row, lines);
  return assemble(read.document, read.lines, { key: read.customer, isMapped: row.is_customer_mapped });
}

async function readDocuments(db: Kysely<Database>, input: ChunkInput): Promise<readonly DocumentRow[]> {
  const result = await sql<DocumentRow>`
    select r.side, d.load_id, d.doc_no, d.document_id, d.customer, d.customer_ref, d.is_customer_mapped, d.in_cycle, d.currency, d.kind,
      d.state, d.raw_status, d.number, ${iso(sql`d.issued_at`)} as issued_at, ${iso(sql`d.updated_at`)} as updated_at, d.timezone,
      ${iso(sql`lower(d.period)`)} as period_start, ${iso(sql`upper(d.period)`)} as period_end,
      d.tax_mode, d.net, d.tax, d.discount, d.gross, d.not_ready, d.file, d.file_line, d.request_id, d.detail
    from residue r join document d on d.load_id = r.load_id and d.doc_no = r.doc_no
    where r.run_seq = ${sql.lit(input.runSeq)} and r.chunk = ${sql.lit(input.chunk)}
      and d.load_id in (${sql.lit(input.legacyLoad)}, ${sql.lit(input.solvimonLoad)})
    order by d.customer collate "C", r.side, d.document_id collate "C", d.doc_no`.execute(db);
  return result.rows;
}

async function readLines(db: Kysely<Database>, input: ChunkInput): Promise<readonly LineRow[]> {
  const result = await sql<LineRow>`
    select r.side, l.doc_no, l.ordinal, l.line_id, l.kind, l.charge_key, l.is_mapped, l.product_ref,
      ${iso(sql`lower(l.period)`)} as period_start, ${iso(sql`upper(l.period)`)} as period_end,
      l.quantity, l.unit_price, l.amount, l.discount, l.net, l.tax, l.description, l.detail
    from residue r join line l on l.load_id = r.load_id and l.doc_no = r.doc_no
    where r.run_seq = ${sql.lit(input.runSeq)} and r.chunk = ${sql.lit(input.chunk)}
      and l.load_id in (${sql.lit(input.legacyLoad)}, ${sql.lit(input.solvimonLoad)})
    order by r.side, l.doc_no, l.ordinal`.execute(db);
  return result.rows;
}

type RejectedRow = {
  readonly side: 'legacy' | 'solvimon';
  readonly document_id: string;
  readonly customer: string | null;
  readonly customer_ref: string | null;
  readonly currency: string | null;
  readonly problems: readonly [Problem, ...Problem[]];
  readonly file: string | null;
  readonly file_line: number | null;
};

/** Rejected documents of a chunk's customers, or (chunk null) those without a readable customer. */
async function readRejected(
  db: Kysely<Database>,
  input: ChunkInput,
  chunk: number | null,
): Promise<readonly RejectedRow[]> {
  const whose =
    chunk === null
      ? sql`r.customer is null`
      : sql`r.customer in (select customer from residue where run_seq = ${sql.lit(input.runSeq)} and chunk = ${sql.lit(chunk)})`;
  const result = await sql<RejectedRow>`
    select case r.load_id when ${sql.lit(input.legacyLoad)} then 'legacy' else 'solvimon' end as side,
      r.document_id, r.customer, r.customer_ref, r.currency, r.problems, r.file, r.file_line
    from rejected_document r
    where r.load_id in (${sql.lit(input.legacyLoad)}, ${sql.lit(input.solvimonLoad)}) and ${whose}
    order by side, r.document_id collate "C", r.seq`.execute(db);
  return result.rows;
}

function toRejected(row: RejectedRow): RejectedDocument {
  return {
    id: row.document_id,
    customerRef: row.customer_ref,
    currency: row.currency === null ? null : (parseCurrency(row.currency) ?? null),
    problems: row.problems,
    place: { ...(row.file !== null && { file: row.file }), ...(row.file_line !== null && { line: row.file_line }) },
  };
}

/** Each document without a readable customer is a case of its own: nobody can say what it belongs to. */
function nobodysDocuments(rows: readonly RejectedRow[]): readonly CustomerCase[] {
  return rows.map((row) => ({
    customer: null,
    legacy: [],
    solvimon: [],
    legacyRejected: row.side === 'legacy' ? [toRejected(row)] : [],
    solvimonRejected: row.side === 'solvimon' ? [toRejected(row)] : [],
    legacyNeighbours: [],
    solvimonNeighbours: [],
  }));
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): ReadonlyMap<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
