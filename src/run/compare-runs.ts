import type { Kysely } from 'kysely';
import { AppError } from '../errors.js';
import { type Change, type ChangedKey, changedKeys, type ChangeTotals, changeTotals } from '../store/run-diff.js';
import { findRun, runBefore, type StoredRun } from '../store/runs.js';
import type { Database } from '../store/tables.js';

export type RunComparison = {
  readonly earlier: StoredRun;
  readonly later: StoredRun;
  readonly totals: readonly ChangeTotals[];
  readonly rows: readonly ChangedKey[];
};

/**
 * What a finished run finds that an earlier one did not, and the other way round. Without `against`: the finished run before
 * it of the same cycle, else the newest one of an earlier cycle. Throws AppError `run_not_found`, `usage` for a run that has
 * not finished or when there is nothing to compare with.
 */
export async function compareRuns(
  db: Kysely<Database>,
  input: {
    readonly run: string;
    readonly against?: string | undefined;
    readonly change: readonly Change[];
    readonly limit: number;
  },
): Promise<RunComparison> {
  const later = await finished(db, input.run);
  const earlier = input.against === undefined ? await runBefore(db, later) : await finished(db, input.against);
  if (earlier === undefined)
    throw new AppError('usage', { detail: `no run before ${later.id} has finished; there is nothing to compare with` });
  if (earlier.id === later.id)
    throw new AppError('usage', { detail: `run ${later.id} cannot be compared with itself; name another` });
  return {
    earlier,
    later,
    totals: await changeTotals(db, earlier, later),
    rows: await changedKeys(db, { earlier, later, change: input.change, limit: input.limit }),
  };
}

async function finished(db: Kysely<Database>, id: string): Promise<StoredRun> {
  const found = await findRun(db, id);
  if (found === undefined) throw new AppError('run_not_found', { detail: id });
  if (found.state !== 'finished')
    throw new AppError('usage', { detail: `run ${id} is ${found.state}; only finished runs can be compared` });
  return found;
}
