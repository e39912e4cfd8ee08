import { groupByCustomer } from '../confidence/count-evidence.js';
import { AppError } from '../errors.js';
import type { CustomerFacts } from '../store/cohort-facts.js';
import { customerFacts } from '../store/cohort-facts.js';
import { runsByCycle } from '../store/evaluations.js';
import { saveRoster } from '../store/rosters.js';
import { observationsOf, trailingClean } from './cohort-evidence.js';
import type { ConfidenceContext } from './confidence-context.js';

/** Whether one customer would have passed: clean in as many closed cycles as going live asks for. */
export type PreviewedCustomer = {
  readonly customer: string;
  readonly verdict: 'would_pass' | 'would_fail' | 'not_observed';
  readonly cleanCycles: number;
  /** The newest cycle in which something differed, and its fingerprints. */
  readonly failedIn: string | null;
  readonly fingerprints: readonly string[];
};

export type Preview = {
  readonly cycles: readonly string[];
  readonly wanted: number;
  readonly customers: readonly PreviewedCustomer[];
  readonly wouldPass: number;
  readonly wouldFail: number;
  readonly notObserved: number;
};

/** "Would these 180 have passed?": the shadow results of any customers now, whether or not they are in a cohort. */
export async function previewExpansion(context: ConfidenceContext, customers: readonly string[]): Promise<Preview> {
  if (customers.length === 0) throw new AppError('usage', { detail: 'name at least one customer' });
  const roster =
    context.roster === null ? null : await saveRoster(context.db, { ...context.roster, now: context.now() });
  const wanted = context.policy.liveEligibility.individuallyCleanCycles;
  const runs = (await runsByCycle(context.db, null)).slice(-Math.max(wanted, context.policy.cycles.minObserved));
  const perCycle: { cycle: string; facts: readonly CustomerFacts[] }[] = [];
  for (const run of runs) {
    const key = { runSeq: run.seq, cycle: run.cycle, who: { customers }, rosterId: roster?.id ?? null };
    perCycle.push({ cycle: run.cycle, facts: await customerFacts(context.db, key) });
  }
  const byCustomer = groupByCustomer(perCycle.flatMap(({ cycle, facts }) => observationsOf(cycle, facts)));
  const previewed = [...new Set(customers)].sort().map((customer): PreviewedCustomer => {
    const own = byCustomer.get(customer) ?? [];
    const cleanCycles = trailingClean(own);
    const failed = own.filter(({ isFrozen, isClean }) => isFrozen && !isClean).at(-1);
    const isObserved = own.some(({ isFrozen }) => isFrozen);
    return {
      customer,
      verdict: !isObserved
        ? 'not_observed'
        : cleanCycles >= wanted
          ? 'would_pass'
          : failed === undefined
            ? 'not_observed'
            : 'would_fail',
      cleanCycles,
      failedIn: failed?.cycle ?? null,
      fingerprints: failed?.fingerprints ?? [],
    };
  });
  const count = (verdict: PreviewedCustomer['verdict']) => previewed.filter((one) => one.verdict === verdict).length;
  return {
    cycles: runs.map(({ cycle }) => cycle),
    wanted,
    customers: previewed,
    wouldPass: count('would_pass'),
    wouldFail: count('would_fail'),
    notObserved: count('not_observed'),
  };
}
