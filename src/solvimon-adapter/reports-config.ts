import { z } from 'zod';

/** `sources.solvimon` with `kind: reports`: the header, line and tax reports saved as files, for people without API access. */
export const reportsConfig = z.strictObject({
  kind: z.literal('reports'),
  /** A directory; `{cycle}` is replaced. Files are told apart by header, line and tax in their names. */
  path: z.string().min(1),
  require_hold: z.enum(['true', 'false']).default('true'),
  one_off: z.enum(['list', 'compare']).default('list'),
  cycle_by: z.enum(['service_period', 'invoice_date']).default('service_period'),
  /** Our field → the column that holds it, e.g. `customer_reference: Legacy account`. */
  report_columns: z.record(z.string(), z.string()).default({}),
});
export type ReportsConfig = z.infer<typeof reportsConfig>;
