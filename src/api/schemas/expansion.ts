import { z } from 'zod';
import { approverRoles } from '../../model/cohort.js';
import { decisionKind } from './cohorts.js';
import { day, list, money, textList } from './common.js';

const standing = z.object({ stage: z.string(), step: z.string() });

const fate = z
  .enum(['stays', 'credit', 'look'])
  .meta({ description: 'stays: its period ends by the boundary; credit: it reaches beyond; look: it has no period' });

/** The four decisions side by side, before anybody proposes one. */
export const consequences = z
  .object({
    cohort: z.string(),
    cycle: z.string(),
    standing,
    recommendation: decisionKind,
    reason: z.string(),
    decisions: list(
      z.object({
        decision: decisionKind,
        isRecommended: z.boolean(),
        isOverride: z.boolean(),
        approvals: z.number().int(),
        roles: list(z.enum(approverRoles)),
        standing: standing.nullable().meta({ description: 'Where the cohort would stand; null: it makes no sense' }),
        moves: textList.meta({ description: 'Customers whose bills another system would send' }),
        effectiveOn: day,
        refusal: z.string().nullable().meta({ description: 'Why it could not be proposed; null when it could' }),
      }),
    ),
    boundaries: list(
      z.object({
        on: day,
        cycle: z.string(),
        decideBy: day,
        firstBillRunOn: day,
        closedOn: day,
        obstacles: textList,
      }),
    ),
    live: z.object({ all: z.number().int(), members: z.number().int() }),
    revenueShareAfter: z.number().nullable().meta({ description: 'Share of 1; null when revenue is not known' }),
    checklist: list(
      z.object({
        id: z.string(),
        title: z.string(),
        state: z.enum(['ready', 'not_ready', 'unknown']),
        why: z.string(),
        link: z.string().nullable(),
      }),
    ),
    wayBack: z
      .object({ at: z.string(), because: z.string(), isPassed: z.boolean() })
      .nullable()
      .meta({ description: 'Point of no return; null while nobody is live' }),
    doubleBilled: list(z.object({ customer: z.string(), cycle: z.string() })),
    issued: z.object({
      totals: list(z.object({ currency: z.string(), fate, count: z.number().int(), gross: money })),
      rows: list(
        z.object({
          customer: z.string(),
          document: z.string(),
          number: z.string().nullable(),
          cycle: z.string(),
          currency: z.string(),
          gross: money,
          fate,
        }),
      ),
    }),
  })
  .meta({ id: 'Consequences' });

/** "Would these have passed?" */
export const preview = z
  .object({
    cohort: z.string(),
    cycles: textList.meta({ description: 'The cycles that were looked at' }),
    wanted: z.number().int().meta({ description: 'Clean cycles in a row that a customer needs' }),
    wouldPass: z.number().int(),
    wouldFail: z.number().int(),
    notObserved: z.number().int(),
    rows: list(
      z.object({
        customer: z.string(),
        verdict: z.enum(['would_pass', 'would_fail', 'not_observed']),
        cleanCycles: z.number().int(),
        failedIn: z.string().nullable(),
        fingerprints: textList,
      }),
    ).meta({ description: 'Those who would not pass, by name; at most 500' }),
  })
  .meta({ id: 'ExpansionPreview' });
