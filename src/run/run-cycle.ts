import type { RunContext } from './context.js';
import { collectSide } from './collect.js';
import { compareChunk, type Reconcile } from './compare.js';
import { pairRun } from './pair.js';
import { type RunSummary, summariseRun } from './summarise.js';
import { sides } from '../model/side.js';
import { compareRunUsage, readRunUsage } from './usage/check-usage.js';
import type { StoredRun } from '../store/runs.js';

/** A whole cycle in this process and in order, without a queue: the same steps that the jobs take. For tests and tools. */
export async function runCycle(context: RunContext, run: StoredRun, reconcile: Reconcile): Promise<RunSummary> {
  await Promise.all([collectSide(context, run, 'legacy'), collectSide(context, run, 'solvimon')]);
  await Promise.all(sides.map((side) => readRunUsage(context, run, side)));
  await compareRunUsage(context, run);
  for (const chunk of await pairRun(context, run)) await compareChunk(context, run, chunk, reconcile);
  return summariseRun(context, run);
}
