import { type Approval, type ApproverRole, type DecisionKind, decisionKinds } from '../model/cohort.js';

/** What a proposal needs before it takes effect. */
export type Needed = {
  /** Less careful than the recommendation: two named approvers of finance and engineering, a reason and an expiry. */
  readonly isOverride: boolean;
  readonly approvals: number;
  readonly roles: readonly ApproverRole[];
};

/**
 * Approvals a decision needs (statistics 3.3). HOLD changes nothing and needs nobody, unless something more careful was
 * recommended; every other decision needs one person who is not the proposer; whoever chooses less care than was
 * recommended needs two, one of finance and one of engineering.
 */
export function approvalsNeeded(decision: DecisionKind, recommendation: DecisionKind): Needed {
  const isOverride = decisionKinds.indexOf(decision) < decisionKinds.indexOf(recommendation);
  if (isOverride) return { isOverride, approvals: 2, roles: ['finance', 'engineering'] };
  return { isOverride, approvals: decision === 'HOLD' ? 0 : 1, roles: [] };
}

/** One spelling per person: names are compared trimmed and in lower case. */
export function personOf(name: string): string {
  return name.trim().toLowerCase();
}

export type ProposalState = 'waiting' | 'approved' | 'rejected' | 'expired';

/** Where a proposal stands. One rejection ends it; an override also needs both roles, by two people. */
export function proposalState(input: {
  readonly needed: Needed;
  readonly approvals: readonly Approval[];
  readonly expiresOn: string | null;
  /** Calendar day of the look, "YYYY-MM-DD". */
  readonly today: string;
}): ProposalState {
  const { needed, approvals, expiresOn, today } = input;
  if (approvals.some(({ verdict }) => verdict === 'reject')) return 'rejected';
  const isComplete =
    approvals.length >= needed.approvals && needed.roles.every((role) => approvals.some((one) => one.role === role));
  if (isComplete) return 'approved';
  return expiresOn !== null && today > expiresOn ? 'expired' : 'waiting';
}

/** Why a person may not decide on a proposal; null when they may. There is no exception, for no role and no admin. */
export function approvalRefusal(input: {
  readonly proposedBy: string;
  readonly approver: string;
  readonly state: ProposalState;
  readonly approvals: readonly Approval[];
}): string | null {
  const approver = personOf(input.approver);
  if (approver === '') return 'an approver needs a name';
  if (approver === personOf(input.proposedBy)) return `${approver} proposed it; who proposes may not approve`;
  if (input.approvals.some((one) => one.approver === approver)) return `${approver} has already decided on it`;
  if (input.state !== 'waiting') return `it is ${input.state}`;
  return null;
}
