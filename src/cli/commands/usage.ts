import { openUsage, usageConfig } from '../../app-usage.js';
import { readConfig } from '../../app.js';
import type { CycleId } from '../../model/ids.js';
import { describeProblem } from '../../model/problem.js';
import { type Side, sides } from '../../model/side.js';
import { countUsage, type UsageCount, usageWindow } from '../../run/usage/count-usage.js';
import { writeRows } from '../output.js';
import { table } from '../render/table.js';
import { type AddCommands, type Session, subcommand, tell } from '../session.js';
import { readCycle } from './run.js';

export const addUsageCommands: AddCommands = (program, host) => {
  const usage = subcommand(program, 'usage', 'the usage of both systems, before anything is priced');
  subcommand(usage, 'check', 'read the usage of a cycle from both systems and count it by meter')
    .argument('<cycle>', 'for example 2026-10')
    .action(async (cycle: string) => host.setExit(await check(host.session(), readCycle(cycle))));
};

type Row = { readonly side: Side } & UsageCount['meters'][number];

/** 4 when a side could not be read whole, else 0. */
async function check(current: Session, cycle: CycleId): Promise<number> {
  const { config, baseDir } = readConfig(current.globals.config, new Date());
  const window = usageWindow(cycle, config.timezone, usageConfig(config).slack_hours);
  const rows: Row[] = [];
  let isComplete = true;
  for (const side of sides) {
    const source = await openUsage(config, side, baseDir);
    try {
      const counted = await countUsage(source, window, {
        signal: current.signal,
        now: () => Date.now(),
        log: (event, data) => current.log.info({ side, ...data }, event),
        acquire: async () => current.signal.throwIfAborted(),
        rateLimited: () => undefined,
      });
      rows.push(...counted.meters.map((meter) => ({ side, ...meter })));
      isComplete &&= counted.done.complete && counted.done.rejected === 0;
      tellTrouble(side, counted);
    } finally {
      await source.close();
    }
  }
  await writeRows(current.globals.output, rows, renderCounts);
  return isComplete ? 0 : 4;
}

function tellTrouble(side: Side, { done, rejected }: UsageCount): void {
  tell(
    `${side}: ${done.read} read, ${done.events} events, ${done.aggregates} counts, ${done.rejected} unreadable, ${Object.values(done.skipped).reduce((sum, count) => sum + count, 0)} left out`,
  );
  for (const because of done.incompleteBecause) tell(`${side}: not whole, because ${because}`);
  for (const one of [...done.problems, ...rejected]) tell(`  ${describeProblem(one)}`);
}

function renderCounts(rows: readonly Row[]): string {
  if (rows.length === 0) return 'No usage was found.';
  return table(
    [
      { head: 'side' },
      { head: 'meter' },
      { head: 'events', isAmount: true },
      { head: 'not billed', isAmount: true },
      { head: 'counts', isAmount: true },
      { head: 'quantity', isAmount: true },
    ],
    rows.map((row) => [
      row.side,
      row.meter,
      String(row.events),
      String(row.notCounted),
      String(row.aggregates),
      row.sum,
    ]),
  );
}
