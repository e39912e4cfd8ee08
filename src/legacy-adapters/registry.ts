import type { ZodType } from 'zod';
import type { LegacyAdapter } from './adapter.js';
import { chargebeeConfig } from './chargebee/shape.js';
import { csvConfig } from './csv/shape.js';
import { lagoConfig } from './lago/shape.js';
import { mysqlConfig } from './mysql/shape.js';
import { ndjsonConfig } from './ndjson/shape.js';
import { postgresConfig } from './postgres/shape.js';
import { stripeConfig } from './stripe/shape.js';
import { xlsxConfig } from './xlsx/shape.js';

/**
 * Every legacy adapter by its kind; the compiler refuses a kind without an adapter. The configuration needs all their
 * schemas, a run needs one adapter: the rest of it, with the client library of its system, is loaded when it is opened.
 */
export const legacyAdapters = {
  csv: opened('csv', csvConfig, async () => (await import('./csv/adapter.js')).csvAdapter),
  ndjson: opened('ndjson', ndjsonConfig, async () => (await import('./ndjson/adapter.js')).ndjsonAdapter),
  stripe: opened('stripe', stripeConfig, async () => (await import('./stripe/adapter.js')).stripeAdapter),
  chargebee: opened(
    'chargebee',
    chargebeeConfig,
    async () => (await import('./chargebee/adapter.js')).chargebeeAdapter,
  ),
  lago: opened('lago', lagoConfig, async () => (await import('./lago/adapter.js')).lagoAdapter),
  postgres: opened('postgres', postgresConfig, async () => (await import('./postgres/adapter.js')).postgresAdapter),
  mysql: opened('mysql', mysqlConfig, async () => (await import('./mysql/adapter.js')).mysqlAdapter),
  xlsx: opened('xlsx', xlsxConfig, async () => (await import('./xlsx/adapter.js')).xlsxAdapter),
} as const satisfies Record<string, LegacyAdapter>;
export type LegacyKind = keyof typeof legacyAdapters;

function opened(kind: string, configSchema: ZodType, load: () => Promise<LegacyAdapter>): LegacyAdapter {
  return { kind, configSchema, open: async (config, environment) => (await load()).open(config, environment) };
}
