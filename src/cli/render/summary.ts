import type { StoredRun } from '../../store/runs.js';
import type { RunSummary } from '../../run/summarise.js';
import { pairStates, causes } from '../../model/verdict.js';
import { amount } from './money.js';
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

/** The end of a run as finance reads it: states with money per currency, causes, what was left out. */
export function renderSummary(run: StoredRun): string {
  const summary = run.summary as RunSummary;
  const states = [...summary.states].sort(
    (a, b) =>
      (a.currency ?? '~').localeCompare(b.currency ?? '~', 'en') ||
      pairStates.findIndex((state) => state === a.state) - pairStates.findIndex((state) => state === b.state),
  );
  const parts = [
    `run ${run.id}  cycle ${run.cycle}  delta = solvimon − legacy: ▲ over bills more, ▼ under bills less`,
    '',
    table(
      [
        { head: 'currency' },
        { head: 'state' },
        { head: 'pairs', isAmount: true },
        { head: 'legacy', isAmount: true },
        { head: 'solvimon', isAmount: true },
        { head: '▲ over', isAmount: true },
        { head: '▼ under', isAmount: true },
      ],
      states.map((row) => [
        row.currency ?? '(two)',
        stateNames[row.state] ?? row.state,
        String(row.pairs),
        amount(row.legacy, row.currency),
        amount(row.solvimon, row.currency),
        amount(row.over, row.currency),
        amount(row.under, row.currency),
      ]),
    ),
    '',
    summary.causes.length === 0 ? 'No mismatches.' : renderCauses(summary),
  ];
  const footed = summary.footing.map(
    (row) =>
      `${row.currency} ${amount(row.legacy, row.currency)} legacy ${signed(row.explained, row.currency)} explained ${signed(row.unexplained, row.currency)} unexplained = ${amount(row.solvimon, row.currency)} solvimon`,
  );
  if (footed.length > 0) parts.push('', 'The statement foots:', ...footed.map((line) => `  ${line}`));
  if (run.isComplete === false)
    parts.push('', 'The run is incomplete:', ...run.incompleteBecause.map((reason) => `  ${reason}`));
  return parts.join('\n');
}

function signed(text: string, currency: string): string {
  return text.startsWith('-') ? `− ${amount(text.slice(1), currency)}` : `+ ${amount(text, currency)}`;
}

function renderCauses(summary: RunSummary): string {
  const rank = (cause: string) => (cause === 'unexplained' ? -1 : causes.findIndex((known) => known === cause));
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
      row.currency ?? '(two)',
      String(row.mismatches),
      String(row.proven),
      String(row.customers),
      amount(row.over, row.currency),
      amount(row.under, row.currency),
    ]),
  );
}
