import type { Kysely, Transaction } from 'kysely';
import { approvalRefusal, personOf } from '../confidence/maker-checker.js';
import { AppError } from '../errors.js';
import type { Actor } from '../model/access.js';
import { type CycleEvent, nextCycleState } from '../model/cycle-state.js';
import { appendAudit } from '../store/audit.js';
import { listCycles } from '../store/cycle-views.js';
import { latestFinishedRun, type StoredRun } from '../store/runs.js';
import {
  cycleStateOf,
  insertSignature,
  saveCycleState,
  signaturesOf,
  type StoredCycleState,
  type StoredSignature,
} from '../store/signoffs.js';
import type { Database } from '../store/tables.js';
import { lockCycleWork } from '../store/work.js';
import { byItself } from './carry-work.js';
import type { WorkContext } from './work-context.js';

/** May somebody do something now, and if not, why: what a disabled button says. */
export type May = { readonly may: boolean; readonly because: string | null };

export type SignoffStatus = {
  readonly state: StoredCycleState;
  readonly signatures: readonly (StoredSignature & { readonly counts: boolean })[];
  readonly wanted: number;
  readonly preparedBy: string | null;
  readonly certification: string;
  readonly canPrepare: May;
  readonly canReview: May;
  readonly canReopen: May;
};

/** Who signed a cycle, who is still wanted, and what `person` may do. */
export async function signoffStatus(context: WorkContext, cycle: string, person: string): Promise<SignoffStatus> {
  const { state, run, signatures } = await read(context.db, cycle);
  const counting = countingOf(state, signatures);
  const { reviewers, certification } = context;
  return {
    state,
    signatures: signatures.map((one) => ({ ...one, counts: counting.includes(one) })),
    wanted: reviewers,
    preparedBy: counting.find((one) => one.part === 'preparer')?.person ?? null,
    certification: certification ?? ourCertification(cycle),
    canPrepare: may(prepareRefusal(state, run)),
    canReview: may(reviewRefusal(state, counting, person)),
    canReopen: may(refusalOf(state, 'reopened')),
  };
}

function ourCertification(cycle: string): string {
  return `I have looked at the statement of ${cycle} and its differences. Each is explained, accepted or named as open, and to my knowledge nothing is left out.`;
}

const may = (refusal: string | null): May => ({ may: refusal === null, because: refusal });

type Signing = {
  readonly cycle: string;
  readonly actor: Actor;
  /** The result hash that the person saw: what they sign must be what is there. */
  readonly resultHash: string;
  readonly certification: string;
};

/** Signs as the preparer: the cycle goes into review, and decisions about its mismatches stand still. */
export async function prepareCycle(context: WorkContext, input: Signing): Promise<SignoffStatus> {
  await inCycle(context, input.cycle, async (trx) => {
    const { state, run } = await read(trx, input.cycle);
    refuse(prepareRefusal(state, run));
    const bound = boundRun(run, input);
    const round = state.round + 1;
    await saveCycleState(
      trx,
      { cycle: input.cycle, state: 'in_review', round, resultHash: input.resultHash },
      context.now(),
    );
    await sign(context, trx, { ...input, round, part: 'preparer', run: bound });
  });
  return signoffStatus(context, input.cycle, input.actor.name);
}

/**
 * Signs as a reviewer; the last one that is wanted makes the cycle signed. Whoever prepared it, or has reviewed it, may not,
 * whatever their role: the same rule as for every proposal, and the database refuses a second signature once more.
 */
export async function reviewCycle(context: WorkContext, input: Signing): Promise<SignoffStatus> {
  await inCycle(context, input.cycle, async (trx) => {
    const { state, run, signatures } = await read(trx, input.cycle);
    const counting = countingOf(state, signatures);
    const wrongState = refusalOf(state, 'reviewed');
    refuse(wrongState);
    const refusal = reviewRefusal(state, counting, input.actor.name);
    if (refusal !== null) throw new AppError('not_allowed', { detail: `cycle ${input.cycle}: ${refusal}` });
    const bound = boundRun(run, input);
    if (state.resultHash !== input.resultHash)
      throw new AppError('conflict', { detail: 'the preparer signed for other numbers than these' });
    await sign(context, trx, { ...input, round: state.round, part: 'reviewer', run: bound });
    const reviewed = counting.filter((one) => one.part === 'reviewer').length + 1;
    if (reviewed < context.reviewers) return;
    const { cycle, round, resultHash } = state;
    await saveCycleState(trx, { cycle, round, resultHash, state: 'signed' }, context.now());
  });
  return signoffStatus(context, input.cycle, input.actor.name);
}

/** Takes a cycle back to work on it: its signatures stay readable and no longer count. */
export async function reopenCycle(
  context: WorkContext,
  input: { readonly cycle: string; readonly actor: Actor; readonly reason: string },
): Promise<SignoffStatus> {
  await inCycle(context, input.cycle, async (trx) => {
    const { state } = await read(trx, input.cycle);
    refuse(refusalOf(state, 'reopened'));
    const { cycle, round } = state;
    await saveCycleState(trx, { cycle, round, resultHash: null, state: 'comparable' }, context.now());
    const detail = { from: state.state, round };
    await appendAudit(trx, {
      actor: input.actor,
      action: 'cycle.reopen',
      subject: `cycle ${cycle}`,
      cycle,
      detail,
      now: context.now(),
    });
  });
  return signoffStatus(context, input.cycle, input.actor.name);
}

/**
 * Moves a cycle on when a run of it has ended, in the transaction that ends the run. Answers true when signatures lost their
 * worth by it: the numbers are no longer those that were signed.
 */
export async function moveCycleAfterRun(
  trx: Transaction<Database>,
  run: Pick<StoredRun, 'id' | 'cycle'>,
  outcome: { readonly isSettled: boolean; readonly resultHash: string; readonly now: Date },
): Promise<boolean> {
  const state = await cycleStateOf(trx, run.cycle);
  const event = eventOf(state, outcome);
  const next = nextCycleState(state.state, event);
  if (next === 'refused' || (next === state.state && state.version > 0)) return false;
  const { cycle, round, resultHash } = state;
  await saveCycleState(trx, { cycle, round, resultHash, state: next }, outcome.now);
  if (next !== 'suspended') return false;
  await appendAudit(trx, {
    actor: { name: byItself, via: 'job' },
    action: 'cycle.suspend',
    subject: `cycle ${cycle}`,
    cycle,
    detail: { from: state.state, signedFor: resultHash, now: outcome.resultHash, run: run.id },
    now: outcome.now,
  });
  return true;
}

function eventOf(
  state: StoredCycleState,
  outcome: { readonly isSettled: boolean; readonly resultHash: string },
): CycleEvent {
  if (!outcome.isSettled) return 'unsettled';
  return state.resultHash === outcome.resultHash ? 'same' : 'changed';
}

type Read = {
  readonly state: StoredCycleState;
  readonly run: StoredRun | undefined;
  readonly signatures: readonly StoredSignature[];
};

async function read(db: Kysely<Database>, cycle: string): Promise<Read> {
  if ((await listCycles(db, cycle)).length === 0) throw new AppError('cycle_not_found', { detail: cycle });
  return {
    state: await cycleStateOf(db, cycle),
    run: await latestFinishedRun(db, cycle),
    signatures: await signaturesOf(db, cycle),
  };
}

/** The signatures that count: those of the present round, unless the cycle was suspended or reopened after them. */
function countingOf(state: StoredCycleState, signatures: readonly StoredSignature[]): readonly StoredSignature[] {
  if (state.state !== 'in_review' && state.state !== 'signed') return [];
  return signatures.filter((one) => one.round === state.round);
}

function refusalOf(state: StoredCycleState, event: CycleEvent): string | null {
  return nextCycleState(state.state, event) === 'refused' ? `the cycle is ${state.state.replace('_', ' ')}` : null;
}

function prepareRefusal(state: StoredCycleState, run: StoredRun | undefined): string | null {
  if (run === undefined) return 'no run of it has finished';
  if (run.isComplete !== true) return 'its newest run is not complete';
  return refusalOf(state, 'prepared');
}

function reviewRefusal(state: StoredCycleState, counting: readonly StoredSignature[], person: string): string | null {
  const wrongState = refusalOf(state, 'reviewed');
  const preparer = counting.find((one) => one.part === 'preparer');
  if (wrongState !== null || preparer === undefined) return wrongState ?? 'nobody has prepared it';
  const refusal = approvalRefusal({
    proposedBy: preparer.person,
    approver: person,
    state: 'waiting',
    approvals: counting
      .filter((one) => one.part === 'reviewer')
      .map((one) => ({ approver: one.person, role: 'finance', verdict: 'approve' })),
  });
  return refusal === null
    ? null
    : personOf(person) === preparer.person
      ? 'you prepared it; who prepares may not review'
      : refusal;
}

function refuse(refusal: string | null): void {
  if (refusal !== null) throw new AppError('conflict', { detail: refusal });
}

function boundRun(run: StoredRun | undefined, input: Signing): StoredRun {
  if (run === undefined || run.resultHash !== input.resultHash)
    throw new AppError('conflict', { detail: 'the newest run has other numbers than those you saw' });
  return run;
}

async function inCycle(
  context: WorkContext,
  cycle: string,
  work: (trx: Transaction<Database>) => Promise<void>,
): Promise<void> {
  await context.db.transaction().execute(async (trx) => {
    await lockCycleWork(trx, cycle);
    await work(trx);
  });
}

async function sign(
  context: WorkContext,
  trx: Transaction<Database>,
  input: Signing & { readonly round: number; readonly part: 'preparer' | 'reviewer'; readonly run: StoredRun },
): Promise<void> {
  const { cycle, actor, round, part, run, resultHash } = input;
  await insertSignature(trx, {
    cycle,
    round,
    part,
    person: actor.name,
    run: run.id,
    resultHash,
    certification: input.certification,
    now: context.now(),
  });
  await appendAudit(trx, {
    actor,
    action: part === 'preparer' ? 'cycle.prepare' : 'cycle.review',
    subject: `cycle ${cycle}`,
    cycle,
    detail: { round, run: run.id, resultHash },
    now: context.now(),
  });
}
