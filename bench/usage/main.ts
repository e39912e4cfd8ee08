import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readConfig, runContext } from '../../src/app.js';
import { usageSettings } from '../../src/app-usage.js';
import { createLogger } from '../../src/log.js';
import type { CycleId } from '../../src/model/ids.js';
import { identityMapping } from '../../src/reconcile/mapping.js';
import { checkUsage } from '../../src/run/usage/check-usage.js';
import { openDatabase, type Store } from '../../src/store/database.js';
import { startEmbeddedPostgres } from '../../src/store/embedded-postgres.js';
import { migrateUp } from '../../src/store/migrate.js';
import type { UsageSummary } from '../../src/store/usage/finish.js';
import { streamUsageFindings } from '../../src/store/usage/views.js';
import { writeEvents } from './write-events.js';

/*
 * A month of usage of both systems, as files, with faults of every class planted into it, checked by the product: every
 * planted fault has to be found with its class and reference, and nothing else. `npm run bench:usage -- 5000000`
 * takes the number of events a side; DATABASE_URL a database to fill, an embedded one without it.
 */

const sampleMs = 200;

async function main(): Promise<void> {
  const events = Number(process.argv[2] ?? '5000000');
  const dir = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-bench-usage-'));
  try {
    const writing = performance.now();
    const { planted, sizes } = await writeEvents(dir, events);
    say(
      `wrote ${events} events a side in ${seconds(writing)} s; legacy ${mb(sizes.legacy)} MB, solvimon ${mb(sizes.solvimon)} MB`,
    );
    await withStore(dir, (store) => measure(store, dir, planted));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function withStore(dir: string, work: (store: Store) => Promise<void>): Promise<void> {
  const url = process.env['DATABASE_URL'];
  const server = url === undefined ? await startEmbeddedPostgres({ dir: path.join(dir, 'postgres') }) : undefined;
  const store = openDatabase({
    url: url ?? server?.url ?? '',
    applicationName: 'bench usage',
    poolSize: 10,
    onError: () => undefined,
  });
  try {
    await migrateUp(store.db);
    await work(store);
  } finally {
    await store.close();
    await server?.stop();
  }
}

async function measure(store: Store, dir: string, planted: ReadonlySet<string>): Promise<void> {
  const { config, baseDir } = readConfig(path.join(dir, 'shadowbill.yml'), new Date());
  const settings = await usageSettings(config, baseDir, identityMapping);
  const memory: number[] = [];
  const sampling = setInterval(() => memory.push(process.memoryUsage().rss), sampleMs);
  let readAt = 0;
  const context = runContext({
    store,
    log: createLogger({ level: 'silent', component: 'bench' }),
    signal: new AbortController().signal,
    baseDir,
    progress: (event) => {
      if (event.step === 'usage' && event.isDone) readAt = performance.now();
    },
  });
  const began = performance.now();
  const check = await checkUsage(context, settings, {
    id: randomBytes(13).toString('hex'),
    kind: 'check',
    cycle: '2026-10' as CycleId,
    timezone: 'Europe/Amsterdam',
  });
  const ended = performance.now();
  clearInterval(sampling);
  const summary = check.summary as UsageSummary;
  const rows = summary.sides.reduce((sum, side) => sum + Number(side.read), 0);
  say(`read ${rows} rows of both sides in ${fixed(readAt - began)} s, ${perSecond(rows, readAt - began)} rows/s`);
  say(`compared in ${fixed(ended - readAt)} s, ${perSecond(rows, ended - readAt)} rows/s`);
  say(`together ${fixed(ended - began)} s, ${perSecond(rows, ended - began)} rows/s`);
  const half = Math.trunc(memory.length / 2);
  say(
    `memory of the process: at most ${mb(Math.max(...memory.slice(0, half)))} MB in the first half of the time, ${mb(Math.max(...memory.slice(half)))} MB in the second`,
  );
  for (const one of summary.classes) say(`  ${one.class} ${one.events}`);
  await judge(store, check, planted);
}

/** Holds what was found against what was planted; a difference ends the benchmark as a failure. */
async function judge(
  store: Store,
  check: Parameters<typeof streamUsageFindings>[1],
  planted: ReadonlySet<string>,
): Promise<void> {
  const missed = new Set(planted);
  const invented: string[] = [];
  for await (const finding of streamUsageFindings(store.db, check, {}, null)) {
    const name = `${finding.class} ${finding.reference ?? ''}`;
    if (!missed.delete(name)) invented.push(name);
  }
  say(
    `planted ${planted.size}, found ${planted.size - missed.size}, missed ${missed.size}, invented ${invented.length}`,
  );
  if (missed.size > 0 || invented.length > 0)
    throw new Error(`missed ${[...missed].slice(0, 10).join('; ')}; invented ${invented.slice(0, 10).join('; ')}`);
}

const say = (text: string) => void process.stdout.write(`${text}\n`);
const fixed = (ms: number) => (ms / 1000).toFixed(1);
const seconds = (since: number) => fixed(performance.now() - since);
const mb = (bytes: number) => Math.round(bytes / 1_048_576);
const perSecond = (rows: number, ms: number) => Math.round((rows * 1000) / ms);

await main();
