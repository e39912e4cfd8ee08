import { type CutoverDate, workingDay } from '../confidence/cutover-dates.js';
import { lintPolicy } from '../confidence/policy-lint.js';
import type { PointOfNoReturn } from '../confidence/point-of-no-return.js';
import { type ReadinessItem, readiness } from '../confidence/readiness.js';
import { AppError } from '../errors.js';
import { parseCycleId } from '../model/ids.js';
import { cyclePeriod, dateInZone, instantOfMs, shiftCycle } from '../model/period.js';
import { membersOf } from '../store/cohorts.js';
import { runsByCycle } from '../store/evaluations.js';
import {
  doubleBillers,
  type GoliveItem,
  goliveRecords,
  insertGoliveRecord,
  liveOnSolvimon,
} from '../store/golive-rows.js';
import { nextBoundaries } from './billing-boundary.js';
import { foundCohort, personName } from './cohort-members.js';
import type { ConfidenceContext } from './confidence-context.js';
import { returnPoint } from './live-facts.js';

export type GoliveCheck = {
  readonly cohortId: string;
  readonly items: readonly ReadinessItem[];
  readonly isReady: boolean;
  /** Null while nobody of the cohort is live. */
  readonly pointOfNoReturn: PointOfNoReturn | null;
};

/** The readiness checklist of a cohort, computed from stored runs, the configuration and what people showed with a link. */
export async function checkGolive(context: ConfidenceContext, cohortId: string): Promise<GoliveCheck> {
  const cohort = await foundCohort(context, cohortId);
  const now = instantOfMs(context.now().getTime());
  const runs = (await runsByCycle(context.db, null)).filter(({ cycle, timezone, isComplete }) => {
    const id = parseCycleId(cycle);
    return isComplete && id !== undefined && cyclePeriod(id, timezone).end <= now;
  });
  const records = await goliveRecords(context.db, cohort.id);
  const items = readiness({
    setupComplaints: await setupComplaints(context, cohort.id, cohort.members, cohort.step),
    completeRuns: runs.map(({ id, cycle }) => ({ runId: id, cycle })).reverse(),
    cyclesWanted: context.policy.cycles.minObserved,
    shown: new Map(records.map(({ item, outcome, link, by }) => [item, { outcome, link, by }])),
  });
  return {
    cohortId: cohort.id,
    items,
    isReady: items.every(({ state }) => state === 'ready'),
    pointOfNoReturn: await currentReturnPoint(context, cohort.id),
  };
}

async function setupComplaints(
  context: ConfidenceContext,
  cohortId: string,
  members: number,
  step: string,
): Promise<readonly string[]> {
  const complaints = lintPolicy(context.policy, new Map([[step, members]]))
    .filter(({ severity }) => severity === 'error')
    .map(({ message }) => message);
  if (context.roster === null) complaints.push('no roster');
  const names = (await membersOf(context.db, cohortId)).map(({ customer }) => customer);
  const double = await doubleBillers(context.db, names);
  if (double.length > 0) complaints.push(`${double.length} customers live in two systems`);
  return complaints;
}

async function currentReturnPoint(context: ConfidenceContext, cohortId: string): Promise<PointOfNoReturn | null> {
  const now = instantOfMs(context.now().getTime());
  const members = new Set((await membersOf(context.db, cohortId)).map(({ customer }) => customer));
  const cycle = dateInZone(now, context.zone).slice(0, 7);
  const since = (await liveOnSolvimon(context.db, cycle))
    .filter(({ customer }) => members.has(customer))
    .map((one) => one.since)
    .sort()[0];
  const first = since === undefined ? undefined : parseCycleId(since);
  return first === undefined ? null : returnPoint(context, first, await goliveRecords(context.db, cohortId), now);
}

/** Writes down what somebody showed (`pass` or `fail`) or what closed the way back, with a link to the evidence. */
export async function recordGolive(
  context: ConfidenceContext,
  input: {
    readonly cohortId: string;
    readonly item: GoliveItem;
    readonly outcome: 'pass' | 'fail';
    readonly link: string;
    readonly note: string | null;
    readonly by: string;
  },
): Promise<void> {
  await foundCohort(context, input.cohortId);
  if (input.link.trim() === '') throw new AppError('usage', { detail: 'evidence needs a link' });
  await insertGoliveRecord(context.db, { ...input, by: personName(input.by), now: context.now() });
}

/** One entry of the timeline: whole days, in the zone of the configuration. */
export type TimelineEntry = { readonly on: string; readonly what: string; readonly who: string };

export type Timeline = {
  readonly cohortId: string | null;
  readonly cutover: CutoverDate;
  readonly entries: readonly TimelineEntry[];
};

/** Working days before a boundary on which stakeholders are told. */
const noticeDays = 10;

/**
 * The way to a cutover and past it, for stakeholders. `cohortId` null is the full cutover: everybody who is not live yet
 * moves on one boundary, without a ladder. `on` must be one of the next boundaries; the first without obstacle otherwise.
 */
export async function goliveTimeline(
  context: ConfidenceContext,
  input: { readonly cohortId: string | null; readonly on?: string | undefined },
): Promise<Timeline> {
  const who = input.cohortId === null ? 'everybody' : (await foundCohort(context, input.cohortId)).id;
  const boundaries = nextBoundaries(context, 24);
  const cutover =
    input.on === undefined
      ? (boundaries.find(({ obstacles }) => obstacles.length === 0) ?? boundaries[0])
      : boundaries.find(({ on }) => on === input.on);
  if (cutover === undefined)
    throw new AppError('usage', {
      detail: `${input.on ?? ''} is no billing boundary. Write ${boundaries
        .slice(0, 3)
        .map(({ on }) => on)
        .join(', ')} or later`,
    });
  return { cohortId: input.cohortId, cutover, entries: entriesOf(context, cutover, who) };
}

function entriesOf(context: ConfidenceContext, cutover: CutoverDate, who: string): readonly TimelineEntry[] {
  const { golive, zone } = context;
  const last = shiftCycle(cutover.cycle, golive.rollbackCycles - 1);
  const windowEnds = dateInZone(cyclePeriod(last, zone).end, zone);
  const entries: TimelineEntry[] = [
    {
      on: workingDay(cutover.on, -noticeDays, golive),
      what: `Stakeholders are told: ${who} will be billed by Solvimon from ${cutover.on}`,
      who: 'operations',
    },
    { on: cutover.decideBy, what: 'The decision must be approved by the end of this day', who: 'finance, engineering' },
    {
      on: cutover.on,
      what: `Cutover: cycle ${cutover.cycle} is billed by Solvimon; legacy stays in sync`,
      who: 'operations',
    },
    { on: cutover.closedOn, what: 'Finance has closed the last legacy cycle', who: 'finance' },
    { on: cutover.firstBillRunOn, what: 'First bill run in Solvimon', who: 'operations' },
    {
      on: windowEnds,
      what: `Point of no return: the rollback window ends with live cycle ${last}`,
      who: 'finance, engineering',
    },
    ...golive.events.map(({ on, what }) => ({ on, what, who: 'configuration' })),
  ];
  return entries.sort((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : 0));
}
