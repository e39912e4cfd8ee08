import { z } from 'zod';
import { checkMarks, fileOptions, rowOptions, textOptions } from '../rows/shape.js';

/** `sources.legacy` with `kind: ndjson`: one line of the file is one document with a list of lines, or one row. */
export const ndjsonConfig = z
  .strictObject({
    ...fileOptions,
    ...textOptions,
    ...rowOptions,
    layout: z.enum(['documents', 'rows']).default('documents'),
    /** Where a document's lines are, as a dotted path. */
    lines: z.string().default('lines'),
  })
  .superRefine(checkMarks);
export type NdjsonConfig = z.infer<typeof ndjsonConfig>;
