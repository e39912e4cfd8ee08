import type { Place } from './document.js';
import type { CycleId } from './ids.js';
import type { DecimalText } from './money.js';
import type { Instant, Period } from './period.js';
import type { Problem } from './problem.js';
import type { Side } from './side.js';
import type { CheckFinding, PullContext } from './source.js';

/*
 * Usage as the two systems hold it, before anything is priced. A source gives single events where it has them, and counts
 * by period where it has nothing finer. Quantities are decimal text, never a float; customers and meters are named as
 * their own system names them.
 */

/**
 * What became of an event in its own system. `counted`: it is part of what is billed. `not_matched`: taken in, and no price
 * was found for it. `duplicate`: its reference had been seen before. `deleted`: taken back. A system that only knows what it
 * bills has nothing but `counted`.
 */
export const usageOutcomes = ['counted', 'not_matched', 'duplicate', 'deleted'] as const;
export type UsageOutcome = (typeof usageOutcomes)[number];

/** One thing that was used once. */
export type UsageEvent = {
  readonly type: 'event';
  /** The id that its sender gave it, the same in both systems; null when there is none. */
  readonly reference: string | null;
  readonly customer: string;
  readonly meter: string;
  /** When it happened. */
  readonly at: Instant;
  readonly quantity: DecimalText;
  /** What a meter that counts different things counts: a user, a device. Null for every other meter. */
  readonly uniqueKey: string | null;
  /** When the system took it in; null when it does not say. */
  readonly ingestedAt: Instant | null;
  readonly outcome: UsageOutcome;
  /** The system's own word for why, verbatim. */
  readonly outcomeReason: string | null;
};

/** What was used in a period, already added up by the source. */
export type UsageAggregate = {
  readonly type: 'aggregate';
  readonly customer: string;
  readonly meter: string;
  /** Half-open. */
  readonly period: Period;
  /** How many events, as whole decimal text; null when the source does not say. */
  readonly count: DecimalText | null;
  readonly sum: DecimalText;
};

/** A record that could not be read. Whatever could be read of it is kept, so that its counterpart is not called missing. */
export type RejectedUsage = {
  readonly type: 'rejected';
  readonly reference: string | null;
  readonly customer: string | null;
  readonly meter: string | null;
  readonly problems: readonly [Problem, ...Problem[]];
  readonly place: Place;
};

export type UsageRecord = UsageEvent | UsageAggregate | RejectedUsage;

/** What to pull. */
export type UsageWindow = {
  /** Names the delivery of a source that has one a cycle. */
  readonly cycle: CycleId;
  /** Half-open: an event on its end belongs to what follows. Wider than the cycle by the days that a wrong clock can move an event. */
  readonly period: Period;
  /** Zone whose midnights cut the cycle. */
  readonly timezone: string;
};

/** How a pull ended. Every record once: read = events + aggregates + rejected + skipped. */
export type UsageDone = {
  readonly read: number;
  readonly events: number;
  readonly aggregates: number;
  readonly rejected: number;
  /** Read, understood and left out, by reason: outside the window, of another cycle. Counted, never lost. */
  readonly skipped: Readonly<Record<string, number>>;
  /** Faults of the input as a whole: a missing file, a count that differs. */
  readonly problems: readonly Problem[];
  /** False when the source cannot prove that everything was read; nothing is then called missing. */
  readonly complete: boolean;
  readonly incompleteBecause: readonly string[];
  readonly asOf: Instant;
  /** Identity of the input for "same input, same findings": sha256 of files, or a watermark. */
  readonly inputHash: string | null;
};

/** Where one event went in its system, for looking at one difference. */
export type UsageTrace = {
  readonly reference: string;
  readonly receivedAt: Instant | null;
  readonly processedAt: Instant | null;
  readonly outcome: UsageOutcome;
  readonly outcomeReason: string | null;
  /** What the event was billed by. Empty: nothing. */
  readonly links: readonly {
    readonly subscription: string | null;
    readonly product: string | null;
    readonly invoice: string | null;
  }[];
};

/** What a usage source asks of its surroundings: as any source, but a pull of usage always begins at its beginning. */
export type UsageContext = Omit<PullContext, 'resume'>;

/** A source of usage opened with its configuration. Never writes to its system. */
export type UsageSource = {
  readonly side: Side;
  readonly system: string;
  check(context: UsageContext): Promise<readonly CheckFinding[]>;
  /** Records in batches, so that a million of them do not wait for each other; the end is the generator's return value. */
  pull(window: UsageWindow, context: UsageContext): AsyncGenerator<readonly UsageRecord[], UsageDone>;
  /** One event by its reference, `undefined` when the system does not have it. Left out where there is nothing to ask. */
  trace?(reference: string, context: UsageContext): Promise<UsageTrace | undefined>;
  close(): Promise<void>;
};

/** Counts what a pull gives and why it is not whole, so that every source counts the same way. Class, because it gathers. */
export class UsageTally {
  readonly #counts = { events: 0, aggregates: 0, rejected: 0 };
  readonly #skipped = new Map<string, number>();
  readonly #problems: Problem[] = [];
  readonly #reasons = new Set<string>();

  /** Counts a record and gives it back. */
  take<Taken extends UsageRecord>(record: Taken): Taken {
    if (record.type === 'event') this.#counts.events += 1;
    else if (record.type === 'aggregate') this.#counts.aggregates += 1;
    else this.#counts.rejected += 1;
    return record;
  }

  skip(reason: string): void {
    this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + 1);
  }

  /** Notes a fault of the input as a whole, and that the pull is not whole because of it. */
  fail(fault: Problem, because: string): void {
    this.#problems.push(fault);
    this.#reasons.add(because);
  }

  /** The end of the pull. A rejected record is a hole in what was read, but one whose place is known: it does not make the rest untrusted. */
  done(asOf: Instant, inputHash: string | null): UsageDone {
    const skipped = [...this.#skipped.values()].reduce((sum, count) => sum + count, 0);
    const { events, aggregates, rejected } = this.#counts;
    return {
      read: events + aggregates + rejected + skipped,
      events,
      aggregates,
      rejected,
      skipped: Object.fromEntries([...this.#skipped].sort(([a], [b]) => (a < b ? -1 : 1))),
      problems: this.#problems,
      complete: this.#reasons.size === 0,
      incompleteBecause: [...this.#reasons],
      asOf,
      inputHash,
    };
  }
}
