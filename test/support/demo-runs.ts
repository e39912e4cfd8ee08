import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readConfig, runContext } from '../../src/app.js';
import type { LoadedConfig } from '../../src/config.js';
import { demoCycles, writeDemo } from '../../src/demo/generate.js';
import { createLogger } from '../../src/log.js';
import { reconcileCustomer } from '../../src/reconcile/reconcile-customer.js';
import { runCycle } from '../../src/run/run-cycle.js';
import { findRun, startRun, type StoredRun } from '../../src/store/runs.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

export type DemoRuns = {
  readonly dir: string;
  readonly database: TestDatabase;
  readonly loaded: LoadedConfig;
  /** Runs another time and answers the finished run; `id` makes it another run. */
  rerun(cycle: string, id: string): Promise<StoredRun>;
  close(): Promise<void>;
};

/** The demo's files in a folder of their own, and both of its cycles run once into a database of their own. */
export async function runDemo(now: Date): Promise<DemoRuns> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-api-'));
  const database = await createTestDatabase();
  await writeDemo({ dir, seed: 2026 });
  const loaded = readConfig(path.join(dir, 'shadowbill.yml'), now);
  const run = async (cycle: string, id: string) => {
    const context = runContext({
      store: database,
      log: createLogger({ level: 'silent', component: 'test' }),
      signal: new AbortController().signal,
      baseDir: loaded.baseDir,
      progress: () => undefined,
    });
    const begun = await startRun(context.db, {
      id: id.padEnd(26, '0'),
      cycle,
      timezone: loaded.config.timezone,
      configHash: loaded.hash,
      config: { config: loaded.config, baseDir: loaded.baseDir },
      now,
    });
    await runCycle({ ...context, now: () => now }, begun.run, reconcileCustomer);
    const finished = await findRun(database.db, begun.run.id);
    if (finished === undefined) throw new Error('the run is there');
    return finished;
  };
  for (const cycle of demoCycles) await run(cycle, `demo${cycle.replace('-', '')}`);
  return {
    dir,
    database,
    loaded,
    rerun: run,
    close: async () => {
      await database.drop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
