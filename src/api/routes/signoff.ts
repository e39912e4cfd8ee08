import { z } from 'zod';
import { prepareCycle, reopenCycle, reviewCycle, type SignoffStatus } from '../../run/sign-cycle.js';
import { actorOf } from '../actor.js';
import { type ApiRoute, route } from '../route.js';
import { cycleId } from '../schemas/common.js';
import type { signoffStatus } from '../schemas/cycles.js';
import { reopenBody, signBody, signoffAnswer } from '../schemas/work.js';

const cycleParams = z.object({ cycle: cycleId });

export const signoffRoutes: readonly ApiRoute[] = [
  route({
    method: 'POST',
    url: '/api/v1/cycles/:cycle/prepare',
    rule: 'work',
    tag: 'sign-off',
    summary: 'Signs a cycle as its preparer; it goes into review',
    params: cycleParams,
    body: signBody,
    response: signoffAnswer,
    handle: async ({ api, params, body, request }) =>
      answer(params.cycle, await prepareCycle(api.work, { ...params, ...body, actor: actorOf(request) })),
  }),
  route({
    method: 'POST',
    url: '/api/v1/cycles/:cycle/review',
    rule: 'approve',
    tag: 'sign-off',
    summary: 'Signs a cycle as a reviewer, never as whoever prepared it; the last one makes it signed',
    params: cycleParams,
    body: signBody,
    response: signoffAnswer,
    handle: async ({ api, params, body, request }) =>
      answer(params.cycle, await reviewCycle(api.work, { ...params, ...body, actor: actorOf(request) })),
  }),
  route({
    method: 'POST',
    url: '/api/v1/cycles/:cycle/reopen',
    rule: 'approve',
    tag: 'sign-off',
    summary: 'Takes a cycle back to work on it; its signatures stay readable and no longer count',
    params: cycleParams,
    body: reopenBody,
    response: signoffAnswer,
    handle: async ({ api, params, body, request }) =>
      answer(params.cycle, await reopenCycle(api.work, { ...params, ...body, actor: actorOf(request) })),
  }),
];

function answer(cycle: string, status: SignoffStatus): z.output<typeof signoffAnswer> {
  return { cycle, state: status.state.state, signoff: toSignoff(status) };
}

export function toSignoff(status: SignoffStatus): z.output<typeof signoffStatus> {
  const { signatures, wanted, preparedBy, certification, canPrepare, canReview, canReopen, state } = status;
  return { signatures, wanted, preparedBy, boundTo: state.resultHash, certification, canPrepare, canReview, canReopen };
}
