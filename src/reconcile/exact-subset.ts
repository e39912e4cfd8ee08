/** More candidates than this are not searched: every subset of fewer is looked at, so that a "no" is a proof. */
export const maxSubsetCandidates = 12;
/** The same for each side of a search of several against several. */
export const maxManyToMany = 8;

/**
 * What a search for parts that add up to a whole found. `none` is a proof: every subset was summed. `bound_reached` is
 * not: there were too many candidates to look at them all.
 */
export type SubsetAnswer =
  | { readonly kind: 'found'; readonly subsets: readonly (readonly number[])[] }
  | { readonly kind: 'none' }
  | { readonly kind: 'bound_reached' };

/**
 * Every subset of two or more amounts with exactly this sum, as ascending indices, the smallest subsets first. Amounts
 * and target in whole minor units. Looks at all 2^n subsets of at most `maxSubsetCandidates` amounts.
 */
export function exactSubsets(amounts: readonly bigint[], target: bigint): SubsetAnswer {
  if (amounts.length < 2) return { kind: 'none' };
  if (amounts.length > maxSubsetCandidates) return { kind: 'bound_reached' };
  const sums = subsetSums(amounts);
  const found: number[] = [];
  for (let mask = 3; mask < sums.length; mask += 1) if (sums[mask] === target && !isSingle(mask)) found.push(mask);
  if (found.length === 0) return { kind: 'none' };
  return { kind: 'found', subsets: found.map(indicesOf).sort((a, b) => a.length - b.length || compareIndices(a, b)) };
}

/**
 * Subsets of two or more on each side whose sums are equal and that contain no smaller such pair of subsets, smallest
 * first. At most `maxManyToMany` amounts a side.
 */
export function exactManyToMany(
  legacy: readonly bigint[],
  solvimon: readonly bigint[],
):
  | { readonly kind: 'found'; readonly pairs: readonly { legacy: readonly number[]; solvimon: readonly number[] }[] }
  | { readonly kind: 'none' | 'bound_reached' } {
  if (legacy.length < 2 || solvimon.length < 2) return { kind: 'none' };
  if (legacy.length > maxManyToMany || solvimon.length > maxManyToMany) return { kind: 'bound_reached' };
  const bySum = new Map<bigint, number[]>();
  subsetSums(solvimon).forEach((sum, mask) => {
    if (mask === 0 || isSingle(mask)) return;
    const masks = bySum.get(sum);
    if (masks === undefined) bySum.set(sum, [mask]);
    else masks.push(mask);
  });
  const pairs: { legacy: readonly number[]; solvimon: readonly number[] }[] = [];
  subsetSums(legacy).forEach((sum, mask) => {
    if (mask === 0 || isSingle(mask)) return;
    for (const other of bySum.get(sum) ?? []) pairs.push({ legacy: indicesOf(mask), solvimon: indicesOf(other) });
  });
  if (pairs.length === 0) return { kind: 'none' };
  const size = (pair: { legacy: readonly number[]; solvimon: readonly number[] }) =>
    pair.legacy.length + pair.solvimon.length;
  return {
    kind: 'found',
    pairs: pairs.sort(
      (a, b) => size(a) - size(b) || compareIndices(a.legacy, b.legacy) || compareIndices(a.solvimon, b.solvimon),
    ),
  };
}

/** Sum of every subset, by its bit mask; each is the sum without its lowest member plus that member. */
function subsetSums(amounts: readonly bigint[]): readonly bigint[] {
  const sums = Array.from<bigint>({ length: 2 ** amounts.length }).fill(0n);
  for (let mask = 1; mask < sums.length; mask += 1) {
    const lowest = 31 - Math.clz32(mask & -mask);
    sums[mask] = (sums[mask & (mask - 1)] ?? 0n) + (amounts[lowest] ?? 0n);
  }
  return sums;
}

function isSingle(mask: number): boolean {
  return (mask & (mask - 1)) === 0;
}

function indicesOf(mask: number): readonly number[] {
  const indices: number[] = [];
  for (let rest = mask; rest > 0; rest &= rest - 1) indices.push(31 - Math.clz32(rest & -rest));
  return indices;
}

function compareIndices(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((index, position) => index !== b[position]);
  return at < 0 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? 0);
}
