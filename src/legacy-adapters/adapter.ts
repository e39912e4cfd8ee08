import type { ZodType } from 'zod';
import type { Source } from '../model/source.js';

/** What an adapter folder exports. `open` gets the block of the configuration that `configSchema` accepted, without `kind`. */
export type LegacyAdapter = {
  readonly kind: string;
  readonly configSchema: ZodType;
  open(config: Readonly<Record<string, unknown>>, environment: { readonly baseDir: string }): Promise<Source>;
};
