import os from 'node:os';
import { startAlerts } from '../../app-alerts.js';
import { serve } from '../../app-api.js';
import { AppError } from '../../errors.js';
import { parseActor } from '../../model/access.js';
import { type AddCommands, countOption, subcommand, tell, withConfiguredStore } from '../session.js';

type ServeFlags = { readonly local?: boolean; readonly user?: string; readonly host?: string; readonly port?: string };

export const addServeCommand: AddCommands = (program, host) => {
  subcommand(program, 'serve', 'serve the pages and their API until it is stopped')
    .option('--local', 'one user without a password, on this machine only: for trying things out')
    .option('--user <name>', 'who you are in local mode')
    .option('--host <address>', 'address to listen on')
    .option('--port <port>', 'port to listen on')
    .action(async (flags: ServeFlags) => {
      const current = host.session();
      const port = countOption('--port', flags.port);
      await withConfiguredStore(current, async (store, loaded) => {
        const { log } = current;
        const alerts = startAlerts({ store, loaded, variables: process.env, log, now: () => new Date() });
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
          await alerts.close();
          throw error;
        });
        tell(
          `serving on ${serving.address}${flags.local === true ? ' for you alone, without a password' : ''}; stop with Ctrl-C`,
        );
        await stopped(current.signal);
        await serving.close();
        await alerts.close();
      });
    });
};

function localUser(name: string | undefined): string {
  const actor = parseActor(name ?? os.userInfo().username, 'api');
  if (actor === undefined) throw new AppError('usage', { detail: 'local mode needs a name; give one with --user' });
  return actor.name;
}

/** Waits for Ctrl-C; stopping is what a server is for, not a failure. */
function stopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
