import { z } from 'zod';
import { parseCurrency } from '../../model/currency.js';
import { documentKinds, documentStates, lineKinds } from '../../model/document.js';
import { isZone } from '../../model/period.js';
import { headerFields, type RowField, rowFields, rowOptions, type RowOptions } from '../rows/shape.js';
import { presetNames, presets } from './presets/index.js';
import type { Preset } from './presets/preset.js';
import { readStatement, type SqlDialect, type Statement } from './statement.js';

/** Columns of the documents query: one row is one document. `line_count` and `in_cycle` are for the reading itself. */
export const documentColumns: readonly string[] = [...headerFields, 'line_count', 'in_cycle'];
/** Columns of the lines query: one row is one line of the document it names. `line_no` is their order. */
export const lineColumns: readonly string[] = [
  'document_id',
  'line_no',
  'currency',
  ...rowFields.filter((field) => !headerFields.has(field)),
];
export const requiredDocumentColumns: readonly string[] = ['document_id', 'customer'];
export const requiredLineColumns: readonly string[] = ['document_id', 'line_id', 'amount'];

/** Parameters that every query may use. Instants are UTC; `_local` is the wall clock of `timestamp_timezone`; `_date` the day in `timezone`. */
export const periodParameters = [
  'cycle_start',
  'cycle_end',
  'cycle_start_local',
  'cycle_end_local',
  'cycle_start_date',
  'cycle_end_date',
  'window_start',
  'window_end',
  'window_start_local',
  'window_end_local',
  'window_start_date',
  'window_end_date',
] as const;
/** Only the lines query: the ids of one page, to be written as `in (:document_ids)` where the server cannot move a filter inwards itself. */
export const idsParameter = 'document_ids';

const zone = z.string().refine(isZone, { error: 'is no IANA time zone. Write e.g. Europe/Amsterdam' });
const wholeNumber = (min: number, max: number) =>
  z
    .number()
    .int()
    .min(min, { error: `is less than ${min}. Write a whole number from ${min} to ${max}` })
    .max(max, { error: `is more than ${max}. Write a whole number from ${min} to ${max}` });

/** What both databases share, as it stands under `sources.legacy`. Preset values stand in where the file says nothing. */
export const sqlShape = {
  url_env: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, { error: 'is no name of a variable. Write e.g. LEGACY_DATABASE_URL' })
    .optional()
    .describe('Variable that holds the address, user and password of the database'),
  url_file: z.string().min(1).optional().describe('File that holds the address instead'),
  preset: z
    .enum(presetNames)
    .optional()
    .describe(`Ready queries: ${presetNames.join(', ')}`),
  documents: z.string().min(1).optional().describe('SELECT with one row per document'),
  documents_file: z.string().min(1).optional().describe('File with that SELECT, relative to this file'),
  lines: z.string().min(1).optional().describe('SELECT with one row per line'),
  lines_file: z.string().min(1).optional().describe('File with that SELECT, relative to this file'),
  params: z
    .record(z.string().regex(/^[A-Za-z_]\w*$/), z.string())
    .default({})
    .describe('Parameters of your own for both queries, as text'),
  timezone: zone.describe('Zone of dates without a time'),
  timestamp_timezone: zone.optional().describe('Zone of timestamps without an offset; timezone when not given'),
  cycle_by: z
    .enum(['query', 'line_period'])
    .optional()
    .describe('query: the documents query returns the cycle; line_period: the period of the lines decides'),
  period_end: rowOptions.period_end
    .unwrap()
    .optional()
    .describe('What the end of a period means: exclusive, inclusive_day or inclusive_second'),
  currency_scale: rowOptions.currency_scale
    .unwrap()
    .optional()
    .describe('major: 12.34; minor: 1234, whole minor units by ISO 4217'),
  credits: rowOptions.credits
    .unwrap()
    .optional()
    .describe('positive: credit notes are written with positive amounts; as_is: with negative ones'),
  tax_mode: rowOptions.tax_mode
    .unwrap()
    .optional()
    .describe('Whether amounts are without tax (exclusive), with it (inclusive), or there is none'),
  amount_includes_discount: rowOptions.amount_includes_discount
    .unwrap()
    .optional()
    .describe('true: the discount is already taken off the amount'),
  kinds: z
    .record(z.string(), z.enum([...documentKinds, ...lineKinds]))
    .default({})
    .describe('Your words for kinds of documents and lines'),
  states: z.record(z.string(), z.enum(documentStates)).default({}).describe('Your words for states of documents'),
  default_currency: z
    .string()
    .refine((code) => parseCurrency(code) !== undefined, {
      error: 'is no currency. Write an ISO 4217 code such as EUR',
    })
    .optional()
    .describe('Currency of documents that do not say theirs, ISO 4217'),
  float_scale: z
    .partialRecord(z.enum(rowFields), wholeNumber(0, 18))
    .default({})
    .describe('Digits that float columns are rounded to, by column'),
  page_size: wholeNumber(1, 5000).default(500).describe('Documents read at a time'),
  statement_timeout_s: wholeNumber(1, 3600).default(120).describe('Longest a single statement may take, in seconds'),
  lock_timeout_s: wholeNumber(1, 600).default(10).describe('Longest a statement may wait for a lock, in seconds'),
  allow_writable_role: z.boolean().default(false).describe('true: read with a role that could also write'),
};

const shapeOnly = z.strictObject(sqlShape);
export type SqlConfig = z.infer<typeof shapeOnly>;

/** Rules that look at more than one key; for `superRefine` of both schemas. */
export function checkSqlConfig(dialect: SqlDialect) {
  return (config: SqlConfig, context: z.RefinementCtx): void => {
    const note = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    if ((config.url_env === undefined) === (config.url_file === undefined))
      note('url_env', 'one of url_env and url_file is needed. Write url_env: NAME_OF_THE_VARIABLE');
    for (const name of ['documents', 'lines'] as const) {
      const given = [config[name], config[`${name}_file`]].filter((value) => value !== undefined).length;
      if (config.preset !== undefined && given > 0)
        note(name, `comes from preset ${config.preset}. Remove the preset, or this query`);
      if (config.preset === undefined && given !== 1)
        note(name, `one of ${name} and ${name}_file is needed. Write a SELECT, or its file, or a preset`);
    }
    if (config.preset !== undefined) checkPreset(presets[config.preset], config, note);
    for (const name of ['documents', 'lines'] as const) {
      const sql = config[name];
      if (sql === undefined) continue;
      const read = readStatement(sql, dialect, parametersOf(name, config.params));
      if (!read.ok) note(name, read.problem);
    }
  };
}

function checkPreset(preset: Preset, config: SqlConfig, note: (key: string, message: string) => void): void {
  for (const [name, why] of Object.entries(preset.requiredParams))
    if (config.params[name] === undefined) note('params', `${name} is missing. ${why}`);
}

/** The parameters that a query may name. */
export function parametersOf(
  query: 'documents' | 'lines',
  params: Readonly<Record<string, string>>,
): readonly string[] {
  return [...periodParameters, ...(query === 'lines' ? [idsParameter] : []), ...Object.keys(params)];
}

/** How values are read, fixed before the first row: the file's word, else the preset's, else the ordinary one. */
export type ReadOptions = {
  readonly rows: RowOptions;
  readonly timestampZone: string;
  readonly cycleBy: 'query' | 'line_period';
  readonly floatScale: Readonly<Partial<Record<RowField, number>>>;
};

/** Everything a pull needs besides the database. */
export type SqlPlan = {
  readonly system: SqlDialect;
  readonly documents: Statement;
  readonly lines: Statement;
  readonly params: Readonly<Record<string, string>>;
  readonly read: ReadOptions;
  readonly pageSize: number;
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
  readonly allowWritableRole: boolean;
  /** Sentences about what the queries leave out, for `check`. */
  readonly gaps: readonly string[];
};

/** The reading options of a configuration. */
export function readOptions(config: SqlConfig): ReadOptions {
  const preset: Preset['options'] = config.preset === undefined ? {} : presets[config.preset].options;
  const rows = {
    columns: {},
    timezone: config.timezone,
    date_format: 'iso',
    decimal_mark: '.',
    thousands_mark: 'none',
    // No spreadsheet has been at an id that comes out of a database.
    long_ids: 'accept',
    period_end: config.period_end ?? preset.period_end ?? 'exclusive',
    currency_scale: config.currency_scale ?? preset.currency_scale ?? 'major',
    credits: config.credits ?? preset.credits ?? 'as_is',
    tax_mode: config.tax_mode ?? preset.tax_mode ?? 'exclusive',
    amount_includes_discount: config.amount_includes_discount ?? preset.amount_includes_discount ?? 'false',
    kinds: { ...preset.kinds, ...config.kinds },
    states: { ...preset.states, ...config.states },
    ...(config.default_currency !== undefined && { default_currency: config.default_currency }),
  } as const;
  return {
    rows,
    timestampZone: config.timestamp_timezone ?? preset.timestamp_timezone ?? config.timezone,
    cycleBy: config.cycle_by ?? preset.cycle_by ?? 'query',
    floatScale: config.float_scale,
  };
}
