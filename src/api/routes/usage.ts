import { z } from 'zod';
import { AppError } from '../../errors.js';
import { usageClasses } from '../../model/usage-finding.js';
import { exportUsage } from '../../run/export/export-usage.js';
import { billedTotals } from '../../store/usage/billed.js';
import type { StoredUsageCheck } from '../../store/usage/checks.js';
import type { UsageSummary } from '../../store/usage/finish.js';
import { findUsageCheck, usageFindingPage, usageHours } from '../../store/usage/views.js';
import type { ApiContext } from '../context.js';
import { type ApiRoute, fileRoute, route } from '../route.js';
import { cycleId, wholeNumber } from '../schemas/common.js';
import { usageFindings, usageOverview } from '../schemas/usage.js';

const filter = z.object({
  class: z.enum(usageClasses).optional(),
  customer: z.string().max(500).optional(),
  meter: z.string().max(500).optional(),
  reference: z.string().max(500).optional(),
  check: z.string().max(26).optional(),
});
const cycleParams = z.object({ cycle: cycleId });

const nothing = { sides: [], meters: [], classes: [], customers: { agreeing: '0', all: '0' }, hours: [], billed: [] };

export const usageRoutes: readonly ApiRoute[] = [
  route({
    method: 'GET',
    url: '/api/v1/cycles/:cycle/usage',
    rule: 'read',
    tag: 'usage',
    summary: 'Whether the events of a cycle arrived, by meter, by hour and by kind of finding',
    params: cycleParams,
    query: z.object({ check: z.string().max(26).optional() }),
    response: usageOverview,
    handle: async ({ api, params, query }) => {
      const { cycle } = params;
      const check = await findUsageCheck(api.db, { cycle, id: query.check });
      if (check === undefined || check.state !== 'compared') return { cycle, check: null, ...nothing };
      const { id, runId: run, timezone, isComplete, incompleteBecause, closesAt, createdAt } = check;
      const summary = check.summary as UsageSummary;
      return {
        cycle,
        check: {
          id,
          cycle: check.cycle,
          run,
          timezone,
          isComplete: isComplete === true,
          incompleteBecause,
          closesAt,
          createdAt,
        },
        sides: summary.sides.map(({ skipped, ...side }) => ({
          ...side,
          leftOut: Object.entries(skipped).map(([reason, records]) => ({ reason, records })),
        })),
        meters: summary.meters,
        classes: summary.classes,
        customers: summary.customers,
        hours: await usageHours(api.db, check),
        billed: await billedTotals(api.db, check),
      };
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/cycles/:cycle/usage/findings',
    rule: 'read',
    tag: 'usage',
    summary: 'Single events that are not as they should be',
    params: cycleParams,
    query: filter.extend({ size: wholeNumber(1, 500, 100), after: wholeNumber(0, 999_999_999, 0) }),
    response: usageFindings,
    handle: async ({ api, params, query }) => {
      const check = await checkOf(api, params.cycle, query.check);
      const { rows, next } = await usageFindingPage(api.db, check, query, { after: query.after, size: query.size });
      return { check: check.id, rows, after: next };
    },
  }),
  fileRoute({
    method: 'GET',
    url: '/api/v1/cycles/:cycle/exports/usage',
    rule: 'read',
    tag: 'exports',
    summary: 'All findings of a filter, not a page, as CSV or JSONL',
    produces: 'text/csv',
    params: cycleParams,
    query: filter.extend({ format: z.enum(['csv', 'jsonl']).default('csv') }),
    handle: async ({ api, params, query, reply }) => {
      const exported = exportUsage(api.db, await checkOf(api, params.cycle, query.check), query, query.format);
      return reply
        .header('content-type', exported.contentType)
        .header('content-disposition', `attachment; filename="${exported.filename}"`)
        .header('cache-control', 'no-store')
        .send(exported.content);
    },
  }),
];

async function checkOf(api: ApiContext, cycle: string, id: string | undefined): Promise<StoredUsageCheck> {
  const check = await findUsageCheck(api.db, { cycle, id });
  if (check !== undefined && check.state === 'compared' && check.cycle === cycle) return check;
  throw new AppError('not_found', { detail: `no usage of ${cycle} was checked yet` });
}
