import { z } from 'zod';
import { checkSqlConfig, sqlShape } from '../sql/shape.js';

/** `sources.legacy` with `kind: postgres`. */
export const postgresConfig = z
  .strictObject({
    ...sqlShape,
    schema: z.string().min(1).optional().describe('Schema of tables that the queries name without one'),
  })
  .superRefine(checkSqlConfig('postgres'));
