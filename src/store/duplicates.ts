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
 * Settles document ids that stand more than once in a load; a source reads its input once and in flat memory and cannot
 * see this itself. In a file nobody can say which copy is right, so all of them are rejected, each with its place. A
 * source that moves while it is read gives a document again when it has changed: the latest reading counts, the earlier
 * ones are counted as skipped.
 */
export async function settleRepeated(
  trx: Transaction<Database>,
  loadId: string,
  meaning: 'reject' | 'keep_latest',
  rejectedBefore: number,
): Promise<void> {
  const repeated = await findRepeated(trx, loadId);
  if (repeated.length === 0) return;
  const gone = meaning === 'reject' ? repeated : repeated.filter((row) => !row.is_last);
  const numbers = gone.map((row) => row.doc_no);
  for (const table of loadTables) {
    const stored = table === 'raw_record' ? sql`and not is_rejected` : sql``;
    await sql`delete from ${sql.id(leaf(table, loadId))} where doc_no = any(${numbers}::int[]) ${stored}`.execute(trx);
  }
  const nothing = { rejected: [], rejectedBefore, problems: [], problemsBefore: 0, skips: new Map() };
  if (meaning === 'reject')
    return insertFindings(trx, loadId, {
      ...nothing,
      rejected: gone.map((row) => ({ document: toRejected(row), customer: row.customer })),
    });
  const examples = [...new Set(gone.map((row) => row.document_id))].slice(0, 5);
  await insertFindings(trx, loadId, {
    ...nothing,
    skips: new Map([['read_again_later', { count: gone.length, examples }]]),
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
