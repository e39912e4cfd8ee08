import { readFileSync } from 'node:fs';
import { defaultPolicy, type Policy } from '../confidence/policy.js';
import { lintPolicy, type PolicyComplaint } from '../confidence/policy-lint.js';
import { readPolicy } from '../confidence/read-policy.js';
import { AppError } from '../errors.js';
import { readYaml, type YamlText } from './yaml-text.js';

export type LoadedPolicy = { readonly policy: Policy; readonly warnings: readonly PolicyComplaint[] };

/**
 * Reads the gate policy of a YAML file; the defaults when `file` is null. Throws AppError `config_invalid` that names every
 * mistake with its line: unknown keys, blank limits, thresholds out of order, and a claim that the rung's own population
 * (`populations`, customers per step) could never prove.
 */
export function loadPolicy(file: string | null, populations: ReadonlyMap<string, number> = new Map()): LoadedPolicy {
  if (file === null) return { policy: defaultPolicy, warnings: [] };
  const yaml = readYaml(file, readText(file));
  if (yaml.problems.length > 0)
    throw invalid(yaml.problems.map((one) => `${one.file}:${one.line}:${one.column} ${one.path}  ${one.message}`));
  const read = readPolicy(yaml.data);
  if (read.kind === 'problems')
    throw invalid(
      read.problems.map(({ path, value, expected }) => {
        const shown = value === undefined ? 'missing' : value === '' ? 'blank' : JSON.stringify(value);
        return `${placeOf(file, yaml, path)} ${path}  ${shown}. Write ${expected}`;
      }),
    );
  const complaints = lintPolicy(read.policy, populations);
  const errors = complaints.filter(({ severity }) => severity === 'error');
  if (errors.length > 0)
    throw invalid(errors.map(({ path, message }) => `${placeOf(file, yaml, path)} ${path}  ${message}`));
  return { policy: read.policy, warnings: complaints };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new AppError('config_invalid', { detail: `the policy file ${file} could not be read`, cause: error });
  }
}

/** The place of a path, or of the nearest block around it. */
function placeOf(file: string, yaml: YamlText, path: string): string {
  const parts = path.split('.');
  for (let length = parts.length; length > 0; length -= 1) {
    const found = yaml.positions.get(parts.slice(0, length).join('.'));
    if (found !== undefined) return `${file}:${found.key.line}:${found.key.column}`;
  }
  return `${file}:1:1`;
}

function invalid(lines: readonly string[]): AppError {
  return new AppError('config_invalid', {
    detail: `\n${lines.join('\n')}\n${lines.length} ${lines.length === 1 ? 'error' : 'errors'}`,
  });
}
