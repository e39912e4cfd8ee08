import { isExpired } from '../../config/compare-rules.js';
import { toKnownDifferences } from '../../config/known.js';
import type { KnownDifference } from '../../model/known.js';
import { dateInZone, instantOfMs } from '../../model/period.js';
import { type KnownTotal, knownTotals } from '../../store/known.js';
import { writeRows } from '../output.js';
import { amount } from '../render/money.js';
import { table } from '../render/table.js';
import { type AddCommands, chosenRun, subcommand, withConfiguredStore, withRunOptions } from '../session.js';

type Options = { readonly cycle?: string; readonly run?: string };
type Row = ReturnType<typeof toRow>;

export const addKnownCommands: AddCommands = (program, host) => {
  const known = subcommand(program, 'known', 'differences that are accepted for a while');
  const show = (command: 'list' | 'test', description: string) =>
    withRunOptions(subcommand(known, command, description)).action(async (options: Options) => {
      const current = host.session();
      await withConfiguredStore(current, async (store, { config }) => {
        const found = await chosenRun(store, options);
        const today = dateInZone(instantOfMs(Date.now()), config.timezone);
        const entries = toKnownDifferences(config);
        const holding = entries.filter((entry) => !isExpired(entry.expires, today));
        // Both read the file as it is now; `list` says what the run took, which began with the file of its day.
        const totals =
          command === 'test'
            ? await knownTotals(store.db, found, holding)
            : (((found.summary ?? {}) as { readonly accepted?: readonly KnownTotal[] }).accepted ?? []);
        const rows = entries.flatMap((entry) => rowsOf(entry, totals, isExpired(entry.expires, today)));
        await writeRows(current.globals.output, rows, (all) => render(all, command));
      });
    });
  show('list', 'every entry, what it covers in a run, and what legacy billed wrongly');
  show('test', 'what the entries of the file as it is now would cover in a run, changing nothing');
};

function rowsOf(entry: KnownDifference, totals: readonly KnownTotal[], expired: boolean): readonly Row[] {
  const own = totals.filter((total) => total.known === entry.id);
  return own.length === 0 ? [toRow(entry, null, expired)] : own.map((total) => toRow(entry, total, expired));
}

function toRow(entry: KnownDifference, total: KnownTotal | null, expired: boolean) {
  return {
    schemaVersion: 1,
    id: entry.id,
    owner: entry.owner,
    reason: entry.reason,
    expires: entry.expires,
    isExpired: expired,
    isLegacyWrong: entry.isLegacyWrong,
    cap: entry.maxAmount,
    currency: total?.currency ?? null,
    mismatches: total?.mismatches ?? 0,
    customers: total?.customers ?? 0,
    over: total?.over ?? '0',
    under: total?.under ?? '0',
    beyondCap: total?.beyondCap ?? 0,
  };
}

function render(rows: readonly Row[], command: 'list' | 'test'): string {
  if (rows.length === 0) return 'No known differences in the configuration.';
  const parts = [draw(rows)];
  const wrong = rows.filter((row) => row.isLegacyWrong && row.mismatches > 0);
  if (wrong.length > 0)
    parts.push('', 'Exposure: what the old system billed wrongly (Solvimon is right):', draw(wrong));
  if (command === 'test') parts.push('', 'Nothing was changed: the next run takes the file as it is then.');
  return parts.join('\n');
}

function draw(rows: readonly Row[]): string {
  return table(
    [
      { head: 'known' },
      { head: 'owner' },
      { head: 'until' },
      { head: 'ccy' },
      { head: 'cap', isAmount: true },
      { head: 'mismatches', isAmount: true },
      { head: 'customers', isAmount: true },
      { head: '▲ over', isAmount: true },
      { head: '▼ under', isAmount: true },
      { head: 'beyond cap', isAmount: true },
    ],
    rows.map((row) => [
      row.id,
      row.owner,
      row.isExpired ? `${row.expires} (expired)` : row.expires,
      row.currency ?? '–',
      amount(row.cap, row.currency),
      String(row.mismatches),
      String(row.customers),
      amount(row.over, row.currency),
      amount(row.under, row.currency),
      String(row.beyondCap),
    ]),
  );
}
