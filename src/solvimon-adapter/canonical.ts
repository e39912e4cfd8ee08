import { createHash } from 'node:crypto';
import { isLosslessNumber } from 'lossless-json';
import { isObject, type Json, type JsonObject } from './shape.js';

/** Fields that may differ between two readings of one unchanged invoice: links that are signed afresh for each reader. */
const volatile: ReadonlySet<string> = new Set(['pay_invoice_link']);

/**
 * Hash of an invoice's content: keys in one order, numbers as they were read, links that change by themselves left out.
 * Two readings of an unchanged invoice have the same hash, in whatever order the server wrote its keys. SHA-256.
 */
export function contentHash(invoice: JsonObject): Buffer {
  return createHash('sha256').update(canonicalText(invoice)).digest();
}

/** One text in one update: a hash fed field by field spends its time crossing into native code. */
function canonicalText(value: Json): string {
  if (isLosslessNumber(value)) return value.toString();
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  let text = '{';
  for (const key of Object.keys(value).sort()) {
    const item = value[key];
    if (item !== undefined && !volatile.has(key)) text += `${JSON.stringify(key)}:${canonicalText(item)},`;
  }
  return `${text}}`;
}

const modulus = 1n << 256n;

/**
 * Hash of a set of hashes that does not depend on their order: the sum modulo 2^256. The same documents give the same
 * value however they were paged.
 */
export class SetHash {
  #sum: bigint;

  constructor(hex = '') {
    this.#sum = hex === '' ? 0n : BigInt(`0x${hex}`);
  }

  add(hash: Buffer): void {
    this.#sum = (this.#sum + BigInt(`0x${hash.toString('hex')}`)) % modulus;
  }

  get hex(): string {
    return this.#sum.toString(16).padStart(64, '0');
  }
}
