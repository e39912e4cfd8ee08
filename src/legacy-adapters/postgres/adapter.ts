import type { LegacyAdapter } from '../adapter.js';
import { openSqlSource } from '../sql/source.js';
import { connectPostgres } from './read.js';
import { postgresConfig } from './shape.js';

/** A billing database in Postgres, read with two queries out of one snapshot. */
export const postgresAdapter: LegacyAdapter = {
  kind: 'postgres',
  configSchema: postgresConfig,
  open: async (raw, { baseDir }) => {
    const { schema, ...config } = postgresConfig.parse(raw);
    return openSqlSource({ system: 'postgres', config, schema: schema ?? null, baseDir, connect: connectPostgres });
  },
};
