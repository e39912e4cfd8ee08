import { z } from 'zod';
import { checkFiles, fileOptions } from '../files/options.js';
import { filePresetNames, filePresets } from '../presets/index.js';
import type { FilePreset } from '../presets/preset.js';
import { checkMarks, type RowField, rowOptions, type RowOptions, textOptions } from '../rows/shape.js';

/** Options that a preset may say, so that whether they were written can be told. */
const presettable = {
  columns: rowOptions.columns
    .optional()
    .describe(
      'Our field → its column, or a list of names of which the first that is there counts; {} when the names are ours. Needed without a preset',
    ),
  date_format: said(rowOptions.date_format),
  period_end: said(rowOptions.period_end),
  decimal_mark: said(rowOptions.decimal_mark),
  thousands_mark: said(rowOptions.thousands_mark),
  currency_scale: said(rowOptions.currency_scale),
  credits: said(rowOptions.credits),
  tax_mode: said(rowOptions.tax_mode),
  amount_includes_discount: said(rowOptions.amount_includes_discount),
};

function said<Inner extends z.ZodType>(schema: z.ZodDefault<Inner>): z.ZodOptional<Inner> {
  return schema
    .unwrap()
    .optional()
    .describe(schema.description ?? '') as z.ZodOptional<Inner>;
}

const shape = z.strictObject({
  ...fileOptions,
  ...textOptions,
  preset: z
    .enum(filePresetNames)
    .optional()
    .describe(`What the columns of a known export mean: ${filePresetNames.join(', ')}`),
  ...rowOptions,
  ...presettable,
  delimiter: z.string().length(1).default(',').describe('Mark between cells'),
  quote: z.string().length(1).default('"').describe('Mark around cells'),
});

/** `sources.legacy` with `kind: csv`. */
export const csvConfig = shape.superRefine(checkFiles).superRefine((config, context) => {
  if (config.columns === undefined && config.preset === undefined)
    context.addIssue({
      code: 'custom',
      path: ['columns'],
      message: 'is missing. Write a preset, or columns; {} when the names are ours',
    });
  checkMarks(withPreset(config), context);
});

/** The configuration with everything that its preset and our defaults say about what it leaves out. */
export type CsvConfig = Omit<z.infer<typeof shape>, keyof typeof presettable> & RowOptions;

/** Fills in what was not written: from the preset, and else from the defaults of all sources of rows. */
export function withPreset(config: z.infer<typeof shape>): CsvConfig {
  const preset: FilePreset | null = config.preset === undefined ? null : filePresets[config.preset];
  const written = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
  const presetColumns = Object.entries(preset?.columns ?? {}) as [RowField, readonly string[]][];
  const own = config.columns ?? {};
  return {
    ...defaults,
    ...preset?.options,
    ...(written as z.infer<typeof shape>),
    columns: { ...Object.fromEntries(presetColumns.map(([field, names]) => [field, [...names]])), ...own },
    kinds: { ...preset?.options.kinds, ...config.kinds },
    states: { ...preset?.options.states, ...config.states },
    // A column that only the preset names need not be there.
    presetColumns: new Set(presetColumns.map(([field]) => field).filter((field) => own[field] === undefined)),
    ...(preset?.minorDigits !== undefined && { minorDigits: preset.minorDigits }),
  } as CsvConfig;
}

const defaults = z
  .object(rowOptions)
  .pick({
    date_format: true,
    period_end: true,
    decimal_mark: true,
    thousands_mark: true,
    currency_scale: true,
    credits: true,
    tax_mode: true,
    amount_includes_discount: true,
  })
  .parse({});
