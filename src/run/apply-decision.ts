import type { Kysely, Transaction } from 'kysely';
import { approvalsNeeded, proposalState } from '../confidence/maker-checker.js';
import { moveStage } from '../confidence/stages.js';
import { AppError } from '../errors.js';
import { invariant } from '../model/invariant.js';
import { shiftCycle } from '../model/period.js';
import { findCohort, membersOf, moveCohort } from '../store/cohorts.js';
import { listProposals, type StoredProposal } from '../store/decisions.js';
import { listEvaluations } from '../store/evaluations.js';
import { doubleBillers, endLiveBillers, insertLiveBillers, liveOnSolvimon } from '../store/golive-rows.js';
import type { Database } from '../store/tables.js';
import { cycleBeginningOn, todayOf } from './billing-boundary.js';
import type { ConfidenceContext } from './confidence-context.js';

/**
 * Gives an approved decision its effect, once: the stage moves, and who bills whom changes with the cycle of the effective
 * day. Runs inside the transaction that wrote the last approval (`trx`), so that a repeat, a twin or a kill half-way
 * leaves either all of it or nothing. Throws AppError `conflict` when the proposal is not approved or the cohort has got
 * worse since, `not_allowed` when somebody would have two live systems.
 */
export async function applyDecision(
  context: ConfidenceContext,
  trx: Transaction<Database>,
  proposalId: string,
): Promise<void> {
  const inside = { ...context, db: trx };
  const [proposal] = await listProposals(trx, { id: proposalId, limit: 1 });
  invariant(proposal !== undefined, 'a proposal that is applied is there', { proposalId });
  const today = todayOf(context);
  const needed = approvalsNeeded(proposal.decision, proposal.recommendation);
  const state = proposalState({ needed, approvals: proposal.approvals, expiresOn: proposal.expiresOn, today });
  if (state !== 'approved') throw new AppError('conflict', { detail: `proposal ${proposalId} is ${state}` });
  if (proposal.decision === 'HOLD' || proposal.decision === 'FIX_FORWARD') return;
  const cohort = await findCohort(trx, proposal.cohortId);
  invariant(cohort !== undefined, 'a proposal names a cohort that is there', { cohort: proposal.cohortId });
  const event = proposal.decision === 'EXPAND' ? 'expand' : 'roll_back';
  const to = moveStage(cohort, event, context.policy.ladder);
  if (to === 'refused')
    throw new AppError('conflict', { detail: `cohort ${cohort.id} cannot ${event} from stage ${cohort.stage}` });
  const isMoved = await moveCohort(trx, {
    cohortId: cohort.id,
    proposalId,
    event,
    from: cohort,
    to,
    now: context.now(),
  });
  if (!isMoved) return;
  if (event === 'expand') {
    await refuseOutdated(inside, proposal, needed.isOverride);
    await goLive(inside, proposal);
  } else await goBack(inside, proposal);
  const customers = (await membersOf(trx, cohort.id)).map(({ customer }) => customer);
  const double = await doubleBillers(trx, customers);
  if (double.length > 0)
    throw new AppError('not_allowed', {
      detail: `single biller: ${double
        .map(({ customer }) => customer)
        .slice(0, 10)
        .join(', ')} would be live in two systems`,
    });
}

/** Approval takes time; what was safe when it was proposed must still be. */
async function refuseOutdated(
  context: ConfidenceContext,
  proposal: StoredProposal,
  isOverride: boolean,
): Promise<void> {
  if (proposal.effectiveOn <= todayOf(context))
    throw new AppError('conflict', { detail: `its boundary ${proposal.effectiveOn} has passed; propose it again` });
  const [newest] = await listEvaluations(context.db, { cohortId: proposal.cohortId, limit: 1 });
  if (!isOverride && newest !== undefined && newest.leaning !== 'EXPAND')
    throw new AppError('conflict', {
      detail: `the newest look (${newest.night}) recommends ${newest.decision} ${newest.reason}; propose it again`,
    });
}

type Effect = {
  readonly id: string;
  readonly cohortId: string;
  readonly affected: readonly string[];
  readonly effectiveOn: string;
  readonly proposedBy: string;
};

async function goLive(context: ConfidenceContext, effect: Effect): Promise<void> {
  const cycle = cycleBeginningOn(effect.effectiveOn, context.zone);
  const customers = effect.affected;
  await endLiveBillers(context.db, { customers, system: 'legacy', lastCycle: shiftCycle(cycle, -1) });
  await insertLiveBillers(context.db, {
    billers: customers.map((customer) => ({ customer, system: 'solvimon', fromCycle: cycle, toCycle: null })),
    source: `decision ${effect.id}`,
    by: effect.proposedBy,
    now: context.now(),
  });
}

/** Live members go back to legacy with the boundary; in shadow nobody is live and only the rung moves. */
async function goBack(context: ConfidenceContext, effect: Effect): Promise<void> {
  const cycle = cycleBeginningOn(effect.effectiveOn, context.zone);
  const customers = await liveMembers(context.db, effect.cohortId, cycle);
  await endLiveBillers(context.db, { customers, system: 'solvimon', lastCycle: shiftCycle(cycle, -1) });
  await insertLiveBillers(context.db, {
    billers: customers.map((customer) => ({ customer, system: 'legacy', fromCycle: cycle, toCycle: null })),
    source: `decision ${effect.id}`,
    by: effect.proposedBy,
    now: context.now(),
  });
}

/** Members of a cohort whom Solvimon bills in a cycle: whom a rollback with that cycle takes back. */
export async function liveMembers(db: Kysely<Database>, cohortId: string, cycle: string): Promise<readonly string[]> {
  const members = new Set((await membersOf(db, cohortId)).map(({ customer }) => customer));
  return (await liveOnSolvimon(db, cycle)).map(({ customer }) => customer).filter((customer) => members.has(customer));
}
