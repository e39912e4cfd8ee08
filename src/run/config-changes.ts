import { contentHash } from '../confidence/policy-hash.js';
import type { CycleRun } from '../store/evaluations.js';

/** Blocks of a run's configuration that can change what it finds. Places of files, alerts and roles cannot. */
const ratingRelevant = ['timezone', 'mapping', 'compare', 'tolerance', 'known', 'sources'] as const;
const places = new Set(['path', 'files', 'file', 'base_url', 'url_env', 'api_key_env', 'rps']);

/** Cycles, oldest first, whose run was configured differently from the run of the cycle before it. */
export function configChanges(runs: readonly CycleRun[]): readonly string[] {
  return runs.filter((run, index) => index > 0 && keyOf(run) !== keyOf(runs[index - 1])).map(({ cycle }) => cycle);
}

function keyOf(run: CycleRun | undefined): string {
  const stored = run?.config;
  const config = isRecord(stored) && isRecord(stored['config']) ? stored['config'] : {};
  return contentHash(ratingRelevant.map((name) => withoutPlaces(config[name])));
}

function withoutPlaces(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPlaces);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !places.has(name))
      .map(([name, child]) => [name, withoutPlaces(child)]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
