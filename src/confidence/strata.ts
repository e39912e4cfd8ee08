import { logEvidenceCount, meetsRiskLimit } from './e-process.js';
import { compareBytes } from './seeded-order.js';
import { upperLimitCount } from './upper-limit.js';

/** How much looser than the rung's claim one stratum may be. */
const stratumFactor = 3;

export type Stratum = {
  readonly name: string;
  readonly customers: number;
  readonly bad: number;
  readonly tolerance: number;
  readonly upperLimit: number;
  readonly passes: boolean;
};

/** Each stratum's own evidence at three times the rung's tolerance (statistics 2.7), in byte order of the names. */
export function judgeStrata(
  customers: readonly { readonly stratum: string; readonly isBad: boolean }[],
  pTol: number,
  alpha: number,
): readonly Stratum[] {
  const tolerance = Math.min(stratumFactor * pTol, 0.99);
  const names = [...new Set(customers.map(({ stratum }) => stratum))].sort(compareBytes);
  return names.map((name) => {
    const own = customers.filter(({ stratum }) => stratum === name);
    const count = { n: own.length, k: own.filter(({ isBad }) => isBad).length };
    return {
      name,
      customers: count.n,
      bad: count.k,
      tolerance,
      upperLimit: upperLimitCount(count, alpha),
      passes: meetsRiskLimit(logEvidenceCount(count, tolerance), alpha),
    };
  });
}
