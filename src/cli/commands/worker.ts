import { startWorker } from '../../app-worker.js';
import * as s from '../../config/scalars.js';
import { AppError } from '../../errors.js';
import { silentAfterMs } from '../../run/heartbeat.js';
import { listProcesses, type StoredProcess } from '../../store/processes.js';
import { writeRows } from '../output.js';
import { table } from '../render/table.js';
import { type AddCommands, countOption, stopped, subcommand, tell, withConfiguredStore } from '../session.js';

type WorkerFlags = {
  readonly concurrency: string;
  readonly grace: string;
  readonly lock: string;
  readonly opsPort?: string;
};

export const addWorkerCommand: AddCommands = (program, host) => {
  subcommand(program, 'workers', 'processes that are alive').action(async () => {
    const current = host.session();
    await withConfiguredStore(current, async ({ db }) => {
      const alive = await listProcesses(db, new Date(Date.now() - silentAfterMs));
      await writeRows(current.globals.output, alive, drawProcesses);
    });
  });
  subcommand(program, 'worker', 'work on queued runs until it is stopped; start as many as there is work for')
    .option('--concurrency <n>', 'most jobs in hand at once', '2')
    .option('--grace <span>', 'how long jobs in hand may take to end after SIGTERM', '25s')
    .option('--lock <span>', 'how long a job stays with a worker that died before another takes it', '30s')
    .option('--ops-port <port>', 'port of /healthz, /readyz and /metrics; ops.port without it')
    .action(async (flags: WorkerFlags) => {
      const current = host.session();
      const concurrency = countOption('--concurrency', flags.concurrency) ?? 1;
      const graceMs = spanOption('--grace', flags.grace);
      const lockMs = spanOption('--lock', flags.lock);
      const opsPort = countOption('--ops-port', flags.opsPort) ?? null;
      await withConfiguredStore(current, async (store, loaded) => {
        const { env, log } = current;
        const size = { concurrency, lockMs };
        const working = await startWorker({ env, log, store, loaded, graceMs, size, opsPort });
        tell(`worker ${working.id} takes jobs; stop with Ctrl-C or SIGTERM`);
        if (working.ops !== null) tell(`health and metrics on ${working.ops}`);
        await stopped(current.signal);
        tell(`worker ${working.id} ends the jobs in hand`);
        if (await working.stop()) return;
        tell(`worker ${working.id} leaves jobs behind; another worker goes on with them`);
        // Closing the store would wait for whatever the job waits for.
        process.exit(new AppError('interrupted').exitCode);
      });
    });
};

function drawProcesses(rows: readonly StoredProcess[]): string {
  if (rows.length === 0) return 'No process is alive. Start one: shadowbill worker';
  return table(
    ['process', 'kind', 'state', 'host', 'begun', 'last heard of'].map((head) => ({ head })),
    rows.map((row) => [row.id, row.kind, row.state, row.host, row.startedAt, row.beatAt]),
  );
}

/** A span of time of an option in milliseconds; throws a usage error that names it. */
function spanOption(name: string, text: string): number {
  const span = s.duration.safeParse(text);
  if (span.success) return span.data;
  throw new AppError('usage', { detail: `${name} ${span.error.issues[0]?.message ?? text}` });
}
