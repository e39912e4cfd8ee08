import { instantOfMs } from '../model/period.js';
import type { PullContext, PullEvent, Scope } from '../model/source.js';
import { contentHash, SetHash } from './canonical.js';
import { CustomerDirectory } from './customer-directory.js';
import { Fingerprints } from './fingerprints.js';
import { readGate, whyChanged, whyUnbilled } from './gate.js';
import { hasDatedDrafts, type Listing, listingsOf } from './listings.js';
import { findPlatform } from './platform.js';
import { idHash, isBefore, type PullCursor, readCursor } from './pull-cursor.js';
import { mostScans, type PullDeps, textOf } from './pull-deps.js';
import { pagesOf, SecondReading } from './second-reading.js';

/**
 * Every invoice of a scope, read twice. The first reading only remembers what was there; after `settleMs` the second hands
 * on, and an invoice that differs between them, or was not there before, is not ready (contract 7.3, step 6). Both readings
 * together also catch what slips between moving pages. Memory is one page ahead and 17 to 36 bytes an invoice.
 */
export async function* pullInvoices(deps: PullDeps, scope: Scope, context: PullContext): AsyncGenerator<PullEvent> {
  const asOf = instantOfMs(context.now());
  const platform = await findPlatform(deps.client, deps.platformId, context);
  const gate = await readGate(deps, scope, platform.id, context);
  const directory = new CustomerDirectory(deps.client, deps);
  const { customerKey } = deps.translate;
  const listings = await listingsOf(
    { client: deps.client, directory, customerKey, platform: platform.settings },
    scope,
    context,
  );
  const incompleteBecause = [...whyUnbilled(scope, context)];
  const cursor = context.resume === null ? null : readCursor(context.resume);
  const first = await readFirst(deps, listings, cursor, context);
  if (first.vanished > 0)
    incompleteBecause.push(`${first.vanished} invoices that were stored before the interruption are no longer listed`);
  context.log('solvimon first reading done', { invoices: first.seen.size, settleMs: deps.settleMs });
  await deps.surroundings.wait(deps.settleMs, context.signal);
  const pass = new SecondReading(deps, scope, context, {
    directory,
    gate,
    seen: first.seen,
    cursor: first.cursor,
    draftsAreDated: hasDatedDrafts(platform.settings),
  });
  yield* pass.run(listings);
  incompleteBecause.push(...pass.incompleteBecause);
  if (pass.unknownWords.size > 0) context.log('solvimon words unknown', Object.fromEntries(pass.unknownWords));
  incompleteBecause.push(...(await whyChanged(gate, deps, scope, platform.id, context)));
  yield {
    type: 'done',
    counts: pass.counts,
    complete: incompleteBecause.length === 0,
    incompleteBecause,
    controlTotals: [],
    asOf,
    inputHash: pass.inputHash,
  };
}

type First = {
  readonly seen: Fingerprints;
  /** Where the second reading goes on; null: from the start. */
  readonly cursor: PullCursor | null;
  /** Invoices handed on before an interruption that are gone now. */
  readonly vanished: number;
};

/**
 * Remembers every invoice. After an interruption it also finds out whether what was handed on before is what now stands
 * before the cursor; if not, the second reading starts again: an invoice given twice is harmless, one never given is not.
 */
async function readFirst(
  deps: PullDeps,
  listings: readonly Listing[],
  cursor: PullCursor | null,
  context: PullContext,
): Promise<First> {
  const seen = new Fingerprints();
  const before = new SetHash();
  let beforeCount = 0;
  for (let scan = 1; scan <= mostScans; scan += 1) {
    let isStable = true;
    for (const [index, listing] of listings.entries()) {
      for await (const page of pagesOf(deps, listing, 1, context, (stable) => (isStable &&= stable)))
        for (const row of page.rows) {
          const id = textOf(row, 'id');
          if (id === '') continue;
          seen.note(id, contentHash(row));
          if (cursor === null || seen.isEmitted(id) || !isBefore(cursor, index, textOf(row, 'created_at'), id))
            continue;
          seen.emit(id);
          before.add(idHash(id));
          beforeCount += 1;
        }
    }
    if (isStable) break;
    context.log('solvimon pages moved', { reading: 'first', scan });
  }
  if (cursor === null || before.hex === cursor.set) return { seen, cursor, vanished: 0 };
  context.log('solvimon list changed during an interruption', { stored: cursor.count, listed: beforeCount });
  seen.forgetEmitted();
  return { seen, cursor: null, vanished: Math.max(0, cursor.count - beforeCount) };
}
