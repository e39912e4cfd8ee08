import { z } from 'zod';
import { cycleStates } from '../../model/cycle-state.js';
import { anything, instant, list, money, textList } from './common.js';

export const run = z
  .object({
    id: z.string(),
    cycle: z.string(),
    state: z.string(),
    isComplete: z.boolean().nullable(),
    incompleteBecause: textList,
    resultHash: z.string().nullable(),
    configHash: z.string(),
    createdAt: instant,
    finishedAt: instant.nullable(),
    failure: anything.nullable(),
  })
  .meta({ id: 'Run' });

export const runDetail = z.object({
  run,
  summary: anything.nullable().meta({ description: 'What the run says of itself: states, causes, footing, sides' }),
  problems: list(z.object({ side: z.string(), documentId: z.string().nullable(), problem: anything })),
  problemCount: z.number().int(),
});

export const signature = z
  .object({
    round: z.number().int(),
    person: z.string(),
    part: z.enum(['preparer', 'reviewer']),
    run: z.string(),
    resultHash: z.string(),
    certification: z.string(),
    signedAt: instant,
    counts: z.boolean().meta({ description: 'false: the cycle was suspended or reopened after it' }),
  })
  .meta({ id: 'Signature' });

export const cycle = z
  .object({
    cycle: z.string(),
    state: z.enum(cycleStates),
    since: instant.nullable(),
    runs: z.number().int(),
    newestRun: z.string(),
    newestRunState: z.string(),
    run: z.string().nullable().meta({ description: 'Newest finished run' }),
    resultHash: z.string().nullable(),
    isComplete: z.boolean().nullable(),
    finishedAt: instant.nullable(),
  })
  .meta({ id: 'Cycle' });

export const statement = z
  .object({
    currency: z.string(),
    legacy: money,
    steps: list(
      z.object({
        kind: z.enum(['only_solvimon', 'only_legacy', 'cause', 'accepted']),
        cause: z.string().nullable(),
        mismatches: z.number().int(),
        pairs: z.number().int(),
        amount: money,
      }),
    ),
    solvimon: money,
    difference: money.meta({ description: 'legacy plus every step minus solvimon: "0", or it is our bug' }),
  })
  .meta({ id: 'Statement' });

const sideReadiness = z.object({
  side: z.enum(['legacy', 'solvimon']),
  state: z.string(),
  isComplete: z.boolean().nullable(),
  incompleteBecause: textList,
  listed: z.number().int(),
  emitted: z.number().int(),
  rejected: z.number().int(),
  skipped: z.number().int(),
  inputHash: z.string().nullable(),
  asOf: instant.nullable(),
  loadedAt: instant.nullable(),
  documents: list(z.object({ state: z.string(), rawStatus: z.string(), count: z.number().int() })),
});

const pairCell = z.object({
  currency: z.string().nullable(),
  state: z.string(),
  pairs: z.number().int(),
  legacy: money.nullable(),
  solvimon: money.nullable(),
});

export const signoffStatus = z
  .object({
    signatures: list(signature),
    wanted: z.number().int().meta({ description: 'Reviewers that are needed after the preparer' }),
    preparedBy: z.string().nullable(),
    boundTo: z.string().nullable().meta({ description: 'Result hash that the signatures are bound to' }),
    certification: z.string().meta({ description: 'The text to sign, as configured or as we word it' }),
    canPrepare: z.object({ may: z.boolean(), because: z.string().nullable() }),
    canReview: z.object({ may: z.boolean(), because: z.string().nullable() }),
    canReopen: z.object({ may: z.boolean(), because: z.string().nullable() }),
  })
  .meta({ id: 'SignoffStatus' });

export const cycleDetail = z.object({
  cycle,
  run: run.nullable(),
  states: list(pairCell).meta({ description: 'Pairs by currency and state; only matched and within_tolerance agree' }),
  statement: list(statement),
  outside: list(pairCell).meta({ description: 'Pairs that no statement can hold' }),
  readiness: list(sideReadiness),
  signoff: signoffStatus,
  work: z.object({
    open: z.number().int(),
    accepted: z.number().int(),
    stale: z.number().int(),
    expired: z.number().int(),
    proposals: z.number().int(),
  }),
  runs: list(run),
});

export const causeRow = z
  .object({
    cause: z.string(),
    currency: z.string().nullable(),
    mismatches: z.number().int(),
    customers: z.number().int(),
    proven: z.number().int(),
    over: money,
    under: money,
  })
  .meta({ id: 'CauseTotal' });

/** A cluster of mismatches with one fingerprint. Filled as far as a run knows them. */
export const rootCause = z
  .object({
    fingerprint: z.string(),
    cause: z.string(),
    level: z.string().nullable(),
    chargeKey: z.string().nullable(),
    currency: z.string().nullable(),
    status: z.string(),
    owner: z.string().nullable(),
    note: z.string().nullable(),
    acceptedUntil: z
      .string()
      .nullable()
      .meta({ description: 'Day on which the acceptance ends; null unless it is accepted' }),
    firstCycle: z.string(),
    mismatches: z.number().int(),
    proven: z.number().int(),
    pairs: z.number().int(),
    customers: z.number().int(),
    over: money,
    under: money,
    wouldMatch: z.number().int().meta({ description: 'Pairs that would match if this cause alone were fixed' }),
    examples: textList.meta({ description: 'Ids of its smallest mismatches' }),
  })
  .meta({ id: 'RootCause' });

export const causeList = z.object({
  cycle: z.string(),
  run: z.string(),
  causes: list(causeRow),
  rootCauses: list(rootCause),
});

export const causeDetail = z.object({
  fingerprint: z.string(),
  status: z.string(),
  trend: list(
    z.object({ cycle: z.string(), mismatches: z.number().int(), pairs: z.number().int(), over: money, under: money }),
  ),
  events: list(
    z.object({
      cycle: z.string().nullable(),
      event: z.string(),
      from: z.string(),
      to: z.string(),
      who: z.string().nullable(),
      note: z.string().nullable(),
      at: z.string(),
    }),
  ),
});
