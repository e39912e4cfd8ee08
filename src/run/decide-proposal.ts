import { approvalRefusal } from '../confidence/maker-checker.js';
import { AppError } from '../errors.js';
import type { Actor } from '../model/access.js';
import { appendAudit } from '../store/audit.js';
import { decideProposalRow, listWorkProposals, type WorkProposal } from '../store/proposals.js';
import { latestFinishedRun } from '../store/runs.js';
import { lockCycleWork, workUnits } from '../store/work.js';
import { commit, mostKeys, refuseFrozen } from './act-on-mismatches.js';
import { todayIn } from './carry-work.js';
import type { WorkContext } from './work-context.js';

/**
 * Says yes or no to a proposed acceptance. The one function behind the web, the command line and jobs: whoever proposed may
 * not decide, by any spelling of the name and in any role; the database refuses it once more. Approved is what was
 * proposed: when a key changed since, AppError `conflict` and nothing is done.
 */
export async function decideProposal(
  context: WorkContext,
  input: {
    readonly id: string;
    readonly actor: Actor;
    readonly verdict: 'approve' | 'reject';
    readonly comment: string | null;
  },
): Promise<WorkProposal> {
  const { cycle } = await found(context.db, input.id);
  return context.db.transaction().execute(async (trx) => {
    await lockCycleWork(trx, cycle);
    const proposal = await found(trx, input.id);
    refuse(proposal, input.actor);
    const batch = input.verdict === 'approve' ? await carryOut(context, trx, proposal, input.actor) : null;
    const isFirst = await decideProposalRow(trx, {
      id: proposal.id,
      state: input.verdict === 'approve' ? 'approved' : 'rejected',
      by: input.actor.name,
      comment: input.comment,
      batch,
      now: context.now(),
    });
    if (!isFirst) throw new AppError('conflict', { detail: `proposal ${proposal.id} was decided in the meantime` });
    await appendAudit(trx, {
      actor: input.actor,
      action: `work.${input.verdict}`,
      subject: `proposal ${proposal.id}`,
      cycle,
      detail: { proposedBy: proposal.proposedBy, batch, totals: proposal.totals },
      now: context.now(),
    });
    return found(trx, proposal.id);
  });
}

function refuse(proposal: WorkProposal, actor: Actor): void {
  const refusal = approvalRefusal({
    proposedBy: proposal.proposedBy,
    approver: actor.name,
    state: proposal.state,
    approvals: [],
  });
  if (refusal === null) return;
  throw new AppError(proposal.state === 'waiting' ? 'not_allowed' : 'conflict', {
    detail: `proposal ${proposal.id}: ${refusal}`,
  });
}

async function carryOut(
  context: WorkContext,
  trx: Parameters<typeof commit>[1],
  proposal: WorkProposal,
  actor: Actor,
): Promise<string | null> {
  const { act, items, cycle } = proposal;
  await refuseFrozen(trx, cycle, act);
  const run = await latestFinishedRun(trx, cycle);
  if (run === undefined) throw new AppError('cycle_not_found', { detail: cycle });
  if (act.expiresOn <= todayIn(context.now(), context.zone))
    throw new AppError('conflict', { detail: `its expiry ${act.expiresOn} has passed` });
  const units = await workUnits(trx, run, { keys: items.map((item) => item.key) }, mostKeys);
  const changed = items.filter((item) => {
    const unit = units.find(({ key }) => key === item.key);
    return unit === undefined || unit.version !== item.version || unit.content !== item.content;
  });
  const [first] = changed;
  if (first !== undefined)
    throw new AppError('conflict', {
      detail: `${first.key}${changed.length > 1 ? ` and ${changed.length - 1} others` : ''} changed since it was proposed; reject it and propose again`,
    });
  const done = await commit(context, trx, {
    run,
    units,
    act,
    actor,
    acceptedBy: proposal.proposedBy,
    approvedBy: actor.name,
  });
  return done.batch;
}

async function found(db: WorkContext['db'], id: string): Promise<WorkProposal> {
  const [proposal] = /^\d{1,18}$/.test(id) ? await listWorkProposals(db, { id }) : [];
  if (proposal === undefined) throw new AppError('not_found', { detail: `proposal ${id}` });
  return proposal;
}
