import { z } from 'zod';
import { sides } from '../../model/side.js';
import { usageClasses } from '../../model/usage-finding.js';
import { instant, list, money, textList } from './common.js';

/** A quantity of a meter, or a count: text, as money is. */
const quantity = money;

export const usageCheck = z
  .object({
    id: z.string(),
    cycle: z.string(),
    run: z.string().nullable().meta({ description: 'null: checked on its own, without invoices' }),
    timezone: z.string(),
    isComplete: z.boolean(),
    incompleteBecause: textList,
    closesAt: instant,
    createdAt: instant,
  })
  .meta({ id: 'UsageCheck' });

export const usageOverview = z.object({
  cycle: z.string(),
  check: usageCheck.nullable().meta({ description: 'null: no usage of this cycle was checked' }),
  sides: list(
    z.object({
      side: z.enum(sides),
      system: z.string(),
      read: quantity,
      events: quantity,
      aggregates: quantity,
      rejected: quantity,
      leftOut: list(z.object({ reason: z.string(), records: z.number().int() })),
      isComplete: z.boolean(),
      incompleteBecause: textList,
    }),
  ),
  meters: list(
    z.object({
      meter: z.string(),
      legacyEvents: quantity,
      solvimonEvents: quantity,
      arrivedEvents: quantity,
      legacyQuantity: quantity,
      solvimonQuantity: quantity,
      findings: quantity,
    }),
  ),
  classes: list(z.object({ class: z.enum(usageClasses), events: quantity, customers: quantity })),
  customers: z.object({ agreeing: quantity, all: quantity }),
  hours: list(z.object({ meter: z.string(), hour: instant, legacy: quantity, solvimon: quantity })),
  billed: list(
    z.object({
      side: z.enum(sides),
      state: z.enum(['agrees', 'differs', 'no_line', 'no_usage']),
      charges: quantity,
    }),
  ),
});

export const usageFinding = z
  .object({
    no: z.number().int(),
    class: z.enum(usageClasses),
    customer: z.string(),
    meter: z.string(),
    day: z.string().nullable(),
    reference: z.string().nullable(),
    otherReference: z.string().nullable(),
    legacyAt: instant.nullable(),
    solvimonAt: instant.nullable(),
    legacyQuantity: quantity.nullable(),
    solvimonQuantity: quantity.nullable(),
    solvimonCustomer: z.string().nullable(),
    solvimonMeter: z.string().nullable(),
    ingestedAt: instant.nullable(),
    reason: z.string().nullable(),
    effect: quantity.meta({ description: 'Solvimon minus legacy, in the quantity of the meter' }),
  })
  .meta({ id: 'UsageFinding' });

export const usageFindings = z.object({
  check: z.string(),
  rows: list(usageFinding),
  after: z.number().int().nullable().meta({ description: 'Ask for what comes after this number; null: no more' }),
});
