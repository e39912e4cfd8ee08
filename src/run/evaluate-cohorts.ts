import { listCohorts } from '../store/cohorts.js';
import { createConfigured, createFromRoster } from './cohort-members.js';
import type { ConfidenceContext } from './confidence-context.js';
import { type Evaluation, evaluateCohort } from './evaluate-cohort.js';

/** Looks at every cohort that is not complete, in the order of their ids, and writes each look down. */
export async function evaluateCohorts(
  context: ConfidenceContext,
  input: { readonly cycle?: string | undefined; readonly asOf?: Date } = {},
): Promise<readonly Evaluation[]> {
  const evaluations: Evaluation[] = [];
  for (const { id, stage } of await listCohorts(context.db)) {
    if (stage !== 'complete') evaluations.push(await evaluateCohort(context, { ...input, cohortId: id }));
  }
  return evaluations;
}

/**
 * Creates the cohorts of the configuration that are not there yet, or, when it names none, one per name in the roster's
 * column `cohort`, and looks at all of them. For a first start, as in the demo; `by` is noted as their maker.
 */
export async function createAndEvaluate(context: ConfidenceContext, by: string): Promise<readonly Evaluation[]> {
  if (context.cohorts.length > 0) await createConfigured(context, by);
  else await createFromRoster(context, { selection: 'convenience', seed: null, steps: new Map(), by });
  return evaluateCohorts(context);
}
