import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { didYouMean } from './config/did-you-mean.js';
import { type EffectiveValue, effectiveValues, hashConfig } from './config/effective.js';
import { keysAt } from './config/schema-walk.js';
import { type Config, configSchema, type SchemaInput } from './config/schema.js';
import { findSecrets, isSecretPath } from './config/secrets.js';
import { type ConfigProblem, type Path, pathText, type Plain, readYaml, type YamlText } from './config/yaml-text.js';

/** A configuration that was read and found good. */
export type LoadedConfig = {
  readonly file: string;
  /** Absolute folder that relative paths in the file start from. */
  readonly baseDir: string;
  readonly config: Config;
  /** sha256 over the canonical JSON of `config`, lower-case hex. */
  readonly hash: string;
  /** Every value with where it came from, in the order of the schema. */
  readonly values: readonly EffectiveValue[];
};

export type ConfigResult =
  | { readonly ok: true; readonly loaded: LoadedConfig }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Reads and checks a configuration file; every mistake is in `problems`, in the order of the file. */
export function loadConfig(file: string, input: SchemaInput): ConfigResult {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'could not be read';
    const message = `the file ${why}. Name it with --config, or run in its folder`;
    return { ok: false, problems: [{ file, line: 1, column: 1, path: '', message }] };
  }
  return parseConfig(file, source, input);
}

/** As `loadConfig`, for text already read. `file` names it in messages; relative paths start from its folder. */
export function parseConfig(file: string, source: string, input: SchemaInput): ConfigResult {
  const yaml = readYaml(file, source);
  const schema = configSchema(input);
  const secrets = findSecrets(yaml.data);
  const parsed = schema.safeParse(yaml.data);
  const problems = [
    ...yaml.problems,
    ...secrets.map((secret) => place(file, yaml, secret.path, secret.message)),
    ...(parsed.success ? [] : parsed.error.issues.flatMap((issue) => fromIssue(file, yaml, schema, issue))).filter(
      (found) => !isSecretPath(found.path, secrets),
    ),
    ...(parsed.success ? crossChecks(parsed.data).map(({ path, message }) => place(file, yaml, path, message)) : []),
  ];
  if (problems.length > 0 || !parsed.success)
    return { ok: false, problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) };
  const config = parsed.data;
  return {
    ok: true,
    loaded: {
      file,
      baseDir: dirname(resolve(file)),
      config,
      hash: hashConfig(config),
      values: effectiveValues(config, file, yaml.positions),
    },
  };
}

function place(file: string, yaml: YamlText, path: Path, message: string): ConfigProblem {
  return { file, ...positionOf(yaml, path), path: pathText(path), message };
}

/** The place of a value, or for something that is missing the place of what should hold it. */
function positionOf(yaml: YamlText, path: Path): { line: number; column: number } {
  for (let length = path.length; length > 0; length -= 1) {
    const found = yaml.positions.get(pathText(path.slice(0, length)));
    if (found !== undefined) return found.value;
  }
  return { line: 1, column: 1 };
}

function fromIssue(file: string, yaml: YamlText, schema: z.ZodType, issue: z.core.$ZodIssue): readonly ConfigProblem[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const at = yaml.positions.get(pathText([...path, key]))?.key ?? positionOf(yaml, path);
      const known = 'known' in issue && Array.isArray(issue.known) ? issue.known.map(String) : keysAt(schema, path);
      const next =
        didYouMean(key, known) ?? (known.length === 0 ? ' Remove it' : ` Remove it, or use one of ${known.join(', ')}`);
      return { file, ...at, path: pathText([...path, key]), message: `is not a known key.${next}` };
    });
  return [place(file, yaml, path, sentenceOf(issue, valueAt(yaml.data, path)))];
}

function sentenceOf(issue: z.core.$ZodIssue, value: Plain | undefined): string {
  if (value === undefined && issue.code !== 'custom')
    return `missing. ${missingHints[pathText(issue.path.map((part) => (typeof part === 'number' ? 0 : String(part))))] ?? 'Write a value'}`;
  if (issue.code === 'invalid_type') {
    const wanted = { object: 'a block of keys', record: 'a block of keys', array: 'a list' }[issue.expected as string];
    if (value === '') return `is empty. Write ${wanted ?? `a ${issue.expected}`}, or remove the key`;
    const shown =
      typeof value === 'string' ? JSON.stringify(value) : Array.isArray(value) ? 'a list' : 'a block of keys';
    return `${shown} is not ${wanted ?? (issue.expected === 'string' ? 'one text' : `a ${issue.expected}`)}. Write ${wanted ?? `a ${issue.expected === 'string' ? 'text' : issue.expected}`}`;
  }
  if (issue.code === 'invalid_value' && typeof value === 'string') {
    const options = issue.values.map(String);
    return `${JSON.stringify(value)} is not known.${didYouMean(value, options) ?? ` Write one of ${options.join(', ')}`}`;
  }
  return issue.message;
}

/** What to write where something required is missing; list indices are [0]. */
const missingHints: Readonly<Record<string, string>> = {
  version: 'Write version: 1',
  timezone: 'Write the IANA zone whose midnights cut the cycles, e.g. Europe/Amsterdam',
  sources: 'Write the blocks legacy and solvimon',
  'sources.legacy': 'Write how the legacy system is read, e.g. { kind: csv, … }',
  'sources.solvimon': 'Write how Solvimon is read, e.g. { kind: api, … }',
  'sources.legacy.path': "Write where the file of a cycle is, e.g. 'legacy/{cycle}.csv'",
  'sources.legacy.timezone': 'Write the IANA zone of its dates, e.g. Europe/Amsterdam',
  'sources.legacy.columns':
    'Write which column holds what, e.g. { document_id: Invoice, amount: Total }, or {} for our own names',
  'sources.solvimon.path': "Write where the saved replies are, e.g. 'solvimon/{cycle}'",
  'tolerance.rules[0].when': 'Write which mismatches the rule is for, e.g. { cause: rounding.level }',
  'tolerance.rules[0].over': "Write how much more is fine, e.g. '0.02' or '1mu'",
  'tolerance.rules[0].under': "Write how much less is fine, e.g. '0.02' or '1mu'",
  'tolerance.rules[0].reason': 'Every tolerance needs a reason',
  'known[0].expires': 'Every known difference needs an expiry (max 90 days)',
  'known[0].owner': 'Every known difference needs an owner',
  'known[0].reason': 'Every known difference needs a reason',
  'known[0].max_amount': "Every known difference needs a cap on its money, e.g. '5.00'",
  'known[0].match': 'Write which mismatches it covers, e.g. { cause: proration.day_count }',
};

function valueAt(data: Plain, path: Path): Plain | undefined {
  let current: Plain | undefined = data;
  for (const part of path) {
    if (current === undefined || typeof current === 'string') return undefined;
    current = (current as Readonly<Record<string | number, Plain>>)[part];
  }
  return current;
}

/** Rules that look at more than one value. */
function crossChecks(config: Config): readonly { readonly path: Path; readonly message: string }[] {
  return [
    ...doubled(config.known.map((known) => known.id)).map(({ index, first }) => ({
      path: ['known', index, 'id'],
      message: `is the id of known[${first}] too. Give each its own id`,
    })),
    ...doubled(config.cohorts.map((cohort) => cohort.id)).map(({ index, first }) => ({
      path: ['cohorts', index, 'id'],
      message: `is the id of cohorts[${first}] too. Give each its own id`,
    })),
    ...doubled(config.tolerance.rules.map((rule) => rule.name ?? null)).map(({ index, first }) => ({
      path: ['tolerance', 'rules', index, 'name'],
      message: `is the name of tolerance.rules[${first}] too. Give each its own name`,
    })),
  ];
}

function doubled(ids: readonly (string | null)[]): readonly { readonly index: number; readonly first: number }[] {
  return ids.flatMap((id, index) => {
    const first = id === null ? index : ids.indexOf(id);
    return first < index ? [{ index, first }] : [];
  });
}
