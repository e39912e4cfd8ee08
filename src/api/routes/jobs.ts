import { z } from 'zod';
import { problemGroups, runProgress } from '../../store/cycle-views.js';
import { listRuns } from '../../store/runs.js';
import { type ApiRoute, route } from '../route.js';
import { anything, list, wholeNumber } from '../schemas/common.js';
import { run } from '../schemas/cycles.js';
import { runOf } from '../schemas/runs.js';

const progress = z
  .object({
    state: z.string(),
    documents: z.object({ legacy: z.number().int(), solvimon: z.number().int() }),
    chunks: z.object({ done: z.number().int(), total: z.number().int() }),
    failure: anything.nullable(),
  })
  .meta({ id: 'Progress' });

export const jobRoutes: readonly ApiRoute[] = [
  route({
    method: 'GET',
    url: '/api/v1/jobs',
    rule: 'read',
    tag: 'jobs',
    summary:
      'Runs with how far they are, and the problems of their input grouped by kind; from the tables, not the queue',
    query: z.object({ limit: wholeNumber(1, 100, 20) }),
    response: z.object({
      rows: list(
        z.object({
          run,
          progress,
          problems: list(
            z.object({
              side: z.string(),
              code: z.string(),
              field: z.string().nullable(),
              count: z.number().int(),
              example: anything,
            }),
          ),
        }),
      ),
      schedule: anything.nullable(),
    }),
    handle: async ({ api, query }) => {
      const runs = await listRuns(api.db, { limit: query.limit });
      const rows = await Promise.all(
        runs.map(async (one) => ({
          run: runOf(one),
          progress: (await runProgress(api.db, one)) ?? nothingYet,
          problems: await problemGroups(api.db, one),
        })),
      );
      return { rows, schedule: api.loaded.config.schedule ?? null };
    },
  }),
];

const nothingYet = {
  state: 'created',
  documents: { legacy: 0, solvimon: 0 },
  chunks: { done: 0, total: 0 },
  failure: null,
};
