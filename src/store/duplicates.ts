import { type Kysely, sql } from 'kysely';
import { parseCurrency } from '../model/currency.js';
import { problem, type RejectedDocument } from '../model/problem.js';
import { leaf } from './loads.js';
import type { Database } from './tables.js';

/**
 * Takes documents whose id stands more than once in a load out of it: which of them is right nobody can say, so all of
 * them are rejected, each with its place. A source reads its input once and in flat memory and cannot see this itself.
 */
export async function rejectDuplicates(
  db: Kysely<Database>,
  loadId: string,
): Promise<readonly { readonly document: RejectedDocument; readonly customer: string }[]> {
  const documents = sql.id(leaf('document', loadId));
  const found = await sql<{
    doc_no: number;
    document_id: string;
    customer: string;
    customer_ref: string;
    currency: string;
    file: string | null;
    file_line: number | null;
    copies: string;
  }>`
    select doc_no, document_id, customer, customer_ref, currency, file, file_line, copies
    from (select *, count(*) over (partition by document_id) as copies from ${documents} where document_id in (
      select document_id from ${documents} group by document_id having count(*) > 1
    )) counted order by document_id collate "C", doc_no`.execute(db);
  if (found.rows.length === 0) return [];
  const numbers = found.rows.map((row) => row.doc_no);
  await db.transaction().execute(async (trx) => {
    await sql`delete from ${sql.id(leaf('line', loadId))} where doc_no = any(${numbers}::int[])`.execute(trx);
    await sql`delete from ${documents} where doc_no = any(${numbers}::int[])`.execute(trx);
  });
  return found.rows.map((row) => {
    const place = {
      ...(row.file !== null && { file: row.file }),
      ...(row.file_line !== null && { line: row.file_line }),
    };
    const expected = `a document id that stands once; it stands ${row.copies} times`;
    return {
      customer: row.customer,
      document: {
        id: row.document_id,
        customerRef: row.customer_ref,
        currency: parseCurrency(row.currency) ?? null,
        problems: [problem('id_duplicate', place, 'document_id', row.document_id, expected)],
        place,
      },
    };
  });
}
