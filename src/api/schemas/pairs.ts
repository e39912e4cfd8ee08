import { z } from 'zod';
import { pairStates } from '../../model/verdict.js';
import { anything, list, money, several, severalOf, textList, wholeNumber } from './common.js';
import { mismatch, page } from './mismatches.js';

export const pairFilter = z.object({
  state: severalOf(pairStates).optional(),
  customer: z.string().max(500).optional(),
  currency: several.optional(),
  search: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: 'Part of a customer, or a whole document id' }),
});

export const pairQuery = pairFilter.extend({
  size: wholeNumber(1, 500, 100),
  after: z.string().max(2000).optional(),
  before: z.string().max(2000).optional(),
  run: z.string().max(26).optional(),
});

export const pair = z
  .object({
    id: z.string(),
    cycle: z.string(),
    customer: z.string().nullable(),
    currency: z.string().nullable(),
    state: z.string(),
    legacy: textList,
    solvimon: textList,
    legacyGross: money.nullable(),
    solvimonGross: money.nullable(),
    delta: money.nullable().meta({ description: 'null: the two sides cannot be subtracted' }),
    mismatches: z.number().int(),
  })
  .meta({ id: 'Pair' });

export const pairList = z.object({
  cycle: z.string(),
  run: z.string(),
  rows: list(pair),
  page,
  totals: list(
    z.object({
      currency: z.string().nullable(),
      state: z.string(),
      pairs: z.number().int(),
      legacy: money.nullable(),
      solvimon: money.nullable(),
    }),
  ),
});

const invoiceLine = z
  .object({
    id: z.string(),
    ordinal: z.number().int(),
    kind: z.string(),
    chargeKey: z.string(),
    isMapped: z.boolean(),
    description: z.string().nullable(),
    productRef: z.string().nullable(),
    periodStart: z.string().nullable(),
    periodEnd: z.string().nullable(),
    quantity: money.nullable(),
    unitPrice: money.nullable(),
    amount: money,
    discount: money,
    net: money,
    tax: money.nullable(),
    detail: anything,
  })
  .meta({ id: 'InvoiceLine' });

export const invoice = z
  .object({
    id: z.string(),
    number: z.string().nullable(),
    kind: z.string(),
    state: z.string(),
    rawStatus: z.string(),
    customer: z.string(),
    customerRef: z.string(),
    currency: z.string(),
    issuedAt: z.string().nullable(),
    updatedAt: z.string().nullable(),
    timezone: z.string().nullable(),
    periodStart: z.string().nullable(),
    periodEnd: z.string().nullable(),
    taxMode: z.string(),
    net: money,
    tax: money,
    discount: money.nullable(),
    gross: money,
    notReady: textList,
    file: z.string().nullable(),
    fileLine: z.number().int().nullable(),
    requestId: z.string().nullable(),
    detail: anything,
    lines: list(invoiceLine),
    raw: z.object({ sha256: z.string(), bytes: z.number().int(), fetchedAt: z.string() }).nullable(),
  })
  .meta({ id: 'Invoice' });

const unreadable = z.object({
  id: z.string(),
  problems: anything,
  file: z.string().nullable(),
  fileLine: z.number().int().nullable(),
});

export const lineLink = z
  .object({
    relation: z.string().meta({
      description:
        'equal, within_tolerance, differs, split, merged, only_legacy, only_solvimon, ambiguous or not_summed',
    }),
    legacyLines: textList,
    solvimonLines: textList,
    legacy: money.nullable(),
    solvimon: money.nullable(),
    delta: money,
  })
  .meta({ id: 'LineLink' });

export const pairDetail = z.object({
  pair,
  run: z.string(),
  legacy: list(invoice),
  solvimon: list(invoice),
  unreadable: z.object({ legacy: list(unreadable), solvimon: list(unreadable) }),
  links: list(lineLink).meta({ description: 'Empty when the digests settled the pair: then every line agrees' }),
  mismatches: list(
    mismatch.extend({
      rivals: textList,
      working: list(z.object({ label: z.string(), text: z.string() })),
      tolerance: anything,
    }),
  ),
  /** null when the sides cannot be subtracted. */
  footing: z
    .object({ differences: money, delta: money, foots: z.boolean() })
    .nullable()
    .meta({ description: 'The differences of the lines are the difference of the invoices, or it is our bug' }),
  notes: list(z.object({ cause: z.string(), text: z.string(), legacyLines: textList, solvimonLines: textList })),
  notReady: textList,
  alternatives: list(z.object({ legacy: textList, solvimon: textList, costGap: z.number() })),
  rules: textList,
  contentHash: z.string().meta({ description: 'Changes when anything of the pair changes' }),
});
