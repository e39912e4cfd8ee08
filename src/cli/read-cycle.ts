import { AppError } from '../errors.js';
import { type CycleId, parseCycleId } from '../model/ids.js';

/** The cycle of an argument; throws a usage error. */
export function readCycle(text: string): CycleId {
  const cycle = parseCycleId(text);
  if (cycle === undefined) throw new AppError('usage', { detail: `"${text}" is no cycle. Write it as 2026-10` });
  return cycle;
}
