import { z } from 'zod';
import { AppError } from '../../errors.js';
import { cycleOverview, cycleSummaries } from '../../run/cycle-overview.js';
import { runOfCycle } from '../../run/look-up.js';
import { causeClusters } from '../../store/cause-views.js';
import { eventsOf, rootCauseStatus, trendOf } from '../../store/root-cause-views.js';
import { causeTotals } from '../../store/summary.js';
import { currentWork } from '../current-work.js';
import { type ApiRoute, callerOf, route } from '../route.js';
import { cycleId, list } from '../schemas/common.js';
import { causeDetail, causeList, cycle, cycleDetail } from '../schemas/cycles.js';
import { runOf } from '../schemas/runs.js';
import { toSignoff } from './signoff.js';

const cycleParams = z.object({ cycle: cycleId });

export const cycleRoutes: readonly ApiRoute[] = [
  route({
    method: 'GET',
    url: '/api/v1/cycles',
    rule: 'read',
    tag: 'cycles',
    summary: 'Cycles with where they stand, newest first',
    response: z.object({ rows: list(cycle) }),
    handle: async ({ api }) => ({ rows: await cycleSummaries(api.work) }),
  }),
  route({
    method: 'GET',
    url: '/api/v1/cycles/:cycle',
    rule: 'read',
    tag: 'cycles',
    summary: 'One cycle: the statement that foots to zero, readiness of the sources, sign-off, runs',
    params: cycleParams,
    response: cycleDetail,
    handle: async ({ api, params, request }) => {
      await currentWork(api);
      const found = await cycleOverview(api.work, params.cycle, callerOf(request).name);
      const count = (status: string) => found.byStatus[status] ?? 0;
      const all = Object.values(found.byStatus).reduce((sum, one) => sum + one, 0);
      return {
        cycle: found.cycle,
        run: found.run === undefined ? null : runOf(found.run),
        states: found.states,
        statement: found.statement,
        outside: found.outside,
        readiness: found.readiness,
        signoff: toSignoff(found.signoff),
        work: {
          open: all - count('accepted') - count('resolved'),
          accepted: count('accepted'),
          stale: count('stale'),
          expired: count('expired'),
          proposals: found.proposals,
        },
        runs: found.runs.map(runOf),
      };
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/cycles/:cycle/causes',
    rule: 'read',
    tag: 'cycles',
    summary: 'Causes with their money, and clusters of mismatches with one fingerprint; unexplained first',
    params: cycleParams,
    query: z.object({ run: z.string().max(26).optional() }),
    response: causeList,
    handle: async ({ api, params, query }) => {
      await currentWork(api);
      const run = await runOfCycle(api.db, params.cycle, query.run);
      return {
        cycle: run.cycle,
        run: run.id,
        causes: await causeTotals(api.db, run),
        rootCauses: await causeClusters(api.db, run),
      };
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/causes/:fingerprint',
    rule: 'read',
    tag: 'cycles',
    summary: 'A root cause across cycles: what it came to in each, and what happened to it',
    params: z.object({ fingerprint: z.string().max(100) }),
    response: causeDetail,
    handle: async ({ api, params }) => {
      const { fingerprint } = params;
      const found = await rootCauseStatus(api.db, fingerprint);
      if (found === undefined) throw new AppError('not_found', { detail: `root cause ${fingerprint}` });
      const trend = await trendOf(api.db, [fingerprint], 24);
      return { fingerprint, status: found.status, trend, events: await eventsOf(api.db, fingerprint) };
    },
  }),
];
