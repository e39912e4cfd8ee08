import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Role, roles, scopesOf } from '../../model/access.js';
import type { Caller } from '../context.js';

/** What the sealed cookie holds. Roles are those of the moment of signing in; a new session brings new ones. */
const person = z.object({
  name: z.string().min(1),
  roles: z.array(z.enum(roles)).readonly(),
  csrf: z.string().min(20),
  expiresAt: z.number().int(),
});
export type SessionPerson = z.output<typeof person>;

declare module '@fastify/secure-session' {
  interface SessionData {
    person: SessionPerson;
    login: SessionLogin;
  }
}

/** Between leaving for the identity provider and coming back. */
const login = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  to: z.string(),
});
export type SessionLogin = z.output<typeof login>;

export function readLogin(request: FastifyRequest): SessionLogin | undefined {
  return login.safeParse(request.session.get('login')).data;
}

/** Who the cookie says is there; undefined for no cookie, one that was tampered with (it then opens empty), or one that has expired. */
export function readSession(request: FastifyRequest, nowMs: number): Caller | undefined {
  const found = person.safeParse(request.session.get('person')).data;
  if (found === undefined || found.expiresAt <= nowMs) return undefined;
  return { name: found.name, kind: 'session', roles: found.roles, scopes: scopesOf(found.roles), csrf: found.csrf };
}

/** Whether a request brings what only our own pages can read: a foreign page can send the cookie, but not this. */
export function hasCsrf(request: FastifyRequest, expected: string): boolean {
  const given = request.headers['x-csrf-token'];
  if (typeof given !== 'string') return false;
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Roles of somebody with these groups, in the order of `roles`. */
export function rolesOfGroups(
  groups: readonly string[],
  wanted: Readonly<Partial<Record<Role, readonly string[]>>>,
): readonly Role[] {
  return roles.filter((role) => (wanted[role] ?? []).some((group) => groups.includes(group)));
}
