import type { NewAlert } from '../../model/alert.js';
import {
  type ChangeTotal,
  changesBetween,
  endedAcceptances,
  runsWithoutAlert,
  troubledRuns,
  type UntoldRun,
} from '../../store/alert-facts.js';
import { type StateTotal, stateTotals } from '../../store/summary.js';
import { type ErrorCode, type ErrorEntry, errorTable } from '../../errors.js';
import { amountWords } from './amount-words.js';
import { type AlertContext, newsSince, type Watcher } from './context.js';

/** One message for each run over all customers that finished: what changed, against the run before. */
export const watchDigests: Watcher = async (context) => {
  const runs = await runsWithoutAlert(context.db, { kind: 'run.digest', since: newsSince(context) });
  const alerts: NewAlert[] = [];
  for (const run of runs) alerts.push(await digestOf(context, run));
  return alerts;
};

async function digestOf(context: AlertContext, run: UntoldRun): Promise<NewAlert> {
  const changes = await changesBetween(context.db, run.seq, run.earlier?.seq ?? null);
  const ended = await endedAcceptances(context.db, {
    cycle: run.cycle,
    earlierRun: run.earlier?.id ?? null,
    run: run.id,
  });
  const states = await stateTotals(context.db, run);
  const part = (change: ChangeTotal['change']) => changes.filter((one) => one.change === change);
  const detail = {
    isComplete: run.isComplete,
    incompleteBecause: run.incompleteBecause,
    comparedWith: run.earlier === null ? null : { run: run.earlier.id, cycle: run.earlier.cycle },
    pairs: states.map(({ state, currency, pairs }) => ({ state, currency, pairs })),
    new: part('new').map(toTotal),
    worse: part('worse').map(toTotal),
    resolved: part('resolved').map(toTotal),
    expired: ended.expired,
    stale: ended.stale,
  };
  const counted = (change: ChangeTotal['change']) => part(change).reduce((sum, { keys }) => sum + keys, 0);
  const title = [
    `${run.cycle} ${run.isComplete ? 'reconciled' : 'reconciled in part'}:`,
    `${counted('new')} new, ${counted('worse')} worse, ${counted('resolved')} resolved, ${ended.expired} expired`,
  ].join(' ');
  return {
    kind: 'run.digest',
    about: run.id,
    cycle: run.cycle,
    run: run.id,
    title,
    lines: [
      pairsLine(states),
      ...(['new', 'worse', 'resolved'] as const).flatMap((change) => changeLine(change, part(change))),
      ...(ended.expired > 0 ? [`expired: ${ended.expired} ${acceptances(ended.expired)} ended by their day`] : []),
      ...(ended.stale > 0
        ? [`stale: ${ended.stale} ${acceptances(ended.stale)} no longer fit what they were given for`]
        : []),
      comparedLine(run),
      ...run.incompleteBecause.map((because) => `not complete: ${because}`),
    ],
    detail,
    customers: [],
    owners: [],
    link: `/cycles/${encodeURIComponent(run.cycle)}?run=${encodeURIComponent(run.id)}`,
  };
}

const toTotal = ({ currency, keys, gross }: ChangeTotal) => ({ currency, keys, gross });
const acceptances = (count: number) => (count === 1 ? 'acceptance' : 'acceptances');

/** Only these count as matched; not_ready and error are neither good nor bad. */
function pairsLine(states: readonly StateTotal[]): string {
  const count = (...wanted: readonly string[]) =>
    states.filter(({ state }) => wanted.includes(state)).reduce((sum, { pairs }) => sum + pairs, 0);
  const all = states.reduce((sum, { pairs }) => sum + pairs, 0);
  const unknown = count('not_ready', 'error');
  const rest = unknown === 0 ? '' : `; ${unknown} could not be judged and count as not matched`;
  return `${count('matched', 'within_tolerance')} of ${all} pairs match${rest}`;
}

function changeLine(name: string, totals: readonly ChangeTotal[]): readonly string[] {
  if (totals.length === 0) return [];
  const parts = totals.map(({ keys, gross, currency }) => `${keys} with ${amountWords(gross, currency)}`);
  return [`${name}: ${parts.join(', ')}`];
}

function comparedLine({ earlier, cycle }: UntoldRun): string {
  if (earlier === null) return 'the first run: everything is new';
  return earlier.cycle === cycle ? 'against the run before it' : `against the newest run of ${earlier.cycle}`;
}

/** Runs that failed or lack something, told once for as long as it is the same trouble. */
export const watchTrouble: Watcher = async (context) => {
  const runs = await troubledRuns(context.db, newsSince(context));
  return runs.map((run) => {
    const entry: ErrorEntry | undefined = Object.hasOwn(errorTable, run.code)
      ? errorTable[run.code as ErrorCode]
      : undefined;
    // What a system said in its failure may name a customer; what an adapter counts does not.
    const reasons = run.isFinished || context.includeNames ? run.reasons : [];
    const what = run.isFinished ? 'finished, but not everything was compared' : 'did not finish';
    return {
      kind: 'run.incomplete',
      about: `${run.id} ${run.code} ${run.reasons.join(' ')}`,
      cycle: run.cycle,
      run: run.id,
      title: `A run of ${run.cycle} ${what}`,
      lines: [
        ...(run.isFinished || entry === undefined ? [] : [`${entry.sentence}.`]),
        ...reasons,
        `shadowbill runs show ${run.id}`,
        'Nothing of it counts as agreeing. The same trouble is not told again until a run is without it.',
      ],
      detail: { code: run.code, reasons, isFinished: run.isFinished },
      customers: [],
      owners: [],
      link: `/cycles/${encodeURIComponent(run.cycle)}?run=${encodeURIComponent(run.id)}`,
    };
  });
};
