import os from 'node:os';
import { AppError } from '../../errors.js';
import { todayIn } from '../../run/carry-work.js';
import { decide, decisions } from '../../run/root-causes.js';
import type { RunSummary } from '../../run/summarise.js';
import { eventsOf, findRootCauses, listRootCauses, trendOf } from '../../store/root-cause-views.js';
import { findMismatches } from '../../store/views.js';
import { writeRows } from '../output.js';
import { renderRootCause, renderRootCauses } from '../render/root-causes.js';
import { type AddCommands, chosenRun, say, subcommand, withConfiguredStore, withRunOptions } from '../session.js';

type Options = { readonly cycle?: string; readonly run?: string; readonly by?: string };

type MarkOptions = { readonly owner?: string; readonly note?: string; readonly until?: string };

/** Cycles of a trend. */
const trendCycles = 12;
const exampleCount = 3;

export const addCausesCommands: AddCommands = (program, host) => {
  const causes = subcommand(program, 'causes', 'why invoices differ: one row per root cause');
  withRunOptions(subcommand(causes, 'list', 'unexplained first, then by money or by count'))
    .option('--by <view>', 'money or count', 'money')
    .action(async (options: Options) => {
      const current = host.session();
      await withConfiguredStore(current, async (store) => {
        if (options.by !== 'money' && options.by !== 'count')
          throw new AppError('usage', { detail: `--by ${options.by ?? ''} is neither money nor count` });
        const { by } = options;
        const found = await chosenRun(store, options);
        const rows = await listRootCauses(store.db, found, by);
        const { covers } = (found.summary ?? {}) as Partial<RunSummary>;
        await writeRows(current.globals.output, rows, (all) => renderRootCauses(all, covers, by));
      });
    });
  withRunOptions(subcommand(causes, 'show', 'its trend, its life and its three smallest examples with their proof'))
    .argument('<cause>', 'a cause, or a fingerprint or the beginning of one')
    .action(async (wanted: string, options: Options) => {
      const current = host.session();
      await withConfiguredStore(current, async (store) => {
        const found = await chosenRun(store, options);
        const rows = await findRootCauses(store.db, found, wanted);
        if (rows.length === 0) throw new AppError('root_cause_not_found', { detail: wanted });
        const ids = rows.flatMap((row) => row.examples).slice(0, rows.length === 1 ? exampleCount : exampleCount * 3);
        const examples = (await Promise.all(ids.map((id) => findMismatches(store.db, found, id)))).flat();
        const smallest = examples.sort((a, b) => bySize(a.delta, b.delta)).slice(0, exampleCount);
        const trend = await trendOf(
          store.db,
          rows.map((row) => row.fingerprint),
          trendCycles,
        );
        const [only] = rows;
        const events = rows.length === 1 && only !== undefined ? await eventsOf(store.db, only.fingerprint) : [];
        if (current.globals.output !== 'table')
          return say(JSON.stringify({ schemaVersion: 1, rootCauses: rows, trend, events, examples: smallest }));
        say(renderRootCause(rows, trend, events, smallest));
      });
    });
  subcommand(causes, 'mark', 'what people decide about a root cause')
    .argument('<fingerprint>')
    .argument('<decision>', decisions.join(', '))
    .option('--owner <name>', 'who decides; the signed-in user of this machine when not given')
    .option('--note <text>', 'why')
    .option('--until <date>', 'for accept: the day on which it ends, YYYY-MM-DD')
    .action(async (fingerprint: string, wanted: string, options: MarkOptions) => {
      const current = host.session();
      const decision = decisions.find((known) => known === wanted.replaceAll('-', '_'));
      if (decision === undefined)
        throw new AppError('usage', { detail: `${wanted} is not known; write ${decisions.join(', ')}` });
      await withConfiguredStore(current, async (store, { config }) => {
        const who = options.owner ?? os.userInfo().username;
        const now = new Date();
        const [note, until] = [options.note ?? null, options.until ?? null];
        const today = todayIn(now, config.timezone);
        const status = await decide(store.db, { fingerprint, decision, who, note, until, today, now });
        say(`${fingerprint} is now ${status}${until === null ? '' : ` until ${until}`} (${who})`);
      });
    });
};

/** By length and text of the absolute value: enough to order amounts of one root cause for reading. */
function bySize(a: string, b: string): number {
  const [left, right] = [a.replace('-', ''), b.replace('-', '')];
  const whole = (text: string) => text.split('.')[0]?.length ?? 0;
  return whole(left) - whole(right) || (left < right ? -1 : left > right ? 1 : 0);
}
