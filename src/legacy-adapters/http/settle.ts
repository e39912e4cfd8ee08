/** Readings after the first until two agree. */
const maxPasses = 3;

export type Settled<Item> = {
  /** The last reading, by id. */
  readonly items: ReadonlyMap<string, Item>;
  /** Ids of records that still changed between the last two readings. */
  readonly unstable: ReadonlySet<string>;
};

/**
 * Reads a list again until two readings agree, so that what slid from page to page while it was read is not lost. `mark`
 * is what must not change of a record meanwhile: an insertion, a removal and a changed mark are differences, another
 * order is none.
 */
export async function settle<Item>(
  first: ReadonlyMap<string, Item>,
  again: () => Promise<ReadonlyMap<string, Item>>,
  mark: (item: Item) => string,
): Promise<Settled<Item>> {
  let before = first;
  for (let pass = 1; ; pass += 1) {
    const items = await again();
    const unstable = differing(before, items, mark);
    if (unstable.size === 0 || pass === maxPasses) return { items, unstable };
    before = items;
  }
}

function differing<Item>(
  before: ReadonlyMap<string, Item>,
  after: ReadonlyMap<string, Item>,
  mark: (item: Item) => string,
): ReadonlySet<string> {
  const changed = new Set<string>();
  for (const [id, item] of after) {
    const known = before.get(id);
    if (known === undefined || mark(known) !== mark(item)) changed.add(id);
  }
  for (const id of before.keys()) if (!after.has(id)) changed.add(id);
  return changed;
}
