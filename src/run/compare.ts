import type { CompareRules } from '../model/compare-rules.js';
import type { CustomerCase } from '../model/prepared.js';
import type { PairVerdict } from '../model/verdict.js';
import { assemble } from '../reconcile/prepare.js';
import { readChunk } from '../store/residue.js';
import type { StoredRun } from '../store/runs.js';
import { chunkEvidence } from '../store/usage/evidence.js';
import { writeChunk } from '../store/verdict-rows.js';
import type { RunContext } from './context.js';
import { loadsOf } from './pair.js';

/** The engine: pure, the same case gives the same verdicts. */
export type Reconcile = (input: CustomerCase, rules: CompareRules) => readonly PairVerdict[];

/** Judges one chunk of customers and stores the verdicts, replacing those of an earlier attempt. */
export async function compareChunk(
  context: RunContext,
  run: StoredRun,
  chunk: number,
  reconcile: Reconcile,
): Promise<void> {
  const { rules } = await context.settingsOf(run);
  const loads = await loadsOf(context, run);
  const cases = await readChunk(context.db, {
    runSeq: run.seq,
    chunk,
    ...loads,
    assemble: (document, lines, customer) => assemble(document, lines, customer, rules),
  });
  const evidence = await chunkEvidence(context.db, { runId: run.id, runSeq: run.seq, chunk });
  const verdicts = cases.flatMap((one) => {
    const usageEvidence = one.customer === null ? undefined : evidence.get(one.customer);
    return reconcile(usageEvidence === undefined ? one : { ...one, usageEvidence }, rules);
  });
  await writeChunk(context.pool, { runSeq: run.seq, cycle: run.cycle, chunk, verdicts, now: context.now() });
  context.progress({ step: 'compare', chunk, pairs: verdicts.length });
}
