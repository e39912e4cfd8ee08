import type { RowOptions } from '../../rows/shape.js';
import type { SqlDialect } from '../statement.js';

/** Ready queries for a known schema, with what its columns mean. Tables are named without a schema. */
export type Preset = {
  readonly documents: (dialect: SqlDialect) => string;
  readonly lines: (dialect: SqlDialect) => string;
  readonly options: Partial<
    Pick<
      RowOptions,
      'period_end' | 'currency_scale' | 'credits' | 'tax_mode' | 'amount_includes_discount' | 'kinds' | 'states'
    >
  > & { readonly timestamp_timezone?: string; readonly cycle_by?: 'query' | 'line_period' };
  /** Parameters that must stand under `params`, with what to write. */
  readonly requiredParams: Readonly<Record<string, string>>;
  /** What the tables do not hold, as sentences for `check`. */
  readonly gaps: readonly string[];
};

/** A value as text. `char` pads in Postgres, and `text` is no type to cast to in MySQL. */
export function asText(dialect: SqlDialect, expression: string): string {
  return `cast(${expression} as ${dialect === 'postgres' ? 'text' : 'char'})`;
}
