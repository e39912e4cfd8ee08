import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Kysely } from 'kysely';
import {
  gateStates,
  lastSuccess,
  recommendations,
  runCounts,
  runDurations,
  shownRuns,
  sourceUse,
} from '../store/metrics-facts.js';
import { listProcesses } from '../store/processes.js';
import { atRisk, mismatchCounts, pairCounts } from '../store/metrics-money.js';
import type { Database } from '../store/tables.js';

/** What the queue says at the moment of asking. */
export type QueueFacts = { readonly jobs: Readonly<Record<string, number>>; readonly text: string };

export type MetricsContext = {
  readonly db: Kysely<Database>;
  now(): Date;
  /** Silence after which a process counts as dead, in milliseconds. */
  readonly silentAfterMs: number;
  /** Throws when the queue does not answer in time. */
  queue(): Promise<QueueFacts>;
};

/**
 * Every metric in the text format of Prometheus, made anew from the tables for each request: all processes answer the
 * same, and a label that no longer exists is gone. Amounts become doubles here, for looking at and never for accounts.
 */
export async function renderMetrics(context: MetricsContext): Promise<string> {
  const registry = new Registry();
  await addRuns(registry, context);
  await addFindings(registry, context);
  await addCohorts(registry, context);
  await addSources(registry, context);
  await addProcesses(registry, context);
  const queue = await addQueue(registry, context);
  return `${await registry.metrics()}${queue}`;
}

const gauge = (registry: Registry, name: string, help: string, labelNames: readonly string[] = []) =>
  new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });

async function addRuns(registry: Registry, { db }: MetricsContext): Promise<void> {
  const runs = new Counter({
    name: 'recon_runs_total',
    help: 'Runs by how they ended',
    labelNames: ['result'],
    registers: [registry],
  });
  for (const result of ['complete', 'incomplete', 'previewed', 'failed', 'cancelled']) runs.inc({ result }, 0);
  const running = gauge(registry, 'recon_runs_running', 'Runs that have not ended');
  running.set(0);
  for (const { result, count } of await runCounts(db)) {
    if (result === 'running') running.set(count);
    else runs.inc({ result }, count);
  }
  const duration = new Histogram({
    name: 'recon_run_duration_seconds',
    help: 'From a run being written down to its end, of the newest 500 finished ones',
    buckets: [10, 30, 60, 120, 300, 600, 1200, 3600, 7200],
    registers: [registry],
  });
  for (const seconds of await runDurations(db)) duration.observe(seconds);
  const success = gauge(
    registry,
    'recon_last_success_timestamp_seconds',
    'When a complete run finished last; 0 for never',
  );
  success.set((await lastSuccess(db)) ?? 0);
}

async function addFindings(registry: Registry, { db }: MetricsContext): Promise<void> {
  const pairs = gauge(registry, 'recon_pairs', 'Pairs of the newest run of a cycle', ['cycle', 'state']);
  const mismatches = gauge(registry, 'recon_mismatches', 'Mismatches that are not accepted', [
    'cycle',
    'cause',
    'level',
  ]);
  const money = gauge(registry, 'recon_amount_at_risk', 'Sum of the deltas that are not accepted, in major units', [
    'cycle',
    'currency',
    'direction',
  ]);
  for (const run of await shownRuns(db)) {
    const cycle = { cycle: run.cycle };
    for (const { labels, value } of await pairCounts(db, run.seq)) pairs.set({ ...cycle, ...labels }, value);
    for (const { labels, value } of await mismatchCounts(db, run.seq)) mismatches.set({ ...cycle, ...labels }, value);
    for (const { labels, value } of await atRisk(db, run.seq)) money.set({ ...cycle, ...labels }, value);
  }
}

async function addCohorts(registry: Registry, { db }: MetricsContext): Promise<void> {
  const gates = gauge(registry, 'recon_gate_state', 'Each rule of the newest look: 1 passes, 0 does not', [
    'cohort',
    'gate',
  ]);
  for (const { labels, value } of await gateStates(db)) gates.set(labels, value);
  const decisions = gauge(registry, 'recon_recommendation', 'What the newest look at a cohort recommends: 1', [
    'cohort',
    'decision',
  ]);
  for (const { labels, value } of await recommendations(db)) decisions.set(labels, value);
}

async function addSources(registry: Registry, { db }: MetricsContext): Promise<void> {
  const counter = (name: string, help: string) =>
    new Counter({ name, help, labelNames: ['source'], registers: [registry] });
  const requests = counter('recon_source_requests_total', 'Requests that all workers together were let through');
  const waits = counter('recon_source_wait_seconds', 'Seconds that workers waited for their turn');
  const pauses = counter('recon_source_pauses_total', 'Times that a source asked for a pause');
  for (const { source, requests: asked, waitedSeconds, pauses: paused } of await sourceUse(db)) {
    requests.inc({ source }, asked);
    waits.inc({ source }, waitedSeconds);
    pauses.inc({ source }, paused);
  }
}

async function addProcesses(registry: Registry, context: MetricsContext): Promise<void> {
  const processes = gauge(registry, 'recon_processes', 'Processes that are alive', ['kind', 'state']);
  for (const kind of ['worker', 'serve']) processes.set({ kind, state: 'working' }, 0);
  const alive = await listProcesses(context.db, new Date(context.now().getTime() - context.silentAfterMs));
  for (const { kind, state } of alive) processes.inc({ kind, state });
}

async function addQueue(registry: Registry, context: MetricsContext): Promise<string> {
  const up = gauge(registry, 'recon_queue_up', '1 when the queue answers');
  const jobs = gauge(registry, 'recon_queue_jobs', 'Jobs of runs by state', ['state']);
  try {
    const facts = await context.queue();
    for (const [state, count] of Object.entries(facts.jobs)) jobs.set({ state }, count);
    up.set(1);
    return facts.text.endsWith('\n') ? facts.text : `${facts.text}\n`;
  } catch {
    // A queue that is down must not hide what the tables say: this metric is how it is told.
    up.set(0);
    return '';
  }
}
