import { AppError } from '../../errors.js';
import type { CycleId } from '../../model/ids.js';
import { cyclePeriod } from '../../model/period.js';
import { findUsageLoad, type StoredUsageCheck } from '../../store/usage/checks.js';
import { classifyCounts, classifyEvents } from '../../store/usage/classify.js';
import { groupByDay, joinEvents, nameMeters, partsOf, pickEvents } from '../../store/usage/compare.js';
import { closeUsageCheck, summariseUsage, type UsageSummary } from '../../store/usage/finish.js';
import { keepEvidence, keepFindings, keepHours, keepQuantities, keepTotals } from '../../store/usage/keep.js';
import { dropEventLeaf } from '../../store/usage/leaf.js';
import type { RunContext } from '../context.js';
import { meterIn, type UsageSettings } from './settings.js';

/**
 * Compares the usage of both sides and keeps totals, findings and evidence: all of it, or nothing, in one transaction. The
 * events themselves are dropped with it. A repeat after success does nothing; a twin waits for the first and then does
 * nothing. Throws AppError `incomplete` when a side was not read, or is no longer all there.
 */
export async function compareUsage(
  context: RunContext,
  check: StoredUsageCheck,
  settings: UsageSettings,
): Promise<void> {
  await context.db.transaction().execute(async (trx) => {
    const locked = await trx
      .selectFrom('usage_check')
      .select('state')
      .where('seq', '=', check.seq)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (locked.state === 'compared') return;
    const legacy = await findUsageLoad(trx, check.seq, 'legacy');
    const solvimon = await findUsageLoad(trx, check.seq, 'solvimon');
    if (legacy === undefined || solvimon === undefined)
      throw new AppError('incomplete', { detail: `the usage of ${check.cycle} has to be read again` });
    const parts = partsOf({
      checkSeq: check.seq,
      legacy,
      solvimon,
      period: cyclePeriod(check.cycle as CycleId, check.timezone),
      timezone: check.timezone,
      closesAt: check.closesAt,
      meterOf: (key) => meterIn(settings, key),
    });
    await groupByDay(trx, parts);
    await nameMeters(trx, parts);
    await pickEvents(trx, parts);
    await joinEvents(trx);
    await classifyEvents(trx, parts);
    await classifyCounts(trx, parts);
    await keepFindings(trx, parts);
    await keepHours(trx, parts);
    await keepTotals(trx, parts);
    await keepQuantities(trx, parts);
    await keepEvidence(trx, parts);
    const summary = await summariseUsage(trx, check.seq);
    const incompleteBecause = reasonsOf(summary);
    await closeUsageCheck(trx, { checkSeq: check.seq, incompleteBecause, summary, now: context.now() });
    for (const load of [legacy, solvimon]) await dropEventLeaf(trx, load.id);
  });
}

/** Why nothing may be called right on the ground of this check alone. */
function reasonsOf(summary: UsageSummary): readonly string[] {
  return summary.sides.flatMap(({ side, isComplete, incompleteBecause, rejected, events, aggregates }) => {
    const reasons = incompleteBecause.map((because) => `${side}: ${because}`);
    if (!isComplete && reasons.length === 0) reasons.push(`${side}: the usage could not be read completely`);
    if (rejected !== '0')
      reasons.push(`${side}: ${rejected} ${rejected === '1' ? 'record' : 'records'} could not be read`);
    // Nothing at all on a side is a broken feed until somebody says otherwise: unknown is never green (I10).
    if (events === '0' && aggregates === '0') reasons.push(`${side}: no usage was found for this cycle`);
    return reasons;
  });
}
