import { invariant } from '../model/invariant.js';
import { rational, rationalToNumber } from '../model/rational.js';

/** Usage completeness of one meter and day: events and summed quantity that the solvimon side has of the legacy side's. */
export type UsageDay = {
  readonly meter: string;
  readonly day: string;
  readonly legacyEvents: number;
  readonly solvimonEvents: number;
};

/**
 * The least complete meter-day, as solvimon events over legacy events; `null` when the legacy side saw no event at all.
 * @public
 */
export function worstUsageCompleteness(
  days: readonly UsageDay[],
): { readonly meter: string; readonly day: string; readonly completeness: number } | null {
  let worst: { meter: string; day: string; completeness: number } | null = null;
  for (const { meter, day, legacyEvents, solvimonEvents } of days) {
    if (legacyEvents === 0) continue;
    const completeness = solvimonEvents / legacyEvents;
    if (worst === null || completeness < worst.completeness) worst = { meter, day, completeness };
  }
  return worst;
}

/** An open mismatch or cause with its age. The age starts again only when the cause id changes. */
export type AgedItem = { readonly ageDays: number; readonly grossMinor: bigint; readonly isCritical: boolean };

export const ageBuckets = ['0-7', '8-30', '31-60', '>60'] as const;
export type AgeBucket = (typeof ageBuckets)[number];

export type Ageing = {
  readonly buckets: Readonly<Record<AgeBucket, { readonly count: number; readonly grossMinor: bigint }>>;
  /** Age of the oldest critical item in days, `null` when none is open. */
  readonly oldestCriticalDays: number | null;
};

/**
 * Count and absolute value per age bucket, in days since first seen.
 * @public
 */
export function ageing(items: readonly AgedItem[]): Ageing {
  const inBucket = (bucket: AgeBucket) => {
    const own = items.filter((item) => bucketOf(item.ageDays) === bucket);
    return { count: own.length, grossMinor: own.reduce((sum, item) => sum + item.grossMinor, 0n) };
  };
  const critical = items.filter((item) => item.isCritical).map((item) => item.ageDays);
  return {
    buckets: { '0-7': inBucket('0-7'), '8-30': inBucket('8-30'), '31-60': inBucket('31-60'), '>60': inBucket('>60') },
    oldestCriticalDays: critical.length === 0 ? null : Math.max(...critical),
  };
}

function bucketOf(ageDays: number): AgeBucket {
  invariant(ageDays >= 0, 'an age is never negative', { ageDays });
  if (ageDays < 8) return '0-7';
  if (ageDays < 31) return '8-30';
  return ageDays < 61 ? '31-60' : '>60';
}

/** Flows of bad customers between two cycles. */
export type Recurrence = {
  readonly recurring: readonly string[];
  /** Bad now, not bad before, and never bad earlier. */
  readonly fresh: readonly string[];
  readonly resolved: readonly string[];
  /** Bad now, not bad in the cycle before, but bad in an earlier one. */
  readonly regressed: readonly string[];
  /** |bad now and before| / |bad before and present now|; `null` when no customer that was bad before is present. */
  readonly rate: number | null;
};

/** Repeat offenders: customers bad in the last cycle who are bad again, among those still present. Lists in byte order. */
export function recurrence(input: {
  readonly badNow: ReadonlySet<string>;
  readonly badBefore: ReadonlySet<string>;
  readonly badEarlier: ReadonlySet<string>;
  readonly presentNow: ReadonlySet<string>;
}): Recurrence {
  const { badNow, badBefore, badEarlier, presentNow } = input;
  const sorted = (customers: Iterable<string>) => [...customers].sort();
  const stillPresent = sorted(badBefore).filter((customer) => presentNow.has(customer));
  const recurring = stillPresent.filter((customer) => badNow.has(customer));
  const notBefore = sorted(badNow).filter((customer) => !badBefore.has(customer));
  return {
    recurring,
    fresh: notBefore.filter((customer) => !badEarlier.has(customer)),
    resolved: stillPresent.filter((customer) => !badNow.has(customer)),
    regressed: notBefore.filter((customer) => badEarlier.has(customer)),
    rate: stillPresent.length === 0 ? null : recurring.length / stillPresent.length,
  };
}

export type Concentration = {
  readonly herfindahl: number;
  /** 1 / herfindahl: "4,000 mismatches are 3.1 causes". */
  readonly effectiveCauses: number;
  readonly topShare: number;
};

/** How few causes carry the gross difference; `null` when there is none. Gross amounts in minor units of one currency. */
export function causeConcentration(grossMinorByCause: ReadonlyMap<string, bigint>): Concentration | null {
  const all = [...grossMinorByCause.values()];
  invariant(
    all.every((gross) => gross >= 0n),
    'a gross amount is never negative',
  );
  const total = all.reduce((sum, gross) => sum + gross, 0n);
  if (total === 0n) return null;
  const shares = all.map((gross) => rationalToNumber(rational(gross, total)));
  const herfindahl = shares.reduce((sum, share) => sum + share * share, 0);
  return { herfindahl, effectiveCauses: 1 / herfindahl, topShare: Math.max(...shares) };
}

/**
 * Gross of all components of a set of pairs, split into what a signed-off or fix-pending cause explains and the rest.
 * @public
 */
export function explainedSplit(
  pairs: readonly {
    readonly explainedMinor: readonly bigint[];
    readonly unexplainedMinor: readonly bigint[];
    readonly deltaMinor: bigint;
  }[],
): {
  readonly componentGrossMinor: bigint;
  readonly explainedGrossMinor: bigint;
} {
  let [explained, unexplained, gross] = [0n, 0n, 0n];
  for (const pair of pairs) {
    const parts = [...pair.explainedMinor, ...pair.unexplainedMinor].reduce((sum, part) => sum + part, 0n);
    invariant(parts === pair.deltaMinor, 'the components of a pair sum to its delta (I2)', {
      parts,
      delta: pair.deltaMinor,
    });
    explained += sumOfSizes(pair.explainedMinor);
    unexplained += sumOfSizes(pair.unexplainedMinor);
    gross += sumOfSizes([pair.deltaMinor]);
  }
  invariant(explained + unexplained >= gross, 'the component gross is at least the gross variance');
  return { componentGrossMinor: explained + unexplained, explainedGrossMinor: explained };
}

function sumOfSizes(parts: readonly bigint[]): bigint {
  return parts.reduce((sum, part) => sum + (part < 0n ? -part : part), 0n);
}
