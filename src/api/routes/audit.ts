import { z } from 'zod';
import { listAudit, verifyAudit } from '../../store/audit.js';
import { type ApiRoute, route } from '../route.js';
import { anything, cycleId, instant, list, wholeNumber } from '../schemas/common.js';

export const auditEntry = z
  .object({
    seq: z.string(),
    at: instant,
    actor: z.string(),
    via: z.string(),
    action: z.string(),
    subject: z.string(),
    cycle: z.string().nullable(),
    detail: anything,
    previousHash: z.string(),
    hash: z.string(),
  })
  .meta({ id: 'AuditEntry' });

export const auditRoutes: readonly ApiRoute[] = [
  route({
    method: 'GET',
    url: '/api/v1/audit',
    rule: 'audit',
    tag: 'audit',
    summary: 'Who did what, newest first',
    query: z.object({
      actor: z.string().max(200).optional(),
      action: z.string().max(100).optional(),
      cycle: cycleId.optional(),
      before: z
        .string()
        .regex(/^\d{1,18}$/)
        .optional()
        .meta({ description: 'Entries older than this number' }),
      limit: wholeNumber(1, 1000, 100),
    }),
    response: z.object({ rows: list(auditEntry), before: z.string().nullable() }),
    handle: async ({ api, query }) => {
      const rows = await listAudit(api.db, query);
      return { rows, before: rows.length < query.limit ? null : (rows.at(-1)?.seq ?? null) };
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/audit/verify',
    rule: 'audit',
    tag: 'audit',
    summary: 'Computes every hash of the log again',
    response: z.object({
      isWhole: z.boolean(),
      entries: z.number().int(),
      head: z.object({ seq: z.string(), hash: z.string() }),
      broken: z.object({ seq: z.string(), because: z.string() }).nullable(),
    }),
    handle: async ({ api }) => verifyAudit(api.db),
  }),
];
