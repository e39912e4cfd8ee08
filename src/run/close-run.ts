import type { CycleId } from '../model/ids.js';
import { cyclePeriod, msOfInstant } from '../model/period.js';
import { indexVerdicts } from '../store/mismatch-indexes.js';
import { finishRun, type StoredRun } from '../store/runs.js';
import { lockCycleWork } from '../store/work.js';
import { carryWork, todayIn } from './carry-work.js';
import type { RunContext } from './context.js';
import { moveCycleAfterRun } from './sign-cycle.js';

type Outcome = Parameters<typeof finishRun>[2];

/**
 * Makes a judged run ready to be read and ends it: decisions of people are put on its mismatches, its lists get their
 * indexes, and the run and its cycle move on together. A repeat or a twin finds the run ended and changes nothing.
 */
export async function closeRun(context: RunContext, run: StoredRun, outcome: Outcome): Promise<void> {
  const { now, isComplete } = outcome;
  if (run.isPreview) {
    // It speaks for nothing: no decision is carried to it, and its cycle stands as it stood.
    await indexVerdicts(context.db, run.seq);
    return finishRun(context.db, run.id, outcome);
  }
  await carryWork({ db: context.db, now, today: todayIn(now, run.timezone) }, run);
  await indexVerdicts(context.db, run.seq);
  const { settleGraceMs = 0 } = await context.settingsOf(run);
  const isSettled = isComplete && now.getTime() >= settledAtMs(run, settleGraceMs);
  await context.db.transaction().execute(async (trx) => {
    await lockCycleWork(trx, run.cycle);
    const { state } = await trx
      .selectFrom('run')
      .select('state')
      .where('id', '=', run.id)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (state === 'finished' || state === 'cancelled') return;
    await finishRun(trx, run.id, outcome);
    const isSuspended = await moveCycleAfterRun(trx, run, { ...outcome, isSettled });
    if (isSuspended) context.log('the sign-off of a cycle is suspended', { cycle: run.cycle, run: run.id });
  });
}

/** From when on late usage no longer counts as late for a run's cycle. */
function settledAtMs(run: StoredRun, graceMs: number): number {
  return msOfInstant(cyclePeriod(run.cycle as CycleId, run.timezone).end) + graceMs;
}
