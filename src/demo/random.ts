import { hash } from 'node:crypto';
import { invariant } from '../model/invariant.js';

const intsPerBlock = 8;

/**
 * Whole random numbers that depend on nothing but a seed and a label: the same bytes on every machine. Each subject draws
 * from a stream of its own (`fork`), so that a change to one customer does not move all the others. Class, because it
 * counts. Made of SHA-256 in counter mode; for stories, not for secrets.
 */
export class Random {
  readonly #label: string;
  #block: readonly number[] = [];
  #drawn = 0;

  constructor(label: string) {
    this.#label = label;
  }

  /** A stream of its own for a subject; drawing from it does not move this one. */
  fork(subject: string): Random {
    return new Random(`${this.#label}/${subject}`);
  }

  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number {
    invariant(Number.isSafeInteger(min) && Number.isSafeInteger(max) && min <= max, 'a range is expected', {
      min,
      max,
    });
    return min + (this.#next() % (max - min + 1));
  }

  /** True in `percent` of a hundred draws. */
  chance(percent: number): boolean {
    return this.int(1, 100) <= percent;
  }

  pick<Item>(items: readonly Item[]): Item {
    const picked = items[this.int(0, items.length - 1)];
    invariant(picked !== undefined, 'something to pick from is expected');
    return picked;
  }

  /** The items in random order; the input is left alone. */
  shuffled<Item>(items: readonly Item[]): Item[] {
    const result = [...items];
    for (let last = result.length - 1; last > 0; last -= 1) {
      const other = this.int(0, last);
      [result[last], result[other]] = [result[other] as Item, result[last] as Item];
    }
    return result;
  }

  /** Opaque letters and digits, as ids have them. */
  letters(count: number): string {
    const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';
    return Array.from({ length: count }, () => alphabet[this.int(0, alphabet.length - 1)]).join('');
  }

  #next(): number {
    const at = this.#drawn % intsPerBlock;
    if (at === 0) {
      const hex = hash('sha256', `${this.#label}#${this.#drawn / intsPerBlock}`, 'hex');
      this.#block = Array.from({ length: intsPerBlock }, (_unused, index) =>
        Number.parseInt(hex.slice(index * 8, index * 8 + 8), 16),
      );
    }
    this.#drawn += 1;
    return this.#block[at] ?? 0;
  }
}
