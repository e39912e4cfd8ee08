import { approvalsNeeded, type Needed } from '../confidence/maker-checker.js';
import { AppError } from '../errors.js';
import type { Actor } from '../model/access.js';
import type { DecisionKind } from '../model/cohort.js';
import { isRealDate } from '../model/period.js';
import { appendAudit } from '../store/audit.js';
import { insertProposal, listProposals, type StoredProposal } from '../store/decisions.js';
import { nextBoundaries, todayOf } from './billing-boundary.js';
import { personName } from './cohort-members.js';
import type { ConfidenceContext } from './confidence-context.js';
import { type Evaluation, evaluateCohort } from './evaluate-cohort.js';

export type Proposed = { readonly proposal: StoredProposal; readonly needed: Needed; readonly evaluation: Evaluation };

/**
 * Proposes a decision about a cohort on a fresh look, and freezes that look with it. Whoever asks for less care than is
 * recommended must give an expiry and gets two approvers. EXPAND takes effect on a billing boundary; a named effective day
 * that is none is refused. A HOLD that nobody needs to approve is in force at once. Throws AppError.
 */
export async function proposeDecision(
  context: ConfidenceContext,
  input: {
    readonly cohortId: string;
    readonly decision: DecisionKind;
    readonly reason: string;
    readonly by: string;
    readonly effectiveOn?: string | undefined;
    readonly expiresOn?: string | undefined;
    /** By which door, for the audit log. */
    readonly via?: Actor['via'];
  },
): Promise<Proposed> {
  const by = personName(input.by);
  if (input.reason.trim() === '') throw new AppError('usage', { detail: 'a decision needs a reason' });
  const evaluation = await evaluateCohort(context, { cohortId: input.cohortId });
  const recommendation = evaluation.decision.decision;
  const needed = approvalsNeeded(input.decision, recommendation);
  const today = todayOf(context);
  const expiresOn = readExpiry(input.expiresOn, needed, today);
  const affected = affectedBy(evaluation, input.decision);
  const unsafe = input.decision === 'EXPAND' ? expandRefusal(evaluation, affected) : null;
  if (unsafe !== null) throw new AppError('not_allowed', { detail: unsafe });
  const effectiveOn = effectiveDay(context, input.decision, input.effectiveOn, today);
  const now = context.now();
  const id = await context.db.transaction().execute(async (trx) => {
    const inserted = await insertProposal(trx, {
      cohortId: input.cohortId,
      evaluationId: evaluation.id ?? '',
      decision: input.decision,
      recommendation,
      reason: input.reason.trim(),
      effectiveOn,
      expiresOn,
      affected,
      neededApprovals: needed.approvals,
      proposedBy: by,
      now,
    });
    await appendAudit(trx, {
      actor: { name: by, via: input.via ?? 'cli' },
      action: 'decision.propose',
      subject: `decision ${inserted}`,
      cycle: null,
      detail: { cohort: input.cohortId, decision: input.decision, recommendation, affected: affected.length },
      now,
    });
    return inserted;
  });
  const [proposal] = await listProposals(context.db, { id, limit: 1 });
  if (proposal === undefined) throw new AppError('conflict', { detail: `proposal ${id} is gone` });
  return { proposal, needed, evaluation };
}

/**
 * Why nobody may propose to expand, whatever their reason; null when they may. Two live billers, unusable data and customers
 * who are not clean themselves are no matter of opinion: no override goes past them.
 */
export function expandRefusal({ snapshot, critical, cohort }: Evaluation, affected: readonly string[]): string | null {
  const double = critical.find((finding) => finding.startsWith('single biller'));
  if (double !== undefined) return `${double}; cohort ${cohort.id} cannot expand before that is mended`;
  if (Number.isNaN(snapshot.data.pairCoverage))
    return `cohort ${cohort.id} was never measured; there is nothing to expand on`;
  if (affected.length === 0)
    return `nobody of cohort ${cohort.id} may go live: no member is clean long enough, in a stratum that passes, under the caps`;
  return null;
}

function readExpiry(text: string | undefined, needed: Needed, today: string): string | null {
  if (text === undefined) {
    if (!needed.isOverride) return null;
    throw new AppError('usage', {
      detail: 'this is less careful than recommended: give it an end with --expires YYYY-MM-DD',
    });
  }
  if (!isRealDate(text) || text <= today)
    throw new AppError('usage', { detail: `--expires ${text} is no day after ${today}` });
  return text;
}

/** EXPAND and ROLLBACK begin with a cycle, so that nobody is billed by two systems for one period. */
function effectiveDay(
  context: ConfidenceContext,
  decision: DecisionKind,
  asked: string | undefined,
  today: string,
): string {
  if (decision === 'HOLD' || decision === 'FIX_FORWARD') return asked ?? today;
  const next = nextBoundaries(context, 24);
  const [first] = next;
  if (first === undefined) throw new AppError('internal', { detail: 'no billing boundary was found' });
  if (asked === undefined) return first.on;
  if (!next.some(({ on }) => on === asked))
    throw new AppError('usage', {
      detail: `--effective ${asked} is no billing boundary. Write ${next
        .slice(0, 3)
        .map(({ on }) => on)
        .join(', ')} or later`,
    });
  return asked;
}

/** Whom a decision touches: those who go live next, or those who are live. */
export function affectedBy({ evidence, cohort, snapshot }: Evaluation, decision: DecisionKind): readonly string[] {
  if (decision === 'EXPAND') return [...(evidence.next?.core ?? []), ...(evidence.next?.random ?? [])].sort();
  if (decision === 'ROLLBACK' && snapshot.mode === 'live' && cohort.stage !== 'shadow')
    return [...evidence.counted.mature].sort();
  return [];
}
