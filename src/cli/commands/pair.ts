import { listPairs, type PairView } from '../../store/views.js';
import { writeRows } from '../output.js';
import { amount, deltaCell } from '../render/money.js';
import { pairRow } from '../render/public-rows.js';
import { table } from '../render/table.js';
import {
  type AddCommands,
  chosenRun,
  countOption,
  mapAsync,
  subcommand,
  withConfiguredStore,
  withRunOptions,
} from '../session.js';

const screenRows = 100;

type ListOptions = { readonly [Name in 'cycle' | 'run' | 'state' | 'customer' | 'currency' | 'limit']?: string };

export const addPairCommands: AddCommands = (program, host) => {
  const pair = subcommand(program, 'pair', 'pairs of invoices');
  withRunOptions(subcommand(pair, 'list', 'every document of both sides, in exactly one pair'))
    .option('--state <state>')
    .option('--customer <customer>')
    .option('--currency <code>')
    .option('--limit <n>')
    .action(async (options: ListOptions) => {
      const current = host.session();
      await withConfiguredStore(current, async (store) => {
        const { output } = current.globals;
        const found = await chosenRun(store, options);
        const limit = countOption('--limit', options.limit) ?? (output === 'table' ? screenRows : undefined);
        const views = listPairs(store.db, found, { ...options, limit });
        await writeRows(output, mapAsync(views, pairRow), renderPairs);
      });
    });
};

function renderPairs(rows: readonly (Omit<PairView, 'detail'> & { schemaVersion: number })[]): string {
  if (rows.length === 0) return 'No pairs in this filter.';
  return table(
    [
      { head: 'customer' },
      { head: 'state' },
      { head: 'legacy invoices' },
      { head: 'solvimon invoices' },
      { head: 'legacy', isAmount: true },
      { head: 'solvimon', isAmount: true },
      { head: 'delta', isAmount: true },
      { head: 'ccy' },
    ],
    rows.map((row) => [
      row.customer ?? '–',
      row.state.replaceAll('_', ' '),
      row.legacy.join(' ') || '–',
      row.solvimon.join(' ') || '–',
      amount(row.legacyGross, row.currency),
      amount(row.solvimonGross, row.currency),
      deltaCell(row.delta, row.currency),
      row.currency ?? '–',
    ]),
  );
}
