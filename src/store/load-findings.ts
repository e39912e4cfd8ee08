import { type Kysely, sql } from 'kysely';
import type { Problem, RejectedDocument } from '../model/problem.js';
import type { Database } from './tables.js';

export type Skip = { readonly count: number; readonly examples: readonly string[] };

/** What a pull said besides documents since the last commit. Numbers go on from what the load already holds. */
export type Findings = {
  readonly rejected: readonly { readonly document: RejectedDocument; readonly customer: string | null }[];
  /** Rejected documents stored before these. */
  readonly rejectedBefore: number;
  readonly problems: readonly Problem[];
  readonly problemsBefore: number;
  readonly skips: ReadonlyMap<string, Skip>;
};

/** Postgres keeps no NUL in text. Adapters refuse it; one that slips through shows as what it is, and the run goes on. */
function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}

const batch = 500;

export async function insertFindings(trx: Kysely<Database>, loadId: string, findings: Findings): Promise<void> {
  const rejected = findings.rejected.map(({ document, customer }, index) => ({
    load_id: loadId,
    seq: findings.rejectedBefore + index + 1,
    document_id: storable(document.id),
    customer: customer === null ? null : storable(customer),
    customer_ref: document.customerRef === null ? null : storable(document.customerRef),
    currency: document.currency,
    problems: JSON.stringify(document.problems),
    file: document.place.file ?? null,
    file_line: document.place.line ?? null,
  }));
  for (let at = 0; at < rejected.length; at += batch)
    await trx
      .insertInto('rejected_document')
      .values(rejected.slice(at, at + batch))
      .execute();
  const problems = findings.problems.map((item, index) => ({
    load_id: loadId,
    seq: findings.problemsBefore + index + 1,
    problem: JSON.stringify(item),
  }));
  for (let at = 0; at < problems.length; at += batch)
    await trx
      .insertInto('load_problem')
      .values(problems.slice(at, at + batch))
      .execute();
  await addSkips(trx, loadId, findings.skips);
}

async function addSkips(trx: Kysely<Database>, loadId: string, skips: ReadonlyMap<string, Skip>): Promise<void> {
  if (skips.size === 0) return;
  await trx
    .insertInto('load_skip')
    .values(
      [...skips].map(([reason, skip]) => ({
        load_id: loadId,
        reason,
        skipped: String(skip.count),
        examples: [...skip.examples],
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['load_id', 'reason']).doUpdateSet({
        skipped: sql`load_skip.skipped + excluded.skipped`,
        examples: sql`(load_skip.examples || excluded.examples)[1:5]`,
      }),
    )
    .execute();
}

/** What a load holds of findings: where an attempt that goes on continues counting. */
export async function countFindings(
  db: Kysely<Database>,
  loadId: string,
): Promise<{ readonly rejected: number; readonly problems: number; readonly skipped: number }> {
  const result = await sql<{ rejected: string; problems: string; skipped: string }>`
    select (select count(*) from rejected_document where load_id = ${loadId}) as rejected,
      (select count(*) from load_problem where load_id = ${loadId}) as problems,
      (select coalesce(sum(skipped), 0) from load_skip where load_id = ${loadId}) as skipped`.execute(db);
  const [row] = result.rows;
  return {
    rejected: Number(row?.rejected ?? '0'),
    problems: Number(row?.problems ?? '0'),
    skipped: Number(row?.skipped ?? '0'),
  };
}
