import { z } from 'zod';
import { approverRoles, decisionKinds } from '../../model/cohort.js';
import { anything, day, instant, list, note, severalOf, textList } from './common.js';

export const decisionKind = z.enum(decisionKinds);

/** One comparison of the chain. `observed` is null when it could not be measured: unknown is never green. */
export const gate = z
  .object({
    id: z.string(),
    field: z.string(),
    required: z.string(),
    observed: z.union([z.number(), z.string(), z.boolean()]).nullable(),
    result: z.string().meta({ description: 'pass, fail, triggered or quiet' }),
  })
  .meta({ id: 'Gate' });

export const look = z
  .object({
    id: z.string(),
    cohort: z.string(),
    cycle: z.string(),
    night: z.string(),
    asOf: instant,
    recommendation: decisionKind,
    reason: z.string(),
    leaning: decisionKind,
    mode: z.string(),
    epoch: z.number().int(),
    policyHash: z.string(),
    inputsHash: z.string(),
    run: z.string().nullable(),
  })
  .meta({ id: 'Look' });

export const cohort = z
  .object({
    id: z.string(),
    stage: z.string(),
    step: z.string(),
    selection: z.string(),
    frame: z.string(),
    members: z.number().int(),
    left: z.number().int(),
    createdBy: z.string(),
    createdAt: z.string(),
    look: look.nullable().meta({ description: 'The newest look; null before the first' }),
    blockedBy: textList.meta({ description: 'Gates of the newest look that fail or are triggered' }),
  })
  .meta({ id: 'Cohort' });
export const cohortList = z.object({ rows: list(cohort) });

export const cohortDetail = z.object({
  cohort,
  gates: list(gate),
  detail: anything.meta({ description: 'What the look stands on besides: outlook, findings, notes, strata, cycles' }),
  history: list(look),
  members: list(
    z.object({
      customer: z.string(),
      part: z.string(),
      joinedAt: z.string(),
      leftAt: z.string().nullable(),
      leaveReason: z.string().nullable(),
    }),
  ),
});

export const gateList = z.object({ rows: list(z.object({ cohort: z.string(), look, gates: list(gate) })) });

/** Where a proposal can stand. */
const decisionStates = ['waiting', 'approved', 'rejected', 'expired'] as const;

export const decision = z
  .object({
    id: z.string(),
    cohort: z.string(),
    look: z.string(),
    decision: decisionKind,
    recommendation: decisionKind,
    isOverride: z.boolean(),
    reason: z.string(),
    effectiveOn: z.string(),
    expiresOn: z.string().nullable(),
    affected: textList,
    neededApprovals: z.number().int(),
    state: z.enum(decisionStates),
    proposedBy: z.string(),
    proposedAt: instant,
    approvals: list(
      z.object({
        approver: z.string(),
        role: z.enum(approverRoles),
        verdict: z.enum(['approve', 'reject']),
        comment: z.string().nullable(),
        decidedAt: instant,
      }),
    ),
    inputsHash: z.string(),
    policyHash: z.string(),
    evaluationReason: z.string(),
    mayDecide: z.object({ may: z.boolean(), because: z.string().nullable() }),
  })
  .meta({ id: 'Decision' });
export const decisionFilter = z.object({
  cohort: z.string().max(64).optional(),
  decision: severalOf(decisionKinds).optional(),
  state: severalOf(decisionStates).optional(),
});
export const decisionList = z.object({ rows: list(decision) });

export const proposeBody = z.strictObject({
  decision: decisionKind,
  reason: note,
  effectiveOn: day
    .optional()
    .meta({ description: 'A billing boundary for EXPAND and ROLLBACK; the next one without it' }),
  expiresOn: day.optional().meta({ description: 'Needed when less care is chosen than was recommended' }),
});
export const approveBody = z.strictObject({
  verdict: z.enum(['approve', 'reject']),
  role: z.enum(approverRoles).meta({ description: 'For whom you speak' }),
  comment: note.optional(),
});
