import { type CyclePlace, cyclePlacer } from '../../model/cycle-rule.js';
import type { Document } from '../../model/document.js';
import type { Instant } from '../../model/period.js';
import type { PullCounts, PullEvent, RawRecord, Scope, Translated } from '../../model/source.js';

/** Counts of a pull while they grow; part of the cursor, so that they are of the whole pull after a resume. */
export type Counts = { -readonly [Name in keyof PullCounts]: number };

export const noCounts = (): Counts => ({ listed: 0, emitted: 0, rejected: 0, skipped: 0 });

/** Turns each record that was listed into exactly one event, and counts it. */
export type Taker = {
  /** `bornAt`: when the system made or dated the record; `isStable`: false when it still changed while it was read. */
  take(raw: RawRecord, facts: { readonly bornAt: Instant | null; readonly isStable: boolean }): PullEvent;
  skip(id: string, reason: string): PullEvent;
};

/** The taker of a source that has no filter by service period: the lines of a document decide whose cycle it is. */
export function takerOf(input: {
  readonly scope: Scope;
  readonly translate: (raw: RawRecord) => Translated;
  readonly counts: Counts;
}): Taker {
  const placeOf = cyclePlacer(input.scope);
  const { counts } = input;
  const skip = (id: string, reason: string): PullEvent => {
    counts.listed += 1;
    counts.skipped += 1;
    return { type: 'skipped', id, kind: null, reason };
  };
  return {
    skip,
    take: (raw, { bornAt, isStable }) => {
      const translated = input.translate(raw);
      if (translated.type === 'rejected') {
        counts.listed += 1;
        counts.rejected += 1;
        return { ...translated, raw };
      }
      const { document } = translated;
      const place = placeOf(document, bornAt);
      const reason = skipReason(place, document);
      if (reason !== null) return skip(raw.id, reason);
      counts.listed += 1;
      counts.emitted += 1;
      return {
        type: 'document',
        document: isStable ? document : unstable(document),
        raw,
        ...(place === 'neighbour' && { isNeighbour: true }),
      };
    },
  };
}

function skipReason(place: CyclePlace, document: Document): string | null {
  if (document.state === 'deleted') return 'deleted';
  if (place === 'elsewhere') return 'of another cycle';
  if (place !== 'neighbour') return null;
  if (document.state === 'void') return 'void, and of a neighbouring cycle';
  return document.state === 'preview' ? 'a preview of a neighbouring cycle' : null;
}

const unstable = (document: Document): Document => ({
  ...document,
  notReady: [...document.notReady, 'unstable_between_fetches'],
});
