import {
  approvalRefusal,
  approvalsNeeded,
  personOf,
  proposalState,
  type ProposalState,
} from '../confidence/maker-checker.js';
import { AppError } from '../errors.js';
import type { Actor } from '../model/access.js';
import type { ApproverRole } from '../model/cohort.js';
import { appendAudit } from '../store/audit.js';
import { insertApproval, listProposals, lockProposal, type StoredProposal } from '../store/decisions.js';
import { applyDecision } from './apply-decision.js';
import { todayOf } from './billing-boundary.js';
import type { ConfidenceContext } from './confidence-context.js';

/**
 * Says yes or no to a proposal. The one function behind every entry point: the command line, the web and jobs call it, and
 * nobody is excepted, whatever their role. Who proposed may not approve, by any spelling of the name; the database refuses
 * it once more. The last approval that is needed gives the decision its effect in the same transaction. Throws AppError
 * `not_allowed`, or `conflict` when there is nothing to decide any more.
 */
export async function approveDecision(
  context: ConfidenceContext,
  input: {
    readonly proposalId: string;
    readonly approver: string;
    readonly role: ApproverRole;
    readonly verdict: 'approve' | 'reject';
    readonly comment?: string | undefined;
    /** By which door, for the audit log. */
    readonly via?: Actor['via'];
  },
): Promise<StoredProposal> {
  const approver = personOf(input.approver);
  return context.db.transaction().execute(async (trx) => {
    await lockProposal(trx, input.proposalId);
    const proposal = await found(trx, input.proposalId);
    const state = stateOf(context, proposal);
    const refusal = approvalRefusal({
      proposedBy: proposal.proposedBy,
      approver,
      state,
      approvals: proposal.approvals,
    });
    if (refusal !== null)
      throw new AppError(state === 'waiting' ? 'not_allowed' : 'conflict', {
        detail: `proposal ${proposal.id}: ${refusal}`,
      });
    await insertApproval(trx, {
      proposalId: proposal.id,
      maker: proposal.proposedBy,
      approver,
      role: input.role,
      verdict: input.verdict,
      comment: input.comment ?? null,
      now: context.now(),
    });
    await appendAudit(trx, {
      actor: { name: approver, via: input.via ?? 'cli' },
      action: `decision.${input.verdict}`,
      subject: `decision ${proposal.id}`,
      cycle: null,
      detail: {
        cohort: proposal.cohortId,
        decision: proposal.decision,
        proposedBy: proposal.proposedBy,
        role: input.role,
      },
      now: context.now(),
    });
    const after = await found(trx, proposal.id);
    if (stateOf(context, after) === 'approved') await applyDecision(context, trx, proposal.id);
    return after;
  });
}

/** Where a stored proposal stands today. */
export function stateOf(context: Pick<ConfidenceContext, 'now' | 'zone'>, proposal: StoredProposal): ProposalState {
  return proposalState({
    needed: approvalsNeeded(proposal.decision, proposal.recommendation),
    approvals: proposal.approvals,
    expiresOn: proposal.expiresOn,
    today: todayOf(context),
  });
}

async function found(db: ConfidenceContext['db'], id: string): Promise<StoredProposal> {
  const [proposal] = /^\d{1,18}$/.test(id) ? await listProposals(db, { id, limit: 1 }) : [];
  if (proposal === undefined) throw new AppError('usage', { detail: `there is no proposal ${id}` });
  return proposal;
}
