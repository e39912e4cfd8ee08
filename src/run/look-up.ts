import type { Kysely } from 'kysely';
import { AppError } from '../errors.js';
import { type MismatchRecord, mismatchesById } from '../store/mismatch-pages.js';
import { type PairRecord, pairById } from '../store/pair-pages.js';
import { findRun, latestFinishedRun, type StoredRun } from '../store/runs.js';
import type { Database } from '../store/tables.js';
import { newestRuns } from '../store/work.js';

/** The run that a list of a cycle is read from: the named one, or the newest that finished. Throws AppError `run_not_found` or `cycle_not_found`. */
export async function runOfCycle(db: Kysely<Database>, cycle: string, runId: string | undefined): Promise<StoredRun> {
  const run = runId === undefined ? await latestFinishedRun(db, cycle) : await findRun(db, runId);
  if (runId !== undefined && (run === undefined || run.cycle !== cycle || run.state !== 'finished'))
    throw new AppError('run_not_found', { detail: `no finished run ${runId} of cycle ${cycle}` });
  if (run === undefined) throw new AppError('cycle_not_found', { detail: `no run of cycle ${cycle} has finished` });
  return run;
}

type RunKey = { readonly id: string; readonly seq: string; readonly cycle: string };

/** A mismatch by its id, in the newest finished run that has it. Its id holds its cycle, so that there is only one. */
export async function findMismatch(
  db: Kysely<Database>,
  id: string,
): Promise<{ readonly mismatch: MismatchRecord; readonly run: RunKey }> {
  for (const run of await newestRuns(db)) {
    const [mismatch] = await mismatchesById(db, run, [id]);
    if (mismatch !== undefined) return { mismatch, run };
  }
  throw new AppError('mismatch_not_found', { detail: id });
}

/** A pair by its shown id, in the newest finished run that has it. */
export async function findPair(
  db: Kysely<Database>,
  shownId: string,
): Promise<{ readonly pair: PairRecord; readonly uuid: string; readonly run: RunKey }> {
  for (const run of await newestRuns(db)) {
    const found = await pairById(db, run, shownId);
    if (found !== undefined) return { ...found, run };
  }
  throw new AppError('pair_not_found', { detail: shownId });
}
