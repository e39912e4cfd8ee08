import { invariant } from '../model/invariant.js';
import { findLoaded } from '../store/loads.js';
import { chunksOf, pairByDigest } from '../store/pairing.js';
import { moveRun, type StoredRun } from '../store/runs.js';
import { compareBilled } from '../store/usage/billed.js';
import { usageCheckOfRun } from '../store/usage/checks.js';
import type { RunContext } from './context.js';

/** Both finished loads of a run. */
export async function loadsOf(
  context: RunContext,
  run: StoredRun,
): Promise<{ readonly legacyLoad: string; readonly solvimonLoad: string }> {
  const legacyLoad = await findLoaded(context.db, run.id, 'legacy');
  const solvimonLoad = await findLoaded(context.db, run.id, 'solvimon');
  invariant(legacyLoad !== undefined && solvimonLoad !== undefined, 'both sides are collected before they are paired', {
    run: run.id,
  });
  return { legacyLoad, solvimonLoad };
}

/**
 * Settles what the digests can settle and cuts the rest into chunks; answers the numbers of the chunks. A repeat after
 * success reads the chunks again and changes nothing.
 */
export async function pairRun(context: RunContext, run: StoredRun): Promise<readonly number[]> {
  const settings = await context.settingsOf(run);
  const loads = await loadsOf(context, run);
  await moveRun(context.db, run.id, ['created', 'collecting'], 'pairing');
  const usage = await usageCheckOfRun(context.db, run.id);
  if (usage !== undefined) await compareBilled(context.db, run.id, usage);
  await context.db.transaction().execute(async (trx) => {
    // The row lock makes twins queue; the second finds the run moved on and leaves it alone.
    const locked = await trx
      .selectFrom('run')
      .select('state')
      .where('id', '=', run.id)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (locked.state !== 'pairing') return;
    const result = await pairByDigest(trx, {
      runSeq: run.seq,
      cycle: run.cycle,
      ...loads,
      chunkSize: settings.chunkSize,
      judgedBy: settings.rules.tax === 'off' ? 'net' : 'gross',
    });
    await moveRun(trx, run.id, ['pairing'], 'comparing');
    context.progress({ step: 'pair', ...result });
  });
  return chunksOf(context.db, run.seq);
}
