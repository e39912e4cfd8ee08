import { sql, type Transaction } from 'kysely';
import { parseCurrency } from '../model/currency.js';
import { problem, type RejectedDocument } from '../model/problem.js';
import { insertFindings } from './load-findings.js';
import { leaf, loadTables } from './load-leaves.js';
import type { Database } from './tables.js';

type RepeatedRow = {
  readonly doc_no: number;
  readonly document_id: string;
  readonly customer: string;
  readonly customer_ref: string;
  readonly currency: string;
  readonly file: string | null;
  readonly file_line: number | null;
  /** Where the id stands, "legacy.csv:17", rejected copies included; null where no place is known. */
  readonly places: readonly (string | null)[];
  readonly is_last: boolean;
  /** True when a copy of it was rejected: the readable rest of a torn document, or a good copy beside a bad one. */
  readonly has_rejected: boolean;
};

/**
 * `reject`: in a file nobody can say which copy is right. `keep_latest`: a source that moves while it is read gives a
 * document again when it has changed. `identical_once`: equal copies are one document, different ones are a fault.
 */
export type RepeatedMeaning = 'reject' | 'keep_latest' | 'identical_once';

/**
 * Settles document ids that stand more than once in a load; a source reads its input once and in flat memory and cannot
 * see this itself. A faulty id has all its copies rejected, each with its place; copies that a later reading replaces,
 * and equal copies, are counted as skipped.
 */
export async function settleRepeated(
  trx: Transaction<Database>,
  loadId: string,
  meaning: RepeatedMeaning,
  rejectedBefore: number,
): Promise<void> {
  const repeated = await findRepeated(trx, loadId, meaning);
  if (repeated.length > 0) await takeOut(trx, loadId, meaning, rejectedBefore, repeated);
  await nameCopies(trx, loadId);
}

async function takeOut(
  trx: Transaction<Database>,
  loadId: string,
  meaning: RepeatedMeaning,
  rejectedBefore: number,
  repeated: readonly RepeatedRow[],
): Promise<void> {
  const differing = meaning === 'identical_once' ? await findDiffering(trx, loadId, repeated) : new Set<string>();
  const isFault = (row: RepeatedRow) =>
    meaning === 'reject' || (meaning === 'identical_once' && (row.has_rejected || differing.has(row.document_id)));
  const faulty = repeated.filter(isFault);
  const replaced = repeated.filter((row) => !isFault(row) && !row.is_last);
  const numbers = [...faulty, ...replaced].map((row) => row.doc_no);
  for (const table of loadTables) {
    const stored = table === 'raw_record' ? sql`and not is_rejected` : sql``;
    await sql`delete from ${sql.id(leaf(table, loadId))} where doc_no = any(${numbers}::int[]) ${stored}`.execute(trx);
  }
  const examples = [...new Set(replaced.map((row) => row.document_id))].slice(0, 5);
  const reason = meaning === 'keep_latest' ? 'read_again_later' : 'the same document again';
  await insertFindings(trx, loadId, {
    rejected: faulty.map((row) => ({ document: toRejected(row), customer: row.customer })),
    rejectedBefore,
    problems: [],
    problemsBefore: 0,
    skips: replaced.length === 0 ? new Map() : new Map([[reason, { count: replaced.length, examples }]]),
  });
}

async function findRepeated(
  trx: Transaction<Database>,
  loadId: string,
  meaning: RepeatedMeaning,
): Promise<readonly RepeatedRow[]> {
  const documents = sql.id(leaf('document', loadId));
  const rejected =
    meaning === 'keep_latest'
      ? sql``
      : sql`union all select document_id, file, file_line, true from rejected_document where load_id = ${sql.lit(loadId)}`;
  const found = await sql<RepeatedRow>`
    with standing (document_id, file, file_line, is_rejected) as not materialized (
      select document_id, file, file_line, false from ${documents} ${rejected}
    ),
    repeated as (select document_id from standing group by document_id having count(*) > 1),
    copies as (
      select document_id, array_agg(file || ':' || file_line order by file collate "C", file_line) as places, bool_or(is_rejected) as has_rejected
      from standing join repeated using (document_id) group by document_id
    )
    select doc_no, document_id, customer, customer_ref, currency, file, file_line, places, has_rejected,
      doc_no = max(doc_no) over (partition by document_id) as is_last
    from ${documents} join copies using (document_id) order by document_id collate "C", doc_no`.execute(trx);
  return found.rows;
}

/** Rejected copies of one id get names of their own, so that each stands in one pair of its own (I1). */
async function nameCopies(trx: Transaction<Database>, loadId: string): Promise<void> {
  await sql`
    update rejected_document r set document_id = r.document_id || ' (copy ' || numbered.copy || ')'
    from (
      select seq, row_number() over (partition by document_id order by file_line nulls last, seq) as copy
      from rejected_document where load_id = ${loadId}
    ) numbered
    where r.load_id = ${loadId} and r.seq = numbered.seq and numbered.copy > 1 and r.document_id <> ''`.execute(trx);
}

/** Ids whose copies say different things: all columns and all lines count, except where a copy was read. */
async function findDiffering(
  trx: Transaction<Database>,
  loadId: string,
  repeated: readonly RepeatedRow[],
): Promise<ReadonlySet<string>> {
  const numbers = repeated.map((row) => row.doc_no);
  const found = await sql<{ document_id: string }>`
    with line_content as (
      select doc_no, md5(string_agg((to_jsonb(l) - 'doc_no')::text, '' order by ordinal)) as content
      from ${sql.id(leaf('line', loadId))} l where doc_no = any(${numbers}::int[]) group by doc_no
    )
    select d.document_id from ${sql.id(leaf('document', loadId))} d left join line_content c using (doc_no)
    where d.doc_no = any(${numbers}::int[])
    group by d.document_id
    having count(distinct md5((to_jsonb(d) - 'doc_no' - 'file' - 'file_line' - 'request_id')::text || coalesce(c.content, ''))) > 1`.execute(
    trx,
  );
  return new Set(found.rows.map((row) => row.document_id));
}

function toRejected(row: RepeatedRow): RejectedDocument {
  const place = {
    ...(row.file !== null && { file: row.file }),
    ...(row.file_line !== null && { line: row.file_line }),
  };
  const known = row.places.filter((one) => one !== null);
  const where = known.length === row.places.length ? `: ${known.join(', ')}` : '';
  const expected = `a document id that stands once, with its rows together; it stands ${row.places.length} times${where}`;
  return {
    id: row.document_id,
    customerRef: row.customer_ref,
    currency: parseCurrency(row.currency) ?? null,
    problems: [problem('id_duplicate', place, 'document_id', row.document_id, expected)],
    place,
  };
}
