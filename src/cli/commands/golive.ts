import { writeFile } from 'node:fs/promises';
import { AppError } from '../../errors.js';
import { nextBoundaries } from '../../run/billing-boundary.js';
import { checkGolive, goliveTimeline, recordGolive } from '../../run/golive.js';
import { golivePeopleItems } from '../../store/golive-rows.js';
import { withConfidence } from '../cohort-session.js';
import { writeRows } from '../output.js';
import { renderCheck, renderDates, timelineIcs, timelineMarkdown } from '../render/golive.js';
import { type AddCommands, countOption, say, subcommand, tell } from '../session.js';

type RecordOptions = { readonly link: string; readonly by: string; readonly note?: string; readonly fail?: boolean };
type TimelineOptions = {
  readonly on?: string;
  readonly full?: boolean;
  readonly format: string;
  readonly file?: string;
};

export const addGoliveCommands: AddCommands = (program, host) => {
  const golive = subcommand(program, 'golive', 'the way to a cutover');
  subcommand(golive, 'check', 'the readiness checklist with its evidence')
    .argument('<cohort>')
    .option('--exit-code', 'exit 10 when something is not ready')
    .action(async (cohortId: string, options: { exitCode?: boolean }) => {
      const current = host.session();
      await withConfidence(current, async (context) => {
        const check = await checkGolive(context, cohortId);
        say(current.globals.output === 'table' ? renderCheck(check) : JSON.stringify({ schemaVersion: 1, ...check }));
        if (options.exitCode === true && !check.isReady) host.setExit(10);
      });
    });
  subcommand(golive, 'dates', 'the next billing boundaries and what stands in their way')
    .option('--count <n>', 'how many', '6')
    .action(async (options: { count: string }) => {
      const current = host.session();
      await withConfidence(current, async (context) => {
        const dates = nextBoundaries(context, countOption('--count', options.count) ?? 6);
        await writeRows(
          current.globals.output,
          dates.map((one) => ({ schemaVersion: 1, ...one })),
          renderDates,
        );
      });
    });
  subcommand(golive, 'record', `write down evidence or an event: ${golivePeopleItems.join(', ')}`)
    .argument('<cohort>')
    .argument('<item>')
    .requiredOption('--link <link>', 'where the evidence is')
    .requiredOption('--by <name>', 'who shows it')
    .option('--note <text>')
    .option('--fail', 'it failed, or no longer holds')
    .action(async (cohortId: string, text: string, options: RecordOptions) => {
      const item = golivePeopleItems.find((known) => known === text);
      if (item === undefined)
        throw new AppError('usage', { detail: `"${text}" is no item. Write one of ${golivePeopleItems.join(', ')}` });
      await withConfidence(host.session(), async (context) => {
        const outcome = options.fail === true ? 'fail' : 'pass';
        await recordGolive(context, {
          cohortId,
          item,
          outcome,
          link: options.link,
          note: options.note ?? null,
          by: options.by,
        });
        tell(`${item} ${outcome} is written down for ${cohortId}`);
      });
    });
  subcommand(golive, 'timeline', 'dates for stakeholders')
    .argument('[cohort]')
    .option('--full', 'a full cutover: everybody at once')
    .option('--on <date>', 'billing boundary')
    .option('--format <format>', 'markdown or ics', 'markdown')
    .option('--file <file>', 'write it there')
    .action(async (cohort: string | undefined, options: TimelineOptions) => {
      const current = host.session();
      if ((cohort === undefined) === (options.full !== true))
        throw new AppError('usage', { detail: 'name a cohort, or write --full for everybody at once' });
      if (options.format !== 'markdown' && options.format !== 'ics')
        throw new AppError('usage', { detail: `--format ${options.format} is not known. Write markdown or ics` });
      await withConfidence(current, async (context) => {
        const timeline = await goliveTimeline(context, { cohortId: cohort ?? null, on: options.on });
        if (current.globals.output !== 'table') return say(JSON.stringify({ schemaVersion: 1, ...timeline }));
        const text = options.format === 'ics' ? timelineIcs(timeline, context.now()) : timelineMarkdown(timeline);
        if (options.file === undefined) return void process.stdout.write(text);
        await writeFile(options.file, text).catch((error: unknown) => {
          throw new AppError('file_unreadable', { detail: options.file ?? '', cause: error });
        });
        tell(`written to ${options.file}`);
      });
    });
};
