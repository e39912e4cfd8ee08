import { censusChecks, severeChecks, trustChecks } from './checks.js';
import type { Policy } from './policy.js';
import type { Snapshot } from './snapshot.js';

/** What a closed or running cycle showed of a cohort: the parts of a snapshot that belong to one cycle. */
export type CycleRecord = Pick<Snapshot, 'mode' | 'step' | 'data' | 'census' | 'cause'> & {
  readonly cycle: string;
  /** The period has ended and every roster row is final on both sides. */
  readonly isFrozen: boolean;
};

/**
 * A clean cycle (statistics 3.3): closed, all roster rows frozen, no census maximum exceeded, no severe trigger, data
 * trusted. Freshness is a property of the look and not of a past cycle, so it is not asked again.
 */
export function isCleanCycle(record: CycleRecord, policy: Policy): boolean {
  const snapshot = asSnapshot(record);
  return (
    record.isFrozen &&
    trustChecks(snapshot, policy).every((check) => check.outcome === 'pass') &&
    censusChecks(snapshot, policy).every((check) => check.outcome === 'pass') &&
    !isSevereCycle(record, policy)
  );
}

/** Whether a severe trigger was reached in this cycle. */
export function isSevereCycle(record: CycleRecord, policy: Policy): boolean {
  return severeChecks(asSnapshot(record), policy).some(
    (check) => check.rule === 'SEVERE' && check.outcome === 'triggered',
  );
}

/** How many records at the end of the list fulfil `holds`, without a gap in the cycles' order. */
export function runningAtEnd(records: readonly CycleRecord[], holds: (record: CycleRecord) => boolean): number {
  let length = 0;
  for (const record of [...records].reverse()) {
    if (!holds(record)) break;
    length += 1;
  }
  return length;
}

/** Whether a cause that a cycle shows had gone in an earlier one and came back: it was seen, then not seen, now seen. */
export function hasRegressed(history: readonly ReadonlySet<string>[], now: ReadonlySet<string>): boolean {
  return [...now].some((cause) => {
    const last = history.map((causes) => causes.has(cause)).lastIndexOf(true);
    return last >= 0 && last < history.length - 1;
  });
}

function asSnapshot(record: CycleRecord): Snapshot {
  return {
    ...record,
    data: { ...record.data, freshnessHours: 0 },
    severeCycles: 0,
    lastActionWasRollback: false,
    atCycleBoundary: true,
    harmConfirmed: false,
    live: null,
    evidence: {
      attempt: 1,
      cyclesObserved: 0,
      cleanCycles: 0,
      customers: 0,
      badCustomers: 0,
      valueItems: [],
      J: 1n,
      strataOk: false,
      featureCoverage: 0,
      nextRevenueShare: 1,
      agreeNights: 0,
    },
  };
}
