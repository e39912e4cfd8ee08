import assert from 'node:assert/strict';
import type { Capabilities } from '../../src/model/source.js';
import type { Fault, FaultKind, Harness, Opened, SampleDocument, Setup } from './harness.js';
import { byId, expected, ownDocuments, type Pulled, shown } from './pulling.js';

/** One law of the contract. `run` returns when the source keeps it and throws a sentence when it does not. */
export type Check = { readonly name: string; run(harness: Harness): Promise<void> };

/** Opens, works and closes, whatever happens. */
export async function withOpened<Result>(
  harness: Harness,
  setup: Setup,
  work: (opened: Opened) => Promise<Result>,
): Promise<Result> {
  const opened = await harness.open(setup);
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}

/** What the adapter declares, asked of an empty system. */
export function capabilitiesOf(harness: Harness): Promise<Capabilities> {
  return withOpened(harness, { documents: [] }, async ({ source }) => source.capabilities);
}

export const canHave = (harness: Harness, kind: FaultKind): boolean => harness.faults.includes(kind);

/** The pull ended with `done`, once and last, and says that everything is there. */
export function assertComplete(pulled: Pulled): void {
  if (pulled.thrown !== undefined) throw pulled.thrown;
  assert.ok(pulled.done !== undefined, 'the pull ended without done');
  assert.equal(pulled.events.filter((event) => event.type === 'done').length, 1, 'done comes once');
  assert.equal(pulled.events.at(-1)?.type, 'done', 'nothing comes after done');
  assert.deepEqual(pulled.done.incompleteBecause, [], 'nothing is missing, so no reason is given');
  assert.equal(pulled.done.complete, true, 'everything was read, so the pull says complete');
}

/** The documents of the cycle are exactly these samples, to the last digit. */
export function assertDocuments(
  pulled: Pulled,
  samples: readonly SampleDocument[],
  can: Parameters<typeof expected>[1],
): void {
  assert.deepEqual(
    ownDocuments(pulled).map(shown).sort(byId),
    samples.map((sample) => expected(sample, can)).sort(byId),
  );
}

/** The sample with this id; a mistake of the suite when there is none. */
export function one<Item>(items: readonly Item[], is: (item: Item) => boolean, what: string): Item {
  const found = items.filter(is);
  assert.equal(found.length, 1, `${what} stands once; it stands ${found.length} times`);
  return found[0] as Item;
}

/** A transport that cannot have the fault says so when it is asked for it: nothing is left out in silence. */
export async function cannotHave(harness: Harness, fault: Fault): Promise<void> {
  await assert.rejects(
    withOpened(harness, { documents: [], faults: [fault] }, async () => undefined),
    `the harness says that its transport cannot have ${fault.kind}, and yet provides it`,
  );
}
