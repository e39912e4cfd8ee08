import { z } from 'zod';
import { scopes } from '../../model/access.js';
import { createToken, listTokens, maxTokenDays, revokeToken } from '../../run/tokens.js';
import { actorOf } from '../actor.js';
import { type ApiRoute, route } from '../route.js';
import { instant, list } from '../schemas/common.js';

export const tokenRoutes: readonly ApiRoute[] = [
  route({
    method: 'GET',
    url: '/api/v1/tokens',
    rule: 'admin',
    tag: 'access',
    summary: 'API tokens, newest first; never the tokens themselves',
    response: z.object({
      rows: list(
        z.object({
          id: z.string(),
          name: z.string(),
          scopes: list(z.string()),
          createdBy: z.string(),
          createdAt: instant,
          expiresAt: instant,
          revokedAt: instant.nullable(),
        }),
      ),
    }),
    handle: async ({ api }) => ({ rows: await listTokens(api.db) }),
  }),
  route({
    method: 'POST',
    url: '/api/v1/tokens',
    rule: 'admin',
    tag: 'access',
    summary: 'Makes an API token and shows it this once',
    body: z.strictObject({
      name: z.string().trim().min(1).max(100),
      scopes: z.array(z.enum(scopes)).min(1),
      days: z.number().int().min(1).max(maxTokenDays),
    }),
    response: z.object({ id: z.string(), token: z.string(), expiresAt: instant }),
    handle: async ({ api, body, request }) => createToken(api, { ...body, actor: actorOf(request) }),
  }),
  route({
    method: 'DELETE',
    url: '/api/v1/tokens/:token',
    rule: 'admin',
    tag: 'access',
    summary: 'Revokes an API token',
    params: z.object({ token: z.string().max(20) }),
    response: z.object({ isRevoked: z.literal(true) }),
    handle: async ({ api, params, request }) => {
      await revokeToken(api, { id: params.token, actor: actorOf(request) });
      return { isRevoked: true as const };
    },
  }),
];
