import type { ZodType } from 'zod';
import type { UsageSource } from '../../model/usage.js';
import { ndjsonEventsConfig, openNdjsonEvents } from './ndjson.js';

/** A way to Solvimon's usage. `open` gets the block of the configuration that `configSchema` accepted, without `kind`. */
export type SolvimonUsageReader = {
  readonly kind: string;
  readonly configSchema: ZodType;
  open(config: Readonly<Record<string, unknown>>, environment: { readonly baseDir: string }): Promise<UsageSource>;
};

/** Every way to Solvimon's usage by its kind. */
export const solvimonUsageReaders: readonly SolvimonUsageReader[] = [
  {
    kind: 'ndjson',
    configSchema: ndjsonEventsConfig,
    open: async (raw, { baseDir }) => openNdjsonEvents(ndjsonEventsConfig.parse(raw), baseDir),
  },
];
