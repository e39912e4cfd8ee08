import { z } from 'zod';
import { approvalRefusal } from '../../confidence/maker-checker.js';
import { AppError } from '../../errors.js';
import { type ActOutcome, applyAct, previewAct } from '../../run/act-on-mismatches.js';
import { decideProposal } from '../../run/decide-proposal.js';
import { takeBack, undoSeconds } from '../../run/take-back.js';
import type { MismatchSelection } from '../../store/mismatch-filter.js';
import { listWorkProposals, type WorkProposal } from '../../store/proposals.js';
import { actorOf, mayApprove } from '../actor.js';
import type { ApiContext } from '../context.js';
import { currentWork } from '../current-work.js';
import { type ApiRoute, callerOf, route } from '../route.js';
import { cycleId } from '../schemas/common.js';
import {
  actBody,
  actOutcome,
  actPreview,
  actPreviewBody,
  decisionBody,
  proposal,
  proposalList,
  proposalQuery,
  type selection,
  takeBackBody,
} from '../schemas/work.js';
import { toSelection } from './mismatches.js';

const cycleParams = z.object({ cycle: cycleId });

export const workRoutes: readonly ApiRoute[] = [
  route({
    method: 'POST',
    url: '/api/v1/cycles/:cycle/work/preview',
    rule: 'work',
    tag: 'work',
    summary: 'What an act on a selection would do: count, gross, a sample, and a token to do exactly this with',
    params: cycleParams,
    body: actPreviewBody,
    response: actPreview,
    handle: async ({ api, params, body, request }) => {
      await currentWork(api);
      return previewAct(api.work, {
        cycle: params.cycle,
        selection: selectionOf(body.selection),
        act: body.act,
        actor: actorOf(request),
        mayApprove: mayApprove(request),
      });
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/cycles/:cycle/work',
    rule: 'work',
    tag: 'work',
    summary: 'Assigns, comments, sets a status or accepts; an acceptance that needs a second person becomes a proposal',
    params: cycleParams,
    body: actBody,
    response: actOutcome,
    handle: async ({ api, params, body, request }) => {
      await currentWork(api);
      if ('filter' in body.selection && body.token === undefined)
        throw new AppError('usage', { detail: 'an act on a filter wants the token of a preview' });
      const done = await applyAct(api.work, {
        cycle: params.cycle,
        selection: selectionOf(body.selection),
        act: body.act,
        actor: actorOf(request),
        mayApprove: mayApprove(request),
        token: body.token,
        versions: body.versions,
      });
      return outcome(api, done);
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/work/batches/:batch/take-back',
    rule: 'work',
    tag: 'work',
    summary: 'Undoes an act within 30 seconds; later reverses it, with a reason',
    params: z.object({ batch: z.string().max(40) }),
    body: takeBackBody,
    response: actOutcome,
    handle: async ({ api, params, body, request }) =>
      outcome(
        api,
        await takeBack(api.work, {
          batch: params.batch,
          actor: actorOf(request),
          reason: body.reason,
          mayApprove: mayApprove(request),
        }),
      ),
  }),
  route({
    method: 'GET',
    url: '/api/v1/work/proposals',
    rule: 'read',
    tag: 'work',
    summary: 'Acceptances that wait for a second person, or got their word',
    query: proposalQuery,
    response: proposalList,
    handle: async ({ api, query, request }) => {
      const { name } = callerOf(request);
      return { rows: (await listWorkProposals(api.db, query)).map((one) => toProposal(one, name)) };
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/work/proposals/:proposal/decide',
    rule: 'approve',
    tag: 'work',
    summary: 'Approves or rejects an acceptance that somebody else proposed',
    params: z.object({ proposal: z.string().max(20) }),
    body: decisionBody,
    response: proposal,
    handle: async ({ api, params, body, request }) => {
      await currentWork(api);
      const actor = actorOf(request);
      return toProposal(await decideProposal(api.work, { id: params.proposal, ...body, actor }), actor.name);
    },
  }),
];

export function selectionOf(chosen: z.output<typeof selection>): MismatchSelection {
  return 'ids' in chosen ? { ids: chosen.ids } : toSelection(chosen.filter);
}

function outcome(api: ApiContext, done: ActOutcome): z.output<typeof actOutcome> {
  const undoUntil = done.batch === null ? null : new Date(api.now().getTime() + undoSeconds * 1000).toISOString();
  return { ...done, undoUntil };
}

function toProposal(one: WorkProposal, person: string): z.output<typeof proposal> {
  const { items, ...same } = one;
  const refusal = approvalRefusal({ proposedBy: one.proposedBy, approver: person, state: one.state, approvals: [] });
  return { ...same, keys: items.length, mayDecide: { may: refusal === null, because: refusal } };
}
