import type { RowField, RowOptions } from '../rows/shape.js';

/** What the columns of a known export mean: options of `kind: csv` that whoever uses it need not write. */
export type FilePreset = {
  /** One sentence: which export, and how it is made. */
  readonly about: string;
  readonly columns: Partial<Readonly<Record<RowField, readonly string[]>>>;
  readonly options: Partial<
    Pick<
      RowOptions,
      | 'date_format'
      | 'period_end'
      | 'decimal_mark'
      | 'thousands_mark'
      | 'currency_scale'
      | 'credits'
      | 'tax_mode'
      | 'amount_includes_discount'
      | 'kinds'
      | 'states'
    >
  >;
  /** Digits of whole-number amounts where the system has its own; ISO 4217 otherwise. */
  readonly minorDigits?: Readonly<Record<string, number>>;
  /** What the export does not hold, as sentences for `check`. */
  readonly gaps: readonly string[];
};
