import { type DecimalText, decimalText, subtractText } from '../model/money.js';
import { dateInZone, instantOfMs } from '../model/period.js';
import { type WorkEvent, workTransitions } from '../model/work.js';
import { cyclesWithDue, type Decided, decidedKeys, noteSeen } from '../store/carry.js';
import { insertEvents, lockCycleWork, newestRuns, saveStates, showStates, type WorkState } from '../store/work.js';
import type { Kysely } from 'kysely';
import type { Database } from '../store/tables.js';

/** Whose name stands under what a run makes of decisions. */
export const byItself = 'shadowbill';

type CarryInput = {
  readonly db: Kysely<Database>;
  readonly now: Date;
  /** Calendar day, "YYYY-MM-DD", in the zone of the run. */
  readonly today: string;
};

type RunKey = { readonly seq: string; readonly cycle: string };

/**
 * Puts the decisions of people on the mismatches of a run: those of its cycle, and for keys without one those of the newest
 * earlier cycle. An acceptance whose content changed goes stale, one whose day has come expires, what is gone is resolved,
 * what comes back is reopened. A repeat changes nothing.
 */
export async function carryWork(input: CarryInput, run: RunKey): Promise<void> {
  await input.db.transaction().execute(async (trx) => {
    await lockCycleWork(trx, run.cycle);
    await noteSeen(trx, run);
    const moved = (await decidedKeys(trx, run)).flatMap((one) => carried(one, run.cycle, input.today));
    await saveStates(
      trx,
      run,
      moved.map((one) => one.after),
      input.now,
    );
    const events = moved.map(({ decided, after, kind }) => ({
      batchId: null,
      cycle: run.cycle,
      key: decided.key,
      kind,
      from: decided.status,
      to: after.status,
      who: byItself,
      note: decided.decidedIn === run.cycle ? null : `decided in ${decided.decidedIn}`,
    }));
    await insertEvents(trx, events, input.now);
    await showStates(trx, run, null);
  });
}

/** Ends acceptances whose day has come, in every cycle that is not signed. Called before lists are read, so that none shows yesterday's truth. */
export async function expireDue(input: CarryInput): Promise<void> {
  const due = await cyclesWithDue(input.db, input.today);
  if (due.length === 0) return;
  for (const run of (await newestRuns(input.db)).filter(({ cycle }) => due.includes(cycle)))
    await carryWork(input, run);
}

/** The calendar day of a moment in a zone. */
export function todayIn(now: Date, zone: string): string {
  return dateInZone(instantOfMs(now.getTime()), zone);
}

type Moved = { readonly decided: Decided; readonly after: WorkState; readonly kind: string };

/** What becomes of one decision; empty when it stays as it is. */
function carried(decided: Decided, cycle: string, today: string): readonly Moved[] {
  const isOwn = decided.decidedIn === cycle;
  const event = eventOf(decided, isOwn, today);
  const target = event === null ? 'refused' : workTransitions[decided.status][event];
  const status = target === 'refused' || target === 'set' ? decided.status : target;
  if (isOwn && status === decided.status) return [];
  const { key, assignee, version, acceptance, unit } = decided;
  if (!isOwn && status === 'open' && assignee === null) return [];
  const after: WorkState = {
    key,
    status,
    assignee,
    version: isOwn ? version : 0,
    // What was accepted in an earlier cycle holds here for what is here now: from now on that may not change.
    acceptance: acceptance !== null && !isOwn && unit !== null ? { ...acceptance, content: unit.content } : acceptance,
  };
  return [{ decided, after, kind: status === decided.status ? 'carried' : status }];
}

function eventOf(decided: Decided, isOwn: boolean, today: string): WorkEvent | null {
  const { unit, acceptance, status } = decided;
  if (unit === null) return 'vanish';
  if (status === 'resolved') return 'appear';
  if (status !== 'accepted' || acceptance === null) return null;
  if (acceptance.expiresOn <= today) return 'expire';
  if (isOwn) return unit.content === acceptance.content ? null : 'change';
  return isMore(unit.gross, acceptance.maxAmount) ? 'change' : null;
}

/** Whether one amount is larger than another. */
export function isMore(amount: string, limit: string | DecimalText): boolean {
  const rest = subtractText(decimalText(amount), decimalText(limit));
  return rest !== '0' && !rest.startsWith('-');
}
