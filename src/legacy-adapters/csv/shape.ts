import { z } from 'zod';
import { checkFiles, fileOptions } from '../files/options.js';
import { checkMarks, rowOptions, textOptions } from '../rows/shape.js';

/** `sources.legacy` with `kind: csv`. */
export const csvConfig = z
  .strictObject({
    ...fileOptions,
    ...textOptions,
    ...rowOptions,
    delimiter: z.string().length(1).default(',').describe('Mark between cells'),
    quote: z.string().length(1).default('"').describe('Mark around cells'),
  })
  .superRefine(checkMarks)
  .superRefine(checkFiles);
export type CsvConfig = z.infer<typeof csvConfig>;
