import { sql } from 'kysely';
import { z } from 'zod';
import { AppError } from '../../errors.js';
import { roles, scopes } from '../../model/access.js';
import { type ApiRoute, callerOf, route } from '../route.js';
import { list } from '../schemas/common.js';

export const me = z
  .object({
    name: z.string(),
    kind: z.enum(['session', 'token', 'local']),
    roles: list(z.enum(roles)),
    scopes: list(z.enum(scopes)),
    csrfToken: z
      .string()
      .nullable()
      .meta({ description: 'Send it as x-csrf-token with every request that changes something' }),
    isLocal: z.boolean().meta({ description: 'true: one person without a password, on this machine only' }),
  })
  .meta({ id: 'Me' });

export const meRoutes: readonly ApiRoute[] = [
  route({
    method: 'GET',
    url: '/api/v1/me',
    rule: 'signed_in',
    tag: 'access',
    summary: 'Who you are and what you may do',
    response: me,
    handle: async ({ request }) => {
      const caller = callerOf(request);
      const { name, kind } = caller;
      return {
        name,
        kind,
        roles: caller.roles,
        scopes: caller.scopes,
        csrfToken: caller.csrf,
        isLocal: kind === 'local',
      };
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/logout',
    rule: 'signed_in',
    tag: 'access',
    summary: 'Ends the session',
    response: z.object({ isSignedOut: z.literal(true) }),
    handle: async ({ request }) => {
      request.session.delete();
      return { isSignedOut: true as const };
    },
  }),
  route({
    method: 'GET',
    url: '/healthz',
    rule: 'public',
    tag: 'operation',
    summary: 'Whether the process answers; says nothing of what it depends on',
    response: z.object({ status: z.literal('ok') }),
    handle: async () => ({ status: 'ok' as const }),
  }),
  route({
    method: 'GET',
    url: '/readyz',
    rule: 'public',
    tag: 'operation',
    summary: 'Whether Postgres answers',
    response: z.object({ status: z.literal('ready') }),
    handle: async ({ api }) => {
      await sql`select 1`.execute(api.db).catch((error: unknown) => {
        throw new AppError('database_unreachable', { cause: error });
      });
      return { status: 'ready' as const };
    },
  }),
];
