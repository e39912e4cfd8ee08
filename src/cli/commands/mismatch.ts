import { AppError } from '../../errors.js';
import { findMismatches, listMismatches } from '../../store/views.js';
import { writeRows } from '../output.js';
import { renderMismatch } from '../render/diff.js';
import { renderMismatches } from '../render/mismatches.js';
import { flatMismatch, mismatchRow } from '../render/public-rows.js';
import {
  type AddCommands,
  chosenRun,
  countOption,
  mapAsync,
  say,
  subcommand,
  withConfiguredStore,
  withRunOptions,
} from '../session.js';

/** Rows of a table on a screen; the other formats give everything. */
const screenRows = 100;

type ListOptions = {
  readonly [Name in 'cycle' | 'run' | 'cause' | 'state' | 'customer' | 'currency' | 'level' | 'limit']?: string;
};

export const addMismatchCommands: AddCommands = (program, host) => {
  const mismatch = subcommand(program, 'mismatch', 'differences and their causes');
  withRunOptions(subcommand(mismatch, 'list', 'largest first'))
    .option('--cause <cause>', 'a cause or a group of causes, e.g. price')
    .option('--state <state>', 'state of the pair')
    .option('--customer <customer>')
    .option('--currency <code>')
    .option('--level <level>', 'usage, line, tax or header')
    .option('--limit <n>')
    .action(async (options: ListOptions) => {
      const current = host.session();
      await withConfiguredStore(current, async (store) => {
        const { output } = current.globals;
        const found = await chosenRun(store, options);
        const limit = countOption('--limit', options.limit) ?? (output === 'table' ? screenRows : undefined);
        const views = listMismatches(store.db, found, { ...options, limit });
        const rows = mapAsync(views, (view) => (output === 'csv' ? flatMismatch(view) : mismatchRow(view)));
        await (output === 'table' ? say(await renderMismatches(views, screenRows)) : writeRows(output, rows, () => ''));
      });
    });
  withRunOptions(subcommand(mismatch, 'show', 'one mismatch with its working'))
    .argument('<id>', 'its id or the beginning of it')
    .action(async (id: string, options: ListOptions) => {
      const current = host.session();
      await withConfiguredStore(current, async (store) => {
        const found = await chosenRun(store, options);
        const [view, ...others] = await findMismatches(store.db, found, id);
        if (view === undefined || others.length > 0)
          throw new AppError('mismatch_not_found', {
            detail: view === undefined ? id : `${id} is the beginning of several`,
          });
        say(
          current.globals.output === 'table'
            ? renderMismatch(view)
            : JSON.stringify({ ...mismatchRow(view), detail: view.detail }),
        );
      });
    });
};
