import { AppError } from '../errors.js';
import { invariant } from '../model/invariant.js';
import type { KnownDifference } from '../model/known.js';
import { applyKnown, type KnownTotal, knownTotals } from '../store/known.js';
import { chunksOf } from '../store/pairing.js';
import { moveRun, type StoredRun } from '../store/runs.js';
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
import { closeRun } from './close-run.js';
import type { RunContext } from './context.js';
import { learnRounding, type RoundingProfile } from './learn-rounding.js';
import { loadsOf } from './pair.js';
import { coverRun, recordCauses, type RuleCovers } from './root-causes.js';

/** What a finished run says of itself; stored with it and shown by every front end. */
export type RunSummary = {
  readonly schemaVersion: 1;
  readonly states: readonly StateTotal[];
  readonly causes: readonly CauseTotal[];
  readonly footing: readonly Footing[];
  readonly sides: readonly SideTotal[];
  /** What known differences cover, apart from the causes. Fields from here on are missing in runs of older versions. */
  readonly accepted?: readonly AcceptedTotal[];
  /** How each side rounds, learned from its own lines. */
  readonly rounding?: readonly RoundingProfile[];
  /** Where differences happen nearly always, over mismatched and clean invoices. */
  readonly covers?: RuleCovers;
  readonly problems: number;
};

/** What a known difference covers in one currency, with who answers for it. */
export type AcceptedTotal = KnownTotal & Pick<KnownDifference, 'owner' | 'reason' | 'expires' | 'isLegacyWrong'>;

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
  const accepted = await acceptKnown(context, run);
  const loads = await loadsOf(context, run);
  const summary: RunSummary = {
    schemaVersion: 1,
    states: await stateTotals(context.db, key),
    causes: await causeTotals(context.db, key),
    footing: await footing(context.db, key),
    sides: await sideTotals(context.db, key),
    accepted,
    rounding: await learnRounding(context.db, loads),
    covers: await coverRun(context.db, key, loads),
    problems: await countProblems(context.db, key),
  };
  for (const row of summary.footing)
    invariant(row.foots, 'legacy plus every difference is solvimon (I2)', { run: run.id, ...row });
  const incompleteBecause = reasonsForIncomplete(summary);
  // What a preview shows of a root cause is no part of its life.
  if (!run.isPreview) await recordCauses(context.db, run, incompleteBecause.length === 0, context.now());
  await moveRun(context.db, run.id, ['comparing'], 'summarised');
  await closeRun(context, run, {
    isComplete: incompleteBecause.length === 0,
    incompleteBecause,
    summary,
    resultHash: await verdictHash(context.db, key),
    now: context.now(),
  });
  context.progress({ step: 'summarise' });
  return summary;
}

/** Takes what known differences cover out of the totals; it stays visible as accepted. */
async function acceptKnown(context: RunContext, run: StoredRun): Promise<readonly AcceptedTotal[]> {
  const { known = [] } = await context.settingsOf(run);
  await applyKnown(context.db, run, known);
  const totals = await knownTotals(context.db, run, known);
  return totals.flatMap((total) => {
    const entry = known.find((one) => one.id === total.known);
    if (entry === undefined) return [];
    const { owner, reason, expires, isLegacyWrong } = entry;
    return [{ ...total, owner, reason, expires, isLegacyWrong }];
  });
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
