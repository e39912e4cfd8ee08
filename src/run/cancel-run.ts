import type { Kysely } from 'kysely';
import type { Pool } from 'pg';
import { AppError } from '../errors.js';
import type { Actor } from '../model/access.js';
import { sides } from '../model/side.js';
import { appendAudit } from '../store/audit.js';
import { forgetUnfinished, withLoadLock } from '../store/loads.js';
import { findRun, markCancelled } from '../store/runs.js';
import type { Database } from '../store/tables.js';

/**
 * Ends a run for good and drops what it had read and not finished. Workers that have a job of it in hand notice within a
 * second; this waits for them to let go of what they are reading. Throws AppError `run_not_found`, and `conflict` for a run
 * that has ended.
 */
export async function cancelRun(
  context: { readonly db: Kysely<Database>; readonly pool: Pool; now(): Date },
  id: string,
  actor: Actor,
): Promise<void> {
  const run = await findRun(context.db, id);
  if (run === undefined) throw new AppError('run_not_found', { detail: id });
  const now = context.now();
  await context.db.transaction().execute(async (trx) => {
    const failure = { code: 'run_cancelled', detail: `by ${actor.name}`, step: 'cancel', exitCode: 7 };
    if (!(await markCancelled(trx, id, failure, now)))
      throw new AppError('conflict', { detail: `run ${id} has ended: it is ${run.state}` });
    await appendAudit(trx, {
      actor,
      action: 'run.cancel',
      subject: `run ${id}`,
      cycle: run.cycle,
      detail: { state: run.state },
      now,
    });
  });
  for (const side of sides) await withLoadLock(context.pool, id, side, () => forgetUnfinished(context.db, id, side));
}
