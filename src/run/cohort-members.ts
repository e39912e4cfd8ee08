import { moveStage } from '../confidence/stages.js';
import { type CohortProposal, proposeCohort, sumRevenue } from '../confidence/propose-cohort.js';
import { floorRational, multiplyRational, rational, rationalFromText } from '../model/rational.js';
import { personOf } from '../confidence/maker-checker.js';
import { AppError } from '../errors.js';
import { toDecimal } from '../model/money.js';
import { decimalText } from '../model/money.js';
import {
  cohortsOf,
  deleteMember,
  findCohort,
  insertCohort,
  insertMembers,
  markLeft,
  moveCohort,
  type Part,
  type StoredCohort,
  takenCustomers,
} from '../store/cohorts.js';
import { hasEvaluations } from '../store/evaluations.js';
import { doubleBillers } from '../store/golive-rows.js';
import type { RosterEntry } from '../store/rosters.js';
import type { CohortSettings, ConfidenceContext } from './confidence-context.js';
import { frameOf } from './frame.js';

export type NewMembers = readonly { readonly customer: string; readonly part: Part }[];

/**
 * Creates a cohort in shadow with named, frozen members. Refuses, before anything is written: a step that is no rung, no
 * member, a customer who is not in the roster, is in another cohort, or is live in two systems. Throws AppError `usage`,
 * `conflict` or `not_allowed`, naming every such customer at once.
 */
export async function createCohort(
  context: ConfidenceContext,
  input: {
    readonly id: string;
    readonly step: string | null;
    readonly selection: StoredCohort['selection'];
    readonly seed: string | null;
    readonly frame: string;
    readonly members: NewMembers;
    readonly by: string;
  },
): Promise<StoredCohort> {
  const step = input.step ?? context.policy.ladder[0] ?? '';
  if (!/^[a-z0-9][a-z0-9_.-]{0,63}$/.test(input.id))
    throw new AppError('usage', {
      detail: `"${input.id}" is no cohort id. Write lower-case letters, digits, dots and dashes`,
    });
  if (!Object.hasOwn(context.policy.steps, step))
    throw new AppError('usage', {
      detail: `step ${step} is no rung of the policy. Write ${context.policy.ladder.join(', ')}`,
    });
  if (input.members.length === 0) throw new AppError('usage', { detail: `cohort ${input.id} would have no member` });
  if (input.selection !== 'convenience' && input.seed === null)
    throw new AppError('usage', { detail: 'a random selection needs the seed it was drawn with' });
  if ((await findCohort(context.db, input.id)) !== undefined)
    throw new AppError('conflict', { detail: `cohort ${input.id} is there already` });
  await refuseMembers(
    context,
    input.id,
    input.members.map(({ customer }) => customer),
  );
  await context.db
    .transaction()
    .execute((trx) => insertCohort(trx, { ...input, step, createdBy: personName(input.by), now: context.now() }));
  return foundCohort(context, input.id);
}

/** Creates every cohort of the configuration that is not there yet; those that are stay as they were frozen. */
export async function createConfigured(context: ConfidenceContext, by: string): Promise<readonly StoredCohort[]> {
  const created: StoredCohort[] = [];
  for (const settings of context.cohorts) {
    if ((await findCohort(context.db, settings.id)) !== undefined) continue;
    const part: Part = settings.selection === 'random' ? 'random' : 'convenience';
    created.push(
      await createCohort(context, {
        id: settings.id,
        step: settings.step,
        selection: settings.selection,
        seed: settings.seed,
        frame: describeSelect(settings),
        members: selectMembers(context, settings).map((customer) => ({ customer, part })),
        by,
      }),
    );
  }
  return created;
}

/** Creates one cohort per name in the roster's column `cohort` that is not there yet. */
export async function createFromRoster(
  context: ConfidenceContext,
  input: {
    readonly selection: 'random' | 'convenience';
    readonly seed: string | null;
    readonly steps: ReadonlyMap<string, string>;
    readonly by: string;
  },
): Promise<readonly StoredCohort[]> {
  const names = [...new Set(rosterEntries(context).map(({ cohort }) => cohort))].filter((name) => name !== null).sort();
  const created: StoredCohort[] = [];
  for (const id of names) {
    if ((await findCohort(context.db, id)) !== undefined) continue;
    const customers = new Set(
      rosterEntries(context)
        .filter(({ cohort }) => cohort === id)
        .map(({ customer }) => customer),
    );
    created.push(
      await createCohort(context, {
        id,
        step: input.steps.get(id) ?? null,
        selection: input.selection,
        seed: input.seed,
        frame: `customers of the roster with cohort ${id}`,
        members: [...customers].map((customer) => ({ customer, part: input.selection })),
        by: input.by,
      }),
    );
  }
  return created;
}

/** Customers that a configured cohort selects, resolved once against the roster. */
export function selectMembers(context: ConfidenceContext, { id, select }: CohortSettings): readonly string[] {
  const entries = rosterEntries(context);
  const fits = (entry: RosterEntry) =>
    (select.customers === null || select.customers.includes(entry.customer)) &&
    (select.country === null || entry.country === select.country) &&
    (select.plans === null || (entry.plan !== null && select.plans.includes(entry.plan))) &&
    (select.hasUsage === null || entry.hasUsage === select.hasUsage) &&
    (select.maxMrr === null ||
      (entry.mrr !== null && toDecimal(decimalText(entry.mrr)).lessThanOrEqualTo(select.maxMrr)));
  const isOpen = Object.values(select).every((value) => value === null);
  return [
    ...new Set(entries.filter((one) => (isOpen ? one.cohort === id : fits(one))).map(({ customer }) => customer)),
  ];
}

/** Adds customers by name. They join as convenience members, who feed no bound: a sample is not topped up by hand. */
export async function addMembers(
  context: ConfidenceContext,
  input: { readonly cohortId: string; readonly customers: readonly string[]; readonly by: string },
): Promise<number> {
  const members = input.customers.map((customer) => ({ customer, part: 'convenience' as const }));
  return joinCohort(context, { ...input, members });
}

/**
 * Grows a cohort by the rules: coverage core and a random remainder, drawn with the cohort's own seed from whoever is in no
 * cohort yet. Throws AppError `usage` for a cohort without a seed.
 */
export async function growCohort(
  context: ConfidenceContext,
  input: { readonly cohortId: string; readonly seats: number; readonly by: string },
): Promise<number> {
  const cohort = await foundCohort(context, input.cohortId);
  if (cohort.seed === null)
    throw new AppError('usage', {
      detail: `cohort ${cohort.id} was not drawn by chance and has no seed to go on with`,
    });
  const maxRevenueShare = context.policy.steps[cohort.step]?.maxNextRevenueShare ?? 0;
  const drawn = await proposeNextCohort(context, { seats: input.seats, maxRevenueShare, seed: cohort.seed });
  return joinCohort(context, { ...input, members: membersOfProposal(drawn) });
}

/** The members of a proposal with the part each plays. */
export function membersOfProposal({ core, random }: CohortProposal): NewMembers {
  return [
    ...core.map((customer) => ({ customer, part: 'core' as const })),
    ...random.map((customer) => ({ customer, part: 'random' as const })),
  ];
}

async function joinCohort(
  context: ConfidenceContext,
  input: { readonly cohortId: string; readonly members: NewMembers; readonly by: string },
): Promise<number> {
  const { id } = await foundCohort(context, input.cohortId);
  await refuseMembers(
    context,
    id,
    input.members.map(({ customer }) => customer),
  );
  return insertMembers(context.db, {
    cohortId: id,
    members: input.members,
    by: personName(input.by),
    now: context.now(),
  });
}

/**
 * Takes a customer out. Before a first look it was never there; after one it is marked as gone and goes on counting in
 * census and evidence, because leaving must not hide what was seen.
 */
export async function removeMember(
  context: ConfidenceContext,
  input: { readonly cohortId: string; readonly customer: string; readonly reason: string; readonly by: string },
): Promise<'removed' | 'left'> {
  const cohort = await foundCohort(context, input.cohortId);
  const wasSeen = await hasEvaluations(context.db, cohort.id);
  if (input.reason.trim() === '') throw new AppError('usage', { detail: 'a reason is needed' });
  const isDone = wasSeen
    ? await markLeft(context.db, { ...input, by: personName(input.by), now: context.now() })
    : await deleteMember(context.db, cohort.id, input.customer);
  if (!isDone) throw new AppError('usage', { detail: `${input.customer} is no member of ${cohort.id}` });
  return wasSeen ? 'left' : 'removed';
}

/** Closes a cohort whose every customer is live. Every other move is the effect of an approved decision. */
export async function completeCohort(context: ConfidenceContext, cohortId: string): Promise<StoredCohort> {
  const cohort = await foundCohort(context, cohortId);
  const to = moveStage(cohort, 'complete', context.policy.ladder);
  if (to === 'refused')
    throw new AppError('conflict', {
      detail: `cohort ${cohort.id} is in stage ${cohort.stage}; only a live one is completed`,
    });
  await context.db
    .transaction()
    .execute((trx) =>
      moveCohort(trx, { cohortId, proposalId: null, event: 'complete', from: cohort, to, now: context.now() }),
    );
  return foundCohort(context, cohortId);
}

/** The next cohort as the rules propose it; nothing is written. Throws when the roster is missing. */
export async function proposeNextCohort(
  context: ConfidenceContext,
  input: { readonly seats: number; readonly maxRevenueShare: number; readonly seed: string },
): Promise<CohortProposal> {
  const frame = frameOf(rosterEntries(context), context.reporting);
  const total = sumRevenue(frame);
  const share = multiplyRational(rationalFromText(String(input.maxRevenueShare)), rational(total));
  return proposeCohort({
    frame,
    taken: await takenCustomers(context.db),
    eligible: null,
    seats: input.seats,
    revenueCapMinor: floorRational(share),
    perCustomerCapMinor: total,
    seed: input.seed,
  });
}

/** A cohort by its id; throws AppError `cohort_not_found`. */
export async function foundCohort(context: Pick<ConfidenceContext, 'db'>, id: string): Promise<StoredCohort> {
  const cohort = await findCohort(context.db, id);
  if (cohort === undefined) throw new AppError('cohort_not_found', { detail: id });
  return cohort;
}

/** The trimmed name of a person; throws a usage error when it is blank. */
export function personName(name: string): string {
  const person = personOf(name);
  if (person === '') throw new AppError('usage', { detail: 'a name is needed. Write --by <name>' });
  return person;
}

function rosterEntries({ roster }: ConfidenceContext): readonly RosterEntry[] {
  if (roster !== null) return roster.entries;
  throw new AppError('config_invalid', {
    detail:
      'there is no roster. Name the CSV of contract data in the key roster: without it nobody knows who should be billed',
  });
}

async function refuseMembers(
  context: ConfidenceContext,
  cohortId: string,
  customers: readonly string[],
): Promise<void> {
  const known = new Set(rosterEntries(context).map(({ customer }) => customer));
  const strangers = customers.filter((customer) => !known.has(customer));
  if (strangers.length > 0) throw new AppError('usage', { detail: `not in the roster: ${someOf(strangers)}` });
  const elsewhere = [...(await cohortsOf(context.db, customers))].filter(([, id]) => id !== cohortId);
  if (elsewhere.length > 0)
    throw new AppError('conflict', {
      detail: `in another cohort: ${someOf(elsewhere.map(([who, id]) => `${who} (${id})`))}`,
    });
  const double = await doubleBillers(context.db, customers);
  if (double.length > 0)
    throw new AppError('not_allowed', {
      detail: `live in two systems: ${someOf(double.map(({ customer, cycle }) => `${customer} (${cycle})`))}. End one of them first`,
    });
}

function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(', ');
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}

function describeSelect({ id, select }: CohortSettings): string {
  const parts = [
    select.customers === null ? null : `${select.customers.length} named customers`,
    select.country === null ? null : `country ${select.country}`,
    select.plans === null ? null : `plan ${select.plans.join(', ')}`,
    select.hasUsage === null ? null : `usage ${String(select.hasUsage)}`,
    select.maxMrr === null ? null : `mrr at most ${select.maxMrr}`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? `customers of the roster with cohort ${id}` : parts.join(' and ');
}
