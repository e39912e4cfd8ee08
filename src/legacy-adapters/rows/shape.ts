import { z } from 'zod';

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
  /** Canonical field → column name, or a list of names of which the first that is there counts. */
  columns: z.partialRecord(z.enum(rowFields), z.union([z.string().min(1), z.array(z.string().min(1)).min(1)])),
  timezone: z.string().min(1),
  date_format: z
    .enum(['YYYY-MM-DD', 'DD-MM-YYYY', 'MM/DD/YYYY', 'DD/MM/YYYY', 'DD.MM.YYYY', 'iso', 'epoch_seconds'])
    .default('YYYY-MM-DD'),
  period_end: z.enum(['exclusive', 'inclusive_day', 'inclusive_second']).default('exclusive'),
  decimal_mark: z.enum(['.', ',']).default('.'),
  thousands_mark: z.enum(['none', '.', ',', ' ', "'"]).default('none'),
  /** Whether amounts are in major units (12.34) or whole minor units (1234). */
  currency_scale: z.enum(['major', 'minor']).default('major'),
  credits: z.enum(['as_is', 'positive']).default('as_is'),
  tax_mode: z.enum(['exclusive', 'inclusive', 'none']).default('exclusive'),
  amount_includes_discount: flag.default('false'),
  kinds: z.record(z.string(), z.string()).default({}),
  states: z.record(z.string(), z.string()).default({}),
  default_currency: z.string().optional(),
};

export const fileOptions = {
  /** `{cycle}` is replaced. */
  path: z.string().min(1),
  manifest: z.string().optional(),
  encoding: z.enum(['utf-8', 'windows-1252', 'latin1']).default('utf-8'),
};

export const rowSchema = z.object(rowOptions);
export type RowOptions = z.infer<typeof rowSchema>;

/** A row as text under canonical names, with its place. A field that has no column is absent; an empty cell is ''. */
export type TextRow = { readonly line: number; readonly cells: ReadonlyMap<RowField, string> };
