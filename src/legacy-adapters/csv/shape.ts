import { z } from 'zod';
import { fileOptions, rowOptions } from '../rows/shape.js';

/** `sources.legacy` with `kind: csv`. */
export const csvConfig = z.strictObject({
  ...fileOptions,
  ...rowOptions,
  delimiter: z.string().length(1).default(','),
  quote: z.string().length(1).default('"'),
});
export type CsvConfig = z.infer<typeof csvConfig>;
