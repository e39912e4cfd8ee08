import type { Policy } from './policy.js';
import { requiredCustomers } from './required-size.js';
import { attemptAlpha } from './attempt-spending.js';

/** One complaint about a readable policy: `error` must be mended, `warning` is for the people who sign it. */
export type PolicyComplaint = {
  readonly severity: 'error' | 'warning';
  readonly path: string;
  readonly message: string;
};

/**
 * What is wrong with a policy that can be read: thresholds out of order, a claim that does not tighten along the ladder,
 * evidence that no sample of the rung's own population could ever give.
 *
 * `populations` holds the customers available to each step; a step that is not named is not checked for reach.
 */
export function lintPolicy(
  policy: Policy,
  populations: ReadonlyMap<string, number> = new Map(),
): readonly PolicyComplaint[] {
  return [...lintOrder(policy), ...lintLadder(policy), ...lintReach(policy, populations)];
}

function lintOrder({ census, severe, catastrophic, materiality }: Policy): readonly PolicyComplaint[] {
  const ordered: readonly (readonly [string, number, string, number])[] = [
    ['census.maxOverShare', census.maxOverShare, 'severe.overShare', severe.overShare],
    ['severe.overShare', severe.overShare, 'catastrophic.overShare', catastrophic.overShare],
    [
      'severe.causeCustomersShare',
      severe.causeCustomersShare,
      'catastrophic.causeCustomersShare',
      catastrophic.causeCustomersShare,
    ],
    ['severe.taxCustomersLive', severe.taxCustomersLive, 'severe.taxCustomersShadow', severe.taxCustomersShadow],
    ['census.maxUnexplainedGrossShare', census.maxUnexplainedGrossShare, 'census.maxUnderShare', census.maxUnderShare],
  ];
  const complaints: PolicyComplaint[] = [];
  for (const [lowPath, low, highPath, high] of ordered) {
    if (low > high)
      complaints.push({
        severity: 'error',
        path: lowPath,
        message: `${lowPath} (${low}) must not be above ${highPath} (${high})`,
      });
  }
  // A severe limit of 0 would call a cohort without any difference severe.
  for (const path of [
    'overShare',
    'missingShare',
    'taxCustomersLive',
    'taxCustomersShadow',
    'duplicatesLive',
  ] as const) {
    if (severe[path] <= 0)
      complaints.push({
        severity: 'error',
        path: `severe.${path}`,
        message: `severe.${path} must be above 0: it triggers when it is reached`,
      });
  }
  const trivial = materiality.overall * materiality.clearlyTrivial;
  if (census.maxUnexplainedGrossShare > trivial * (1 + 1e-12)) {
    complaints.push({
      severity: 'warning',
      path: 'census.maxUnexplainedGrossShare',
      message: `census.maxUnexplainedGrossShare (${census.maxUnexplainedGrossShare}) is above the clearly trivial share of the materiality chain (${trivial})`,
    });
  }
  return complaints;
}

function lintLadder({ ladder, steps }: Policy): readonly PolicyComplaint[] {
  const complaints: PolicyComplaint[] = [];
  for (const [index, name] of ladder.entries()) {
    const [step, previousName] = [steps[name], ladder[index - 1]];
    const previous = previousName === undefined ? undefined : steps[previousName];
    if (step === undefined)
      complaints.push({
        severity: 'error',
        path: `steps.${name}`,
        message: `the ladder names the step ${name}, which is not there`,
      });
    if (step === undefined || previous === undefined) continue;
    const error = (field: string, rule: string) =>
      complaints.push({
        severity: 'error',
        path: `steps.${name}.${field}`,
        message: `${field} must ${rule} from ${previousName} to ${name}`,
      });
    if (!(step.pTol < previous.pTol)) error('pTol', 'strictly fall');
    if (step.minFeatureCoverage < previous.minFeatureCoverage) error('minFeatureCoverage', 'not fall');
    if (step.maxNextRevenueShare < previous.maxNextRevenueShare) error('maxNextRevenueShare', 'not fall');
    if (previous.overTol !== null && (step.overTol === null || step.overTol > previous.overTol))
      error('overTol', 'not rise or vanish');
  }
  return complaints;
}

function lintReach(policy: Policy, populations: ReadonlyMap<string, number>): readonly PolicyComplaint[] {
  const complaints: PolicyComplaint[] = [];
  const alpha = attemptAlpha({ alpha: policy.riskLimit, attempt: 1, spending: policy.attemptSpending });
  for (const name of policy.ladder) {
    const [step, population] = [policy.steps[name], populations.get(name)];
    if (step === undefined || population === undefined) continue;
    const needed = Math.max(step.minCustomers, requiredCustomers(0, { m: step.pTol, alpha }));
    if (needed > population) {
      complaints.push({
        severity: 'error',
        path: `steps.${name}.pTol`,
        message: `needs ${needed}, rung has ${population}: lower the rung's tolerance claim, add a rung, or use finite-base mode`,
      });
    }
  }
  return complaints;
}
