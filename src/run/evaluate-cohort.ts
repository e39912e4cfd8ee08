import type { Decision } from '../confidence/decide.js';
import { decide } from '../confidence/decide.js';
import { decisionTree, type TreeNode } from '../confidence/decision-tree.js';
import { howMuchMore, type Outlook } from '../confidence/how-much-more.js';
import { clopperPearsonUpper } from '../confidence/clopper-pearson.js';
import type { PointOfNoReturn } from '../confidence/point-of-no-return.js';
import type { Policy } from '../confidence/policy.js';
import { lintPolicy } from '../confidence/policy-lint.js';
import { canonicalJson } from '../confidence/policy-hash.js';
import type { Snapshot } from '../confidence/snapshot.js';
import { addDays } from '../confidence/cutover-dates.js';
import { AppError } from '../errors.js';
import type { DecisionKind } from '../model/cohort.js';
import { parseCycleId } from '../model/ids.js';
import { cyclePeriod, dateInZone, instantOfMs } from '../model/period.js';
import { findCohort, membersOf, type StoredCohort, type StoredMember } from '../store/cohorts.js';
import { agreeingCustomers, causeGross } from '../store/cohort-facts.js';
import { type CycleRun, earlierNights, insertEvaluation, runsByCycle } from '../store/evaluations.js';
import { doubleBillers, goliveRecords, liveOnSolvimon } from '../store/golive-rows.js';
import { epochsOf } from '../store/policies.js';
import { type RosterEntry, saveRoster } from '../store/rosters.js';
import { adoptPolicy } from './adopt-policy.js';
import { type CohortCycle, measureCycle } from './cohort-cycle.js';
import { type Diagnostics, diagnose } from './cohort-diagnostics.js';
import { type CohortEvidence, gatherEvidence } from './cohort-evidence.js';
import { stricterPolicy } from './cohort-policy.js';
import { configChanges } from './config-changes.js';
import type { ConfidenceContext } from './confidence-context.js';
import { type Known, toSnapshot } from './cohort-snapshot.js';
import { frameOf } from './frame.js';
import { liveFacts } from './live-facts.js';

/** One look at a cohort: the recommendation, everything it stands on, and what is still missing. */
export type Evaluation = {
  readonly id: string | null;
  readonly cohort: StoredCohort;
  readonly cycle: string;
  readonly asOf: string;
  readonly decision: Decision;
  readonly leaning: DecisionKind;
  readonly snapshot: Snapshot;
  readonly policy: Policy;
  readonly cycles: readonly CohortCycle[];
  readonly evidence: CohortEvidence;
  readonly outlook: Outlook | null;
  /** One-look 95 % limit of the auditors' tables beside the any-look one; never the gate. */
  readonly textbookUpper: number | null;
  readonly tree: readonly TreeNode[];
  readonly diagnostics: Diagnostics;
  readonly pointOfNoReturn: PointOfNoReturn | null;
  /** Findings that block an expansion, and numbers that could not be measured, in words. */
  readonly critical: readonly string[];
  readonly notes: readonly string[];
};

/** At most so many cycles are looked back on. */
const maxCycles = 24;

/**
 * Looks at a cohort as of now, or of `asOf`, by the newest finished run of each cycle up to `cycle`. Writes the look down
 * unless `isRehearsal`. Unknown numbers are NaN and hold the cohort; a missing run or roster is a HOLD with its reason.
 * Throws AppError `cohort_not_found`, and `not_allowed` for a weakened policy that two people have not adopted.
 */
export async function evaluateCohort(
  context: ConfidenceContext,
  input: {
    readonly cohortId: string;
    readonly cycle?: string | undefined;
    readonly asOf?: Date;
    readonly isRehearsal?: boolean;
  },
): Promise<Evaluation> {
  const { db } = context;
  const asOf = input.asOf ?? context.now();
  const cohort = await findCohort(db, input.cohortId);
  if (cohort === undefined) throw new AppError('cohort_not_found', { detail: input.cohortId });
  const adopted = await adoptPolicy(db, { policy: context.policy, people: [], now: asOf });
  const settings = context.cohorts.find(({ id }) => id === cohort.id) ?? null;
  const policy = stricterPolicy(context.policy, settings);
  const members = await membersOf(db, cohort.id);
  const runs = (await runsByCycle(db, input.cycle ?? null)).slice(-maxCycles);
  const known = await gatherKnown(context, cohort, members, runs, asOf);
  const cycles = await measureCycles(context, policy, known);
  const working = await seenToWork(context, runs, asOf);
  const evidence = gatherEvidence({
    cycles,
    members,
    seed: cohort.seed ?? cohort.id,
    step: cohort.step,
    policy,
    epochs: await epochsOf(db, cohort.id),
    configChanges: configChanges(runs),
    frame: frameOf(context.roster?.entries ?? [], context.reporting),
    live: new Set(known.live.map(({ customer }) => customer)),
    seenToWork: working,
    reporting: context.reporting,
  });
  const { live, pointOfNoReturn } = await liveFacts(context, {
    live: known.ownLive,
    runId: runs.at(-1)?.id ?? null,
    records: known.records,
    asOf,
  });
  const critical = [...(cycles.at(-1)?.critical ?? []), ...evidenceFindings(evidence, policy, known)];
  const base = await toSnapshot({ context, policy, cohort, known, cycles, evidence, live, critical });
  const leaning = decide(agreed(base, policy), policy).decision;
  const snapshot = await withNights(context, base, { leaning, cohort, asOf, policyHash: adopted.stored.hash });
  const decision = decide(snapshot, policy);
  const { n, k } = evidence.counted;
  const result: Evaluation = {
    id: null,
    cohort,
    cycle: runs.at(-1)?.cycle ?? input.cycle ?? 'none',
    asOf: instantOfMs(asOf.getTime()),
    decision,
    leaning,
    snapshot,
    policy,
    cycles,
    evidence,
    outlook: howMuchMore(snapshot, policy, evidence.counted.immature),
    textbookUpper: n === 0 ? null : clopperPearsonUpper({ k, n, conf: 1 - evidence.alpha }),
    tree: decisionTree(snapshot, policy),
    diagnostics: diagnose({
      cycles,
      gross: await newestGross(context, known),
      policy,
      roster: context.roster,
      reporting: context.reporting,
      seenToWork: working,
    }),
    pointOfNoReturn,
    critical,
    notes: notesOf({ context, policy, cycles, evidence, cohort, members }),
  };
  if (input.isRehearsal === true) return result;
  return { ...result, id: await record(context, result, runs.at(-1), adopted.stored) };
}

async function gatherKnown(
  context: ConfidenceContext,
  cohort: StoredCohort,
  members: readonly StoredMember[],
  runs: readonly CycleRun[],
  asOf: Date,
): Promise<Known> {
  const { db, roster } = context;
  const names = new Set(members.map(({ customer }) => customer));
  const stored = roster === null ? null : await saveRoster(db, { ...roster, now: asOf });
  const cycle = runs.at(-1)?.cycle ?? '';
  const live = await liveOnSolvimon(db, cycle);
  return {
    cohort,
    members,
    runs,
    asOf,
    rosterId: stored?.id ?? null,
    hasUsage: usageOfMembers(
      (roster?.entries ?? []).filter(({ customer }) => names.has(customer)),
      names.size,
    ),
    doubleBilled: (await doubleBillers(db, [...names])).map(({ customer }) => customer),
    live,
    ownLive: live.filter(({ customer }) => names.has(customer)),
    records: await goliveRecords(db, cohort.id),
  };
}

/** false only when the roster says it of every member: nobody then owes us a usage line. */
function usageOfMembers(entries: readonly RosterEntry[], memberCount: number): boolean | null {
  const named = new Set(entries.map(({ customer }) => customer)).size;
  if (entries.some(({ hasUsage }) => hasUsage === true)) return true;
  return named === memberCount && named > 0 && entries.every(({ hasUsage }) => hasUsage === false) ? false : null;
}

async function measureCycles(
  context: ConfidenceContext,
  policy: Policy,
  known: Known,
): Promise<readonly CohortCycle[]> {
  const cycles: CohortCycle[] = [];
  const settings = context.cohorts.find(({ id }) => id === known.cohort.id) ?? null;
  for (const run of known.runs) {
    cycles.push(
      await measureCycle(context, policy, {
        run,
        who: { cohortId: known.cohort.id },
        rosterId: known.rosterId,
        hasUsage: known.hasUsage,
        step: known.cohort.step,
        mode: known.ownLive.some(({ since }) => since <= run.cycle) ? 'live' : 'shadow',
        isClosed: isClosed(run, known.asOf),
        doubleBilled: known.doubleBilled,
        settings,
      }),
    );
  }
  return cycles;
}

async function newestGross({ db }: ConfidenceContext, { runs, cohort, rosterId }: Known) {
  const run = runs.at(-1);
  if (run === undefined) return [];
  return causeGross(db, { runSeq: run.seq, cycle: run.cycle, who: { cohortId: cohort.id }, rosterId });
}

/** Shadowing harms nobody, so it goes wide: what was seen to work in any customer is covered, in a cohort or not. */
async function seenToWork(
  { db }: ConfidenceContext,
  runs: readonly CycleRun[],
  asOf: Date,
): Promise<ReadonlySet<string>> {
  const newest = runs.filter((run) => isClosed(run, asOf)).at(-1);
  return newest === undefined ? new Set() : agreeingCustomers(db, newest.seq);
}

function isClosed(run: CycleRun, asOf: Date): boolean {
  const cycle = parseCycleId(run.cycle);
  return cycle !== undefined && cyclePeriod(cycle, run.timezone).end <= instantOfMs(asOf.getTime());
}

function evidenceFindings(evidence: CohortEvidence, policy: Policy, known: Known): readonly string[] {
  const found = evidence.lifted.map((customer) => `${customer} was lifted above the cap by over-billing alone`);
  const isReviewed = known.records.some(({ item, outcome }) => item === 'attempt_review' && outcome === 'pass');
  if (evidence.attempt > policy.maxAttemptsBeforeReview && !isReviewed)
    found.push(
      `attempt ${evidence.attempt} needs a review that somebody signs: shadowbill golive record ${known.cohort.id} attempt_review --link …`,
    );
  return found;
}

/** The snapshot as it would be if the nights had agreed at a boundary: what nights then agree on. */
function agreed(snapshot: Snapshot, policy: Policy): Snapshot {
  return {
    ...snapshot,
    atCycleBoundary: true,
    evidence: { ...snapshot.evidence, agreeNights: policy.cycles.agreeNights },
  };
}

async function withNights(
  context: ConfidenceContext,
  snapshot: Snapshot,
  input: {
    readonly leaning: DecisionKind;
    readonly cohort: StoredCohort;
    readonly asOf: Date;
    readonly policyHash: string;
  },
): Promise<Snapshot> {
  let night = nightOf(input.asOf, context.zone);
  const earlier = await earlierNights(context.db, {
    cohortId: input.cohort.id,
    night,
    step: input.cohort.step,
    policyHash: input.policyHash,
  });
  let agreeNights = 1;
  for (const one of earlier) {
    if (one.night !== addDays(night, -1) || one.leaning !== input.leaning) break;
    agreeNights += 1;
    ({ night } = one);
  }
  return { ...snapshot, evidence: { ...snapshot.evidence, agreeNights } };
}

function nightOf(asOf: Date, zone: string): string {
  return dateInZone(instantOfMs(asOf.getTime()), zone);
}

function notesOf(input: {
  readonly context: ConfidenceContext;
  readonly policy: Policy;
  readonly cycles: readonly CohortCycle[];
  readonly evidence: CohortEvidence;
  readonly cohort: StoredCohort;
  readonly members: readonly StoredMember[];
}): readonly string[] {
  const { context, policy, cycles, cohort, members } = input;
  const { counted } = input.evidence;
  const notes = [...(cycles.at(-1)?.notes ?? ['no run has finished yet: nothing is known of this cohort'])];
  if (counted.fallback !== null) notes.push(`discovery counting is not allowed: ${counted.fallback}; strict was used`);
  const random = members.filter(({ part }) => part === 'random').length;
  if (random === 0)
    notes.push(`no member was drawn at random (selection ${cohort.selection}), so nobody feeds the bound`);
  const population = new Set((context.roster?.entries ?? []).map(({ customer }) => customer)).size;
  if (population > 0)
    notes.push(
      ...lintPolicy(policy, new Map([[cohort.step, population]]))
        .filter(({ path }) => path === `steps.${cohort.step}.pTol`)
        .map(({ message }) => `step ${cohort.step} cannot be met here: ${message}`),
    );
  const left = members.filter(({ leftAt }) => leftAt !== null).length;
  if (left > 0) notes.push(`${left} members left and still count`);
  return notes;
}

async function record(
  context: ConfidenceContext,
  one: Evaluation,
  run: CycleRun | undefined,
  policy: { readonly seq: string; readonly hash: string },
): Promise<string> {
  const asOf = new Date(one.asOf);
  // NaN and bigint have no JSON of their own; canonical JSON writes them as text, so the inputs can be read back.
  const plain = (value: unknown): unknown => JSON.parse(canonicalJson(value));
  return insertEvaluation(context.db, {
    cohortId: one.cohort.id,
    cycle: one.cycle,
    runId: run?.id ?? null,
    asOf,
    night: nightOf(asOf, context.zone),
    decision: one.decision.decision,
    reason: one.decision.reason,
    leaning: one.leaning,
    snapshot: plain(one.snapshot),
    chain: plain(one.decision.chain),
    detail: plain({
      outlook: one.outlook,
      critical: one.critical,
      notes: one.notes,
      strata: one.evidence.strata,
      diagnostics: one.diagnostics,
      counted: { ...one.evidence.counted, mature: one.evidence.counted.mature.length },
      cycles: one.cycles.map(({ record: kept, run: { id } }) => ({ ...kept, runId: id })),
      effectivePolicy: one.decision.policyHash,
      rosterHash: context.roster?.inputHash ?? null,
    }),
    alpha: Number.isNaN(one.decision.alpha) ? null : one.decision.alpha,
    policySeq: policy.seq,
    policyHash: policy.hash,
    inputsHash: one.decision.inputsHash,
    gridVersion: one.decision.gridVersion,
    mode: one.evidence.counted.mode,
    epoch: one.evidence.epoch,
    frame: one.cohort.frame,
    selection: one.cohort.selection,
  });
}
