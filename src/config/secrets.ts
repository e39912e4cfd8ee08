import { type Path, pathText, type Plain } from './yaml-text.js';

/** Beginnings and forms of credentials that people paste into files. */
const knownForms: readonly RegExp[] = [
  /^(sk|rk|pk)_(live|test)_/,
  /^whsec_/,
  /^xox[abposr]-/,
  /^gh[pousr]_/,
  /^github_pat_/,
  /^glpat-/,
  /^AKIA[0-9A-Z]{16}$/,
  /^eyJ[\w-]+\.[\w-]+\./,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /^https:\/\/hooks\.slack\.com\/services\//,
  /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i,
];
const secretKey = /(^|_)(api_?key|access_?key|secret|token|password|passwd|passphrase|credentials?|private_?key|dsn)$/i;
const referenceKey = /_(env|file)$/;
const opaque = /^[A-Za-z0-9_+/=-]{32,}$/;

export type SecretFound = { readonly path: Path; readonly message: string };

/** Every value that is, or looks like, a secret. The value itself is in no message. */
export function findSecrets(data: Plain, path: Path = []): readonly SecretFound[] {
  if (typeof data !== 'string')
    return Object.entries(data).flatMap(([key, value]) =>
      findSecrets(value, [...path, Array.isArray(data) ? Number(key) : key]),
    );
  const key = [...path].reverse().find((part) => typeof part === 'string') ?? '';
  const isNamedSecret = secretKey.test(key) && data !== '';
  if (!isNamedSecret && !looksSecret(data, key)) return [];
  const field = key.replace(referenceKey, '');
  const next = `Put it in the environment and write ${field}_env: NAME_OF_THE_VARIABLE, or ${field}_file: /path/to/file`;
  return [{ path, message: `holds a secret, or looks like one. ${next}` }];
}

function looksSecret(value: string, key: string): boolean {
  if (knownForms.some((form) => form.test(value))) return true;
  // Long opaque text with all three kinds of characters; a path or a name of a variable has fewer.
  if (referenceKey.test(key) && (/^[A-Z_][A-Z0-9_]*$/.test(value) || value.includes('/'))) return false;
  return opaque.test(value) && /[a-z]/.test(value) && /[A-Z]/.test(value) && /\d/.test(value) && !isPathLike(value);
}

function isPathLike(value: string): boolean {
  return value.split('/').length > 2;
}

/** Whether `path` is that of a secret or lies below one: its value must not be shown by anything else either. */
export function isSecretPath(path: string, secrets: readonly SecretFound[]): boolean {
  return secrets.some((secret) => pathText(secret.path) === path);
}
