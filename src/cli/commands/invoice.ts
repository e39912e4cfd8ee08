import { AppError } from '../../errors.js';
import { lineTexts } from '../../store/line-texts.js';
import { findPairs, mismatchesOfPair, pairUuid } from '../../store/views.js';
import { renderDiff } from '../render/diff.js';
import { mismatchRow, pairRow } from '../render/public-rows.js';
import { type AddCommands, chosenRun, say, subcommand, withConfiguredStore, withRunOptions } from '../session.js';

/** A customer with more pairs in a cycle is looked at pair by pair. */
const mostPairs = 20;

export const addInvoiceCommands: AddCommands = (program, host) => {
  const invoice = subcommand(program, 'invoice', 'one pair of invoices');
  withRunOptions(subcommand(invoice, 'diff', 'both invoices side by side, with the proof that the differences add up'))
    .argument('<what>', 'pair id, document id or customer')
    .action(async (what: string, options: { cycle?: string; run?: string }) => {
      const current = host.session();
      await withConfiguredStore(current, async (store) => {
        const found = await chosenRun(store, options);
        const pairs = await findPairs(store.db, found, what, mostPairs);
        if (pairs.length === 0)
          throw new AppError('mismatch_not_found', {
            detail: `${what} is no pair, document or customer of cycle ${found.cycle}`,
          });
        for (const pair of pairs) {
          const id = await pairUuid(store.db, found, pair.id);
          const mismatches = id === undefined ? [] : await mismatchesOfPair(store.db, found, id);
          say(
            current.globals.output === 'table'
              ? `${renderDiff(pair, mismatches, await lineTexts(store.db, found, pair))}\n`
              : JSON.stringify({ ...pairRow(pair), detail: pair.detail, mismatches: mismatches.map(mismatchRow) }),
          );
        }
      });
    });
};
