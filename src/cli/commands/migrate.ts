import { migrationsOf } from '../../app.js';
import { writeRows } from '../output.js';
import { table } from '../render/table.js';
import { type AddCommands, configuredDataDir, say, subcommand } from '../session.js';

export const addMigrateCommands: AddCommands = (program, host) => {
  const migrate = subcommand(program, 'migrate', 'the schema of the database');
  subcommand(migrate, 'up', 'bring it up to date; safe while others do the same').action(async () => {
    const current = host.session();
    const { before, after } = await migrationsOf(current.env, configuredDataDir(current), current.log, 'up');
    const waiting = new Set(before.filter((one) => !one.isApplied).map((one) => one.name));
    const applied = after.filter((one) => waiting.has(one.name));
    say(applied.length === 0 ? 'up to date' : applied.map((one) => `applied ${one.name}`).join('\n'));
  });
  subcommand(migrate, 'status', 'which migrations have run; exit 4 when some have not').action(async () => {
    const current = host.session();
    const { after } = await migrationsOf(current.env, configuredDataDir(current), current.log, 'look');
    await writeRows(current.globals.output, after, (rows) =>
      table(
        ['migration', 'applied'].map((head) => ({ head })),
        rows.map((row) => [row.name, row.isApplied ? 'yes' : 'no']),
      ),
    );
    if (after.some((one) => !one.isApplied)) host.setExit(4);
  });
};
