import type { LegacyUsageAdapter } from './adapter.js';
import { csvUsageAdapter } from './csv.js';
import { ndjsonUsageAdapter } from './ndjson.js';

/** Every legacy source of usage by its kind. */
export const legacyUsageAdapters: readonly LegacyUsageAdapter[] = [csvUsageAdapter, ndjsonUsageAdapter];
