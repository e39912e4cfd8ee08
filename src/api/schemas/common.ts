import { z } from 'zod';
import { parseCycleId } from '../../model/ids.js';

/** Money is text, always: canonical decimal text in major units, never a JSON number. */
export const money = z
  .string()
  .regex(/^-?\d+(\.\d+)?$/)
  .meta({
    id: 'Money',
    description: 'Decimal text in major units, e.g. "-12.3". Never a JSON number.',
    example: '-12.3',
  });

export const instant = z.string().meta({ description: 'UTC instant, ISO 8601', example: '2026-11-24T04:15:00.000Z' });
export const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/)
  .meta({ description: 'Calendar day', example: '2026-12-31' });
export const cycleId = z
  .string()
  .refine((text) => parseCycleId(text) !== undefined, { error: 'is no cycle. Write it as 2026-10' })
  .meta({ description: 'A cycle', example: '2026-10' });

/** An array that nobody changes. */
export const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();
export const textList = list(z.string());

/** Data whose shape the engine owns and that is shown as it is. */
export const anything = z.unknown();

const commaSeparated = (text: string) => text.split(',').filter((part) => part !== '');

/** One or more values in a query string, with commas between them. */
export const several = z
  .string()
  .max(2000)
  .transform(commaSeparated)
  .meta({ description: 'One value or several with commas between them' });

/** As `several`, of a closed list. */
export function severalOf<Value extends string>(values: readonly Value[]) {
  return z
    .string()
    .max(2000)
    .refine((text) => commaSeparated(text).every((part) => values.some((value) => value === part)), {
      error: `is not known. Write one or more of ${values.join(', ')}`,
    })
    .transform(commaSeparated)
    .meta({ description: `One or more of ${values.join(', ')}, with commas between them` });
}

/** A whole number in a query string. */
export const wholeNumber = (min: number, max: number, fallback: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, { error: 'is not a whole number' })
    .refine((text) => Number(text) >= min && Number(text) <= max, { error: `is not from ${min} to ${max}` })
    .transform(Number)
    .prefault(String(fallback))
    .meta({ description: `A whole number from ${min} to ${max}, else ${fallback}` });

/** A non-negative amount in a query string or body. */
export const amount = z
  .string()
  .regex(/^\d{1,30}(\.\d{1,30})?$/, { error: 'is not an amount of zero or more. Write e.g. 5.00' })
  .meta({ description: 'An amount of zero or more in major units', example: '5.00' });

export const flag = z
  .enum(['true', 'false'], { error: 'is neither true nor false' })
  .transform((text) => text === 'true')
  .meta({ description: 'true or false' });

export const person = z.string().trim().toLowerCase().min(1).max(200).meta({ description: 'A user name' });
export const note = z.string().trim().min(1, { error: 'is empty' }).max(4000);

/** What every error carries. */
export const errorBody = z
  .object({
    code: z.string(),
    message: z.string(),
    next: z.string().meta({ description: 'What to do next' }),
    requestId: z.string(),
  })
  .meta({ id: 'Error' });
export type ErrorBody = z.output<typeof errorBody>;
