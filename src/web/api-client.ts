import type { z } from 'zod';
import type { ErrorBody } from '../api/schemas/common.js';
import type * as cycles from '../api/schemas/cycles.js';
import type * as mismatches from '../api/schemas/mismatches.js';
import type * as pairs from '../api/schemas/pairs.js';
import type * as runDiff from '../api/schemas/run-diff.js';
import type * as runs from '../api/schemas/runs.js';
import type * as work from '../api/schemas/work.js';
import type { auditEntry } from '../api/routes/audit.js';
import type { me } from '../api/routes/me.js';

/*
 * The API as the pages see it. Every type comes from the server's own schemas, as a type only: nothing of the server is
 * bundled, and a field that changes there does not compile here.
 */

export type Me = z.output<typeof me>;
export type Cycle = z.output<typeof cycles.cycle>;
export type CycleDetail = z.output<typeof cycles.cycleDetail>;
export type Statement = z.output<typeof cycles.statement>;
export type Run = z.output<typeof cycles.run>;
export type RunDetail = z.output<typeof cycles.runDetail>;
export type RunDiff = z.output<typeof runDiff.runDiff>;
export type CauseList = z.output<typeof cycles.causeList>;
export type RootCause = z.output<typeof cycles.rootCause>;
export type SignoffStatus = z.output<typeof cycles.signoffStatus>;
export type Mismatch = z.output<typeof mismatches.mismatch>;
export type MismatchList = z.output<typeof mismatches.mismatchList>;
export type MismatchDetail = z.output<typeof mismatches.mismatchDetail>;
export type Totals = z.output<typeof mismatches.totals>;
export type WorkEvent = z.output<typeof mismatches.workEvent>;
export type Pair = z.output<typeof pairs.pair>;
export type PairList = z.output<typeof pairs.pairList>;
export type PairDetail = z.output<typeof pairs.pairDetail>;
export type Invoice = z.output<typeof pairs.invoice>;
export type Act = work.ActBody;
export type Selection = z.input<typeof work.selection>;
export type ActPreview = z.output<typeof work.actPreview>;
export type ActOutcome = z.output<typeof work.actOutcome>;
export type Proposal = z.output<typeof work.proposal>;
export type SignoffAnswer = z.output<typeof work.signoffAnswer>;
export type AuditEntry = z.output<typeof auditEntry>;
export type ApiErrorBody = ErrorBody;

/** What can stand in the address of a mismatch table. */
export type MismatchQuery = z.input<typeof mismatches.mismatchQuery>;
export type PairQuery = z.input<typeof pairs.pairQuery>;
export type RunQuery = z.input<typeof runs.runQuery>;

/** What the server answered instead of what was asked for. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: ErrorBody;
  constructor(status: number, body: ErrorBody) {
    super(body.message);
    this.name = 'ApiError';
    this.status = status;
    this.body = body;
  }
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

let csrfToken: string | null = null;

async function call<Answer>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<Answer> {
  const reply = await fetch(path, {
    method,
    credentials: 'same-origin',
    headers: {
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(method !== 'GET' && csrfToken !== null && { 'x-csrf-token': csrfToken }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (reply.ok) return (await reply.json()) as Answer;
  throw new ApiError(reply.status, await errorOf(reply));
}

async function errorOf(reply: Response): Promise<ErrorBody> {
  const unknown = {
    code: 'internal',
    message: `The server answered ${reply.status}`,
    next: 'Try again, and look whether the server is there.',
    requestId: '',
  };
  return reply.json().then(
    (read) => ({ ...unknown, ...(read as Partial<ErrorBody>) }),
    () => unknown,
  );
}

/** `?a=1&b=2` of what is given; nothing for nothing. */
export function queryText(query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString()}`;
}

const part = encodeURIComponent;

export const api = {
  /** Call it first: it also reads what requests that change something must bring along. */
  me: async (): Promise<Me> => {
    const found = await call<Me>('GET', '/api/v1/me');
    csrfToken = found.csrfToken;
    return found;
  },
  logout: () => call<{ isSignedOut: true }>('POST', '/api/v1/logout'),

  cycles: () => call<{ rows: readonly Cycle[] }>('GET', '/api/v1/cycles'),
  cycle: (cycle: string) => call<CycleDetail>('GET', `/api/v1/cycles/${part(cycle)}`),
  causes: (cycle: string, run?: string) =>
    call<CauseList>('GET', `/api/v1/cycles/${part(cycle)}/causes${queryText({ run })}`),
  runs: (query: RunQuery = {}) => call<{ rows: readonly Run[] }>('GET', `/api/v1/runs${queryText(query)}`),
  run: (run: string) => call<RunDetail>('GET', `/api/v1/runs/${part(run)}`),
  /** Against the finished run before it, or the one that is named. */
  runDiff: (run: string, query: { against?: string | undefined; change?: string | undefined } = {}) =>
    call<RunDiff>('GET', `/api/v1/runs/${part(run)}/diff${queryText(query)}`),
  /** An EventSource on it hears "progress" and "end", each with the data of a Progress. */
  runEventsAddress: (run: string) => `/api/v1/runs/${part(run)}/events`,

  mismatches: (cycle: string, query: MismatchQuery = {}) =>
    call<MismatchList>('GET', `/api/v1/cycles/${part(cycle)}/mismatches${queryText(query)}`),
  mismatch: (id: string) => call<MismatchDetail>('GET', `/api/v1/mismatches/${part(id)}`),
  pairs: (cycle: string, query: PairQuery = {}) =>
    call<PairList>('GET', `/api/v1/cycles/${part(cycle)}/pairs${queryText(query)}`),
  pair: (id: string) => call<PairDetail>('GET', `/api/v1/pairs/${part(id)}`),
  rawAddress: (pair: string, side: 'legacy' | 'solvimon', document: string) =>
    `/api/v1/pairs/${part(pair)}/raw/${side}/${part(document)}`,

  previewWork: (cycle: string, body: { act: Act; selection: Selection }) =>
    call<ActPreview>('POST', `/api/v1/cycles/${part(cycle)}/work/preview`, body),
  /** Give the token of a preview, or the versions of the keys that were looked at. */
  work: (
    cycle: string,
    body: { act: Act; selection: Selection; token?: string; versions?: Readonly<Record<string, number>> },
  ) => call<ActOutcome>('POST', `/api/v1/cycles/${part(cycle)}/work`, body),
  takeBack: (batch: string, reason: string | null) =>
    call<ActOutcome>('POST', `/api/v1/work/batches/${part(batch)}/take-back`, { reason }),
  proposals: (query: { cycle?: string; state?: Proposal['state'] } = {}) =>
    call<{ rows: readonly Proposal[] }>('GET', `/api/v1/work/proposals${queryText(query)}`),
  decideProposal: (id: string, verdict: 'approve' | 'reject', comment: string | null) =>
    call<Proposal>('POST', `/api/v1/work/proposals/${part(id)}/decide`, { verdict, comment }),

  prepare: (cycle: string, body: { resultHash: string; certification: string }) =>
    call<SignoffAnswer>('POST', `/api/v1/cycles/${part(cycle)}/prepare`, body),
  review: (cycle: string, body: { resultHash: string; certification: string }) =>
    call<SignoffAnswer>('POST', `/api/v1/cycles/${part(cycle)}/review`, body),
  reopen: (cycle: string, reason: string) =>
    call<SignoffAnswer>('POST', `/api/v1/cycles/${part(cycle)}/reopen`, { reason }),

  audit: (query: { actor?: string; action?: string; cycle?: string; before?: string; limit?: string } = {}) =>
    call<{ rows: readonly AuditEntry[]; before: string | null }>('GET', `/api/v1/audit${queryText(query)}`),
  /** Any other route by its path; the description at /openapi.json names its shape. */
  get: <Answer>(path: string, query: Query = {}) => call<Answer>('GET', `${path}${queryText(query)}`),
  post: <Answer>(path: string, body: unknown) => call<Answer>('POST', path, body),
} as const;
