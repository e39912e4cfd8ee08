import { AppError } from '../errors.js';
import { invariant } from '../model/invariant.js';
import { chunksOf } from '../store/pairing.js';
import { finishRun, moveRun, type StoredRun } from '../store/runs.js';
import {
  causeTotals,
  type CauseTotal,
  countProblems,
  type Footing,
  footing,
  pairedDocuments,
  type SideTotal,
  sideTotals,
  stateTotals,
  type StateTotal,
  verdictHash,
} from '../store/summary.js';
import type { RunContext } from './context.js';
import { loadsOf } from './pair.js';

/** What a finished run says of itself; stored with it and shown by every front end. */
export type RunSummary = {
  readonly schemaVersion: 1;
  readonly states: readonly StateTotal[];
  readonly causes: readonly CauseTotal[];
  readonly footing: readonly Footing[];
  readonly sides: readonly SideTotal[];
  readonly problems: number;
};

/**
 * Checks the whole and closes the run: every chunk judged, every document of both sides in exactly one pair (I1), the
 * statement footing to zero per currency. A broken promise here fails the run loudly instead of showing a table.
 */
export async function summariseRun(context: RunContext, run: StoredRun): Promise<RunSummary> {
  const waiting = await chunksOf(context.db, run.seq);
  if (waiting.length > 0)
    throw new AppError('incomplete', {
      detail: `${waiting.length} chunks are still to be compared`,
      context: { run: run.id },
    });
  const key = { seq: run.seq, id: run.id };
  await checkNothingLost(context, run);
  const summary: RunSummary = {
    schemaVersion: 1,
    states: await stateTotals(context.db, key),
    causes: await causeTotals(context.db, key),
    footing: await footing(context.db, key),
    sides: await sideTotals(context.db, key),
    problems: await countProblems(context.db, key),
  };
  for (const row of summary.footing)
    invariant(row.foots, 'legacy plus every difference is solvimon (I2)', { run: run.id, ...row });
  const incompleteBecause = reasonsForIncomplete(summary);
  await moveRun(context.db, run.id, ['comparing'], 'summarised');
  await finishRun(context.db, run.id, {
    isComplete: incompleteBecause.length === 0,
    incompleteBecause,
    summary,
    resultHash: await verdictHash(context.db, key),
    now: context.now(),
  });
  context.progress({ step: 'summarise' });
  return summary;
}

async function checkNothingLost(context: RunContext, run: StoredRun): Promise<void> {
  const counts = await pairedDocuments(context.db, { runSeq: run.seq, ...(await loadsOf(context, run)) });
  for (const row of counts) {
    invariant(
      row.stored === row.paired && row.storedIds === row.pairedIds,
      'every document stands in exactly one pair (I1)',
      { run: run.id, ...row },
    );
  }
}

function reasonsForIncomplete(summary: RunSummary): readonly string[] {
  const reasons: string[] = [];
  for (const side of summary.sides) {
    for (const because of side.incompleteBecause) reasons.push(`${side.side}: ${because}`);
    if (!side.isComplete && side.incompleteBecause.length === 0)
      reasons.push(`${side.side}: the input could not be read completely`);
    if (side.rejected > 0)
      reasons.push(
        `${side.side}: ${side.rejected} ${side.rejected === 1 ? 'document' : 'documents'} could not be read`,
      );
    // Nothing at all on a side is a broken feed until somebody says otherwise: unknown is never green (I10).
    if (side.emitted === 0 && side.rejected === 0) reasons.push(`${side.side}: no document was found for this cycle`);
  }
  return reasons;
}
