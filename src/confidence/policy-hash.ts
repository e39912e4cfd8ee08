import { createHash } from 'node:crypto';
import type { Policy } from './policy.js';

/**
 * JSON with keys in byte order, bigint as decimal text and no white space: equal values have equal text on any machine.
 * Undefined members are left out, as in JSON.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'bigint') return JSON.stringify(value.toString());
  // JSON has no NaN or infinities; a hash must still tell them from null.
  if (typeof value === 'number' && !Number.isFinite(value)) return JSON.stringify(String(value));
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}

/** "sha256:" and the lower-case hex digest of the canonical JSON. */
export function contentHash(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(value), 'utf8').digest('hex')}`;
}

/** The hash that every decision carries, so that nobody can say later which rules it was made under. */
export function policyHash(policy: Policy): string {
  return contentHash(policy);
}
