import { type Kysely, sql } from 'kysely';
import { invariant } from '../model/invariant.js';
import type { Approval, DecisionKind } from '../model/cohort.js';
import type { Database } from './tables.js';

export type StoredProposal = {
  readonly id: string;
  readonly cohortId: string;
  readonly evaluationId: string;
  readonly decision: DecisionKind;
  readonly recommendation: DecisionKind;
  readonly isOverride: boolean;
  readonly reason: string;
  /** Calendar days. */
  readonly effectiveOn: string;
  readonly expiresOn: string | null;
  readonly affected: readonly string[];
  readonly neededApprovals: number;
  readonly proposedBy: string;
  readonly proposedAt: string;
  readonly approvals: readonly (Approval & { readonly comment: string | null; readonly decidedAt: string })[];
  /** Hashes of the evaluation it stands on. */
  readonly inputsHash: string;
  readonly policyHash: string;
  readonly evaluationReason: string;
};

export type NewProposal = Pick<
  StoredProposal,
  | 'cohortId'
  | 'evaluationId'
  | 'decision'
  | 'recommendation'
  | 'reason'
  | 'effectiveOn'
  | 'expiresOn'
  | 'affected'
  | 'neededApprovals'
  | 'proposedBy'
> & { readonly now: Date };

export async function insertProposal(db: Kysely<Database>, one: NewProposal): Promise<string> {
  const result = await sql<{ id: string }>`
    insert into decision_proposal (cohort_id, evaluation_id, decision, recommendation, reason, effective_on, expires_on, affected,
      needed_approvals, proposed_by, proposed_at)
    values (${one.cohortId}, ${one.evaluationId}, ${one.decision}, ${one.recommendation}, ${one.reason}, ${one.effectiveOn}, ${one.expiresOn},
      ${JSON.stringify(one.affected)}, ${one.neededApprovals}, ${one.proposedBy}, ${one.now}) returning id`.execute(db);
  const id = result.rows[0]?.id;
  invariant(id !== undefined, 'an inserted row answers its id');
  return id;
}

/** Locks a proposal's row, so that two people who decide at the same moment are taken one after the other. */
export async function lockProposal(db: Kysely<Database>, id: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`shadowbill proposal ${id}`}, 0))`.execute(db);
}

export async function insertApproval(
  db: Kysely<Database>,
  one: Approval & {
    readonly proposalId: string;
    readonly maker: string;
    readonly comment: string | null;
    readonly now: Date;
  },
): Promise<void> {
  await sql`insert into decision_approval (proposal_id, maker, approver, role, verdict, comment, decided_at)
    values (${one.proposalId}, ${one.maker}, ${one.approver}, ${one.role}, ${one.verdict}, ${one.comment}, ${one.now})`.execute(
    db,
  );
}

/** Proposals with what was said of them, newest first. */
export async function listProposals(
  db: Kysely<Database>,
  filter: { readonly cohortId?: string; readonly id?: string; readonly limit: number },
): Promise<readonly StoredProposal[]> {
  const result = await sql<{
    id: string;
    cohort_id: string;
    evaluation_id: string;
    decision: DecisionKind;
    recommendation: DecisionKind;
    is_override: boolean;
    reason: string;
    effective_on: string;
    expires_on: string | null;
    affected: string[];
    needed_approvals: number;
    proposed_by: string;
    proposed_at: string;
    approvals: StoredProposal['approvals'];
    inputs_hash: string;
    policy_hash: string;
    evaluation_reason: string;
  }>`
    select p.id, p.cohort_id, p.evaluation_id, p.decision, p.recommendation, p.is_override, p.reason, p.effective_on::text as effective_on,
      p.expires_on::text as expires_on, p.affected, p.needed_approvals, p.proposed_by,
      to_char(p.proposed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as proposed_at,
      coalesce((select jsonb_agg(jsonb_build_object('approver', a.approver, 'role', a.role, 'verdict', a.verdict, 'comment', a.comment,
        'decidedAt', to_char(a.decided_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) order by a.decided_at, a.approver)
        from decision_approval a where a.proposal_id = p.id), '[]') as approvals,
      e.inputs_hash, e.policy_hash, e.reason as evaluation_reason
    from decision_proposal p join evaluation e on e.id = p.evaluation_id
    where (${filter.cohortId ?? null}::text is null or p.cohort_id = ${filter.cohortId ?? null})
      and (${filter.id ?? null}::bigint is null or p.id = ${filter.id ?? null}::bigint)
    order by p.id desc limit ${filter.limit}`.execute(db);
  return result.rows.map((row) => ({
    id: row.id,
    cohortId: row.cohort_id,
    evaluationId: row.evaluation_id,
    decision: row.decision,
    recommendation: row.recommendation,
    isOverride: row.is_override,
    reason: row.reason,
    effectiveOn: row.effective_on,
    expiresOn: row.expires_on,
    affected: row.affected,
    neededApprovals: row.needed_approvals,
    proposedBy: row.proposed_by,
    proposedAt: row.proposed_at,
    approvals: row.approvals,
    inputsHash: row.inputs_hash,
    policyHash: row.policy_hash,
    evaluationReason: row.evaluation_reason,
  }));
}
