import { readFileSync } from 'node:fs';
import path from 'node:path';

const fileOfSecret = /(^|_)(key|secret|token|password|passphrase|credentials?|url)_file$/;

/**
 * Every secret that a configuration names: what is in the variables of its `…_env` keys and in the files of its
 * `…_key_file`, `…_secret_file` and the like; of an address the password as well. A variable or file that is not there gives
 * nothing: whoever needs it says so.
 */
export function secretValues(
  config: unknown,
  variables: Readonly<Record<string, string | undefined>>,
  baseDir: string,
): readonly string[] {
  if (typeof config !== 'object' || config === null) return [];
  return Object.entries(config).flatMap(([key, value]) => {
    if (typeof value !== 'string') return secretValues(value, variables, baseDir);
    if (key.endsWith('_env')) return withPassword(variables[value] ?? '');
    return fileOfSecret.test(key) ? withPassword(textOf(path.resolve(baseDir, value))) : [];
  });
}

/** A value and, when it is an address with a password, that password: neither may be shown. */
export function withPassword(value: string): readonly string[] {
  const text = value.trim();
  if (text === '') return [];
  const password = URL.canParse(text) ? new URL(text).password : '';
  return password === '' ? [text] : [text, password, decodeURIComponent(password)];
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
