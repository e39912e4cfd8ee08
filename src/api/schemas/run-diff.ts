import { z } from 'zod';
import { list, money, textList } from './common.js';
import { run } from './cycles.js';

const change = z.enum(['new', 'worse', 'changed', 'better', 'resolved', 'same']).meta({
  description: 'By gross; changed: the same gross with another net or another cause',
});
const found = z
  .object({ id: z.string(), causes: textList, gross: money, net: money })
  .nullable()
  .meta({ description: 'null: that run does not find it' });

export const runDiff = z
  .object({
    earlier: run,
    later: run,
    sameConfiguration: z.boolean(),
    sameResult: z.boolean(),
    totals: list(
      z.object({
        change,
        currency: z.string().nullable(),
        count: z.number().int(),
        earlierGross: money,
        laterGross: money,
      }),
    ),
    rows: list(
      z.object({
        key: z.string(),
        change,
        customer: z.string().nullable(),
        currency: z.string().nullable(),
        chargeKey: z.string().nullable(),
        earlier: found,
        later: found,
      }),
    ),
  })
  .meta({ id: 'RunDiff' });
