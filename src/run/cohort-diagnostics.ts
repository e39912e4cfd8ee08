import { type Concentration, causeConcentration, type Recurrence, recurrence } from '../confidence/cause-metrics.js';
import { goodTuringUnseenMass } from '../confidence/diagnostics.js';
import type { Policy } from '../confidence/policy.js';
import { parseCurrency } from '../model/currency.js';
import { ceilRational, multiplyRational, rationalFromText } from '../model/rational.js';
import type { CauseGross } from '../store/cohort-facts.js';
import { type CohortCycle, minorOf } from './cohort-cycle.js';
import type { ConfidenceContext } from './confidence-context.js';

/** One kind of event and how often it was seen to work: a checklist, not a proof. */
export type EventSighting = { readonly event: string; readonly cleanSightings: number; readonly isEnough: boolean };

/** What people look at beside the gates; nothing here decides. */
export type Diagnostics = {
  /** Bad customers of the newest cycle against the one before; null with fewer than two cycles. */
  readonly recurrence: Recurrence | null;
  /** "4,000 mismatches are 3.1 causes"; null when nothing differs or a rate is missing. */
  readonly concentration: Concentration | null;
  /** Share of next customers who would reveal a cause never seen; null without customers. */
  readonly unseenCauses: number | null;
  readonly events: readonly EventSighting[];
};

/** Repeat offenders, concentration of causes, causes still unseen, and the checklist of events of a cohort. */
export function diagnose(input: {
  readonly cycles: readonly CohortCycle[];
  readonly gross: readonly CauseGross[];
  readonly policy: Policy;
  readonly roster: ConfidenceContext['roster'];
  readonly reporting: ConfidenceContext['reporting'];
  readonly seenToWork: ReadonlySet<string>;
}): Diagnostics {
  const { cycles } = input;
  const newest = cycles.at(-1);
  const single = new Map<string, Set<string>>();
  for (const { customer, fingerprints } of newest?.customers ?? [])
    for (const one of fingerprints) single.set(one, (single.get(one) ?? new Set()).add(customer));
  const seenOnce = [...single.values()].filter(({ size }) => size === 1).length;
  const present = new Set((newest?.customers ?? []).map(({ customer }) => customer)).size;
  return {
    recurrence: recurrenceOf(cycles),
    concentration: concentrationOf(input.gross, input.reporting),
    unseenCauses: present === 0 ? null : goodTuringUnseenMass(seenOnce, present),
    events: eventsOf(input),
  };
}

function recurrenceOf(cycles: readonly CohortCycle[]): Recurrence | null {
  const [newest, before, ...earlier] = [...cycles].reverse();
  if (newest === undefined || before === undefined) return null;
  const badOf = ({ customers }: CohortCycle) =>
    customers.filter(({ isFrozen, isClean }) => isFrozen && !isClean).map(({ customer }) => customer);
  return recurrence({
    badNow: new Set(badOf(newest)),
    badBefore: new Set(badOf(before)),
    badEarlier: new Set(earlier.flatMap(badOf)),
    presentNow: new Set(newest.customers.map(({ customer }) => customer)),
  });
}

function concentrationOf(
  gross: readonly CauseGross[],
  reporting: ConfidenceContext['reporting'],
): Concentration | null {
  const sums = new Map<string, bigint>();
  const isOneCurrency = new Set(gross.map(({ currency }) => currency)).size === 1;
  for (const one of gross) {
    const code = parseCurrency(one.currency);
    const isReporting = reporting === null ? isOneCurrency : code === reporting.currency;
    const rate = isReporting ? '1' : code === undefined ? undefined : reporting?.rates.get(code);
    if (code === undefined || rate === undefined) return null;
    const minor = ceilRational(multiplyRational(minorOf(one.gross, code), rationalFromText(rate)));
    sums.set(one.cause, (sums.get(one.cause) ?? 0n) + minor);
  }
  return causeConcentration(sums);
}

function eventsOf({
  policy,
  roster,
  seenToWork,
}: Pick<Parameters<typeof diagnose>[0], 'policy' | 'roster' | 'seenToWork'>): readonly EventSighting[] {
  const { events, minCleanSightings } = policy.eventCoverage;
  return events.map((event) => {
    const carriers = (roster?.entries ?? []).filter((entry) => entry.events.includes(event));
    const cleanSightings = new Set(carriers.map(({ customer }) => customer).filter((one) => seenToWork.has(one))).size;
    return { event, cleanSightings, isEnough: cleanSightings >= minCleanSightings };
  });
}
