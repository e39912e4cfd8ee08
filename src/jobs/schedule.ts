import { getNextMillis } from 'bullmq';
import type { QueueHandle } from './queue.js';

/*
 * The nightly schedule as a job scheduler of BullMQ. It only makes somebody look at the clock at the right moment: what is
 * due, and what was already begun, is in the tables, so that a lost reminder costs some seconds and a doubled one nothing.
 */

const scheduleQueue = 'schedule';
const schedulerId = 'nightly';

/**
 * The first moment after `afterMs` that a cron pattern names in a zone. An hour that the clocks leave out runs once, right
 * after; an hour that they show twice runs once.
 */
export function nextCronMs(pattern: string, zone: string, afterMs: number): number | undefined {
  return getNextMillis(afterMs, { pattern, tz: zone });
}

/** Brings the scheduler to what is configured (null: none) and looks whenever it says so. */
export async function startSchedule(
  queues: QueueHandle,
  schedule: { readonly pattern: string; readonly zone: string } | null,
  look: () => Promise<void>,
): Promise<void> {
  const queue = queues.queue(scheduleQueue);
  if (schedule === null) {
    await queue.removeJobScheduler(schedulerId);
    return;
  }
  const { pattern, zone } = schedule;
  await queue.upsertJobScheduler(schedulerId, { pattern, tz: zone }, { name: schedulerId, data: {} });
  queues.worker(scheduleQueue, look, { concurrency: 1 });
}
