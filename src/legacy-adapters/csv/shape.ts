import { z } from 'zod';
import { checkMarks, fileOptions, rowOptions, textOptions } from '../rows/shape.js';

/** `sources.legacy` with `kind: csv`. */
export const csvConfig = z
  .strictObject({
    ...fileOptions,
    ...textOptions,
    ...rowOptions,
    delimiter: z.string().length(1).default(',').describe('Mark between cells'),
    quote: z.string().length(1).default('"').describe('Mark around cells'),
  })
  .superRefine(checkMarks);
export type CsvConfig = z.infer<typeof csvConfig>;
