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
  readonly copies: string;
  readonly is_last: boolean;
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
  const repeated = await findRepeated(trx, loadId);
  if (repeated.length === 0) return;
  const differing = meaning === 'identical_once' ? await findDiffering(trx, loadId, repeated) : new Set<string>();
  const isFault = (row: RepeatedRow) => meaning === 'reject' || differing.has(row.document_id);
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

async function findRepeated(trx: Transaction<Database>, loadId: string): Promise<readonly RepeatedRow[]> {
  const documents = sql.id(leaf('document', loadId));
  const found = await sql<RepeatedRow>`
    select doc_no, document_id, customer, customer_ref, currency, file, file_line, copies, doc_no = last as is_last
    from (
      select *, count(*) over (partition by document_id) as copies, max(doc_no) over (partition by document_id) as last
      from ${documents} where document_id in (select document_id from ${documents} group by document_id having count(*) > 1)
    ) counted order by document_id collate "C", doc_no`.execute(trx);
  return found.rows;
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
  const expected = `a document id that stands once; it stands ${row.copies} times`;
  return {
    id: row.document_id,
    customerRef: row.customer_ref,
    currency: parseCurrency(row.currency) ?? null,
    problems: [problem('id_duplicate', place, 'document_id', row.document_id, expected)],
    place,
  };
}
