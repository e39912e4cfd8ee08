import type { Policy } from './policy.js';
import { policyHash } from './policy-hash.js';
import { isLeaf, type Leaf, policySchema, type Schema, stepSchema } from './policy-schema.js';

/** A threshold that the change makes weaker. */
export type Weakened = { readonly path: string; readonly before: unknown; readonly after: unknown };

export type PolicyChange =
  | {
      readonly kind: 'accepted';
      readonly beforeHash: string;
      readonly afterHash: string;
      readonly weakened: readonly Weakened[];
      /** True when data had been seen and a threshold got weaker: a new epoch begins and n, k start from nothing. */
      readonly restartsEvidence: boolean;
    }
  | { readonly kind: 'refused'; readonly reason: 'two_people_needed'; readonly weakened: readonly Weakened[] };

/**
 * Judges a change of policy. Before any data was seen every change is free; after that a weaker threshold needs two
 * different named people, and it restarts the evidence, because a line moved to fit the data proves nothing. Stricter
 * changes are always free.
 */
export function changePolicy(input: {
  readonly before: Policy;
  readonly after: Policy;
  readonly hasSeenData: boolean;
  readonly approvers: readonly string[];
}): PolicyChange {
  const { before, after, hasSeenData, approvers } = input;
  const weakened = weakenedThresholds(before, after);
  const isWeakenedAfterData = hasSeenData && weakened.length > 0;
  if (isWeakenedAfterData && countPeople(approvers) < 2)
    return { kind: 'refused', reason: 'two_people_needed', weakened };
  return {
    kind: 'accepted',
    beforeHash: policyHash(before),
    afterHash: policyHash(after),
    weakened,
    restartsEvidence: isWeakenedAfterData,
  };
}

/** Different people among names, however they are spaced or capitalised; blank names are nobody. */
export function countPeople(names: readonly string[]): number {
  return new Set(names.map((name) => name.trim().toLowerCase()).filter((name) => name !== '')).size;
}

/** Every threshold that is weaker in `after`, in the order of the schema; steps come last. */
export function weakenedThresholds(before: Policy, after: Policy): readonly Weakened[] {
  const found: Weakened[] = [];
  compareNode(before, after, policySchema, '', found);
  if (before.ladder.join('\n') !== after.ladder.join('\n'))
    found.push({ path: 'steps', before: before.ladder, after: after.ladder });
  for (const name of before.ladder) {
    const [old, next] = [before.steps[name], after.steps[name]];
    if (old !== undefined && next !== undefined) compareNode(old, next, stepSchema, `steps.${name}`, found);
  }
  return found;
}

function compareNode(before: object, after: object, schema: Schema, path: string, found: Weakened[]): void {
  for (const [key, node] of Object.entries(schema)) {
    const [old, next]: readonly unknown[] = [Reflect.get(before, key), Reflect.get(after, key)];
    const here = path === '' ? key : `${path}.${key}`;
    if (isLeaf(node)) {
      if (isWeaker(old, next, node)) found.push({ path: here, before: old, after: next });
    } else if (typeof old === 'object' && old !== null && typeof next === 'object' && next !== null)
      compareNode(old, next, node, here, found);
  }
}

function isWeaker(before: unknown, after: unknown, leaf: Leaf): boolean {
  if (JSON.stringify(before) === JSON.stringify(after)) return false;
  if (leaf.weakens === 'any') return true;
  if (leaf.kind === 'choice') return after === leaf.weakest;
  if (leaf.kind === 'flag') return after === (leaf.weakens === 'up');
  // `null` means no limit, which is as weak as a limit can be.
  if (after === null) return true;
  if (before === null) return false;
  if (typeof before !== 'number' || typeof after !== 'number') return true;
  return leaf.weakens === 'up' ? after > before : after < before;
}
