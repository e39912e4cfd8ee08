import { z } from 'zod';
import { checkFiles, fileOptions } from '../files/options.js';
import { checkMarks, rowOptions, textOptions } from '../rows/shape.js';

/** `sources.legacy` with `kind: ndjson`: one line of the file is one document with a list of lines, or one row. */
export const ndjsonConfig = z
  .strictObject({
    ...fileOptions,
    ...textOptions,
    ...rowOptions,
    layout: z
      .enum(['documents', 'rows'])
      .default('documents')
      .describe('What a line of the file is: a document with its lines, or one row'),
    lines: z.string().default('lines').describe('Where the lines of a document are, as a dotted path'),
  })
  .superRefine(checkMarks)
  .superRefine(checkFiles);
export type NdjsonConfig = z.infer<typeof ndjsonConfig>;
