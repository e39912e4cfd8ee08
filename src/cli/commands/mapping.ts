import { mappingCoverage, type CoverageRow } from '../../store/coverage.js';
import { writeRows } from '../output.js';
import { amount } from '../render/money.js';
import { table } from '../render/table.js';
import { type AddCommands, chosenRun, subcommand, withConfiguredStore, withRunOptions } from '../session.js';

export const addMappingCommands: AddCommands = (program, host) => {
  const mapping = subcommand(program, 'mapping', 'how ids of both systems are joined');
  withRunOptions(subcommand(mapping, 'check', 'products by money and whether both sides know them')).action(
    async (options: { cycle?: string; run?: string }) => {
      const current = host.session();
      await withConfiguredStore(current, async (store) => {
        const found = await chosenRun(store, options);
        await writeRows(current.globals.output, await mappingCoverage(store.db, found), renderCoverage);
      });
    },
  );
};

function renderCoverage(rows: readonly CoverageRow[]): string {
  if (rows.length === 0) return 'No lines in this cycle.';
  return table(
    [
      { head: 'charge key' },
      { head: 'ccy' },
      { head: 'mapped' },
      { head: 'legacy lines', isAmount: true },
      { head: 'legacy net', isAmount: true },
      { head: 'solvimon lines', isAmount: true },
      { head: 'solvimon net', isAmount: true },
    ],
    rows.map((row) => [
      row.chargeKey,
      row.currency,
      row.isMapped ? 'yes' : 'no',
      String(row.legacyLines),
      amount(row.legacyNet, row.currency),
      String(row.solvimonLines),
      amount(row.solvimonNet, row.currency),
    ]),
  );
}
