import { cyclePeriod } from '../model/period.js';
import type { Problem, RejectedDocument } from '../model/problem.js';
import type { Side } from '../model/side.js';
import type { PullEvent, Source } from '../model/source.js';
import type { CycleId } from '../model/ids.js';
import { invariant } from '../model/invariant.js';
import { mapCustomer } from '../reconcile/mapping.js';
import { prepare } from '../reconcile/prepare.js';
import { beginLoad, findLoaded, finishLoad, type LoadOutcome, LoadWriter, withLoadLock } from '../store/loads.js';
import { rejectDuplicates } from '../store/duplicates.js';
import { moveRun, type StoredRun } from '../store/runs.js';
import type { RunContext, RunSettings } from './context.js';

/** How many examples of each reason for leaving a record out are kept. */
const skipExamples = 5;
const progressEvery = 1000;

/**
 * Reads one side of a run into Postgres: pull, translate, map, digest, COPY. All or nothing: a killed attempt leaves no
 * visible row, a repeat after success does nothing, and a twin waits for the first. Throws AppError from the source.
 */
export async function collectSide(context: RunContext, run: StoredRun, side: Side): Promise<void> {
  if ((await findLoaded(context.db, run.id, side)) !== undefined) return;
  await moveRun(context.db, run.id, ['created'], 'collecting');
  await withLoadLock(context.pool, run.id, side, async () => {
    if ((await findLoaded(context.db, run.id, side)) !== undefined) return;
    const settings = await context.settingsOf(run);
    const loadId = await beginLoad(context.db, run.id, side, context.now());
    const source = await settings.openSource(side);
    try {
      const outcome = await load(context, run, side, source, settings, loadId);
      await finishLoad(context.db, loadId, outcome, context.now());
      context.progress({ step: 'collect', side, documents: outcome.counts.emitted, isDone: true });
    } finally {
      await source.close();
    }
  });
}

async function load(
  context: RunContext,
  run: StoredRun,
  side: Side,
  source: Source,
  settings: RunSettings,
  loadId: string,
): Promise<LoadOutcome> {
  const gathered = new Gathered(side, settings);
  const writer = await LoadWriter.open(context.pool, loadId);
  try {
    for await (const event of pullCycle(context, run, side, source, settings)) {
      if (event.type === 'document') {
        await writer.write(prepare(event.document, side, settings.mapping, settings.rules), event.isNeighbour !== true);
        if (writer.documentCount % progressEvery === 0)
          context.progress({ step: 'collect', side, documents: writer.documentCount, isDone: false });
      } else gathered.take(event);
    }
    await writer.finish();
  } catch (error) {
    writer.abort(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
  const duplicates = await rejectDuplicates(context.db, loadId);
  for (const { document, customer } of duplicates) gathered.reject(document, customer);
  return gathered.outcome(duplicates.length);
}

function pullCycle(
  context: RunContext,
  run: StoredRun,
  side: Side,
  source: Source,
  settings: RunSettings,
): AsyncIterable<PullEvent> {
  const cycle = run.cycle as CycleId;
  return source.pull(
    {
      cycle,
      period: cyclePeriod(cycle, run.timezone),
      timezone: run.timezone,
      customers: 'all',
      slackDays: settings.slackDays,
    },
    {
      signal: context.signal,
      resume: null,
      acquire: (tokens = 1) => context.acquire(side, tokens),
      rateLimited: (retryAfterMs, why) => context.rateLimited(side, retryAfterMs, why),
      now: () => context.now().getTime(),
      log: (event, data) => context.log(event, { runId: run.id, cycle: run.cycle, side, ...data }),
    },
  );
}

/** What a pull says besides documents. Class, because it gathers. */
class Gathered {
  readonly #side: Side;
  readonly #settings: RunSettings;
  readonly #rejected: { document: RejectedDocument; customer: string | null }[] = [];
  readonly #problems: Problem[] = [];
  readonly #skips = new Map<string, { count: number; examples: string[] }>();
  #done: (PullEvent & { type: 'done' }) | undefined;

  constructor(side: Side, settings: RunSettings) {
    this.#side = side;
    this.#settings = settings;
  }

  take(event: Exclude<PullEvent, { type: 'document' }>): void {
    switch (event.type) {
      case 'rejected':
        this.reject(
          event.rejected,
          event.rejected.customerRef === null || event.rejected.customerRef === ''
            ? null
            : mapCustomer(this.#settings.mapping, this.#side, event.rejected.customerRef).key,
        );
        return;
      case 'skipped': {
        const skip = this.#skips.get(event.reason) ?? { count: 0, examples: [] };
        skip.count += 1;
        if (skip.examples.length < skipExamples) skip.examples.push(event.id);
        this.#skips.set(event.reason, skip);
        return;
      }
      case 'problem':
        this.#problems.push(event.problem);
        return;
      case 'checkpoint':
        return;
      case 'done':
        this.#done = event;
    }
  }

  reject(document: RejectedDocument, customer: string | null): void {
    this.#rejected.push({ document, customer });
  }

  outcome(duplicateCount: number): LoadOutcome {
    const done = this.#done;
    invariant(done !== undefined, 'a source ends its pull with done', { side: this.#side });
    const { counts } = done;
    invariant(
      counts.listed === counts.emitted + counts.rejected + counts.skipped,
      'a source accounts for every record it listed (I1)',
      { side: this.#side, counts },
    );
    return {
      counts: { ...counts, emitted: counts.emitted - duplicateCount, rejected: counts.rejected + duplicateCount },
      complete: done.complete && this.#problems.length === 0,
      incompleteBecause: done.incompleteBecause,
      controlTotals: done.controlTotals,
      inputHash: done.inputHash,
      asOf: done.asOf,
      rejected: this.#rejected,
      problems: this.#problems,
      skips: this.#skips,
    };
  }
}
