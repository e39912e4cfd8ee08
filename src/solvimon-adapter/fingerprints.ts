import { createHash } from 'node:crypto';
import { invariant } from '../model/invariant.js';

const startSlots = 1024;
/** Words of a slot: two of the id's hash, two of the content's. */
const words = 4;
const present = 1;
const emitted = 2;

/**
 * What was seen of every invoice of a list: 64 bits of its id's hash, 64 of its content's, and whether it has been handed
 * on. 17 bytes a slot, so that a million invoices need 36 MB at most and not ten times that as a Map of texts. Two ids with
 * equal hashes (one chance in 10^7 at a million) would only make both unstable, never matched. Class, because it grows.
 */
export class Fingerprints {
  #table = new Uint32Array(startSlots * words);
  #flags = new Uint8Array(startSlots);
  #size = 0;
  #emittedCount = 0;

  get size(): number {
    return this.#size;
  }

  /** Invoices that were noted and not handed on. */
  get waiting(): number {
    return this.#size - this.#emittedCount;
  }

  /** Remembers an invoice's content; a later reading replaces an earlier one. */
  note(id: string, content: Buffer): 'new' | 'same' | 'changed' {
    const [high, low] = halves(hashOf(id));
    const [contentHigh, contentLow] = halves(content);
    if (this.#size * 2 >= this.#flags.length) this.#grow();
    const slot = this.#slotOf(high, low);
    const at = slot * words;
    const isNew = this.#flags[slot] === 0;
    const isSame = !isNew && this.#table[at + 2] === contentHigh && this.#table[at + 3] === contentLow;
    this.#table.set([high, low, contentHigh, contentLow], at);
    if (!isNew) return isSame ? 'same' : 'changed';
    this.#flags[slot] = present;
    this.#size += 1;
    return 'new';
  }

  /** Whether the content is the one remembered. */
  compare(id: string, content: Buffer): 'unknown' | 'same' | 'changed' {
    const [high, low] = halves(hashOf(id));
    const slot = this.#slotOf(high, low);
    if (this.#flags[slot] === 0) return 'unknown';
    const [contentHigh, contentLow] = halves(content);
    const at = slot * words;
    return this.#table[at + 2] === contentHigh && this.#table[at + 3] === contentLow ? 'same' : 'changed';
  }

  isEmitted(id: string): boolean {
    const [high, low] = halves(hashOf(id));
    return ((this.#flags[this.#slotOf(high, low)] ?? 0) & emitted) !== 0;
  }

  /** Marks a noted invoice as handed on; a repeat changes nothing. */
  emit(id: string): void {
    const [high, low] = halves(hashOf(id));
    const slot = this.#slotOf(high, low);
    const flags = this.#flags[slot] ?? 0;
    invariant(flags !== 0, 'an invoice is noted before it is handed on', { id });
    if ((flags & emitted) !== 0) return;
    this.#flags[slot] = flags | emitted;
    this.#emittedCount += 1;
  }

  /** Takes every mark of having been handed on back. */
  forgetEmitted(): void {
    for (let slot = 0; slot < this.#flags.length; slot += 1) if (this.#flags[slot] !== 0) this.#flags[slot] = present;
    this.#emittedCount = 0;
  }

  /** The slot of a hash, or the free one where it would stand. */
  #slotOf(high: number, low: number): number {
    const mask = this.#flags.length - 1;
    for (let slot = (high ^ low) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * words;
      if (this.#flags[slot] === 0 || (this.#table[at] === high && this.#table[at + 1] === low)) return slot;
    }
  }

  #grow(): void {
    const [table, flags] = [this.#table, this.#flags];
    this.#table = new Uint32Array(table.length * 2);
    this.#flags = new Uint8Array(flags.length * 2);
    for (let slot = 0; slot < flags.length; slot += 1) {
      const flag = flags[slot] ?? 0;
      if (flag === 0) continue;
      const at = slot * words;
      const target = this.#slotOf(table[at] ?? 0, table[at + 1] ?? 0);
      this.#table.set(table.subarray(at, at + words), target * words);
      this.#flags[target] = flag;
    }
  }
}

function hashOf(id: string): Buffer {
  return createHash('sha256').update(id).digest();
}

function halves(hash: Buffer): readonly [number, number] {
  return [hash.readUInt32LE(0), hash.readUInt32LE(4)];
}
