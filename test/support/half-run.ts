import { readConfig, runContext } from '../../src/app.js';
import { createLogger } from '../../src/log.js';
import { reconcileCustomer } from '../../src/reconcile/reconcile-customer.js';
import { collectSide } from '../../src/run/collect.js';
import { compareChunk } from '../../src/run/compare.js';
import type { RunContext } from '../../src/run/context.js';
import { pairRun } from '../../src/run/pair.js';
import { runCycle } from '../../src/run/run-cycle.js';
import { findRun, startRun, type StoredRun } from '../../src/store/runs.js';
import type { TestDatabase } from './test-database.js';

/** Takes a run of October 2026 to its middle and leaves it there: both sides collected, two chunks of customers judged. */
export async function leaveHalfRun(
  database: TestDatabase,
  configFile: string,
): Promise<{ readonly run: string; readonly waiting: number }> {
  const { context, run } = await beginRun(database, configFile);
  await Promise.all([collectSide(context, run, 'legacy'), collectSide(context, run, 'solvimon')]);
  const chunks = await pairRun(context, run);
  for (const chunk of chunks.slice(0, 2)) await compareChunk(context, run, chunk, reconcileCustomer);
  return { run: run.id, waiting: chunks.length - 2 };
}

/** The same run to its end; answers its result hash. */
export async function wholeRun(database: TestDatabase, configFile: string): Promise<string | null> {
  const { context, run } = await beginRun(database, configFile);
  await runCycle(context, run, reconcileCustomer);
  return (await findRun(database.db, run.id))?.resultHash ?? null;
}

async function beginRun(
  database: TestDatabase,
  configFile: string,
): Promise<{ readonly context: RunContext; readonly run: StoredRun }> {
  const now = new Date();
  const loaded = readConfig(configFile, now);
  const context = runContext({
    store: database,
    log: createLogger({ level: 'silent', component: 'test' }),
    signal: new AbortController().signal,
    baseDir: loaded.baseDir,
    progress: () => undefined,
  });
  const { run } = await startRun(database.db, {
    id: 'half'.padEnd(26, '0'),
    cycle: '2026-10',
    timezone: loaded.config.timezone,
    configHash: loaded.hash,
    config: { config: loaded.config, baseDir: loaded.baseDir },
    now,
  });
  return { context, run };
}
