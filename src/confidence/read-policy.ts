import { defaultPolicy, type Policy, type PolicyStep } from './policy.js';
import { isLeaf, type Leaf, policySchema, type Schema, stepSchema } from './policy-schema.js';

/** One thing wrong with a policy: where, what stands there, and what is expected. */
export type PolicyProblem = { readonly path: string; readonly value: unknown; readonly expected: string };

export type ReadPolicy =
  | { readonly kind: 'policy'; readonly policy: Policy }
  | { readonly kind: 'problems'; readonly problems: readonly PolicyProblem[] };

const numberForm = /^-?\d+(?:\.\d+)?(?:e-?\d{1,3})?$/i;
const stepNameForm = /^[a-z][a-z0-9_-]{0,39}$/i;

/**
 * Reads a policy from parsed YAML or JSON. Everything not named comes from the defaults; unknown keys are refused; a
 * number may stand as text, because the configuration is parsed without types. All problems come back at once.
 *
 * A tolerance key that is named must name all four limits: a blank limit is an error, `null` says "no limit" on purpose.
 * Steps: if every named step is a step of the default ladder, fields not named keep their default; any other name makes
 * the given steps, in their given order, the whole ladder, and each must then be complete.
 */
export function readPolicy(input: unknown): ReadPolicy {
  const problems: PolicyProblem[] = [];
  if (!isRecord(input))
    return { kind: 'problems', problems: [{ path: '', value: input, expected: 'a map of policy settings' }] };
  const { steps: givenSteps, ...rest } = input;
  const body = readNode(rest, policySchema, defaultPolicy, '', problems);
  const ladder = readLadder(givenSteps, problems);
  if (problems.length > 0) return { kind: 'problems', problems };
  return { kind: 'policy', policy: { ...(body as Omit<Policy, 'ladder' | 'steps'>), ...ladder } };
}

function readLadder(given: unknown, problems: PolicyProblem[]): Pick<Policy, 'ladder' | 'steps'> {
  const { ladder, steps } = defaultPolicy;
  if (given === undefined) return { ladder, steps };
  if (!isRecord(given) || Object.keys(given).length === 0) {
    problems.push({ path: 'steps', value: given, expected: 'a map of at least one step' });
    return { ladder, steps };
  }
  const names = Object.keys(given);
  const isDefaultLadder = names.every((name) => ladder.includes(name));
  const read: Record<string, PolicyStep> = isDefaultLadder ? { ...steps } : {};
  for (const name of names) {
    if (!stepNameForm.test(name))
      problems.push({ path: `steps.${name}`, value: name, expected: 'a step name that starts with a letter' });
    const fallback = isDefaultLadder ? steps[name] : undefined;
    read[name] = readNode(given[name], stepSchema, fallback, `steps.${name}`, problems) as PolicyStep;
  }
  return { ladder: isDefaultLadder ? ladder : names, steps: read };
}

function readNode(input: unknown, schema: Schema, fallback: unknown, path: string, problems: PolicyProblem[]): unknown {
  if (!isRecord(input)) {
    problems.push({ path, value: input, expected: 'a map of settings' });
    return fallback;
  }
  for (const key of Object.keys(input)) {
    if (!Object.hasOwn(schema, key)) {
      problems.push({ path: join(path, key), value: input[key], expected: `one of ${Object.keys(schema).join(', ')}` });
    }
  }
  const isLimit = Object.hasOwn(schema, 'abs') || Object.hasOwn(schema, 'over');
  const result: Record<string, unknown> = {};
  for (const [key, node] of Object.entries(schema)) {
    const value = Object.hasOwn(input, key) ? input[key] : undefined;
    const here = join(path, key);
    const known = isRecord(fallback) && Object.hasOwn(fallback, key) ? fallback[key] : undefined;
    if (value === undefined && (known === undefined || isLimit)) {
      problems.push({
        path: here,
        value,
        expected: isLimit ? 'a limit, or null to say on purpose that there is none' : expectedOf(node),
      });
    } else if (value === undefined) result[key] = known;
    else
      result[key] = isLeaf(node) ? readLeaf(value, node, here, problems) : readNode(value, node, known, here, problems);
  }
  return result;
}

function readLeaf(value: unknown, leaf: Leaf, path: string, problems: PolicyProblem[]): unknown {
  const read = leafValue(value, leaf);
  if (read === undefined) problems.push({ path, value, expected: expectedOf(leaf) });
  return read;
}

function leafValue(value: unknown, leaf: Leaf): unknown {
  switch (leaf.kind) {
    case 'choice':
      return leaf.choices.find((choice) => choice === value || String(choice) === value);
    case 'flag':
      return value === true || value === 'true' ? true : value === false || value === 'false' ? false : undefined;
    case 'names':
      return Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== '')
        ? [...value]
        : undefined;
    case 'share':
    case 'openShare':
    case 'count':
    case 'hours':
    case 'days': {
      if (leaf.isNullable === true && (value === null || value === 'null')) return null;
      const number =
        typeof value === 'number'
          ? value
          : typeof value === 'string' && numberForm.test(value)
            ? Number(value)
            : Number.NaN;
      return isInRange(number, leaf.kind) ? number : undefined;
    }
  }
}

function isInRange(value: number, kind: 'share' | 'openShare' | 'count' | 'hours' | 'days'): boolean {
  if (kind === 'share') return value >= 0 && value <= 1;
  if (kind === 'openShare') return value > 0 && value < 1;
  if (kind === 'hours') return value >= 0 && value <= 100_000;
  return Number.isSafeInteger(value) && value >= 0;
}

function expectedOf(node: Schema | Leaf): string {
  if (!isLeaf(node)) return `a map of ${Object.keys(node).join(', ')}`;
  switch (node.kind) {
    case 'share':
      return 'a share from 0 to 1';
    case 'openShare':
      return 'a rate between 0 and 1, both excluded';
    case 'count':
    case 'days':
      return 'a whole number from 0';
    case 'hours':
      return 'hours from 0';
    case 'choice':
      return `one of ${node.choices.join(', ')}`;
    case 'flag':
      return 'true or false';
    case 'names':
      return 'a list of names';
  }
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
