import { z } from 'zod';
import { checkFiles, fileOptions } from '../files/options.js';
import { checkMarks, rowOptions } from '../rows/shape.js';

/** `sources.legacy` with `kind: xlsx`: one sheet of an Excel workbook, one row per invoice line, a header on the first row that is not blank. */
export const xlsxConfig = z
  .strictObject({
    ...fileOptions,
    ...rowOptions,
    sheet: z.string().min(1).optional().describe('Name of the sheet; the first one when it is not given'),
  })
  .superRefine(checkMarks)
  .superRefine(checkFiles);
export type XlsxConfig = z.infer<typeof xlsxConfig>;
