import { listCohorts } from '../store/cohorts.js';
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
