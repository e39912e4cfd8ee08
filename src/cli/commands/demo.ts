import path from 'node:path';
import { readConfig } from '../../app.js';
import { writeDemo } from '../../demo/generate.js';
import { parseCycleId } from '../../model/ids.js';
import { listMismatches } from '../../store/views.js';
import { renderMismatches } from '../render/mismatches.js';
import { renderSummary } from '../render/summary.js';
import { type AddCommands, type Session, say, subcommand, tell, withStore } from '../session.js';
import { runHere } from './run.js';

const seed = 2026;
const cycles = ['2026-09', '2026-10'];
const largest = 12;

export const addDemoCommand: AddCommands = (program, host) => {
  subcommand(program, 'demo', 'two cycles of a made-up business with known differences')
    .option('--dir <dir>', 'where to write it', '.data/demo')
    .action(async (options: { dir: string }) => demo(host.session(), options.dir));
};

async function demo(current: Session, dirText: string): Promise<void> {
  const dir = path.resolve(dirText);
  await writeDemo({ dir, seed });
  const loaded = readConfig(path.join(dir, 'shadowbill.yml'), new Date());
  await withStore(current, path.resolve(loaded.baseDir, loaded.config.data_dir), async (store) => {
    for (const cycle of cycles.map(parseCycleId)) {
      if (cycle === undefined) continue;
      tell('');
      const finished = await runHere(current, store, loaded, cycle);
      say(renderSummary(finished));
      say(`\nLargest mismatches of ${cycle}`);
      say(await renderMismatches(listMismatches(store.db, finished, { limit: largest }), largest));
    }
  });
  const shown = path.relative(process.cwd(), path.join(dir, 'shadowbill.yml'));
  say(
    `\nNext: read one proof with \`node dist/cli/main.js -c ${shown} invoice diff <customer>\`, mend the largest cause in Solvimon, and run the cycle again.`,
  );
}
