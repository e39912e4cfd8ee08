import { z } from 'zod';
import type { StoredRun } from '../../store/runs.js';
import { list, wholeNumber } from './common.js';
import { run } from './cycles.js';

export const runQuery = z.object({ cycle: z.string().max(10).optional(), limit: wholeNumber(1, 200, 50) });
export const runList = z.object({ rows: list(run) });

/** A run without its configuration and summary. */
export function runOf(stored: StoredRun): z.output<typeof run> {
  const { id, cycle, state, isComplete, incompleteBecause, resultHash, configHash, createdAt, finishedAt } = stored;
  const failure = stored.failure ?? null;
  return { id, cycle, state, isComplete, incompleteBecause, resultHash, configHash, createdAt, finishedAt, failure };
}
