import { setUpRoles } from '../../store/roles.js';
import { writeRows } from '../output.js';
import { table } from '../render/table.js';
import { type AddCommands, say, subcommand, withConfiguredStore } from '../session.js';

type RolesOptions = { readonly app: string; readonly read?: string };

export const addDatabaseCommands: AddCommands = (program, host) => {
  const database = subcommand(program, 'database', 'the accounts of the database');
  subcommand(
    database,
    'roles',
    'make an account to work as, which cannot change history, and one that only reads; with the owner in DATABASE_URL',
  )
    .option('--app <role>', 'what the program works as', 'shadowbill_app')
    .option('--read <role>', 'what may look and nothing else')
    .action(async ({ app, read }: RolesOptions) => {
      const current = host.session();
      await withConfiguredStore(current, async (store) => {
        const hasQueue = current.env.queue === 'postgres';
        const roles = await setUpRoles(store.db, { app, read: read ?? null, hasQueue });
        await writeRows(current.globals.output, roles, (rows) =>
          table(
            ['role', 'kind', 'made now'].map((head) => ({ head })),
            rows.map((row) => [row.role, row.kind, row.isNew ? 'yes' : 'no']),
          ),
        );
        if (current.globals.output !== 'table') return;
        for (const { role } of roles.filter((one) => one.isNew))
          say(`${role} has no password yet. In psql as the owner: \\password ${role}`);
        say(`Work as ${app} from now on: put it into DATABASE_URL. Migrate as the owner.`);
      });
    });
};
