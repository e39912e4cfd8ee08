import { invariant } from '../model/invariant.js';
import {
  type Count,
  logEvidenceCount,
  logEvidenceOfStakes,
  meetsRiskLimit,
  stakesOf,
  type ValueSample,
} from './e-process.js';
import { bisect } from './special-functions.js';

/** The last double before 1, where E(1-) is judged. */
const almostOne = 1 - 2 ** -53;

/**
 * Any-look upper limit of the bad-customer rate: sup{ m : E(n, k, m) < 1/alpha }, by bisection (E never falls in m); 1
 * when even E(1-) stays below 1/alpha, as with no customer or only bad ones.
 */
export function upperLimitCount(count: Count, alpha: number): number {
  return upperLimit((m) => logEvidenceCount(count, m), alpha);
}

/** Any-look upper limit of the misstated share of value below the cap, over or under as the items were made. */
export function upperLimitValue(sample: ValueSample, alpha: number): number {
  const stakes = stakesOf(sample);
  return upperLimit((m) => logEvidenceOfStakes(stakes, m), alpha);
}

function upperLimit(logEvidence: (m: number) => number, alpha: number): number {
  invariant(alpha > 0 && alpha < 1, 'a risk limit strictly between 0 and 1 is expected', { alpha });
  if (!meetsRiskLimit(logEvidence(almostOne), alpha)) return 1;
  return bisect(0, almostOne, (m) => !meetsRiskLimit(logEvidence(m), alpha));
}
