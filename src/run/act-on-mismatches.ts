import { hash, randomBytes } from 'node:crypto';
import type { Transaction } from 'kysely';
import { AppError } from '../errors.js';
import type { Actor } from '../model/access.js';
import { canonicalJson } from '../model/canonical-json.js';
import { frozenCycleStates } from '../model/cycle-state.js';
import { isRealDate } from '../model/period.js';
import { type Act, changesStatus, maxAcceptanceDays, workTransitions } from '../model/work.js';
import { appendAudit } from '../store/audit.js';
import type { MismatchSelection } from '../store/mismatch-filter.js';
import { acceptedAlone, insertProposal } from '../store/proposals.js';
import { latestFinishedRun, type StoredRun } from '../store/runs.js';
import { cycleStateOf } from '../store/signoffs.js';
import type { Database } from '../store/tables.js';
import {
  insertBatch,
  insertEvents,
  lockCycleWork,
  saveStates,
  type WorkState,
  type WorkUnit,
  workUnits,
} from '../store/work.js';
import { isMore, todayIn } from './carry-work.js';
import { totalsOf, type UnitTotal, whySecondPerson } from './second-person.js';
import type { WorkContext } from './work-context.js';

/** Most keys that one act may touch. */
export const mostKeys = 20_000;
const sampled = 5;

export type ActInput = {
  readonly cycle: string;
  readonly selection: MismatchSelection;
  readonly act: Act;
  readonly actor: Actor;
  /** Whether the actor may approve; whoever may not only proposes acceptances. */
  readonly mayApprove: boolean;
};

/** What an act would do. `token` stands for exactly this: the same keys with the same content, versions, act and person. */
export type ActPreview = {
  readonly cycle: string;
  readonly run: string;
  readonly keys: number;
  readonly mismatches: number;
  readonly totals: readonly UnitTotal[];
  readonly sample: readonly WorkUnit[];
  /** Why it would become a proposal; null: it would be done. */
  readonly proposes: string | null;
  readonly token: string;
};

/** Says what an act would do, and does nothing. Throws the AppError that doing it would throw. */
export async function previewAct(context: WorkContext, input: ActInput): Promise<ActPreview> {
  const { run, units, proposes } = await look(context, context.db, input);
  return {
    cycle: input.cycle,
    run: run.id,
    keys: units.length,
    mismatches: units.reduce((sum, unit) => sum + unit.mismatches, 0),
    totals: totalsOf(units),
    sample: units.toSorted((a, b) => (isMore(a.gross, b.gross) ? -1 : 1)).slice(0, sampled),
    proposes,
    token: tokenOf(run, units, input),
  };
}

export type ActOutcome = {
  readonly cycle: string;
  /** The batch to take back with; null when it became a proposal. */
  readonly batch: string | null;
  readonly proposal: string | null;
  readonly why: string | null;
  readonly items: readonly {
    readonly key: string;
    readonly from: string;
    readonly to: string;
    readonly version: number;
  }[];
};

/**
 * Does an act, all of it or nothing. What is done must be what was seen: `token` of a preview, or the `versions` of the keys
 * that were looked at; otherwise AppError `conflict`. An acceptance that needs a second person becomes a proposal.
 */
export async function applyAct(
  context: WorkContext,
  input: ActInput & {
    readonly token?: string | undefined;
    readonly versions?: Readonly<Record<string, number>> | undefined;
  },
): Promise<ActOutcome> {
  const { token, versions, actor, act, cycle } = input;
  if (token === undefined && versions === undefined)
    throw new AppError('usage', { detail: 'say what you saw: the token of a preview, or the versions of the keys' });
  return context.db.transaction().execute(async (trx) => {
    await lockCycleWork(trx, cycle);
    const { run, units, proposes } = await look(context, trx, input);
    if (token !== undefined && token !== tokenOf(run, units, input))
      throw new AppError('conflict', { detail: 'the selection is not what the preview showed' });
    for (const unit of versions === undefined ? [] : units)
      if (versions?.[unit.key] !== unit.version)
        throw new AppError('conflict', {
          detail: `${unit.key} has version ${unit.version}, not ${versions?.[unit.key] ?? 'known to you'}`,
        });
    if (act.kind === 'accept' && proposes !== null)
      return propose(context, trx, { cycle, units, act, actor, why: proposes });
    return commit(context, trx, { run, units, act, actor, acceptedBy: actor.name, approvedBy: null });
  });
}

type Look = { readonly run: StoredRun; readonly units: readonly WorkUnit[]; readonly proposes: string | null };

async function look(context: WorkContext, db: WorkContext['db'], input: ActInput): Promise<Look> {
  const { cycle, act, actor, mayApprove } = input;
  const run = await latestFinishedRun(db, cycle);
  if (run === undefined) throw new AppError('cycle_not_found', { detail: `no run of cycle ${cycle} has finished` });
  const units = await workUnits(db, run, input.selection, mostKeys + 1);
  if (units.length === 0) throw new AppError('mismatch_not_found', { detail: 'nothing is selected' });
  if (units.length > mostKeys) throw new AppError('too_large', { detail: `more than ${mostKeys} keys are selected` });
  await refuseFrozen(db, cycle, act);
  if (act.kind === 'accept') checkAcceptance(act, units, todayIn(context.now(), context.zone));
  const alone = act.kind === 'accept' ? await acceptedAlone(db, run, actor.name) : new Map<string, string>();
  return { run, units, proposes: whySecondPerson({ act, units, mayApprove, limits: context.acceptLimits, alone }) };
}

/** What somebody has signed for does not change under their signature. */
export async function refuseFrozen(db: WorkContext['db'], cycle: string, act: Act | 'undo'): Promise<void> {
  if (act !== 'undo' && !changesStatus(act)) return;
  const { state } = await cycleStateOf(db, cycle);
  if (frozenCycleStates.has(state))
    throw new AppError('cycle_signed', { detail: `cycle ${cycle} is ${state.replace('_', ' ')}` });
}

function checkAcceptance(act: Act & { kind: 'accept' }, units: readonly WorkUnit[], today: string): void {
  const faults: string[] = [];
  if (act.reason.trim() === '') faults.push('give a reason');
  if (!isRealDate(act.expiresOn) || act.expiresOn <= today || daysBetween(today, act.expiresOn) > maxAcceptanceDays)
    faults.push(`expiresOn ${act.expiresOn} is no day within ${maxAcceptanceDays} days from now`);
  const above = units.filter((unit) => isMore(unit.gross, act.maxAmount));
  const [first] = above;
  if (first !== undefined)
    faults.push(
      `maxAmount ${act.maxAmount} is less than the ${first.gross} of ${first.key}${above.length > 1 ? ` and of ${above.length - 1} others` : ''}`,
    );
  if (faults.length > 0) throw new AppError('usage', { detail: faults.join('; ') });
}

function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 86_400_000;
}

function tokenOf(run: StoredRun, units: readonly WorkUnit[], input: ActInput): string {
  const items = units.map(({ key, version, content, status, assignee }) => [key, version, content, status, assignee]);
  return hash('sha256', canonicalJson([run.id, input.act, input.actor.name, items]), 'hex');
}

async function propose(
  context: WorkContext,
  trx: Transaction<Database>,
  input: {
    readonly cycle: string;
    readonly units: readonly WorkUnit[];
    readonly act: Act & { kind: 'accept' };
    readonly actor: Actor;
    readonly why: string;
  },
): Promise<ActOutcome> {
  const { cycle, units, act, actor, why } = input;
  const proposal = await insertProposal(trx, {
    cycle,
    act,
    items: units.map(({ key, version, content }) => ({ key, version, content })),
    totals: totalsOf(units),
    why,
    proposedBy: actor.name,
    now: context.now(),
  });
  await appendAudit(trx, {
    actor,
    action: 'work.propose',
    subject: `proposal ${proposal}`,
    cycle,
    detail: auditDetail(act, units),
    now: context.now(),
  });
  return { cycle, batch: null, proposal, why, items: [] };
}

/** Writes an act: rows, history, batch and audit entry in one transaction. For acts that need nobody else, and for approved ones. */
export async function commit(
  context: WorkContext,
  trx: Transaction<Database>,
  input: {
    readonly run: StoredRun;
    readonly units: readonly WorkUnit[];
    readonly act: Act;
    readonly actor: Actor;
    readonly acceptedBy: string;
    readonly approvedBy: string | null;
  },
): Promise<ActOutcome> {
  const { run, units, act, actor } = input;
  const now = context.now();
  const batch = `B-${randomBytes(8).toString('hex')}`;
  const after = units.map((unit) => stateAfter(unit, input, run.cycle, now));
  await insertBatch(trx, {
    id: batch,
    cycle: run.cycle,
    act,
    before: units.map(stateOf),
    who: actor.name,
    reverses: null,
    now,
  });
  await saveStates(trx, run, after, now);
  const events = after.map((state, index) => ({
    batchId: batch,
    cycle: run.cycle,
    key: state.key,
    kind: act.kind,
    from: units[index]?.status ?? 'open',
    to: state.status,
    who: actor.name,
    note: noteOf(act),
  }));
  await insertEvents(trx, events, now);
  await appendAudit(trx, {
    actor,
    action: `work.${act.kind}`,
    subject: `batch ${batch}`,
    cycle: run.cycle,
    detail: { ...auditDetail(act, units), acceptedBy: act.kind === 'accept' ? input.acceptedBy : null },
    now,
  });
  const items = events.map(({ key, from, to }, index) => ({
    key,
    from,
    to,
    version: (units[index]?.version ?? 0) + 1,
  }));
  return { cycle: run.cycle, batch, proposal: null, why: null, items };
}

function stateOf({ key, status, assignee, version, acceptance }: WorkUnit): WorkState {
  return { key, status, assignee, version, acceptance };
}

function stateAfter(
  unit: WorkUnit,
  input: { readonly act: Act; readonly acceptedBy: string; readonly approvedBy: string | null },
  cycle: string,
  now: Date,
): WorkState {
  const before = stateOf(unit);
  const { act, acceptedBy, approvedBy } = input;
  switch (act.kind) {
    case 'assign':
      return { ...before, assignee: act.assignee };
    case 'comment':
      return before;
    case 'status': {
      const target = workTransitions[unit.status].set;
      return { ...before, status: target === 'set' ? act.status : target };
    }
    case 'accept': {
      const { reason, expiresOn, maxAmount } = act;
      const acceptance = {
        acceptedIn: cycle,
        acceptedBy,
        approvedBy,
        acceptedAt: now.toISOString(),
        reason,
        expiresOn,
        maxAmount,
      };
      return {
        ...before,
        status: workTransitions[unit.status].accept,
        acceptance: { ...acceptance, content: unit.content },
      };
    }
  }
}

function noteOf(act: Act): string | null {
  switch (act.kind) {
    case 'assign':
      return act.assignee;
    case 'comment':
      return act.text;
    case 'status':
      return act.note;
    case 'accept':
      return act.reason;
  }
}

/** What the audit log says of an act: ids, numbers and user names; free text stays with the mismatch. */
function auditDetail(act: Act, units: readonly WorkUnit[]): object {
  const { kind } = act;
  const keys = units.map((unit) => unit.key);
  const named = keys.slice(0, 50);
  const digest = hash('sha256', keys.join('\n'), 'hex');
  const totals = totalsOf(units);
  switch (kind) {
    case 'assign':
      return { kind, assignee: act.assignee, count: keys.length, keys: named, digest };
    case 'comment':
      return { kind, count: keys.length, keys: named, digest };
    case 'status':
      return { kind, status: act.status, count: keys.length, keys: named, digest, totals };
    case 'accept':
      return {
        kind,
        expiresOn: act.expiresOn,
        maxAmount: act.maxAmount,
        count: keys.length,
        keys: named,
        digest,
        totals,
      };
  }
}
