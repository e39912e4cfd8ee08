import { type Kysely, sql, type Transaction } from 'kysely';
import type { Act } from '../model/work.js';
import type { Database } from './tables.js';

/** An acceptance that waits for, or got, the word of a second person. */
export type WorkProposal = {
  readonly id: string;
  readonly cycle: string;
  readonly act: Act & { readonly kind: 'accept' };
  /** The keys as they were when it was proposed: what is approved is this and nothing else. */
  readonly items: readonly { readonly key: string; readonly version: number; readonly content: string }[];
  readonly totals: readonly { readonly currency: string | null; readonly count: number; readonly gross: string }[];
  /** Why one person is not enough. */
  readonly why: string;
  readonly state: 'waiting' | 'approved' | 'rejected';
  readonly proposedBy: string;
  readonly proposedAt: string;
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
  readonly comment: string | null;
  readonly batch: string | null;
};

const iso = (column: string) =>
  sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

export async function insertProposal(
  trx: Transaction<Database>,
  one: Pick<WorkProposal, 'cycle' | 'act' | 'items' | 'totals' | 'why' | 'proposedBy'> & { readonly now: Date },
): Promise<string> {
  const result = await sql<{ id: string }>`
    insert into work_proposal (cycle, act, items, totals, why, proposed_by, proposed_at)
    values (${one.cycle}, ${JSON.stringify(one.act)}, ${JSON.stringify(one.items)}, ${JSON.stringify(one.totals)}, ${one.why}, ${one.proposedBy}, ${one.now})
    returning id`.execute(trx);
  return result.rows[0]?.id ?? '';
}

/** Proposals, newest first; at most 500. */
export async function listWorkProposals(
  db: Kysely<Database>,
  filter: {
    readonly id?: string | undefined;
    readonly cycle?: string | undefined;
    readonly state?: string | undefined;
  },
): Promise<readonly WorkProposal[]> {
  const { id = null, cycle = null, state = null } = filter;
  const result = await sql<WorkProposal>`
    select id, cycle, act, items, totals, why, state, proposed_by as "proposedBy", ${iso('proposed_at')} as "proposedAt", decided_by as "decidedBy",
      ${iso('decided_at')} as "decidedAt", comment, batch_id as batch
    from work_proposal where (${id}::bigint is null or id = ${id}::bigint) and (${cycle}::text is null or cycle = ${cycle})
      and (${state}::text is null or state = ${state}) order by id desc limit 500`.execute(db);
  return result.rows;
}

/** Writes a decision down once; false when somebody else was first. */
export async function decideProposalRow(
  trx: Transaction<Database>,
  one: {
    readonly id: string;
    readonly state: 'approved' | 'rejected';
    readonly by: string;
    readonly comment: string | null;
    readonly batch: string | null;
    readonly now: Date;
  },
): Promise<boolean> {
  const result = await sql`
    update work_proposal set state = ${one.state}, decided_by = ${one.by}, decided_at = ${one.now}, comment = ${one.comment}, batch_id = ${one.batch}
    where id = ${one.id}::bigint and state = 'waiting'`.execute(trx);
  return (result.numAffectedRows ?? 0n) > 0n;
}

/** Gross that one person accepted alone in a run's cycle, by currency: many small acceptances are one large one. */
export async function acceptedAlone(
  db: Kysely<Database>,
  run: { readonly seq: string; readonly cycle: string },
  who: string,
): Promise<ReadonlyMap<string, string>> {
  const result = await sql<{ currency: string; gross: string }>`
    select m.currency, trim_scale(sum(m.abs_delta))::text as gross
    from mismatch m join work_item w on w.cycle = ${run.cycle} and w.key = m.work_key
    where m.run_seq = ${sql.lit(run.seq)} and m.currency is not null and w.status = 'accepted' and w.accepted_by = ${who} and w.approved_by is null
      and w.accepted_in = ${run.cycle}
    group by m.currency`.execute(db);
  return new Map(result.rows.map((row) => [row.currency, row.gross]));
}
