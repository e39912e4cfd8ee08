import { z } from 'zod';
import { settableStatuses } from '../../model/work.js';
import { amount, cycleId, day, instant, list, money, note, person } from './common.js';
import { mismatchFilter } from './mismatches.js';
import { signoffStatus } from './cycles.js';

export const act = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('assign'), assignee: person.nullable() }),
    z.strictObject({ kind: z.literal('comment'), text: note }),
    z.strictObject({
      kind: z.literal('status'),
      status: z.enum(settableStatuses),
      note: note.nullable().default(null),
    }),
    z.strictObject({
      kind: z.literal('accept'),
      reason: note,
      expiresOn: day.meta({ description: 'First day on which it no longer holds; at most 90 days away' }),
      maxAmount: amount.meta({ description: 'Most money each mismatch key may cover, major units' }),
    }),
  ])
  .meta({ id: 'Act' });
export type ActBody = z.input<typeof act>;

/** Either a filter, as in the address of the table, or mismatches by their ids. */
export const selection = z
  .union([
    z.strictObject({ filter: mismatchFilter.strict() }),
    z.strictObject({ ids: z.array(z.string().max(40)).min(1).max(1000) }),
  ])
  .meta({ id: 'Selection' });

export const actPreviewBody = z.strictObject({ act, selection });
export const actBody = z.strictObject({
  act,
  selection,
  token: z.string().length(64).optional().meta({ description: 'Of the preview: what is done must be what it showed' }),
  versions: z.record(z.string(), z.number().int().min(0)).optional().meta({
    description: 'Instead of a token: the version of each key that you looked at',
  }),
});

const unitTotal = z.object({ currency: z.string().nullable(), count: z.number().int(), gross: money, net: money });

export const actPreview = z
  .object({
    cycle: z.string(),
    run: z.string(),
    keys: z.number().int(),
    mismatches: z
      .number()
      .int()
      .meta({ description: 'All mismatches of these keys: a decision holds for a key as a whole' }),
    totals: list(unitTotal),
    sample: list(
      z.object({
        key: z.string(),
        customer: z.string().nullable(),
        currency: z.string().nullable(),
        status: z.string(),
        mismatches: z.number().int(),
        gross: money,
        net: money,
      }),
    ),
    proposes: z.string().nullable().meta({ description: 'Why it would become a proposal; null: it would be done' }),
    token: z.string(),
  })
  .meta({ id: 'ActPreview' });

export const actOutcome = z
  .object({
    cycle: z.string(),
    batch: z.string().nullable().meta({ description: 'To take it back with; null when it became a proposal' }),
    proposal: z.string().nullable(),
    why: z.string().nullable(),
    items: list(z.object({ key: z.string(), from: z.string(), to: z.string(), version: z.number().int() })),
    undoUntil: instant
      .nullable()
      .meta({ description: 'Until then it can simply be undone; later a reversal wants a reason' }),
  })
  .meta({ id: 'ActOutcome' });

export const takeBackBody = z.strictObject({ reason: note.nullable().default(null) });

export const proposal = z
  .object({
    id: z.string(),
    cycle: z.string(),
    act,
    keys: z.number().int(),
    totals: list(z.object({ currency: z.string().nullable(), count: z.number().int(), gross: money })),
    why: z.string(),
    state: z.enum(['waiting', 'approved', 'rejected']),
    proposedBy: z.string(),
    proposedAt: instant,
    decidedBy: z.string().nullable(),
    decidedAt: instant.nullable(),
    comment: z.string().nullable(),
    batch: z.string().nullable(),
    mayDecide: z.object({ may: z.boolean(), because: z.string().nullable() }),
  })
  .meta({ id: 'Proposal' });
export const proposalQuery = z.object({
  cycle: cycleId.optional(),
  state: z.enum(['waiting', 'approved', 'rejected']).optional(),
});
export const proposalList = z.object({ rows: list(proposal) });
export const decisionBody = z.strictObject({
  verdict: z.enum(['approve', 'reject']),
  comment: note.nullable().default(null),
});

export const signBody = z.strictObject({
  resultHash: z
    .string()
    .min(1)
    .max(300)
    .meta({ description: 'Of the run that you looked at; other numbers in the store are a 409' }),
  certification: note,
});
export const reopenBody = z.strictObject({ reason: note });
export const signoffAnswer = z.object({ cycle: z.string(), state: z.string(), signoff: signoffStatus });
