import { z } from 'zod';
import { checkMarks, fileOptions, rowOptions, textOptions } from '../rows/shape.js';

/** `sources.legacy` with `kind: csv`. */
export const csvConfig = z
  .strictObject({
    ...fileOptions,
    ...textOptions,
    ...rowOptions,
    delimiter: z.string().length(1).default(','),
    quote: z.string().length(1).default('"'),
  })
  .superRefine(checkMarks);
export type CsvConfig = z.infer<typeof csvConfig>;
