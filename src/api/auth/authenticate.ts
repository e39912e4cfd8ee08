import { randomBytes } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../../errors.js';
import { roles, scopesOf } from '../../model/access.js';
import { checkToken } from '../../run/tokens.js';
import type { ApiContext, Caller } from '../context.js';
import type { Rule } from '../route.js';
import type { AuthOptions } from './options.js';
import { hasCsrf, readSession } from './session.js';

export type Authenticate = (request: FastifyRequest) => Promise<Caller | null>;

/** Finds out who sends a request: a bearer token, the one local user, or a session. Null: nobody we know. */
export function authenticator(api: ApiContext, auth: AuthOptions): Authenticate {
  // One secret per process: a foreign page cannot read it, and a restart makes the old one worthless.
  const csrf = randomBytes(24).toString('base64url');
  return async (request) => {
    const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (bearer !== undefined) {
      const token = await checkToken(api, bearer);
      return token === undefined
        ? null
        : // A token is its maker: otherwise somebody could approve with a token what they proposed by hand.
          { name: token.createdBy, kind: 'token', roles: [], scopes: token.scopes, csrf: null };
    }
    if (auth.kind === 'local') {
      refuseForeignHost(request);
      return { name: auth.user, kind: 'local', roles, scopes: scopesOf(roles), csrf };
    }
    return readSession(request, api.now().getTime()) ?? null;
  };
}

/** A page of another site may resolve its name to 127.0.0.1 and talk to us: its name is then in the header. */
function refuseForeignHost(request: FastifyRequest): void {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  if (host !== 'localhost' && host !== '127.0.0.1' && host !== '[::1]')
    throw new AppError('not_allowed', { detail: 'local mode answers on loopback only' });
}

/** Throws AppError `unauthenticated` or `not_allowed` unless the caller may use a route with this rule. */
export function authorise(request: FastifyRequest, caller: Caller | null, rule: Rule): void {
  if (rule === 'public') return;
  if (caller === null) throw new AppError('unauthenticated');
  if (rule !== 'signed_in' && !caller.scopes.includes(rule))
    throw new AppError('not_allowed', { detail: `this takes the right to ${rule}` });
  const isSafe = request.method === 'GET' || request.method === 'HEAD';
  if (!isSafe && caller.csrf !== null && !hasCsrf(request, caller.csrf))
    throw new AppError('not_allowed', {
      detail: 'the header x-csrf-token is missing or wrong; read it from /api/v1/me',
    });
}
