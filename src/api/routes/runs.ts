import { setTimeout as wait } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { AppError } from '../../errors.js';
import { runProgress } from '../../store/cycle-views.js';
import { findRun, listRuns, type StoredRun } from '../../store/runs.js';
import { countProblems, listProblems } from '../../store/summary.js';
import type { ApiContext } from '../context.js';
import { type ApiRoute, fileRoute, route } from '../route.js';
import { compareRuns } from '../../run/compare-runs.js';
import { changes } from '../../store/run-diff.js';
import { severalOf, wholeNumber } from '../schemas/common.js';
import { runDiff } from '../schemas/run-diff.js';
import { runDetail } from '../schemas/cycles.js';
import { runList, runOf, runQuery } from '../schemas/runs.js';

const runParams = z.object({ run: z.string().max(26) });
const shownProblems = 500;
const lookEveryMs = 500;
/** A browser opens the stream again by itself; a server that never ends one could never stop. */
const longestStreamMs = 300_000;

export const runRoutes: readonly ApiRoute[] = [
  route({
    method: 'GET',
    url: '/api/v1/runs',
    rule: 'read',
    tag: 'runs',
    summary: 'Runs, newest first',
    query: runQuery,
    response: runList,
    handle: async ({ api, query }) => ({ rows: (await listRuns(api.db, query)).map(runOf) }),
  }),
  route({
    method: 'GET',
    url: '/api/v1/runs/:run',
    rule: 'read',
    tag: 'runs',
    summary: 'One run with its summary and the problems of its input',
    params: runParams,
    response: runDetail,
    handle: async ({ api, params }) => {
      const found = await existing(api, params.run);
      return {
        run: runOf(found),
        summary: found.summary ?? null,
        problems: await listProblems(api.db, found, shownProblems),
        problemCount: await countProblems(api.db, found),
      };
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/runs/:run/diff',
    rule: 'read',
    tag: 'runs',
    summary: 'What a run finds that an earlier one did not, and the other way round; largest change first',
    params: runParams,
    query: z.object({
      against: z.string().max(26).optional(),
      change: severalOf(changes).optional(),
      limit: wholeNumber(1, 500, 200),
    }),
    response: runDiff,
    handle: async ({ api, params, query }) => {
      const change = changes.filter((one) => query.change?.includes(one) ?? one !== 'same');
      const { earlier, later, totals, rows } = await compareRuns(api.db, { ...query, run: params.run, change });
      return {
        earlier: runOf(earlier),
        later: runOf(later),
        sameConfiguration: earlier.configHash === later.configHash,
        sameResult: earlier.resultHash === later.resultHash,
        totals,
        rows,
      };
    },
  }),
  fileRoute({
    method: 'GET',
    url: '/api/v1/runs/:run/events',
    rule: 'read',
    tag: 'runs',
    summary: 'Progress of a run as server-sent events "progress", and "end" when it has ended',
    produces: 'text/event-stream',
    params: runParams,
    handle: async ({ api, params, request, reply }) => {
      const found = await existing(api, params.run);
      const gone = new AbortController();
      request.raw.once('close', () => {
        if (request.raw.destroyed) gone.abort();
      });
      reply.raw.once('close', () => gone.abort());
      return reply
        .header('content-type', 'text/event-stream; charset=utf-8')
        .header('cache-control', 'no-store')
        .header('x-accel-buffering', 'no')
        .send(Readable.from(progressEvents(api, found, gone.signal)));
    },
  }),
];

async function existing(api: ApiContext, id: string): Promise<StoredRun> {
  const found = await findRun(api.db, id);
  if (found === undefined) throw new AppError('run_not_found', { detail: id });
  return found;
}

const ended: ReadonlySet<string> = new Set(['finished', 'failed', 'cancelled']);

/** Looks into the tables, never at the queue, and says what changed until the run has ended or the reader has left. */
async function* progressEvents(api: ApiContext, run: StoredRun, signal: AbortSignal): AsyncIterable<string> {
  const until = Date.now() + longestStreamMs;
  let last = '';
  while (!signal.aborted && Date.now() < until) {
    const progress = await runProgress(api.db, run);
    const text = JSON.stringify(progress ?? null);
    if (text !== last) yield `event: progress\ndata: ${text}\n\n`;
    last = text;
    if (progress === undefined || ended.has(progress.state) || progress.failure !== null) {
      yield `event: end\ndata: ${text}\n\n`;
      return;
    }
    await wait(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
}
