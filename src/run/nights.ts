import type { Kysely, Transaction } from 'kysely';
import type { CycleState } from '../model/cycle-state.js';
import type { CycleId } from '../model/ids.js';
import { dateInZone, type Instant, instantOfMs, parseLocal, shiftCycle } from '../model/period.js';
import {
  forgetComingNights,
  giveUpScheduled,
  insertNight,
  listNights,
  lockNights,
  markBegun,
  runsOfNight,
  type StoredNight,
} from '../store/nights.js';
import type { StoredRun } from '../store/runs.js';
import { cycleStatesOf } from '../store/signoffs.js';
import type { Database } from '../store/tables.js';

/** When runs start by themselves. */
export type Schedule = {
  readonly zone: string;
  /** The first moment after `afterMs` at which runs are due, epoch milliseconds; undefined: never again. */
  nextAfter(afterMs: number): number | undefined;
  /** Time of day "HH:MM" by which a night's runs should have ended; null: there is no such time. */
  readonly finishBy: string | null;
  /** How many ended cycles each night looks at, the newest first. */
  readonly lookBack: number;
  /** Whether the cycle that is still running is compared as well. */
  readonly hasRunningCycle: boolean;
};

/** What the nights get from outside. */
export type NightContext = {
  readonly db: Kysely<Database>;
  now(): Date;
  /** Writes a run of the schedule down, in the transaction of the night. */
  begin(trx: Transaction<Database>, cycle: CycleId, isPreview: boolean): Promise<StoredRun>;
  /** Puts a run on the queue unless it is there; `attempt` tells attempts apart. */
  enqueue(runId: string, attempt: string): Promise<void>;
  log(event: string, data: Readonly<Record<string, unknown>>): void;
};

/** A schedule that nobody looked at for longer than this begins again with tonight. */
const oldestMs = 7 * 86_400_000;
/** How long after a failure that may pass by itself a night's run is tried again. */
const tryAgainMs = 10 * 60_000;
/** Exit codes of failures that pass by themselves: not everything was there, or a system was down. */
const passing: ReadonlySet<number> = new Set([4, 5]);

/**
 * One look at the clock: nights that have become due are written down, the newest is begun, and its runs that met trouble
 * which may pass are tried again until the deadline. Any number of processes may look, at any moment, and die while they do:
 * the tables say what is left. The queue's own scheduler only makes the look come on time.
 */
export async function lookAtNights(context: NightContext, schedule: Schedule): Promise<void> {
  const now = context.now();
  const begun = await context.db.transaction().execute(async (trx) => {
    await lockNights(trx);
    await writeNights(trx, schedule, now);
    const [newest] = await listNights(trx, { before: now, limit: 1 });
    if (newest === undefined) return undefined;
    return newest.begunAt === null ? beginNight(trx, context, schedule, newest) : newest;
  });
  if (begun !== undefined) await helpOn(context, begun);
}

async function writeNights(trx: Transaction<Database>, schedule: Schedule, now: Date): Promise<void> {
  await forgetComingNights(trx, now);
  const [last] = await listNights(trx, { limit: 1 });
  let atMs = last === undefined ? now.getTime() : Math.max(Date.parse(last.dueAt), now.getTime() - oldestMs);
  // The first one still to come is written down as well: from it later looks know what was missed in between.
  while (atMs <= now.getTime()) {
    const next = schedule.nextAfter(atMs);
    if (next === undefined) return;
    const dueOn = dateInZone(instantOfMs(next), schedule.zone);
    await insertNight(trx, { dueAt: new Date(next), dueOn, finishBy: deadlineOf(schedule, next) });
    atMs = next;
  }
}

/** The first moment at or after `dueMs` that the clock of the zone shows `finishBy`. */
function deadlineOf({ finishBy, zone }: Schedule, dueMs: number): Date | null {
  if (finishBy === null) return null;
  for (const later of [0, 1]) {
    const day = dateInZone(instantOfMs(dueMs + later * 86_400_000), zone);
    const at = parseLocal(`${day} ${finishBy}:00`, zone);
    if (at !== undefined && Date.parse(at) >= dueMs) return new Date(at);
  }
  return null;
}

async function beginNight(
  trx: Transaction<Database>,
  context: NightContext,
  schedule: Schedule,
  night: StoredNight,
): Promise<StoredNight> {
  const states = await cycleStatesOf(trx);
  const runs = [];
  for (const cycle of cyclesDue(schedule, night.dueAt as Instant)) {
    await giveUpScheduled(trx, cycle);
    const run = await context.begin(trx, cycle, isStandingStill(states.get(cycle)?.state));
    runs.push({ cycle, run: run.id });
  }
  const now = context.now();
  await markBegun(trx, night.dueAt, runs, now);
  context.log('a night began', { dueAt: night.dueAt, runs });
  return { ...night, begunAt: now.toISOString() };
}

/** Somebody has signed: a night only looks whether the numbers are still those, and takes nobody's signature away. */
const isStandingStill = (state: CycleState | undefined) => state === 'in_review' || state === 'signed';

/** The cycles that a night compares, oldest first. */
function cyclesDue({ zone, lookBack, hasRunningCycle }: Schedule, due: Instant): readonly CycleId[] {
  const running = dateInZone(due, zone).slice(0, 7) as CycleId;
  const ended = Array.from({ length: lookBack }, (_unused, index) => shiftCycle(running, index - lookBack));
  return hasRunningCycle ? [...ended, running] : ended;
}

/** Queues what a killed process did not get to queue, and what failed in a way that may have passed. */
async function helpOn(context: NightContext, night: StoredNight): Promise<void> {
  const now = context.now().getTime();
  const isInTime = night.finishBy === null || now < Date.parse(night.finishBy);
  for (const { run, state, exitCode, failedAt } of await runsOfNight(context.db, night.dueAt)) {
    if (state === 'created' && failedAt === null) await context.enqueue(run, 'night');
    const mayPass = exitCode !== null && passing.has(exitCode) && failedAt !== null;
    if (!mayPass || !isInTime || state === 'failed' || now - Date.parse(failedAt) < tryAgainMs) continue;
    context.log('a run of the night is tried again', { run, failedAt });
    // The same look in two processes gives the same name, and so one flow.
    await context.enqueue(run, `again${Date.parse(failedAt)}`);
  }
}
