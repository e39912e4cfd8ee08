import type { LegacyAdapter } from './adapter.js';
import { chargebeeAdapter } from './chargebee/adapter.js';
import { csvAdapter } from './csv/adapter.js';
import { lagoAdapter } from './lago/adapter.js';
import { mysqlAdapter } from './mysql/adapter.js';
import { ndjsonAdapter } from './ndjson/adapter.js';
import { postgresAdapter } from './postgres/adapter.js';
import { stripeAdapter } from './stripe/adapter.js';
import { xlsxAdapter } from './xlsx/adapter.js';

/** Every legacy adapter by its kind; the compiler refuses a kind without an adapter. */
export const legacyAdapters = {
  csv: csvAdapter,
  ndjson: ndjsonAdapter,
  stripe: stripeAdapter,
  chargebee: chargebeeAdapter,
  lago: lagoAdapter,
  postgres: postgresAdapter,
  mysql: mysqlAdapter,
  xlsx: xlsxAdapter,
} as const satisfies Record<string, LegacyAdapter>;
export type LegacyKind = keyof typeof legacyAdapters;
