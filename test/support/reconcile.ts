import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readConfig, runContext } from '../../src/app.js';
import { createLogger } from '../../src/log.js';
import type { Problem } from '../../src/model/problem.js';
import { reconcileCustomer } from '../../src/reconcile/reconcile-customer.js';
import { runCycle } from '../../src/run/run-cycle.js';
import type { RunSummary } from '../../src/run/summarise.js';
import { findRun, startRun, type StoredRun } from '../../src/store/runs.js';
import { listProblems } from '../../src/store/summary.js';
import { listMismatches, listPairs, type MismatchView, type PairView } from '../../src/store/views.js';
import type { TestDatabase } from './test-database.js';

/** Files by their path under a new folder. */
export function writeFolder(files: Readonly<Record<string, string | Uint8Array>>): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-run-'));
  addFiles(dir, files);
  return dir;
}

export function addFiles(dir: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
    writeFileSync(path.join(dir, name), content);
  }
}

export type Reconciled = {
  readonly run: StoredRun;
  readonly summary: RunSummary;
  readonly pairs: readonly PairView[];
  readonly mismatches: readonly MismatchView[];
  readonly problems: readonly (Problem & { readonly side: string; readonly documentId: string | null })[];
};

/** Runs a cycle of the `shadowbill.yml` in a folder through the real use cases on a test database, without a queue. */
export async function reconcileFolder(database: TestDatabase, dir: string, cycle: string): Promise<Reconciled> {
  const loaded = readConfig(path.join(dir, 'shadowbill.yml'), new Date());
  const context = runContext({
    store: database,
    log: createLogger({ level: 'silent', component: 'test' }),
    signal: new AbortController().signal,
    baseDir: dir,
    progress: () => undefined,
  });
  const { run } = await startRun(database.db, {
    id: randomBytes(13).toString('hex'),
    cycle,
    timezone: loaded.config.timezone,
    configHash: `${loaded.hash} ${dir}`,
    config: { config: loaded.config, baseDir: loaded.baseDir },
    now: new Date(),
  });
  await runCycle(context, run, reconcileCustomer);
  const finished = await findRun(database.db, run.id);
  if (finished === undefined) throw new Error('a finished run was expected');
  const problems = await listProblems(database.db, finished, 10_000);
  return {
    run: finished,
    summary: finished.summary as RunSummary,
    pairs: await all(listPairs(database.db, finished, {})),
    mismatches: await all(listMismatches(database.db, finished, {})),
    problems: problems.map(({ side, documentId, problem }) => ({ ...(problem as Problem), side, documentId })),
  };
}

async function all<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Rows as text in order, for tests to which the order of rows does not matter. */
export function inAnyOrder(rows: readonly unknown[]): readonly string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}
