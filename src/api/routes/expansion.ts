import { z } from 'zod';
import { foundCohort } from '../../run/cohort-members.js';
import { previewExpansion } from '../../run/preview-expansion.js';
import { weighDecisions } from '../../run/weigh-decisions.js';
import { membersOf } from '../../store/cohorts.js';
import { type ApiRoute, route } from '../route.js';
import { consequences, preview } from '../schemas/expansion.js';

const cohortParams = z.object({ cohort: z.string().max(64) });
const shownCustomers = 500;

export const expansionRoutes: readonly ApiRoute[] = [
  route({
    method: 'GET',
    url: '/api/v1/cohorts/:cohort/preview',
    rule: 'read',
    tag: 'cohorts',
    summary: 'Would its members have passed? Their shadow results now; those who would not, by name',
    params: cohortParams,
    response: preview,
    handle: async ({ api, params }) => {
      const found = await foundCohort(api, params.cohort);
      const members = (await membersOf(api.db, found.id)).map(({ customer }) => customer);
      const { customers, ...counts } = await previewExpansion(await api.confidence(), members);
      const rows = customers.filter(({ verdict }) => verdict !== 'would_pass').slice(0, shownCustomers);
      return { cohort: found.id, ...counts, rows };
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/cohorts/:cohort/consequences',
    rule: 'read',
    tag: 'cohorts',
    summary:
      'What each of the four decisions would do now: who moves, when, whose word it takes; nothing is written down',
    params: cohortParams,
    response: consequences,
    handle: async ({ api, params }) => {
      const weighed = await weighDecisions(await api.confidence(), params.cohort);
      const { evaluation, checklist, ...same } = weighed;
      const { cohort, decision } = evaluation;
      return {
        ...same,
        cohort: cohort.id,
        cycle: evaluation.cycle,
        standing: { stage: cohort.stage, step: cohort.step },
        recommendation: decision.decision,
        reason: decision.reason,
        checklist: checklist.items,
        wayBack: checklist.pointOfNoReturn,
      };
    },
  }),
];
