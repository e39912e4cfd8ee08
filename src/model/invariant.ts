/** A broken promise inside the program: stops the work, is never retried, exits 70. */
export class InvariantError extends Error {
  readonly data: Readonly<Record<string, unknown>>;
  constructor(message: string, data: Readonly<Record<string, unknown>> = {}) {
    super(`${message} ${safeJson(data)}`.trimEnd());
    this.name = 'InvariantError';
    this.data = data;
  }
}

/** Throws an InvariantError unless `condition` holds. Use it for what we promised ourselves, never for input from outside. */
export function invariant(
  condition: boolean,
  message: string,
  data: Readonly<Record<string, unknown>> = {},
): asserts condition {
  if (!condition) throw new InvariantError(message, data);
}

function safeJson(data: Readonly<Record<string, unknown>>): string {
  if (Object.keys(data).length === 0) return '';
  return JSON.stringify(data, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}
