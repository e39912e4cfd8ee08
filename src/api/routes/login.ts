import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../errors.js';
import { newCsrf, openOidc } from '../auth/oidc.js';
import { readLogin } from '../auth/session.js';
import type { ServerOptions } from '../server.js';

const loginLimit = { rateLimit: { max: 30, timeWindow: 60_000 } };
const loginQuery = z.object({ to: z.string().max(2000).optional() });

/** Signing in and out. They speak to browsers, not to programs: redirects, and a cookie that holds the session. */
export function addLoginRoutes(app: FastifyInstance, options: ServerOptions): void {
  const { auth, api } = options;
  if (auth.kind === 'local') {
    app.get('/auth/login', { config: { rule: 'public' }, schema: { hide: true } }, async (_request, reply) =>
      reply.redirect('/'),
    );
    return;
  }
  const oidc = openOidc(auth);
  app.get(
    '/auth/login',
    { config: { rule: 'public', ...loginLimit }, schema: { querystring: loginQuery, hide: true } },
    async (request, reply) => {
      const { to } = loginQuery.parse(request.query);
      const begun = await oidc.begin(ownAddress(to));
      request.session.set('login', begun.login);
      return reply.redirect(begun.address);
    },
  );
  app.get(
    '/auth/callback',
    { config: { rule: 'public', ...loginLimit }, schema: { hide: true } },
    async (request, reply) => {
      const login = readLogin(request);
      if (login === undefined)
        throw new AppError('unauthenticated', { detail: 'this sign-in was not begun here, or took too long' });
      const person = await oidc.finish(new URL(request.url, auth.baseUrl), login);
      // Nothing of the session before signing in lives on in the one after it.
      request.session.regenerate();
      const expiresAt = api.now().getTime() + options.session.seconds * 1000;
      request.session.set('person', { ...person, csrf: newCsrf(), expiresAt });
      return reply.redirect(login.to);
    },
  );
}

/** Only addresses of our own: a link that signs somebody in must not send them elsewhere. */
function ownAddress(to: string | undefined): string {
  return to !== undefined && /^\/(?![/\\])/.test(to) && !to.includes('\\') ? to : '/';
}
