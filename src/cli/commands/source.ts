import { setTimeout as sleep } from 'node:timers/promises';
import { openSource, sourceContext } from '../../app.js';
import { toCompareRules } from '../../config/compare-rules.js';
import { AppError } from '../../errors.js';
import type { CycleId } from '../../model/ids.js';
import { cyclePeriod, dateInZone, instantOfMs } from '../../model/period.js';
import { type Side, sides } from '../../model/side.js';
import { measureSelfNoise, type SelfNoiseReport } from '../../run/self-noise.js';
import { renderSelfNoise } from '../render/self-noise.js';
import { type AddCommands, type Session, say, subcommand, tell, withConfiguredStore } from '../session.js';
import { readCycle } from '../read-cycle.js';

const tellEvery = 1000;

export const addSourceCommands: AddCommands = (program, host) => {
  const source = subcommand(program, 'source', 'the billing systems as they are read');
  subcommand(source, 'noise', 'read one side twice and report what differs from itself')
    .argument('<cycle>', 'for example 2026-10')
    .option('--side <side>', sides.join(' or '), 'legacy')
    .action(async (cycle: string, options: { readonly side: string }) =>
      host.setExit(await noise(host.session(), readCycle(cycle), readSide(options.side))),
    );
};

function readSide(text: string): Side {
  const side = sides.find((known) => known === text);
  if (side === undefined)
    throw new AppError('usage', { detail: `--side ${text} is not known; write ${sides.join(' or ')}` });
  return side;
}

/** 4 when a reading was not whole, else 1 when something would have been a mismatch, else 0. */
async function noise(current: Session, cycle: CycleId, side: Side): Promise<number> {
  const report = await measure(current, cycle, side);
  if (current.globals.output === 'table') say(renderSelfNoise(report, cycle, side));
  else say(JSON.stringify({ schemaVersion: 1, cycle, side, ...report }));
  if (report.incompleteBecause.length > 0) return 4;
  return report.isNoisy ? 1 : 0;
}

async function measure(current: Session, cycle: CycleId, side: Side): Promise<SelfNoiseReport> {
  let report: SelfNoiseReport | undefined;
  await withConfiguredStore(current, async (store, loaded) => {
    const { config, baseDir } = loaded;
    const source = await openSource(config, side, baseDir);
    const today = dateInZone(instantOfMs(Date.now()), config.timezone);
    try {
      report = await measureSelfNoise({
        source,
        scope: {
          cycle,
          period: cyclePeriod(cycle, config.timezone),
          timezone: config.timezone,
          customers: 'all',
          slackDays: config.run.slack_days,
        },
        rules: toCompareRules(config, today),
        context: sourceContext(config, side, store, current.log, current.signal),
        wait: async (ms) => {
          tell(`${side} asks for a pause of ${Math.ceil(ms / 1000)} s`);
          await sleep(ms, undefined, { signal: current.signal });
        },
        progress: (reading, documents) => {
          if (documents % tellEvery === 0) tell(`reading ${reading} of 2: ${documents} documents`);
        },
      });
    } finally {
      await source.close();
    }
  });
  if (report === undefined) throw new AppError('internal', { detail: 'the readings gave no report' });
  return report;
}
