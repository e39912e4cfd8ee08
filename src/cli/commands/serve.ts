import os from 'node:os';
import { serve } from '../../app-api.js';
import { startWatch } from '../../app-worker.js';
import { AppError } from '../../errors.js';
import { parseActor } from '../../model/access.js';
import { type AddCommands, countOption, stopped, subcommand, tell, withConfiguredStore } from '../session.js';

type ServeFlags = {
  readonly local?: boolean;
  readonly user?: string;
  readonly host?: string;
  readonly port?: string;
  readonly opsPort?: string;
};

export const addServeCommand: AddCommands = (program, host) => {
  subcommand(program, 'serve', 'serve the pages and their API until it is stopped')
    .option('--local', 'one user without a password, on this machine only: for trying things out')
    .option('--user <name>', 'who you are in local mode')
    .option('--host <address>', 'address to listen on')
    .option('--port <port>', 'port to listen on')
    .option('--ops-port <port>', 'port of /healthz, /readyz and /metrics; ops.port without it')
    .action(async (flags: ServeFlags) => {
      const current = host.session();
      const port = countOption('--port', flags.port);
      await withConfiguredStore(current, async (store, loaded) => {
        const opsPort = countOption('--ops-port', flags.opsPort) ?? null;
        const watch = await startWatch({ ...current, store, loaded, opsPort }, 'serve');
        const serving = await serve({
          store,
          loaded,
          env: current.env,
          variables: process.env,
          log: current.log,
          localUser: flags.local === true ? localUser(flags.user) : null,
          host: flags.host,
          port,
        }).catch(async (error: unknown) => {
          await watch.stop();
          throw error;
        });
        tell(
          `serving on ${serving.address}${flags.local === true ? ' for you alone, without a password' : ''}; stop with Ctrl-C`,
        );
        await stopped(current.signal);
        await serving.close();
        await watch.stop();
      });
    });
};

function localUser(name: string | undefined): string {
  const actor = parseActor(name ?? os.userInfo().username, 'api');
  if (actor === undefined) throw new AppError('usage', { detail: 'local mode needs a name; give one with --user' });
  return actor.name;
}
