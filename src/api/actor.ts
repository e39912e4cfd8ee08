import type { FastifyRequest } from 'fastify';
import type { Actor } from '../model/access.js';
import { callerOf } from './route.js';

/** Who does what a request asks for. */
export function actorOf(request: FastifyRequest): Actor {
  return { name: callerOf(request).name, via: 'api' };
}

/** Whether the caller may approve; whoever may not only proposes. */
export function mayApprove(request: FastifyRequest): boolean {
  return callerOf(request).scopes.includes('approve');
}
