import { createHash } from 'node:crypto';

/** Lower-case hex sha256 of the UTF-8 text: the same on any machine and in any locale. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** Ids in ascending order of sha256(seed|id): random to look at, repeatable from the seed. Equal hashes fall back to the id. */
export function seededOrder(ids: readonly string[], seed: string): readonly string[] {
  return ids
    .map((id) => ({ id, rank: sha256Hex(`${seed}|${id}`) }))
    .sort((a, b) => compareBytes(a.rank, b.rank) || compareBytes(a.id, b.id))
    .map(({ id }) => id);
}

/** Order by UTF-16 code units, never by locale: negative, zero or positive. */
export function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
