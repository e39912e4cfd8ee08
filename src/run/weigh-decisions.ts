import { approvalsNeeded } from '../confidence/maker-checker.js';
import type { CutoverDate } from '../confidence/cutover-dates.js';
import { moveStage } from '../confidence/stages.js';
import { type ApproverRole, type DecisionKind, decisionKinds, type Standing } from '../model/cohort.js';
import { invariant } from '../model/invariant.js';
import { startOfDate } from '../model/period.js';
import { membersOf } from '../store/cohorts.js';
import { runsByCycle } from '../store/evaluations.js';
import { doubleBillers, liveOnSolvimon } from '../store/golive-rows.js';
import { type Issued, issuedInvoices } from '../store/issued.js';
import { liveMembers } from './apply-decision.js';
import { nextBoundaries, todayOf } from './billing-boundary.js';
import type { ConfidenceContext } from './confidence-context.js';
import { type Evaluation, evaluateCohort } from './evaluate-cohort.js';
import { checkGolive, type GoliveCheck } from './golive.js';
import { affectedBy, expandRefusal } from './propose-decision.js';

/** What one decision would do if it were proposed now and approved by everybody it needs. */
export type WeighedDecision = {
  readonly decision: DecisionKind;
  readonly isRecommended: boolean;
  readonly isOverride: boolean;
  readonly approvals: number;
  readonly roles: readonly ApproverRole[];
  /** Where the cohort would stand; null when the decision makes no sense from where it stands. */
  readonly standing: Standing | null;
  /** Customers whose bills another system would send from `effectiveOn` on. */
  readonly moves: readonly string[];
  readonly effectiveOn: string;
  /** Why it could not be proposed or carried out; null when it could. */
  readonly refusal: string | null;
};

export type Weighed = {
  readonly evaluation: Evaluation;
  readonly decisions: readonly WeighedDecision[];
  readonly boundaries: readonly CutoverDate[];
  /** Customers of any cohort whom Solvimon bills from the next boundary on as things stand, and of this cohort. */
  readonly live: { readonly all: number; readonly members: number };
  /** Share of the roster's revenue that would be live after an EXPAND; null when revenue is not known. */
  readonly revenueShareAfter: number | null;
  readonly checklist: GoliveCheck;
  readonly doubleBilled: readonly { readonly customer: string; readonly cycle: string }[];
  /** What a ROLLBACK finds already issued. */
  readonly issued: Issued;
};

const shownBoundaries = 3;
const shownInvoices = 50;

/** Weighs the four decisions about a cohort on a look that is not written down. Throws AppError `cohort_not_found`. */
export async function weighDecisions(context: ConfidenceContext, cohortId: string): Promise<Weighed> {
  const { db } = context;
  const evaluation = await evaluateCohort(context, { cohortId, isRehearsal: true });
  const boundaries = nextBoundaries(context, shownBoundaries);
  const [boundary] = boundaries;
  invariant(boundary !== undefined, 'there is always a next billing boundary');
  const live = await liveOnSolvimon(db, boundary.cycle);
  const members = await liveMembers(db, cohortId, boundary.cycle);
  return {
    evaluation,
    decisions: decisionKinds.map((kind) => weigh(context, evaluation, kind, { boundary, members })),
    boundaries,
    live: { all: live.length, members: members.length },
    revenueShareAfter: Number.isNaN(evaluation.evidence.nextRevenueShare) ? null : evaluation.evidence.nextRevenueShare,
    checklist: await checkGolive(context, cohortId),
    doubleBilled: await doubleBillers(
      db,
      (await membersOf(db, cohortId)).map(({ customer }) => customer),
    ),
    issued: await issuedTo(context, members, boundary),
  };
}

function weigh(
  context: ConfidenceContext,
  evaluation: Evaluation,
  decision: DecisionKind,
  { boundary, members }: { readonly boundary: CutoverDate; readonly members: readonly string[] },
): WeighedDecision {
  const { cohort } = evaluation;
  const recommendation = evaluation.decision.decision;
  const { isOverride, approvals, roles } = approvalsNeeded(decision, recommendation);
  const base = { decision, isRecommended: decision === recommendation, isOverride, approvals, roles };
  if (decision === 'HOLD' || decision === 'FIX_FORWARD')
    return { ...base, standing: standingOf(cohort), moves: [], effectiveOn: todayOf(context), refusal: null };
  const to = moveStage(cohort, decision === 'EXPAND' ? 'expand' : 'roll_back', context.policy.ladder);
  const moves = to === 'refused' ? [] : decision === 'EXPAND' ? affectedBy(evaluation, decision) : members;
  const unsafe = decision === 'EXPAND' ? expandRefusal(evaluation, moves) : null;
  return {
    ...base,
    standing: to === 'refused' ? null : standingOf(to),
    moves,
    effectiveOn: boundary.on,
    refusal: to === 'refused' ? `it makes no sense in stage ${cohort.stage}` : unsafe,
  };
}

const standingOf = ({ stage, step }: Standing): Standing => ({ stage, step });

async function issuedTo(
  context: ConfidenceContext,
  customers: readonly string[],
  boundary: CutoverDate,
): Promise<Issued> {
  if (customers.length === 0) return { totals: [], rows: [] };
  const from = startOfDate(boundary.on, context.zone);
  invariant(from !== undefined, 'a boundary is a day', { on: boundary.on });
  const runIds = (await runsByCycle(context.db, null)).map(({ id }) => id);
  return issuedInvoices(context.db, { runIds, customers, boundary: from, shown: shownInvoices });
}
