import type { Kysely } from 'kysely';
import { AppError } from '../errors.js';
import { isRealDate } from '../model/period.js';
import { maxAcceptanceDays } from '../model/work.js';
import {
  changedFactor,
  type Decision,
  decisions,
  firstState,
  life,
  nextState,
  type RootCauseState,
  rootCauseEvents,
  rootCauseStates,
} from '../reconcile/root-causes/life.js';
import { type Attributes, type Cover, coverByRules } from '../reconcile/root-causes/rule-cover.js';
import { type CellRow, coverCells, coverPopulations } from '../store/cover-cells.js';
import { rootCauseStatus } from '../store/root-cause-views.js';
import { decideRootCause, recordRootCauses, type Transition } from '../store/root-causes.js';
import type { StoredRun } from '../store/runs.js';
import type { Database } from '../store/tables.js';
import { todayIn } from './carry-work.js';

export { decisions };

/** The table of the life as rows, refused transitions left out. */
const transitions: readonly Transition[] = rootCauseStates.flatMap((from) =>
  rootCauseEvents.flatMap((event) => {
    const to = life[from][event];
    return to === 'refused' ? [] : [{ from, event, to }];
  }),
);

/** Writes what a run shows of each root cause and moves their lives on; a repeat changes nothing. */
export async function recordCauses(
  db: Kysely<Database>,
  run: StoredRun,
  isComplete: boolean,
  now: Date,
): Promise<void> {
  const today = todayIn(now, run.timezone);
  const input = { runSeq: run.seq, cycle: run.cycle, firstState, transitions, changedFactor, today, now };
  await db.transaction().execute((trx) => recordRootCauses(trx, { ...input, isWhole: isComplete }));
}

/** Rules that cover the mismatches of a run, by number of pairs over all, and by money within each currency. */
export type RuleCovers = { readonly byPairs: CoverText; readonly byMoney: Readonly<Record<string, CoverText>> };
/** A cover as it is stored: gross as decimal text in major units. */
export type CoverText = {
  readonly left: number;
  readonly rules: readonly (Omit<Cover['rules'][number], 'gross'> & { readonly gross: string })[];
};

export async function coverRun(
  db: Kysely<Database>,
  run: { readonly seq: string },
  loads: { readonly legacyLoad: string; readonly solvimonLoad: string },
): Promise<RuleCovers> {
  const cells = await coverCells(db, run);
  if (cells.length === 0) return { byPairs: { rules: [], left: 0 }, byMoney: {} };
  const populations = (await coverPopulations(db, loads)).map((row) => ({
    attributes: attributesOf(row),
    pairs: row.documents,
  }));
  const cover = (rows: readonly CellRow[], by: 'pairs' | 'gross') =>
    toText(
      coverByRules(
        rows.map((row) => ({ ...row, attributes: attributesOf(row), gross: BigInt(row.gross) })),
        populations,
        by,
      ),
    );
  const currencies = [...new Set(cells.map((cell) => cell.currency))].filter((code) => code !== null).sort();
  return {
    byPairs: cover(cells, 'pairs'),
    byMoney: Object.fromEntries(
      currencies.map((code) => [
        code,
        cover(
          cells.filter((cell) => cell.currency === code),
          'gross',
        ),
      ]),
    ),
  };
}

function attributesOf(row: { readonly chargeKey: string | null; readonly currency: string | null }): Attributes {
  return {
    ...(row.chargeKey !== null && { charge: row.chargeKey }),
    ...(row.currency !== null && { currency: row.currency }),
  };
}

function toText(cover: Cover): CoverText {
  return {
    left: cover.left,
    rules: cover.rules.map((rule) => {
      const text = rule.gross.toString().padStart(5, '0');
      return { ...rule, gross: `${text.slice(0, -4)}.${text.slice(-4)}` };
    }),
  };
}

/** An acceptance has an end, and only an acceptance: what is let pass for ever is forgotten. */
function checkUntil(input: {
  readonly decision: Decision;
  readonly until: string | null;
  readonly today: string;
}): void {
  const { decision, until, today } = input;
  if (decision !== 'accept' && until !== null)
    throw new AppError('usage', { detail: `an end (${until}) belongs to accept, not to ${decision}` });
  if (decision !== 'accept') return;
  const last = addDays(today, maxAcceptanceDays);
  if (until === null || !isRealDate(until) || until <= today || until > last)
    throw new AppError('usage', {
      detail: `say until when it is accepted: a day after ${today} and no later than ${last}${until === null ? '' : `, not ${until}`}`,
    });
}

function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** Puts somebody's decision about a root cause into effect; throws AppError when there is none such, or when it makes no sense now. */
export async function decide(
  db: Kysely<Database>,
  input: {
    readonly fingerprint: string;
    readonly decision: Decision;
    readonly who: string;
    readonly note: string | null;
    /** Day on which an acceptance ends; null for every other decision. */
    readonly until: string | null;
    /** "YYYY-MM-DD", in the configured zone. */
    readonly today: string;
    readonly now: Date;
  },
): Promise<RootCauseState> {
  checkUntil(input);
  const found = await rootCauseStatus(db, input.fingerprint);
  const from = rootCauseStates.find((state) => state === found?.status);
  if (from === undefined) throw new AppError('root_cause_not_found', { detail: input.fingerprint });
  const to = nextState(from, input.decision);
  if (to === 'refused')
    throw new AppError('conflict', { detail: `${input.decision} makes no sense for a root cause that is ${from}` });
  const isDone = await decideRootCause(db, { ...input, event: input.decision, from, to });
  if (!isDone)
    throw new AppError('conflict', { detail: `${input.fingerprint} was decided by somebody else meanwhile` });
  return to;
}
