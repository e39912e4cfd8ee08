import { z } from 'zod';
import { confidences, levels, mismatchStatuses, pairStates } from '../../model/verdict.js';
import { sortKeys } from '../../store/mismatch-pages.js';
import {
  amount,
  anything,
  day,
  flag,
  instant,
  list,
  money,
  several,
  severalOf,
  textList,
  wholeNumber,
} from './common.js';

const directions = ['over', 'under', 'none'] as const;

/** The filters of a mismatch table, as they stand in an address. */
export const mismatchFilter = z.object({
  cause: several.optional(),
  state: severalOf(pairStates).optional(),
  status: severalOf(mismatchStatuses).optional(),
  customer: z.string().max(500).optional(),
  currency: several.optional(),
  level: severalOf(levels).optional(),
  confidence: severalOf(confidences).optional(),
  direction: severalOf(directions).optional(),
  min: amount.optional().meta({ description: 'Smallest absolute delta, major units' }),
  max: amount.optional().meta({ description: 'Largest absolute delta, major units' }),
  assignee: z.string().max(200).optional().meta({ description: 'A user name, or none' }),
  cohort: z.string().max(64).optional(),
  fingerprint: z.string().max(100).optional(),
  search: z.string().trim().min(1).max(200).optional().meta({
    description: 'Part of a customer or charge, a whole document id, or the beginning of a mismatch id',
  }),
});
export type MismatchFilterInput = z.input<typeof mismatchFilter>;

const sorts = sortKeys.flatMap((key) => [key, `-${key}`]);
export const sortOrder = z
  .string()
  .prefault('-abs')
  .refine((text) => sorts.includes(text), { error: `is not known. Write one of ${sorts.join(', ')}` })
  .meta({ description: `One of ${sorts.join(', ')}; a minus turns the order round` });

export const mismatchQuery = mismatchFilter.extend({
  sort: sortOrder,
  size: wholeNumber(1, 500, 100),
  after: z.string().max(2000).optional().meta({ description: 'page.after of the page before' }),
  before: z.string().max(2000).optional().meta({ description: 'page.before of the page behind' }),
  run: z.string().max(26).optional().meta({ description: 'A run id; the newest finished run of the cycle without it' }),
  totals: flag.optional().meta({ description: 'false leaves the totals out, for further pages of the same filter' }),
  facets: flag.optional().meta({ description: 'true counts the values that can be filtered by' }),
});

export const acceptance = z
  .object({
    by: z.string(),
    approvedBy: z.string().nullable(),
    reason: z.string(),
    expiresOn: day.meta({ description: 'First day on which it no longer holds' }),
    maxAmount: money,
    acceptedIn: z.string(),
  })
  .meta({ id: 'Acceptance' });

export const mismatch = z
  .object({
    id: z.string(),
    key: z.string().meta({ description: 'What it is about, the same in every run and cycle: decisions hang on it' }),
    cycle: z.string(),
    customer: z.string().nullable(),
    currency: z.string().nullable(),
    pair: z.object({ id: z.string(), state: z.string(), legacy: textList, solvimon: textList }),
    level: z.string(),
    chargeKey: z.string().nullable(),
    lines: z.object({ legacy: textList, solvimon: textList }),
    cause: z.string(),
    confidence: z.string(),
    legacy: money.nullable(),
    solvimon: money.nullable(),
    delta: money.meta({ description: 'solvimon minus legacy; positive is over' }),
    absDelta: money,
    direction: z.enum(directions),
    components: z.record(z.string(), money),
    isWithinTolerance: z.boolean(),
    fingerprint: z.string(),
    status: z.string(),
    assignee: z.string().nullable(),
    firstCycle: z.string(),
    seen: z.number().int().meta({ description: 'Cycles in which it was seen, this one included' }),
    version: z.number().int().meta({ description: 'Send it back with an act; another version in the store is a 409' }),
    acceptance: acceptance.nullable(),
    known: z.string().nullable().meta({ description: 'The known difference of the configuration that covers it' }),
  })
  .meta({ id: 'Mismatch' });

export const totals = z
  .object({
    currency: z.string().nullable(),
    count: z.number().int(),
    over: money,
    under: money,
    gross: money,
    net: money,
  })
  .meta({
    id: 'Totals',
    description: 'over ≥ 0, under ≤ 0, gross the sum of absolutes, net over plus under; per currency',
  });
export const selectionTotals = z.object({ counted: list(totals), accepted: list(totals) }).meta({
  id: 'SelectionTotals',
  description: 'Of the whole filter, whatever the page; what is accepted stands apart',
});

const counts = z.record(z.string(), z.number().int());
export const page = z
  .object({ after: z.string().nullable(), before: z.string().nullable() })
  .meta({ id: 'Page', description: 'Cursors of the next and the previous page' });

export const mismatchList = z.object({
  cycle: z.string(),
  run: z.string(),
  rows: list(mismatch),
  page,
  totals: selectionTotals.nullable(),
  facets: z
    .object({ cause: counts, status: counts, level: counts, currency: counts, confidence: counts, assignee: counts })
    .nullable(),
});

export const workEvent = z
  .object({
    id: z.string(),
    batch: z.string().nullable(),
    cycle: z.string(),
    kind: z.string(),
    from: z.string(),
    to: z.string(),
    who: z.string(),
    note: z.string().nullable(),
    at: instant,
  })
  .meta({ id: 'WorkEvent' });

export const mismatchDetail = z.object({
  mismatch,
  run: z.string(),
  rivals: textList,
  working: list(z.object({ label: z.string(), text: z.string() })),
  rules: textList,
  tolerance: anything.nullable(),
  history: list(workEvent).meta({ description: 'What happened to its key, in every cycle, oldest first' }),
  cycles: list(
    z.object({
      cycle: z.string(),
      status: z.string(),
      count: z.number().int(),
      delta: money,
      currency: z.string().nullable(),
    }),
  ).meta({ description: 'Its key in the newest run of each cycle' }),
});
