import { type Document, unsummedKinds } from './document.js';
import type { CycleId } from './ids.js';
import { contains, cyclePeriod, type Instant, instantOfMs, msOfInstant, type Period, shiftCycle } from './period.js';

/*
 * Which cycle a document belongs to, for sources that cannot be asked by service period. Header periods mislead (a
 * renewal states the period before, a first invoice none at all), so the lines decide. Every document belongs to exactly
 * one cycle: nothing is judged twice and nothing falls between two cycles.
 */

/** A document's place among the cycles seen from the one that is pulled. */
export type CyclePlace = 'own' | 'neighbour' | 'elsewhere';

const dayMs = 86_400_000;

/**
 * The instant that a document is about: the last moment of its latest usage; without usage the start of its latest other
 * line; without such a period the header's start; at last the date of issue. Usage is billed after its period and fees
 * before theirs, so on a renewal, which carries both, the usage decides. Lines without a sensible period have no say.
 */
export function cycleAnchor(document: Document): Instant | null {
  const lines = document.lines.filter((line) => !unsummedKinds.has(line.kind) && line.kind !== 'tax');
  const periods = (isUsage: boolean): readonly Period[] =>
    lines.flatMap((line) =>
      line.period !== null && line.periodQuality !== 'inverted' && (line.kind === 'usage') === isUsage
        ? [line.period]
        : [],
    );
  const used = periods(true).map((period) =>
    instantOfMs(Math.max(msOfInstant(period.end) - 1, msOfInstant(period.start))),
  );
  const charged = periods(false).map((period) => period.start);
  return latest(used) ?? latest(charged) ?? document.period?.start ?? document.issuedAt;
}

/**
 * Tells where documents belong, seen from the cycle of `scope`. The cycle of a document's anchor counts when the document
 * came into being within that cycle or `slackDays` around it, which is what a pull of that cycle reads; otherwise the
 * cycle it came into being in (`bornAt`), so that a correction long after the fact is still judged, once. A document
 * without either instant is of no cycle: `elsewhere`.
 */
export function cyclePlacer(scope: {
  readonly cycle: CycleId;
  readonly timezone: string;
  readonly slackDays: number;
}): (document: Document, bornAt: Instant | null) => CyclePlace {
  const near = [-2, -1, 0, 1, 2].map((by) => {
    const period = cyclePeriod(shiftCycle(scope.cycle, by), scope.timezone);
    return { by, period, read: widened(period, scope.slackDays) };
  });
  const at = (instant: Instant | null) =>
    instant === null ? undefined : near.find(({ period }) => contains(period, instant));
  return (document, bornAt) => {
    const told = at(cycleAnchor(document));
    const isTimely = told !== undefined && (bornAt === null || contains(told.read, bornAt));
    const by = (isTimely ? told : at(bornAt))?.by;
    if (by === 0) return 'own';
    return by === -1 || by === 1 ? 'neighbour' : 'elsewhere';
  };
}

/** The period with days added on both ends: what a pull reads from a source that only knows when documents were made. */
export function widened(period: Period, days: number): Period {
  return {
    start: instantOfMs(msOfInstant(period.start) - days * dayMs),
    end: instantOfMs(msOfInstant(period.end) + days * dayMs),
  };
}

function latest(instants: readonly Instant[]): Instant | null {
  return instants.reduce<Instant | null>((best, one) => (best === null || one > best ? one : best), null);
}
