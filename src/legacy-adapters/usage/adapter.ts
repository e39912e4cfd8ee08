import type { ZodType } from 'zod';
import type { UsageSource } from '../../model/usage.js';

/** What a legacy usage source exports. `open` gets the block of the configuration that `configSchema` accepted, without `kind`. */
export type LegacyUsageAdapter = {
  readonly kind: string;
  readonly configSchema: ZodType;
  open(config: Readonly<Record<string, unknown>>, environment: { readonly baseDir: string }): Promise<UsageSource>;
};
