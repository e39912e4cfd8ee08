import type { StoredRun } from '../../store/runs.js';
import type { RunSummary } from '../../run/summarise.js';
import { pairStates, causes } from '../../model/verdict.js';
import { amount, signed } from './money.js';
import { renderAccepted, renderRounding } from './learned.js';
import { table } from './table.js';

const stateNames: Readonly<Record<string, string>> = {
  matched: 'matched',
  within_tolerance: 'within tolerance',
  mismatch: 'mismatch',
  ambiguous: 'ambiguous',
  only_legacy: 'only legacy',
  only_solvimon: 'only solvimon',
  not_ready: 'not ready',
  error: 'error',
};

/** States whose pairs were compared; of the others nobody can say whether they agree. */
const unjudged: ReadonlySet<string> = new Set(['not_ready', 'error']);

/** The end of a run as finance reads it: how it went in words, states with money per currency, causes, the statement, what was left out. */
export function renderSummary(run: StoredRun): string {
  const summary = run.summary as RunSummary;
  return [
    renderHeading(run),
    renderStates(summary),
    renderCauses(summary),
    ...[renderAccepted(summary), renderFooting(summary), renderRounding(summary)].filter((text) => text !== ''),
    ...(run.isComplete === false
      ? [['The run is incomplete:', ...run.incompleteBecause.map((reason) => `  ${reason}`)].join('\n')]
      : []),
  ].join('\n\n');
}

/** Which run it is, what the signs mean, and how many pairs agree. */
export function renderHeading(run: StoredRun): string {
  return [
    `cycle ${run.cycle}  run ${run.id}`,
    'delta = solvimon − legacy: ▲ over, Solvimon bills more; ▼ under, Solvimon bills less',
    inWords(run.summary as RunSummary),
  ].join('\n');
}

function inWords({ states }: RunSummary): string {
  const count = (isIn: (state: string) => boolean) =>
    states.filter((row) => isIn(row.state)).reduce((sum, row) => sum + row.pairs, 0);
  const judged = count((state) => !unjudged.has(state));
  const agreeing = count((state) => state === 'matched' || state === 'within_tolerance');
  const [waiting, broken] = [count((state) => state === 'not_ready'), count((state) => state === 'error')];
  return [
    `${whole(agreeing)} of ${whole(judged)} compared pairs agree, ${whole(judged - agreeing)} do not`,
    ...(waiting > 0 ? [`${whole(waiting)} are not ready to be compared`] : []),
    ...(broken > 0 ? [`${whole(broken)} could not be read`] : []),
  ]
    .join('; ')
    .concat('.');
}

const whole = (count: number) => amount(String(count), null);

/** Pairs and money of each state, per currency; pairs in two currencies stand last and have no sums. */
export function renderStates(summary: RunSummary): string {
  const states = [...summary.states].sort(
    (a, b) =>
      compareCodes(a.currency, b.currency) ||
      pairStates.findIndex((state) => state === a.state) - pairStates.findIndex((state) => state === b.state),
  );
  return table(
    [
      { head: 'currency' },
      { head: 'state' },
      { head: 'pairs', isAmount: true },
      { head: 'legacy', isAmount: true },
      { head: 'solvimon', isAmount: true },
      { head: '▲ over', isAmount: true },
      { head: '▼ under', isAmount: true },
    ],
    states.map((row, index) => {
      // What was not compared has no difference yet, which is not the same as none.
      const isJudged = !unjudged.has(row.state) && row.currency !== null;
      return [
        row.currency === states[index - 1]?.currency ? '' : (row.currency ?? 'two'),
        stateNames[row.state] ?? row.state,
        whole(row.pairs),
        amount(row.legacy, row.currency),
        amount(row.solvimon, row.currency),
        isJudged ? signed(row.over, row.currency) : '–',
        isJudged ? signed(row.under, row.currency) : '–',
      ];
    }),
  );
}

/** Alphabetical; what has two currencies, or none that could be read, stands last. */
function compareCodes(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b ? -1 : 1;
}

/** The statement as an accountant writes it; empty when no pair was compared. */
export function renderFooting(summary: RunSummary): string {
  if (summary.footing.length === 0) return '';
  const hasAccepted = summary.footing.some((row) => (row.accepted ?? '0') !== '0');
  return table(
    [
      { head: 'statement' },
      { head: 'legacy', isAmount: true },
      { head: '+ explained', isAmount: true },
      ...(hasAccepted ? [{ head: '+ accepted', isAmount: true }] : []),
      { head: '+ unexplained', isAmount: true },
      { head: '= solvimon', isAmount: true },
      { head: 'foots' },
    ],
    summary.footing.map((row) => [
      row.currency,
      amount(row.legacy, row.currency),
      signed(row.explained, row.currency),
      ...(hasAccepted ? [signed(row.accepted ?? '0', row.currency)] : []),
      signed(row.unexplained, row.currency),
      amount(row.solvimon, row.currency),
      row.foots ? '✓' : '✗',
    ]),
  );
}

/** What must be mended before anything else can be believed, then what nobody can explain. */
const foremost = ['mapping.unmapped_product', 'mapping.unmapped_customer', 'unexplained'];

/** Every cause per currency: missing mappings first, then what nobody can explain. */
export function renderCauses(summary: RunSummary): string {
  if (summary.causes.length === 0) return 'No mismatches.';
  const order = [...foremost, ...causes];
  const rank = (cause: string) => order.indexOf(cause);
  const rows = [...summary.causes].sort((a, b) => rank(a.cause) - rank(b.cause));
  return table(
    [
      { head: 'cause' },
      { head: 'ccy' },
      { head: 'mismatches', isAmount: true },
      { head: 'proven', isAmount: true },
      { head: 'customers', isAmount: true },
      { head: '▲ over', isAmount: true },
      { head: '▼ under', isAmount: true },
    ],
    rows.map((row) => [
      row.cause,
      row.currency ?? 'two',
      String(row.mismatches),
      String(row.proven),
      String(row.customers),
      row.currency === null ? '–' : signed(row.over, row.currency),
      row.currency === null ? '–' : signed(row.under, row.currency),
    ]),
  );
}
