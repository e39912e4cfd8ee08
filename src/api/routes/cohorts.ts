import { Readable } from 'node:stream';
import { z } from 'zod';
import { approvalRefusal } from '../../confidence/maker-checker.js';
import { AppError } from '../../errors.js';
import { approveDecision, stateOf } from '../../run/approve-decision.js';
import { foundCohort } from '../../run/cohort-members.js';
import type { ConfidenceContext } from '../../run/confidence-context.js';
import { decisionColumns } from '../../run/export/columns.js';
import { csvStream } from '../../run/export/text-files.js';
import { evaluateCohort } from '../../run/evaluate-cohort.js';
import { proposeDecision } from '../../run/propose-decision.js';
import { listCohorts, membersOf, type StoredCohort } from '../../store/cohorts.js';
import { listProposals, type StoredProposal } from '../../store/decisions.js';
import { listEvaluations, type StoredEvaluation } from '../../store/evaluations.js';
import { actorOf } from '../actor.js';
import type { ApiContext } from '../context.js';
import { type ApiRoute, callerOf, fileRoute, route } from '../route.js';
import {
  approveBody,
  cohort as cohortSchema,
  cohortDetail,
  cohortList,
  decision as decisionSchema,
  decisionFilter,
  decisionList,
  type gate,
  gateList,
  type look,
  proposeBody,
} from '../schemas/cohorts.js';
import { cycleId, wholeNumber } from '../schemas/common.js';

const cohortParams = z.object({ cohort: z.string().max(64) });
const shownLooks = 60;
/** So many decisions of one installation would be a decade of four a day. */
const mostDecisions = 15_000;

export const cohortRoutes: readonly ApiRoute[] = [
  route({
    method: 'GET',
    url: '/api/v1/cohorts',
    rule: 'read',
    tag: 'cohorts',
    summary: 'Cohorts with their newest look',
    response: cohortList,
    handle: async ({ api }) => {
      const cohorts = await listCohorts(api.db);
      return { rows: await Promise.all(cohorts.map((one) => withLook(api, one))) };
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/cohorts/:cohort',
    rule: 'read',
    tag: 'cohorts',
    summary: 'One cohort: every gate with what was required and observed, its looks and its members',
    params: cohortParams,
    response: cohortDetail,
    handle: async ({ api, params }) => detailOf(api, params.cohort),
  }),
  route({
    method: 'POST',
    url: '/api/v1/cohorts/:cohort/evaluate',
    rule: 'operate',
    tag: 'cohorts',
    summary: 'Looks at a cohort now and writes the look down',
    params: cohortParams,
    response: cohortDetail,
    handle: async ({ api, params }) => {
      await evaluateCohort(await api.confidence(), { cohortId: params.cohort });
      return detailOf(api, params.cohort);
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/gates',
    rule: 'read',
    tag: 'cohorts',
    summary: 'Every gate of the newest look at each cohort',
    query: z.object({ cycle: cycleId.optional() }),
    response: gateList,
    handle: async ({ api, query }) => {
      const rows = await Promise.all(
        (await listCohorts(api.db)).map(async (one) => {
          const looks = await listEvaluations(api.db, { cohortId: one.id, limit: shownLooks });
          const newest = looks.find((each) => query.cycle === undefined || each.cycle === query.cycle);
          return newest === undefined ? [] : [{ cohort: one.id, look: toLook(newest), gates: gatesOf(newest) }];
        }),
      );
      return { rows: rows.flat() };
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/decisions',
    rule: 'read',
    tag: 'decisions',
    summary: 'What was proposed for cohorts and what was said of it, newest first',
    query: decisionFilter.extend({ limit: wholeNumber(1, 500, 100) }),
    response: decisionList,
    handle: async ({ api, query, request }) => {
      const found = await chosenDecisions(api, query, mostDecisions);
      return { rows: found.slice(0, query.limit).map((one) => toDecision(api, one, callerOf(request).name)) };
    },
  }),
  fileRoute({
    method: 'GET',
    url: '/api/v1/decisions/export',
    rule: 'read',
    tag: 'decisions',
    summary: 'The decision log of a filter as CSV, newest first, with the hashes of what each decision stands on',
    produces: 'text/csv',
    query: decisionFilter,
    handle: async ({ api, query, reply }) => {
      const found = await chosenDecisions(api, query, mostDecisions);
      const rows = found.map((one) => ({ ...one, state: stateOf(zonedClock(api), one) }));
      return reply
        .header('content-type', 'text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="decisions.csv"')
        .header('cache-control', 'no-store')
        .send(csvStream(decisionColumns, Readable.from(rows)));
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/cohorts/:cohort/decisions',
    rule: 'work',
    tag: 'decisions',
    summary: 'Proposes a decision on a fresh look; less care than recommended takes two others and an expiry',
    params: cohortParams,
    body: proposeBody,
    response: decisionSchema,
    handle: async ({ api, params, body, request }) => {
      const { name } = callerOf(request);
      const proposed = await proposeDecision(await api.confidence(), {
        cohortId: params.cohort,
        ...body,
        by: name,
        via: 'api',
      });
      return toDecision(api, proposed.proposal, name);
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/decisions/:decision/approve',
    rule: 'approve',
    tag: 'decisions',
    summary: 'Approves or rejects a decision that somebody else proposed',
    params: z.object({ decision: z.string().max(20) }),
    body: approveBody,
    response: decisionSchema,
    handle: async ({ api, params, body, request }) => {
      const { name, via } = actorOf(request);
      if ((await proposalsById(api, params.decision)).length === 0)
        throw new AppError('not_found', { detail: `decision ${params.decision}` });
      const after = await approveDecision(await api.confidence(), {
        proposalId: params.decision,
        approver: name,
        via,
        ...body,
      });
      return toDecision(api, after, name);
    },
  }),
];

/** Decisions that a filter keeps, newest first. Their state depends on today, so it is asked of each. */
async function chosenDecisions(
  api: ApiContext,
  filter: z.output<typeof decisionFilter>,
  limit: number,
): Promise<readonly StoredProposal[]> {
  const { cohort: cohortId, decision, state } = filter;
  const found = await listProposals(api.db, { limit, ...(cohortId !== undefined && { cohortId }) });
  return found.filter(
    (one) => (decision?.includes(one.decision) ?? true) && (state?.includes(stateOf(zonedClock(api), one)) ?? true),
  );
}

const zonedClock = (api: ApiContext): Pick<ConfidenceContext, 'now' | 'zone'> => ({
  now: () => api.now(),
  zone: api.work.zone,
});

async function proposalsById(api: ApiContext, id: string): Promise<readonly StoredProposal[]> {
  return /^\d{1,18}$/.test(id) ? listProposals(api.db, { id, limit: 1 }) : [];
}

async function detailOf(api: ApiContext, id: string): Promise<z.output<typeof cohortDetail>> {
  const found = await foundCohort(api, id);
  const looks = await listEvaluations(api.db, { cohortId: id, limit: shownLooks });
  const [newest] = looks;
  return {
    cohort: await withLook(api, found),
    gates: newest === undefined ? [] : gatesOf(newest),
    detail: newest?.detail ?? null,
    history: looks.map(toLook),
    members: await membersOf(api.db, id),
  };
}

async function withLook(api: ApiContext, one: StoredCohort): Promise<z.output<typeof cohortSchema>> {
  const [newest] = await listEvaluations(api.db, { cohortId: one.id, limit: 1 });
  const { id, stage, step, selection, frame, members, left, createdBy, createdAt } = one;
  const failing =
    newest === undefined ? [] : gatesOf(newest).filter(({ result }) => result === 'fail' || result === 'triggered');
  return {
    id,
    stage,
    step,
    selection,
    frame,
    members,
    left,
    createdBy,
    createdAt,
    look: newest === undefined ? null : toLook(newest),
    blockedBy: [...new Set(failing.map((each) => each.id))],
  };
}

function toLook(one: StoredEvaluation): z.output<typeof look> {
  const { id, cycle, night, asOf, reason, leaning, mode, epoch, policyHash, inputsHash, runId } = one;
  return {
    id,
    cohort: one.cohortId,
    cycle,
    night,
    asOf,
    recommendation: one.decision,
    reason,
    leaning,
    mode,
    epoch,
    policyHash,
    inputsHash,
    run: runId,
  };
}

type StoredCheck = {
  readonly rule: string;
  readonly field: string;
  readonly observed: number | string | boolean | null;
  readonly required: string;
  readonly outcome: string;
};

/** The chain as it was stored: a number that could not be measured is null there. */
function gatesOf(one: StoredEvaluation): readonly z.output<typeof gate>[] {
  return (one.chain as readonly StoredCheck[]).map(({ rule, field, observed, required, outcome }) => ({
    id: rule,
    field,
    observed,
    required,
    result: outcome,
  }));
}

function toDecision(api: ApiContext, one: StoredProposal, person: string): z.output<typeof decisionSchema> {
  const { cohortId, evaluationId, ...same } = one;
  const state = stateOf(zonedClock(api), one);
  const refusal = approvalRefusal({ proposedBy: one.proposedBy, approver: person, state, approvals: one.approvals });
  const mayDecide = { may: refusal === null, because: refusal };
  return { ...same, cohort: cohortId, look: evaluationId, state, mayDecide };
}
