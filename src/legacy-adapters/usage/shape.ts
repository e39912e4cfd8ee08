import { z } from 'zod';
import { isZone } from '../../model/period.js';
import { checkFiles, fileOptions } from '../files/options.js';
import { checkMarks, rowOptions, textOptions } from '../rows/shape.js';

/** Canonical names of the fields of a usage row: an event, or a count of a period. */
export const usageFields = [
  'reference',
  'customer',
  'meter',
  'at',
  'quantity',
  'unique_key',
  'day',
  'period_start',
  'period_end',
  'count',
] as const;
export type UsageField = (typeof usageFields)[number];

export const timeFormats = [
  'iso',
  'DD-MM-YYYY',
  'MM/DD/YYYY',
  'DD/MM/YYYY',
  'DD.MM.YYYY',
  'epoch_seconds',
  'epoch_millis',
] as const;
export type TimeFormat = (typeof timeFormats)[number];

/** Options that every legacy source of usage has, whatever its rows come from. */
export const usageRowOptions = {
  layout: z
    .enum(['events', 'aggregates'])
    .default('events')
    .describe('Whether a row is one event, or what was counted in a day or period'),
  columns: z
    .partialRecord(z.enum(usageFields), z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]))
    .describe(
      'Our field → its column, or a list of names of which the first that is there counts; {} when the names are ours',
    ),
  timezone: z
    .string()
    .refine(isZone, { error: 'is not a time zone. Write an IANA name, e.g. Europe/Amsterdam' })
    .optional()
    .describe('Zone of times without an offset; without it such a time is refused and listed'),
  time_format: z
    .enum(timeFormats)
    .default('iso')
    .describe('How a time is written; one with its offset is always understood'),
  doubled_hour: z
    .enum(['refuse', 'first', 'second'])
    .default('refuse')
    .describe('What a time without an offset means in the hour that happens twice when clocks go back'),
  decimal_mark: rowOptions.decimal_mark,
  thousands_mark: rowOptions.thousands_mark,
};
export type UsageRowOptions = z.infer<z.ZodObject<typeof usageRowOptions>>;

/** `usage.legacy` with `kind: csv`. */
export const csvUsageConfig = z
  .strictObject({
    ...fileOptions,
    ...textOptions,
    ...usageRowOptions,
    delimiter: z.string().length(1).default(',').describe('Mark between cells'),
    quote: z.string().length(1).default('"').describe('Mark around cells'),
  })
  .superRefine(checkFiles)
  .superRefine(checkMarks);
export type CsvUsageConfig = z.infer<typeof csvUsageConfig>;

/** `usage.legacy` with `kind: ndjson`: one event, or one count, on each line of the file. */
export const ndjsonUsageConfig = z
  .strictObject({ ...fileOptions, ...textOptions, ...usageRowOptions })
  .superRefine(checkFiles)
  .superRefine(checkMarks);
export type NdjsonUsageConfig = z.infer<typeof ndjsonUsageConfig>;

/** Fields without which a row says nothing. */
export function requiredFields(layout: UsageRowOptions['layout']): readonly UsageField[] {
  return layout === 'events' ? ['customer', 'meter', 'at', 'quantity'] : ['customer', 'meter', 'quantity'];
}

/** The words of the configuration for a field: its columns, or the field's own name. */
export function namesOf(field: UsageField, columns: UsageRowOptions['columns']): readonly string[] {
  const named = columns[field];
  if (named === undefined) return [field];
  return Array.isArray(named) ? named : [named];
}
