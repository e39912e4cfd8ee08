import type { Policy } from '../confidence/policy.js';
import type { CohortSettings } from './confidence-context.js';

/**
 * The policy with what one cohort asks beyond it. A cohort can only ask for more: whatever the configuration says, the
 * stricter of the two limits holds.
 */
export function stricterPolicy(policy: Policy, settings: CohortSettings | null): Policy {
  if (settings === null) return policy;
  const { minCoverage, maxUsageVariance, cleanCycles } = settings.requirements;
  return {
    ...policy,
    dataTrust: {
      ...policy.dataTrust,
      minPairCoverage: Math.max(policy.dataTrust.minPairCoverage, minCoverage ?? 0),
      minUsageCompleteness: Math.max(policy.dataTrust.minUsageCompleteness, 1 - (maxUsageVariance ?? 1)),
    },
    cycles: { ...policy.cycles, cleanRequired: Math.max(policy.cycles.cleanRequired, cleanCycles ?? 0) },
  };
}
