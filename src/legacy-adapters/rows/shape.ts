import { z } from 'zod';
import { parseCurrency } from '../../model/currency.js';
import { documentKinds, documentStates, lineKinds } from '../../model/document.js';
import { isZone } from '../../model/period.js';
import type { Problem } from '../../model/problem.js';

/** Canonical names of the fields that a row can have. One row is one line; header fields repeat on every row of a document. */
export const rowFields = [
  'document_id',
  'customer',
  'currency',
  'document_number',
  'document_kind',
  'document_state',
  'issued_at',
  'document_net',
  'document_tax',
  'document_gross',
  'line_id',
  'line_kind',
  'product',
  'price',
  'subscription',
  'meter',
  'description',
  'applies_to',
  'period_start',
  'period_end',
  'quantity',
  'unit_price',
  'amount',
  'discount',
  'discount_rate',
  'tax',
  'tax_rate',
  'tax_code',
  'tier_mode',
  'included_volume',
  'minimum_amount',
  'block_size',
  'proration_factor',
  'full_price',
  'pricing_amount',
  'pricing_currency',
  'fx_rate',
] as const;
export type RowField = (typeof rowFields)[number];
/** Fields of the document as a whole. */
export const headerFields: ReadonlySet<RowField> = new Set([
  'document_id',
  'customer',
  'currency',
  'document_number',
  'document_kind',
  'document_state',
  'issued_at',
  'document_net',
  'document_tax',
  'document_gross',
]);
export const requiredFields = ['document_id', 'customer', 'currency', 'amount'] as const satisfies readonly RowField[];

const flag = z.enum(['true', 'false']);

/** Options that every row-shaped source shares. Every scalar arrives as text from the configuration. */
export const rowOptions = {
  columns: z
    .partialRecord(z.enum(rowFields), z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]))
    .describe(
      'Our field → its column, or a list of names of which the first that is there counts; {} when the names are ours',
    ),
  timezone: z
    .string()
    .refine(isZone, { error: 'is not a time zone. Write an IANA name, e.g. Europe/Amsterdam' })
    .describe('Zone of dates and of times without an offset'),
  date_format: z
    .enum(['YYYY-MM-DD', 'DD-MM-YYYY', 'MM/DD/YYYY', 'DD/MM/YYYY', 'DD.MM.YYYY', 'iso', 'epoch_seconds'])
    .default('YYYY-MM-DD')
    .describe('Order of day and month; a time with its offset is always understood'),
  period_end: z
    .enum(['exclusive', 'inclusive_day', 'inclusive_second'])
    .default('exclusive')
    .describe('Whether a period ends before its end, with that day, or with that second'),
  decimal_mark: z.enum(['.', ',']).default('.').describe('. or ,'),
  thousands_mark: z
    .enum(['none', '.', ',', ' ', "'"])
    .default('none')
    .describe('Mark between thousands; none refuses amounts that have one'),
  currency_scale: z
    .enum(['major', 'minor'])
    .default('major')
    .describe('Whether amounts are in major units (12.34) or whole minor units (1234)'),
  credits: z
    .enum(['as_is', 'positive'])
    .default('as_is')
    .describe('positive: the amounts of credit notes are stated positive and are turned'),
  tax_mode: z
    .enum(['exclusive', 'inclusive', 'none'])
    .default('exclusive')
    .describe('Whether amounts are without tax, with it, or there is no tax'),
  amount_includes_discount: flag.default('false').describe('true: the amount has its discount off already'),
  long_ids: z
    .enum(['refuse', 'accept'])
    .default('refuse')
    .describe('Ids of 16 or more digits that end in zeros, which may be what a spreadsheet left of another id'),
  kinds: z
    .record(z.string(), z.enum([...documentKinds, ...lineKinds]))
    .default({})
    .describe('The words of the file for kinds of documents and lines → ours'),
  states: z
    .record(z.string(), z.enum(documentStates))
    .default({})
    .describe('The words of the file for states of documents → ours'),
  default_currency: z
    .string()
    .refine((code) => parseCurrency(code) !== undefined, {
      error: 'is not a currency. Write an ISO 4217 code such as EUR',
    })
    .optional()
    .describe('Currency of documents that name none'),
};

/** How the bytes of a text file are read; a workbook says so itself. */
export const textOptions = {
  encoding: z.enum(['utf-8', 'windows-1252', 'latin1']).default('utf-8').describe('utf-8, windows-1252 or latin1'),
};

/** What looks at more than one option. Used as `.superRefine` by every row-shaped source. */
export function checkMarks(
  options: { readonly decimal_mark: string; readonly thousands_mark: string },
  context: z.RefinementCtx,
): void {
  if (options.decimal_mark === options.thousands_mark)
    context.addIssue({
      code: 'custom',
      path: ['thousands_mark'],
      message: `is the decimal mark too. Write another mark, or none`,
    });
}

export type RowOptions = z.infer<z.ZodObject<typeof rowOptions>> & {
  /** Fields whose column only a preset names: it may be absent. */
  readonly presetColumns?: ReadonlySet<RowField>;
  /** Digits of minor units by currency, for a system whose scale is not that of ISO 4217. */
  readonly minorDigits?: Readonly<Record<string, number>>;
};

/** What a source itself says a cell is, apart from text: an exact number, a spreadsheet's binary number, or its date. */
export type CellType = 'number' | 'double' | 'date';

/** A row as text under canonical names, with its place. A field that has no column is absent; an empty cell is ''. */
export type TextRow = {
  readonly line: number;
  readonly cells: ReadonlyMap<RowField, string>;
  /**
   * Cells that the source typed: a number is plain decimal text with a point, a date is "YYYY-MM-DD" or
   * "YYYY-MM-DD HH:MM:SS", whatever the options say about text.
   */
  readonly typed?: ReadonlyMap<RowField, CellType>;
  /** What is wrong with the row as a whole, such as a cell too many. Its document is rejected. */
  readonly faults?: readonly Problem[];
};

/** The words of the configuration for a field: its column, or the field's own name. */
export function columnNames(field: RowField, columns: RowOptions['columns']): readonly string[] {
  const named = columns[field];
  if (named === undefined) return [field];
  return Array.isArray(named) ? named : [named];
}

/** A field as a person finds it in the file: "amount (column Betrag)". */
export function shownField(field: RowField, columns: RowOptions['columns']): string {
  const names = columnNames(field, columns);
  return names.length === 1 && names[0] === field ? field : `${field} (column ${names.join(' or ')})`;
}
