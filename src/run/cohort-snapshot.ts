import {
  type CycleRecord,
  hasRegressed,
  isCleanCycle,
  isSevereCycle,
  runningAtEnd,
} from '../confidence/cycle-record.js';
import type { Policy } from '../confidence/policy.js';
import type { Snapshot } from '../confidence/snapshot.js';
import { parseCycleId } from '../model/ids.js';
import { shiftCycle } from '../model/period.js';
import { lastMove, type StoredCohort, type StoredMember } from '../store/cohorts.js';
import type { CycleRun } from '../store/evaluations.js';
import type { GoliveRecord } from '../store/golive-rows.js';
import type { CohortCycle } from './cohort-cycle.js';
import type { CohortEvidence } from './cohort-evidence.js';
import type { ConfidenceContext } from './confidence-context.js';

/** What the tables say of a cohort before anything is measured. */
export type Known = {
  readonly cohort: StoredCohort;
  readonly members: readonly StoredMember[];
  readonly runs: readonly CycleRun[];
  readonly asOf: Date;
  readonly rosterId: string | null;
  readonly hasUsage: boolean | null;
  readonly doubleBilled: readonly string[];
  /** Everybody who is live, and the live ones among the members. */
  readonly live: readonly { readonly customer: string; readonly since: string }[];
  readonly ownLive: readonly { readonly customer: string; readonly since: string }[];
  readonly records: readonly GoliveRecord[];
};

/** Freezes what decide() looks at. Whatever could not be measured is NaN and fails every check that reads it. */
export async function toSnapshot(input: {
  readonly context: ConfidenceContext;
  readonly policy: Policy;
  readonly cohort: StoredCohort;
  readonly known: Known;
  readonly cycles: readonly CohortCycle[];
  readonly evidence: CohortEvidence;
  readonly live: Snapshot['live'];
  readonly critical: readonly string[];
}): Promise<Snapshot> {
  const { context, policy, cohort, known, cycles, evidence, critical } = input;
  const { counted, value } = evidence;
  const newest = cycles.at(-1)?.record ?? unmeasured(cohort.step);
  const counting = withoutGaps(cycles.filter(({ isClosed: closed }) => closed)).filter(
    ({ record: { cycle } }) => evidence.evidenceFrom === null || cycle >= evidence.evidenceFrom,
  );
  const history = cycles.map(({ causes }) => new Set(causes.map(({ cause }) => cause)));
  const records = cycles.map(({ record: one }) => one);
  return {
    mode: newest.mode,
    step: cohort.step,
    severeCycles: runningAtEnd(records, (one) => isSevereCycle(one, policy)),
    lastActionWasRollback: (await lastMove(context.db, cohort.id)) === 'roll_back',
    atCycleBoundary: newest.isFrozen,
    harmConfirmed: known.records.some(({ item, outcome }) => item === 'harm_confirmed' && outcome === 'pass'),
    data: { ...newest.data, freshnessHours: freshness(known) },
    census: { ...newest.census, openCritical: critical.length },
    cause: {
      ...newest.cause,
      regressed: newest.cause.regressed || hasRegressed(history.slice(0, -1), history.at(-1) ?? new Set()),
    },
    live: input.live,
    evidence: {
      attempt: evidence.attempt,
      cyclesObserved: counting.filter(({ record: one }) => one.isFrozen).length,
      cleanCycles: runningAtEnd(
        counting.map(({ record: one }) => one),
        (one) => isCleanCycle(one, policy),
      ),
      customers: counted.n,
      badCustomers: counted.k,
      valueItems: value.items,
      J: value.capMinor,
      topStratumBad: value.topStratumBad.length,
      strataOk: evidence.strataOk,
      featureCoverage: evidence.featureCoverage,
      nextRevenueShare: evidence.nextRevenueShare,
      agreeNights: 0,
    },
  };
}

/** Cycles at the end of the list that follow one another: a cycle nobody compared breaks the row. */
function withoutGaps(cycles: readonly CohortCycle[]): readonly CohortCycle[] {
  const row: CohortCycle[] = [];
  for (const one of [...cycles].reverse()) {
    const next = row[0];
    const cycle = parseCycleId(one.record.cycle);
    if (next !== undefined && (cycle === undefined || shiftCycle(cycle, 1) !== next.record.cycle)) break;
    row.unshift(one);
  }
  return row;
}

function freshness({ runs, asOf }: Known): number {
  const read = runs.at(-1)?.dataAsOf ?? null;
  // Data read after the moment of the look cannot be stale.
  return read === null ? Number.NaN : Math.max(0, (asOf.getTime() - Date.parse(read)) / 3_600_000);
}

/** What a cohort looks like of which no run knows anything: nothing is measured, so nothing can be green. */
function unmeasured(step: string): CycleRecord {
  const unknown = Number.NaN;
  return {
    cycle: 'none',
    mode: 'shadow',
    step,
    isFrozen: false,
    data: {
      freshnessHours: unknown,
      pairCoverage: unknown,
      usageCompleteness: unknown,
      ambiguousShare: unknown,
      pipelineErrors: unknown,
    },
    census: {
      overShare: unknown,
      underShare: unknown,
      unexplainedGrossShare: unknown,
      openCritical: unknown,
      taxMismatchCustomers: unknown,
      missingNew: unknown,
      missingShare: unknown,
      extraNew: unknown,
      duplicates: unknown,
    },
    cause: { status: 'unknown', customersShare: unknown, customers: unknown, regressed: false },
  };
}
