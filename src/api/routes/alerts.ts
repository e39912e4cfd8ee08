import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { AppError } from '../../errors.js';
import { alertKindNames, runbookName, severities } from '../../model/alert.js';
import { acknowledge, findAlert, resend, testChannels } from '../../run/alerts/act.js';
import { type ListedAlert, listAlerts } from '../../store/alerts.js';
import { actorOf } from '../actor.js';
import { type ApiRoute, route } from '../route.js';
import { anything, instant, list, note, textList, wholeNumber } from '../schemas/common.js';

export const alert = z
  .object({
    id: z.string(),
    seq: z.string(),
    kind: z.string(),
    severity: z.enum(severities),
    cycle: z.string().nullable(),
    run: z.string().nullable(),
    title: z.string(),
    lines: textList,
    detail: anything,
    customers: textList,
    owners: textList,
    link: z.string().nullable(),
    runbook: z.string(),
    raisedAt: instant,
    acknowledgedBy: z.string().nullable(),
    acknowledgedAt: instant.nullable(),
    note: z.string().nullable(),
    deliveries: list(
      z.object({
        channel: z.string(),
        recipient: z.string(),
        message: z.string().nullable(),
        state: z.enum(['held', 'waiting', 'sending', 'sent', 'dead']),
        attempts: z.number().int(),
        lastError: z.string().nullable(),
        at: instant,
      }),
    ),
  })
  .meta({ id: 'Alert' });

const toAnswer = (one: ListedAlert): z.output<typeof alert> => ({ ...one, runbook: runbookName(one.kind) });

const params = z.object({ alert: z.string().max(40) });
const runbooksDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../docs/runbooks');

export const alertRoutes: readonly ApiRoute[] = [
  route({
    method: 'GET',
    url: '/api/v1/alerts',
    rule: 'read',
    tag: 'alerts',
    summary: 'What people were told, newest first, and whether it arrived',
    query: z.object({
      kind: z.enum(alertKindNames).optional(),
      show: z.enum(['open', 'undelivered']).optional(),
      before: z
        .string()
        .regex(/^\d{1,18}$/)
        .optional()
        .meta({ description: 'Alerts older than the one with this number' }),
      limit: wholeNumber(1, 500, 50),
    }),
    response: z.object({ rows: list(alert), before: z.string().nullable() }),
    handle: async ({ api, query }) => {
      const rows = await listAlerts(api.db, query);
      return { rows: rows.map(toAnswer), before: rows.length < query.limit ? null : (rows.at(-1)?.seq ?? null) };
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/alerts/channels',
    rule: 'read',
    tag: 'alerts',
    summary: 'Where alerts go, by the configuration; no address or secret is in it',
    response: z.object({
      rows: list(
        z.object({
          id: z.string(),
          kind: z.enum(['webhook', 'slack', 'email']),
          kinds: textList.nullable(),
          least: z.enum(severities),
        }),
      ),
    }),
    handle: async ({ api }) => ({
      rows: await api.withAlerts(async ({ routes }) =>
        routes.map(({ channel, kinds, least }) => ({
          id: channel.id,
          kind: channel.kind,
          kinds: kinds === null ? null : [...kinds],
          least,
        })),
      ),
    }),
  }),
  route({
    method: 'POST',
    url: '/api/v1/alerts/test',
    rule: 'operate',
    tag: 'alerts',
    summary: 'Sends a test message to a channel, or to every one, and answers what each receiver said',
    body: z.strictObject({ channel: z.string().max(200).optional() }),
    response: z.object({
      rows: list(z.object({ channel: z.string(), recipient: z.string(), problem: z.string().nullable() })),
    }),
    handle: async ({ api, body }) => ({
      rows: await api.withAlerts((alerts) => testChannels(alerts, body.channel ?? null)),
    }),
  }),
  route({
    method: 'GET',
    url: '/api/v1/alerts/:alert',
    rule: 'read',
    tag: 'alerts',
    summary: 'One alert, where it went and what became of it',
    params,
    response: alert,
    handle: async ({ api, params: { alert: id } }) => toAnswer(await findAlert(api.db, id)),
  }),
  route({
    method: 'POST',
    url: '/api/v1/alerts/:alert/acknowledge',
    rule: 'work',
    tag: 'alerts',
    summary: 'Says that somebody takes care of an alert: it is open no longer, and nobody is reminded of it',
    params,
    body: z.strictObject({ note: note.nullable().optional() }),
    response: alert,
    handle: async ({ api, params: { alert: id }, body, request }) =>
      toAnswer(await acknowledge(api, { id, actor: actorOf(request), note: body.note ?? null })),
  }),
  route({
    method: 'POST',
    url: '/api/v1/alerts/:alert/resend',
    rule: 'operate',
    tag: 'alerts',
    summary: 'Has messages of an alert that were given up tried again',
    params,
    body: z.strictObject({}),
    response: alert,
    handle: async ({ api, params: { alert: id }, request }) =>
      toAnswer(await resend(api, { id, actor: actorOf(request) })),
  }),
  route({
    method: 'GET',
    url: '/api/v1/runbooks/:runbook',
    rule: 'read',
    tag: 'alerts',
    summary: 'What to do about an alert, as Markdown',
    params: z.object({ runbook: z.string().max(60) }),
    response: z.object({ runbook: z.string(), kind: z.string(), text: z.string() }),
    handle: async ({ params: { runbook } }) => {
      // Only names of the list are read: nothing of the address becomes a path.
      const kind = alertKindNames.find((known) => runbookName(known) === runbook);
      if (kind === undefined) throw new AppError('not_found', { detail: `no runbook ${runbook}` });
      return { runbook, kind, text: await readFile(path.join(runbooksDir, `${runbookName(kind)}.md`), 'utf8') };
    },
  }),
];
