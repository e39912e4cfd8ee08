import { startWorker } from '../../app-worker.js';
import { AppError } from '../../errors.js';
import * as s from '../../config/scalars.js';
import { type AddCommands, countOption, stopped, subcommand, tell, withConfiguredStore } from '../session.js';

type WorkerFlags = { readonly concurrency: string; readonly grace: string; readonly lock: string };

export const addWorkerCommand: AddCommands = (program, host) => {
  subcommand(program, 'worker', 'work on queued runs until it is stopped; start as many as there is work for')
    .option('--concurrency <n>', 'most jobs in hand at once', '2')
    .option('--grace <span>', 'how long jobs in hand may take to end after SIGTERM', '25s')
    .option('--lock <span>', 'how long a job stays with a worker that died before another takes it', '30s')
    .action(async (flags: WorkerFlags) => {
      const current = host.session();
      const concurrency = countOption('--concurrency', flags.concurrency) ?? 1;
      const graceMs = spanOption('--grace', flags.grace);
      const lockMs = spanOption('--lock', flags.lock);
      await withConfiguredStore(current, async (store, { baseDir }) => {
        const { env, log } = current;
        const progress = () => undefined;
        const working = await startWorker({
          env,
          log,
          store,
          baseDir,
          progress,
          graceMs,
          size: { concurrency, lockMs },
        });
        tell(`worker ${working.id} takes jobs; stop with Ctrl-C or SIGTERM`);
        await stopped(current.signal);
        tell(`worker ${working.id} ends the jobs in hand`);
        if (await working.stop()) return;
        tell(`worker ${working.id} leaves jobs behind; another worker goes on with them`);
        // Closing the store would wait for whatever the job waits for.
        process.exit(new AppError('interrupted').exitCode);
      });
    });
};

/** A span of time of an option in milliseconds; throws a usage error that names it. */
function spanOption(name: string, text: string): number {
  const span = s.duration.safeParse(text);
  if (span.success) return span.data;
  throw new AppError('usage', { detail: `${name} ${span.error.issues[0]?.message ?? text}` });
}
