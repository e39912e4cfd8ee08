export const redacted = '[redacted]';

/** Names whose value must not be shown: those with such a word in them, or ending in `token`. `chargeKey` is no secret. */
const secretName =
  '[\\w.-]{0,40}(?:passw(?:or)?d|passphrase|secret|api[_-]?key|access[_-]?key|private[_-]?key|authori[sz]ation|cookie|credential)[\\w.-]{0,40}|[\\w.-]{0,40}token';
const wholeName = new RegExp(`^(?:${secretName})$`, 'i');
// Wherever it begins: an address may stand right behind other letters.
const urlPassword = /([a-z][a-z0-9+.-]{0,20}:\/\/[^\s:/@"'\\]*):[^\s/"'\\]*@/gi;
const httpCredentials = /\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi;
// The quotes may carry backslashes: JSON that was put in a JSON string, up to three times. The bound keeps a long row of
// backslashes from costing the square of its length.
const quotedPair = new RegExp(
  `((?<!\\\\)\\\\{0,7}")(${secretName})\\1(\\s*:\\s*)\\1(?:(?!\\1)[^\\\\]|\\\\.)*?\\1`,
  'gi',
);
const plainPair = new RegExp(`([?&\\s])(${secretName})=[^&\\s"'\\\\]+`, 'gi');

const maxDepth = 8;

/**
 * Shorter values may be ordinary words, and a value of digits may stand in an amount: what is shown would be spoilt by
 * hiding them. They are still hidden where they stand under a secret name or as the password of an address.
 */
const shortestHidden = 12;
const isAmountLike = (value: string): boolean => /^[\d.,-]*$/.test(value);
const hidden = new Set<string>();

/**
 * From now on these values are replaced wherever they would be shown, under whatever name, also as parts of an address or
 * of JSON. For the whole process, because a secret is one wherever it turns up.
 */
export function hideValues(values: Iterable<string>): void {
  for (const value of values)
    if (value.length >= shortestHidden && !isAmountLike(value))
      for (const form of [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)]) hidden.add(form);
}

/** Text without the values of `hideValues`, and otherwise as it is. */
export function withoutHidden(text: string): string {
  let shown = text;
  for (const value of hidden) shown = shown.replaceAll(value, redacted);
  return shown;
}

/** Whether a field of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return wholeName.test(name);
}

/**
 * Text without its secrets: the values of `hideValues`, passwords in connection strings, bearer and basic credentials, and `name=value` or
 * `"name":"value"` pairs with a secret name, also inside JSON that was put in a string. Everything else stays as it is.
 */
export function redactText(text: string): string {
  return withoutHidden(text)
    .replace(urlPassword, `$1:${redacted}@`)
    .replace(httpCredentials, `$1 ${redacted}`)
    .replace(quotedPair, `$1$2$1$3$1${redacted}$1`)
    .replace(plainPair, `$1$2=${redacted}`);
}

/**
 * A copy of a plain value in which each field with a secret name is replaced, whatever it holds. Depth is bounded; what
 * lies deeper is replaced too rather than shown unseen. Instances of classes other than Array are left for the caller.
 */
export function redactFields(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return depth >= maxDepth ? redacted : value.map((item) => redactFields(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  if (depth >= maxDepth) return redacted;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, isSecretName(name) ? redacted : redactFields(item, depth + 1)]),
  );
}
