import { invariant } from '../model/invariant.js';

/**
 * The risk that attempt j may spend: alpha itself, or alpha / (j (j + 1)), which sums to at most alpha over any number of
 * attempts (.025, .00833, .00417 of 5 %). Testing version after version at full risk would pass a bad one sooner or later.
 */
export function attemptAlpha(input: {
  readonly alpha: number;
  readonly attempt: number;
  readonly spending: 'none' | 'telescoping';
}): number {
  const { alpha, attempt, spending } = input;
  invariant(Number.isSafeInteger(attempt) && attempt >= 1, 'attempts are counted from 1', { attempt });
  return spending === 'none' ? alpha : alpha / (attempt * (attempt + 1));
}
