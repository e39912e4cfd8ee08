import { AppError } from '../errors.js';
import {
  type CycleRecord,
  listCycles,
  outsideStatement,
  type SideReadiness,
  sideReadiness,
  type Statement,
  statement,
} from '../store/cycle-views.js';
import { pairTotals, type PairTotals } from '../store/pair-pages.js';
import { findRun, listRuns, type StoredRun } from '../store/runs.js';
import { cycleStatesOf } from '../store/signoffs.js';
import { workCounts } from '../store/work.js';
import { signoffStatus, type SignoffStatus } from './sign-cycle.js';
import type { WorkContext } from './work-context.js';
import type { CycleState } from '../model/cycle-state.js';

export type CycleSummary = CycleRecord & { readonly state: CycleState; readonly since: string | null };

/** Every cycle with where it stands, newest first. */
export async function cycleSummaries(context: WorkContext): Promise<readonly CycleSummary[]> {
  const states = await cycleStatesOf(context.db);
  return (await listCycles(context.db)).map((record) => {
    const stored = states.get(record.cycle);
    return { ...record, state: stored?.state ?? 'collecting', since: stored?.since ?? null };
  });
}

export type CycleOverview = {
  readonly cycle: CycleSummary;
  readonly run: StoredRun | undefined;
  readonly states: readonly PairTotals[];
  readonly statement: readonly Statement[];
  readonly outside: Awaited<ReturnType<typeof outsideStatement>>;
  readonly readiness: readonly SideReadiness[];
  readonly signoff: SignoffStatus;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly proposals: number;
  readonly runs: readonly StoredRun[];
};

/** Everything of one cycle, read from its newest finished run. `person`: whom the sign-off is shown to. Throws AppError `cycle_not_found`. */
export async function cycleOverview(context: WorkContext, cycle: string, person: string): Promise<CycleOverview> {
  const { db } = context;
  const [record] = await listCycles(db, cycle);
  if (record === undefined) throw new AppError('cycle_not_found', { detail: cycle });
  const run = record.run === null ? undefined : await findRun(db, record.run);
  const signoff = await signoffStatus(context, cycle, person);
  const { byStatus, proposals } = await workCounts(db, run, cycle);
  return {
    cycle: { ...record, state: signoff.state.state, since: signoff.state.since },
    run,
    states: run === undefined ? [] : await pairTotals(db, run, {}),
    statement: run === undefined ? [] : await statement(db, run),
    outside: run === undefined ? [] : await outsideStatement(db, run),
    readiness: await sideReadiness(db, { id: record.run ?? record.newestRun }),
    signoff,
    byStatus,
    proposals,
    runs: await listRuns(db, { cycle, limit: 50 }),
  };
}
