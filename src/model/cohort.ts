/** Where a cohort stands. In `shadow` nobody is live; from `pilot` on its members are billed by Solvimon. */
export const stages = ['shadow', 'pilot', 'ladder', 'live', 'complete'] as const;
export type Stage = (typeof stages)[number];
export type StageEvent = 'expand' | 'roll_back' | 'complete';
/** A stage and the rung of the policy's ladder whose gate is asked. */
export type Standing = { readonly stage: Stage; readonly step: string };

/** What may happen to a cohort, from the least to the most careful. */
export const decisionKinds = ['EXPAND', 'HOLD', 'FIX_FORWARD', 'ROLLBACK'] as const;
export type DecisionKind = (typeof decisionKinds)[number];

export const approverRoles = ['finance', 'engineering', 'operations'] as const;
export type ApproverRole = (typeof approverRoles)[number];

/** One person's word on a proposal. The name is trimmed and in lower case. */
export type Approval = {
  readonly approver: string;
  readonly role: ApproverRole;
  readonly verdict: 'approve' | 'reject';
};
